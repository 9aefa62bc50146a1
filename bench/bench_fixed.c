// SPDX-License-Identifier: GPL-2.0
/*
 * Contender `fixed_pool`: the static object pools that zpool grew out of.
 *
 * Six pools of 8 to 256 B, found by a chain of comparisons, each preallocated
 * with 10000 objects in one chunk and never resized; whatever is larger goes
 * to kmalloc. It is here to show what covering 8 B to 64 KiB on demand is
 * worth: its speed below 256 B, its five megabytes, and no help above.
 *
 * The pools belong to the one thread that runs the benchmark; they get the
 * protection of a per-CPU fast path all the same, as a kernel would need it.
 */
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "bench.h"

#define FIXED_NR_OBJS	10000	/* of each size, as the original preallocates */
#define FIXED_MAX_SIZE	256

struct fixed_pool {
	size_t size;
	void *chunk;
	void **objs;		/* the free ones */
	unsigned int nr;
};

static struct fixed_pool fixed_pools[] = {
	{ 8 }, { 16 }, { 32 }, { 64 }, { 128 }, { FIXED_MAX_SIZE },
};

static bool fixed_busy;

static bool available(const struct bench_load *load)
{
	return load->max_size <= KMALLOC_MAX_SIZE;
}

static struct fixed_pool *select_pool(size_t size)
{
	if (size <= 8)
		return &fixed_pools[0];
	if (size <= 16)
		return &fixed_pools[1];
	if (size <= 32)
		return &fixed_pools[2];
	if (size <= 64)
		return &fixed_pools[3];
	if (size <= 128)
		return &fixed_pools[4];
	return &fixed_pools[5];
}

/* An empty pool stays empty: the original has nothing to refill it with. */
static void *fixed_alloc(size_t size, gfp_t gfp)
{
	struct fixed_pool *pool;
	void *obj = NULL;

	if (size > FIXED_MAX_SIZE)
		return kmalloc(size, gfp);
	pool = select_pool(size);
	preempt_disable();
	if (likely(bench_enter(&fixed_busy))) {
		if (likely(pool->nr))
			obj = pool->objs[--pool->nr];
		bench_leave(&fixed_busy);
	}
	preempt_enable();
	return obj;
}

static void fixed_free(void *obj, size_t size)
{
	struct fixed_pool *pool;

	if (size > FIXED_MAX_SIZE) {
		kfree(obj);
		return;
	}
	pool = select_pool(size);
	preempt_disable();
	if (likely(bench_enter(&fixed_busy))) {
		pool->objs[pool->nr++] = obj;
		bench_leave(&fixed_busy);
	}
	preempt_enable();
}

static void teardown(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fixed_pools); i++) {
		struct fixed_pool *pool = &fixed_pools[i];

		vfree(pool->objs);
		vfree(pool->chunk);
		*pool = (struct fixed_pool){ .size = pool->size };
	}
}

static int setup(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fixed_pools); i++) {
		struct fixed_pool *pool = &fixed_pools[i];

		pool->chunk = vmalloc(FIXED_NR_OBJS * pool->size);
		pool->objs = vmalloc(FIXED_NR_OBJS * sizeof(void *));
		if (!pool->chunk || !pool->objs) {
			teardown();
			return -ENOMEM;
		}
		while (pool->nr < FIXED_NR_OBJS) {
			pool->objs[pool->nr] = pool->chunk + pool->nr * pool->size;
			pool->nr++;
		}
	}
	return 0;
}

const struct bench_contender bench_fixed = {
	.name		= "fixed_pool",
	.sets		= BENCH_DEMO | BENCH_FULL,
	.one_cpu	= true,
	.setup		= setup,
	.teardown	= teardown,
	.available	= available,
	.alloc		= fixed_alloc,
	.free		= fixed_free,
};
