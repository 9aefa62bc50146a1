/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Passes of the worker, in the test's hands, and loads of caches of its own, on a
 * CPU that the test stays on. Static, since some suites have each its own.
 *
 * Time is what a pass is told. All other caches have nothing that lies idle,
 * and nobody has credit but where a test gives it.
 */
#ifndef _KZPOOL_KUNIT_ADAPT_H
#define _KZPOOL_KUNIT_ADAPT_H

#include "../zpool_log.h"
#include "common.h"

/* Of an object, and of the magazines for such to begin with. */
#define SIZE		4096U
#define CAPACITY	16U
#define PAIR_BYTES	(2UL * CAPACITY * SIZE)

/* Does not fit into a pair, but into the next larger. */
#define WIDE		(2 * CAPACITY + 8)
#define ROUNDS		20U

/* What has room for two objects of the largest class, or fewer than two of a magazine. */
#define LARGE		65536U
#define LARGE_PAIR	(2UL * ZPOOL_LEAST_CAPACITY * LARGE)

#define NR		600U

static void *objs[2 * NR];	/* the second half is for swing() */
static unsigned int here;

static inline int begin(struct kunit *test)
{
	zpool_test_begin_usual(test);
	zpool_adapt_counts = (struct zpool_adapt_counts) {};
	zpool_log_clear();
	atomic_long_set(&zpool_budget.peak, 0);
	here = zpool_test_first_cpu();
	return 0;
}

static inline struct zpool_cache *create(struct kunit *test, const char *name, unsigned int size)
{
	struct zpool_cache *cache = zpool_cache_create(name, size, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

static inline struct zpool_cpu_head *head_of(struct zpool_cache *cache)
{
	return per_cpu_ptr(cache->heads, here);
}

static inline struct zpool_cpu_tail *tail_of(struct zpool_cache *cache)
{
	return per_cpu_ptr(cache->tails, here);
}

static inline unsigned int capacity_of(struct zpool_cache *cache)
{
	return tail_of(cache)->capacity;
}

/* What a cache has on a CPU. */
static inline size_t claimed_on(struct zpool_cache *cache, unsigned int cpu)
{
	const struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

	return (size_t)(head->loaded->capacity + head->previous->capacity) *
	       cache->geometry.stride;
}

static inline unsigned long depot_bytes(struct zpool_cache *cache)
{
	return zpool_test_usage(cache).depot_bytes;
}

static inline long credit(void)
{
	return atomic_long_read(&zpool_budget.credit);
}

/* What is claimed now is all that may be. */
static inline void close_budget(void)
{
	zpool_budget_set_limit(zpool_test_claimed());
}

/* A pass, after which all holds, and credit is for the next test to give. */
static inline void pass(struct kunit *test, unsigned int elapsed_ms)
{
	zpool_test_pass(elapsed_ms);
	zpool_budget_grant(0);
	EXPECT_SOUND(test, zpool_check_all());
	KUNIT_EXPECT_LE(test, (unsigned long)zpool_test_claimed(), zpool_budget.limit);
}

/*
 * Loads.
 */

static inline void take(struct zpool_cache *cache, unsigned int first, unsigned int end)
{
	while (first < end)
		objs[first++] = zpool_cache_alloc(cache, GFP_KERNEL | __GFP_NOFAIL);
}

static inline void give(struct zpool_cache *cache, unsigned int first, unsigned int end)
{
	while (first < end)
		zpool_cache_free(cache, objs[first++]);
}

/* @nr objects out and in, and again; what a test holds meanwhile is left alone. */
static inline void swing(struct zpool_cache *cache, unsigned int nr, unsigned int rounds)
{
	while (rounds--) {
		take(cache, NR, NR + nr);
		give(cache, NR, NR + nr);
	}
}

/* Both magazines of the pair. */
static inline void fill_pair(struct zpool_cache *cache)
{
	swing(cache, 2 * CAPACITY, 1);
}

/* A cache that has spent the budget on a CPU and does nothing from then on. */
static inline struct zpool_cache *create_idle(struct kunit *test, unsigned int cpu)
{
	struct zpool_cache *cache = create(test, "kunit-idle", SIZE);

	zpool_test_move(cpu);
	fill_pair(cache);
	zpool_test_move(here);
	KUNIT_ASSERT_EQ(test, claimed_on(cache, cpu), PAIR_BYTES);
	zpool_slabs_trim(&zpool_this_node(cache)->slabs);
	return cache;
}

#endif /* _KZPOOL_KUNIT_ADAPT_H */
