// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that are read while they are freed.
 *
 * Some slots hold objects for all contexts to read under rcu_read_lock(). A
 * replaced object goes to zpool_kfree_rcu(), and whoever could still see it
 * must find it as it was until its reader ends: that is looked at by readers
 * on other CPUs, and at once by the one that replaced it, who first takes and
 * scribbles on what the allocator gives away next.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <zpool/zpool.h>

#include "sizes.h"
#include "torture.h"

/* Few, so that readers meet those who replace. */
#define NR_SLOTS	8
#define MAX_WORDS	120
#define MAX_SIZE	struct_size_t(struct read_obj, words, MAX_WORDS)
/* Looks that a reader takes at one object, as an interrupt may come between. */
#define NR_LOOKS	4
/* How many objects more the one who replaces takes, each a chance to get the old one. */
#define NR_TAKEN	2

/* @key also tells how many words there are, and @check whether to believe it. */
struct read_obj {
	u64 key;
	struct rcu_head rcu;
	u64 check;
	u64 words[];
};

static struct read_obj __rcu *slots[NR_SLOTS];

static u64 make_key(struct torture_ctx *ctx, u32 nr_words)
{
	return ((u64)prandom_u32_state(&ctx->rnd) << 32) | nr_words;
}

static u32 nr_words_of(u64 key)
{
	return lower_32_bits(key);
}

static size_t size_of(u64 key)
{
	return struct_size_t(struct read_obj, words, nr_words_of(key));
}

static void fill(struct read_obj *obj, u64 key)
{
	u32 i;

	obj->key = key;
	obj->check = ~key;
	for (i = 0; i < nr_words_of(key); i++)
		obj->words[i] = key + i * GOLDEN_RATIO_64;
}

static void fail(const struct torture_ctx *ctx, const struct read_obj *obj, size_t offset,
		 u64 expected, u64 found)
{
	struct torture_obj told = { .ptr = (void *)obj, .size = MAX_SIZE };

	torture_fail(ctx, &told, "read under RCU", offset, expected, found);
}

/* Under rcu_read_lock(): the key of @obj; 0, which no object has, if it is no longer one. */
static u64 read_key(const struct torture_ctx *ctx, const struct read_obj *obj)
{
	u64 key = READ_ONCE(obj->key), check = READ_ONCE(obj->check);

	if (check == ~key && nr_words_of(key) <= MAX_WORDS)
		return key;
	fail(ctx, obj, offsetof(struct read_obj, check), ~key, check);
	return 0;
}

/* Under rcu_read_lock(): is @obj as it was when it had @key? */
static bool is_intact(const struct torture_ctx *ctx, const struct read_obj *obj, u64 key)
{
	u32 i;

	if (read_key(ctx, obj) != key) {
		fail(ctx, obj, 0, key, READ_ONCE(obj->key));
		return false;
	}
	for (i = 0; i < nr_words_of(key); i++) {
		u64 found = READ_ONCE(obj->words[i]), expected = key + i * GOLDEN_RATIO_64;

		if (found == expected)
			continue;
		fail(ctx, obj, offsetof(struct read_obj, words) + i * sizeof(u64), expected,
		     found);
		return false;
	}
	return true;
}

void torture_rcu_read(struct torture_ctx *ctx, struct torture_obj **unused)
{
	const struct read_obj *obj;
	unsigned int i;
	u64 key;

	rcu_read_lock();
	obj = rcu_dereference(slots[sizes_below(&ctx->rnd, NR_SLOTS)]);
	key = obj ? read_key(ctx, obj) : 0;
	for (i = 0; key && i < NR_LOOKS && is_intact(ctx, obj, key); i++)
		cpu_relax();
	rcu_read_unlock();
}

/* Now and then the kernel's own, where that may be called. */
static struct read_obj *new_obj(struct torture_ctx *ctx)
{
	u64 key = make_key(ctx, 1 + sizes_below(&ctx->rnd, MAX_WORDS));
	gfp_t gfp = torture_gfp(ctx);
	struct read_obj *obj;

	if (torture_may_sleep(ctx) && !sizes_below(&ctx->rnd, 32))
		obj = kmalloc(size_of(key), gfp);
	else
		obj = zpool_kmalloc(size_of(key), gfp);
	if (obj)
		fill(obj, key);
	else
		ctx->nulls++;
	return obj;
}

/* Whoever gets memory of @size has a right to write to it. */
static void scribble(size_t size)
{
	void *taken[NR_TAKEN];
	unsigned int i;

	for (i = 0; i < NR_TAKEN; i++) {
		taken[i] = zpool_kmalloc(size, GFP_NOWAIT | __GFP_NOWARN);
		if (taken[i])
			memset(taken[i], 0xa5, size);
	}
	for (i = 0; i < NR_TAKEN; i++)
		zpool_kfree(taken[i]);
}

static void replace(struct torture_ctx *ctx, unsigned int nr, struct read_obj *new)
{
	struct read_obj *old;
	u64 key;

	rcu_read_lock();
	old = unrcu_pointer(xchg(&slots[nr], RCU_INITIALIZER(new)));
	key = old ? read_key(ctx, old) : 0;
	if (key) {
		zpool_kfree_rcu(old, rcu);
		scribble(size_of(key));
		is_intact(ctx, old, key);
	}
	rcu_read_unlock();
}

void torture_rcu_replace(struct torture_ctx *ctx, struct torture_obj **unused)
{
	replace(ctx, sizes_below(&ctx->rnd, NR_SLOTS), new_obj(ctx));
}

/* When all contexts have ended: frees what the slots hold, and waits until it is free. */
void torture_rcu_drain(struct torture_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++)
		replace(ctx, i, NULL);
	rcu_barrier();
}
