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
/* Looks that a reader takes at one object, as an interrupt may come between. */
#define NR_LOOKS	4
/* How many objects more the one who replaces takes, each a chance to get the old one. */
#define NR_TAKEN	2

struct read_obj {
	u64 key;
	struct rcu_head rcu;
	unsigned int nr_words;
	u64 words[];
};

static struct read_obj __rcu *slots[NR_SLOTS];

static void fill(struct read_obj *obj, unsigned int nr_words, u64 key)
{
	unsigned int i;

	obj->key = key;
	obj->nr_words = nr_words;
	for (i = 0; i < nr_words; i++)
		obj->words[i] = key + i * GOLDEN_RATIO_64;
}

static void fail(const struct torture_ctx *ctx, const struct read_obj *obj, size_t offset,
		 u64 expected, u64 found)
{
	struct torture_obj told = {
		.ptr = (void *)obj,
		.size = struct_size(obj, words, MAX_WORDS),
	};

	torture_fail(ctx, &told, "read under RCU", offset, expected, found);
}

/* Under rcu_read_lock(); @obj was seen with @key and @nr_words. */
static bool is_intact(const struct torture_ctx *ctx, const struct read_obj *obj,
		      unsigned int nr_words, u64 key)
{
	unsigned int i;

	if (READ_ONCE(obj->key) != key || READ_ONCE(obj->nr_words) != nr_words) {
		fail(ctx, obj, 0, key, READ_ONCE(obj->key));
		return false;
	}
	for (i = 0; i < nr_words; i++) {
		u64 found = READ_ONCE(obj->words[i]);

		if (found == key + i * GOLDEN_RATIO_64)
			continue;
		fail(ctx, obj, offsetof(struct read_obj, words[i]),
		     key + i * GOLDEN_RATIO_64, found);
		return false;
	}
	return true;
}

void torture_rcu_read(struct torture_ctx *ctx, struct torture_obj **unused)
{
	const struct read_obj *obj;
	unsigned int i, nr_words;
	u64 key;

	rcu_read_lock();
	obj = rcu_dereference(slots[sizes_below(&ctx->rnd, NR_SLOTS)]);
	if (obj) {
		key = READ_ONCE(obj->key);
		nr_words = min_t(unsigned int, READ_ONCE(obj->nr_words), MAX_WORDS);
		for (i = 0; i < NR_LOOKS && is_intact(ctx, obj, nr_words, key); i++)
			cpu_relax();
	}
	rcu_read_unlock();
}

/* Now and then the kernel's own, where that may be called. */
static struct read_obj *new_obj(struct torture_ctx *ctx, unsigned int nr_words)
{
	size_t size = struct_size_t(struct read_obj, words, nr_words);
	gfp_t gfp = torture_gfp(ctx);
	struct read_obj *obj;

	if (torture_may_sleep(ctx) && !sizes_below(&ctx->rnd, 32))
		obj = kmalloc(size, gfp);
	else
		obj = zpool_kmalloc(size, gfp);
	if (obj)
		fill(obj, nr_words, ((u64)prandom_u32_state(&ctx->rnd) << 32) | nr_words);
	else
		ctx->nulls++;
	return obj;
}

/* Whoever gets memory like @old has a right to write to it. */
static void scribble(struct torture_ctx *ctx, const struct read_obj *old)
{
	size_t size = struct_size(old, words, old->nr_words);
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
	unsigned int nr_words;
	u64 key;

	rcu_read_lock();
	old = unrcu_pointer(xchg(&slots[nr], RCU_INITIALIZER(new)));
	if (old) {
		key = old->key;
		nr_words = old->nr_words;
		zpool_kfree_rcu(old, rcu);
		scribble(ctx, old);
		is_intact(ctx, old, nr_words, key);
	}
	rcu_read_unlock();
}

void torture_rcu_replace(struct torture_ctx *ctx, struct torture_obj **unused)
{
	unsigned int nr = sizes_below(&ctx->rnd, NR_SLOTS);

	replace(ctx, nr, new_obj(ctx, sizes_below(&ctx->rnd, MAX_WORDS + 1)));
}

/* When all contexts have ended: frees what the slots hold, and waits until it is free. */
void torture_rcu_drain(struct torture_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++)
		replace(ctx, i, NULL);
	rcu_barrier();
}
