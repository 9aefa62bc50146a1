// SPDX-License-Identifier: GPL-2.0
/*
 * An extra: objects of a typed cache whose owner moves them. Some threads allocate,
 * check, rewrite and free what is in a table; the callback gives all five answers,
 * and others have the objects in hand meanwhile.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <zpool/zpool.h>

#include "sizes.h"
#include "torture.h"

#define NR_OBJECTS	2048
#define OBJECT_BYTES	320
#define STEPS		64

struct mover {
	struct mover **place;		/* that holds this; NULL in one that is free */
	u64 words[(OBJECT_BYTES - sizeof(void *)) / sizeof(u64)];
};

static struct mover *table[NR_OBJECTS];
static DEFINE_SPINLOCK(table_lock);	/* and whatever is in the objects */
static struct zpool_cache *cache;
static DEFINE_MUTEX(cache_lock);
static unsigned int nr_users;

static void construct(void *obj)
{
	memset(obj, 0, sizeof(struct mover));
}

static bool is_sound(const struct mover *m, struct mover **place)
{
	size_t i;

	if (m->place != place)
		return false;
	for (i = 0; i < ARRAY_SIZE(m->words); i++)
		if (m->words[i] != m->words[0] + i)
			return false;
	return true;
}

static void write_words(struct mover *m, u64 first)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(m->words); i++)
		m->words[i] = first + i;
}

/* Each object has one answer at a time; which one changes with each write. */
static enum zpool_move answer_of(const struct mover *m)
{
	switch (m->words[0] % 64) {
	case 0:
		return ZPOOL_MOVE_NEVER;
	case 1 ... 3:
		return ZPOOL_MOVE_LATER;
	case 4:
		return ZPOOL_MOVE_UNNEEDED;
	default:
		return ZPOOL_MOVE_DONE;
	}
}

static enum zpool_move move(void *old, void *new, size_t size, void *arg)
{
	struct mover *m = old;
	enum zpool_move answer = ZPOOL_MOVE_UNKNOWN;

	spin_lock_bh(&table_lock);
	if (m->place) {
		answer = answer_of(m);
		if (answer == ZPOOL_MOVE_DONE) {
			memcpy(new, old, sizeof(*m));
			*m->place = new;
		} else if (answer == ZPOOL_MOVE_UNNEEDED) {
			*m->place = NULL;
		}
	}
	spin_unlock_bh(&table_lock);
	return answer;
}

/* The first thread makes the cache. */
static bool join(void)
{
	mutex_lock(&cache_lock);
	if (!cache)
		cache = zpool_cache_create("torture_movers", sizeof(struct mover), 0, 0, construct);
	if (cache && !nr_users && zpool_cache_set_move(cache, move, NULL)) {
		zpool_cache_destroy(cache);
		cache = NULL;
	}
	nr_users += !!cache;
	mutex_unlock(&cache_lock);
	return cache;
}

static void free_mover(struct mover *m)
{
	construct(m);
	zpool_cache_free(cache, m);
}

/* Put a new one into a place that is empty still. */
static void fill_place(struct torture_ctx *ctx, struct mover **place)
{
	struct mover *m = zpool_cache_alloc(cache, torture_gfp(ctx) & ~__GFP_ZERO);

	if (!m) {
		ctx->nulls++;
		return;
	}
	spin_lock_bh(&table_lock);
	if (!*place) {
		write_words(m, prandom_u32_state(&ctx->rnd));
		m->place = place;
		*place = m;
		m = NULL;
	}
	spin_unlock_bh(&table_lock);
	if (m)
		free_mover(m);
}

/* Look at what is there, and change or take it. Return: what is to be freed, or NULL. */
static struct mover *use_place(struct torture_ctx *ctx, struct mover **place, bool take)
{
	struct mover *m;

	spin_lock_bh(&table_lock);
	m = *place;
	if (m && !is_sound(m, place)) {
		torture_fail(ctx, NULL, "an object that moves", place - table, 0, m->words[0]);
		m = NULL;
		*place = NULL;
	} else if (m && take) {
		m->place = NULL;
		*place = NULL;
	} else if (m) {
		write_words(m, prandom_u32_state(&ctx->rnd));
		m = NULL;
	}
	spin_unlock_bh(&table_lock);
	return m;
}

static void step(struct torture_ctx *ctx, bool take)
{
	struct mover **place = &table[sizes_below(&ctx->rnd, NR_OBJECTS)];
	struct mover *m;

	if (!READ_ONCE(*place)) {
		fill_place(ctx, place);
		return;
	}
	m = use_place(ctx, place, take);
	if (m)
		free_mover(m);
}

void torture_movers_step(struct torture_ctx *ctx)
{
	unsigned int i, take_one_in = 1 + sizes_below(&ctx->rnd, 8);

	if (!ctx->pooled && !join())
		return;
	ctx->pooled = 1;
	for (i = 0; i < STEPS; i++)
		step(ctx, !sizes_below(&ctx->rnd, take_one_in));
	ctx->ops += STEPS;
	torture_pause(sizes_below(&ctx->rnd, 3));
}

/* The last thread ends the cache, perhaps in the middle of a compaction. */
void torture_movers_finish(struct torture_ctx *ctx)
{
	unsigned int i;

	mutex_lock(&cache_lock);
	if (ctx->pooled && !--nr_users) {
		for (i = 0; i < NR_OBJECTS; i++) {
			struct mover *m = READ_ONCE(table[i]) ? use_place(ctx, &table[i], true) : NULL;

			if (m)
				free_mover(m);
		}
		zpool_cache_destroy(cache);
		cache = NULL;
	}
	mutex_unlock(&cache_lock);
}

/*
 * Another extra: compaction.
 */

int torture_compact_prepare(void)
{
	return torture_file_exists(TORTURE_DEBUGFS "compact");
}

void torture_compact_step(struct torture_ctx *ctx)
{
	int err = torture_file_write(TORTURE_DEBUGFS "compact", "1");

	if (!err)
		ctx->ops++;
	else if (!torture_file_is_excused(err))
		torture_fail(ctx, NULL, "write to compact", 0, 0, err);
	torture_pause(sizes_below(&ctx->rnd, 50));
}
