// SPDX-License-Identifier: GPL-2.0
/*
 * The accounts add up, in every state that objects can be in, and what lies
 * idle never exceeds the budget.
 */
#include <linux/gfp.h>
#include <linux/list.h>

#include "common.h"

#define SIZE	200U

/* Of SIZE: more than both magazines of a CPU hold, so that depots fill. */
#define NR	1000U

static const unsigned long limits[] = { 0, 4096, 64 << 10, 256 << 10, 1 << 20 };

static void *objs[NR];

static struct zpool_cache *create(struct kunit *test)
{
	struct zpool_cache *cache = zpool_cache_create("kunit-stats", SIZE, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

/* Objects [@first, @end) of the script. */
static void take(struct zpool_cache *cache, unsigned int first, unsigned int end)
{
	while (first < end)
		objs[first++] = zpool_cache_alloc(cache, GFP_ATOMIC);
}

static void give(struct zpool_cache *cache, unsigned int first, unsigned int end)
{
	while (first < end)
		zpool_cache_free(cache, objs[first++]);
}

/* @nr objects are in use, and each byte held is somewhere. */
static void expect_in_use(struct kunit *test, const struct zpool_cache *cache,
			  const struct zpool_usage *u, unsigned int nr)
{
	KUNIT_EXPECT_EQ(test, u->allocs - u->frees, (unsigned long)nr);
	KUNIT_EXPECT_EQ(test, u->in_use_bytes, (unsigned long)nr * cache->geometry.stride);
	KUNIT_EXPECT_EQ(test, u->held_bytes,
			u->in_use_bytes + u->magazine_bytes + u->depot_bytes +
			u->slab_free_bytes + u->tail_bytes);
}

/*
 * From use through magazines and depots to slabs, and away: on one CPU, lest
 * an object be freed far from home, and judged afterwards.
 */
static void sums_hold_in_every_state(struct kunit *test)
{
	struct zpool_usage fresh, used, some, idle, drained;
	struct zpool_cache *cache = create(test);

	zpool_test_stay();
	fresh = zpool_test_usage(cache);
	take(cache, 0, NR);
	used = zpool_test_usage(cache);
	give(cache, 0, 10);
	some = zpool_test_usage(cache);
	give(cache, 10, NR);
	idle = zpool_test_usage(cache);
	zpool_test_leave();
	EXPECT_SOUND(test, zpool_check_cache(cache));
	zpool_cache_drain(cache);
	drained = zpool_test_usage(cache);
	EXPECT_SOUND(test, zpool_check_cache(cache));

	expect_in_use(test, cache, &fresh, 0);
	expect_in_use(test, cache, &used, NR);
	expect_in_use(test, cache, &some, NR - 10);
	expect_in_use(test, cache, &idle, 0);
	expect_in_use(test, cache, &drained, 0);

	KUNIT_EXPECT_EQ(test, fresh.held_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, used.allocs, (unsigned long)NR);
	KUNIT_EXPECT_GE(test, used.refills, (unsigned long)NR / ZPOOL_BATCH);
	KUNIT_EXPECT_LE(test, used.refills, 2UL * NR / ZPOOL_BATCH);
	KUNIT_EXPECT_EQ(test, used.depot_bytes, 0UL);
	KUNIT_EXPECT_GE(test, some.magazine_bytes, 10UL * cache->geometry.stride);
	KUNIT_EXPECT_EQ(test, idle.frees, (unsigned long)NR);
	KUNIT_EXPECT_GT(test, idle.depot_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, drained.held_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, drained.nr_slabs, 0UL);
	KUNIT_EXPECT_GT(test, drained.slabs_freed, 0UL);
	zpool_cache_destroy(cache);
}

/* Every eighth object keeps its slab: the rest of it is free in slabs. */
static void room_in_slabs_is_told(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	struct zpool_usage u;
	unsigned int i;

	take(cache, 0, NR);
	for (i = 0; i < NR; i++)
		if (i % 8)
			give(cache, i, i + 1);
	zpool_cache_drain(cache);
	u = zpool_test_usage(cache);
	expect_in_use(test, cache, &u, NR / 8);
	KUNIT_EXPECT_EQ(test, u.magazine_bytes + u.depot_bytes, 0UL);
	KUNIT_EXPECT_GE(test, u.slab_free_bytes, (NR - NR / 8UL) * cache->geometry.stride);
	EXPECT_SOUND(test, zpool_check_cache(cache));
	for (i = 0; i < NR; i += 8)
		give(cache, i, i + 1);
	zpool_cache_destroy(cache);
}

/* One object to and fro is served by the pair, but for the first. */
static void pairs_hit(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	struct zpool_usage u;
	unsigned int i;

	zpool_test_stay();
	for (i = 0; i < 1000; i++) {
		take(cache, 0, 1);
		give(cache, 0, 1);
	}
	zpool_test_leave();
	u = zpool_test_usage(cache);
	expect_in_use(test, cache, &u, 0);
	KUNIT_EXPECT_EQ(test, u.allocs, 1000UL);
	KUNIT_EXPECT_EQ(test, u.misses, 1UL);
	zpool_cache_destroy(cache);
}

/* Up and down across the edge of the pair, its worst case: a miss now and then, not one each. */
static void the_edge_is_no_cliff(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	unsigned int nr = 2 * cache->capacity + 3, round;
	struct zpool_usage before, after;

	zpool_test_stay();
	take(cache, 0, nr);
	give(cache, 0, nr);
	before = zpool_test_usage(cache);
	for (round = 0; round < 100; round++) {
		take(cache, 0, 8);
		give(cache, 0, 8);
	}
	after = zpool_test_usage(cache);
	zpool_test_leave();
	KUNIT_EXPECT_LE(test, after.misses - before.misses, 2UL);
	zpool_cache_destroy(cache);
}

/* @nr objects of each class, up and down, with a look at the budget at each step. */
static void fill_all_classes(struct kunit *test, unsigned int nr)
{
	unsigned long limit = zpool_budget.limit;
	unsigned int class, i;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		for (i = 0; i < nr; i++) {
			objs[i] = zpool_test_alloc(zpool_class_size(class), GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
			KUNIT_ASSERT_LE(test, (unsigned long)zpool_test_claimed(), limit);
		}
		for (i = 0; i < nr; i++) {
			zpool_kfree(objs[i]);
			KUNIT_ASSERT_LE(test, (unsigned long)zpool_test_claimed(), limit);
		}
	}
}

/* Idle bytes by count, as against those by claim. */
static unsigned long idle_bytes(void)
{
	unsigned long idle = 0;
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		struct zpool_usage u = zpool_test_usage(zpool_general[class]);

		idle += u.magazine_bytes + u.depot_bytes;
	}
	return idle;
}

static void budget_is_never_exceeded(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		zpool_budget_set_limit(limits[i]);
		fill_all_classes(test, 40);
		KUNIT_EXPECT_LE(test, idle_bytes(), (unsigned long)zpool_test_claimed());
		EXPECT_SOUND(test, zpool_check_all());
		zpool_drain_all();
		KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	}
}

static struct zpool_magazine *make_own(struct zpool_cache *cache, int nid)
{
	return zpool_cpu_magazine(cache, nid, 1);
}

/* All that @make gives for 1 KiB objects; none larger than a sixteenth of the room there was. */
static void make_all(struct kunit *test, struct list_head *mags, unsigned long (*room)(void),
		     struct zpool_magazine *(*make)(struct zpool_cache *cache, int nid))
{
	struct zpool_cache *cache = zpool_general[zpool_size_class(1024)];
	unsigned long before = room();
	struct zpool_magazine *mag;

	while ((mag = make(cache, numa_mem_id()))) {
		list_add(&mag->list, mags);
		KUNIT_EXPECT_TRUE(test, mag->capacity == ZPOOL_LEAST_CAPACITY ||
				  mag->capacity * cache->geometry.stride <= before / 16);
		before = room();
	}
	KUNIT_EXPECT_LT(test, before, 4 * (size_t)cache->geometry.stride);
}

static void destroy_all(struct list_head *mags, size_t stride)
{
	struct zpool_magazine *mag, *next;

	list_for_each_entry_safe(mag, next, mags, list)
		zpool_magazine_destroy(mag, stride);
	INIT_LIST_HEAD(mags);
}

static unsigned long room_of_all(void)
{
	return zpool_budget_room(zpool_budget.limit);
}

/* Magazines for depots may claim half of the budget, those of CPUs what is left of it. */
static void magazines_leave_room(struct kunit *test)
{
	struct zpool_cache *cache = zpool_general[zpool_size_class(1024)];
	size_t stride = cache->geometry.stride;
	struct zpool_magazine *mag;
	LIST_HEAD(mags);

	zpool_budget_set_limit(1 << 20);
	make_all(test, &mags, zpool_budget_shared_room, zpool_depot_magazine);
	KUNIT_EXPECT_LE(test, zpool_test_claimed(), 1L << 19);
	make_all(test, &mags, room_of_all, make_own);
	destroy_all(&mags, stride);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_budget.shared), 0L);

	/* Whatever CPUs have claimed, there is some for depots. */
	while (zpool_test_claimed() <= 5L << 17) {
		mag = make_own(cache, numa_mem_id());
		KUNIT_ASSERT_NOT_NULL(test, mag);
		list_add(&mag->list, &mags);
	}
	mag = zpool_depot_magazine(cache, numa_mem_id());
	KUNIT_EXPECT_NOT_NULL(test, mag);
	if (mag)
		list_add(&mag->list, &mags);
	destroy_all(&mags, stride);
}

/* A lower limit holds from the next drain on; claims above it stand until then. */
static void budget_can_shrink(struct kunit *test)
{
	fill_all_classes(test, 10);
	KUNIT_EXPECT_GT(test, zpool_test_claimed(), 64L << 10);
	zpool_budget_set_limit(64 << 10);
	KUNIT_EXPECT_EQ(test, zpool_budget_room(zpool_budget.limit), 0UL);
	zpool_drain_all();
	fill_all_classes(test, 10);
}

/* With no budget nothing lies idle, and all works one object at a time. */
static void works_without_budget(struct kunit *test)
{
	unsigned int class;

	zpool_budget_set_limit(0);
	fill_all_classes(test, 3);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		struct zpool_usage u = zpool_test_usage(zpool_general[class]);

		KUNIT_EXPECT_EQ_MSG(test, u.held_bytes, 0UL, "class %u", class);
	}
}

/* Each operation that the pair could not serve is one miss, whichever way it was served. */
static void misses_are_counted_once(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	struct zpool_usage u;

	zpool_budget_set_limit(0);
	take(cache, 0, 1);
	give(cache, 0, 1);
	u = zpool_test_usage(cache);
	KUNIT_EXPECT_EQ(test, u.allocs, 1UL);
	KUNIT_EXPECT_EQ(test, u.frees, 1UL);
	KUNIT_EXPECT_EQ(test, u.misses, 2UL);
	zpool_cache_destroy(cache);
}

static struct kunit_case stats_cases[] = {
	KUNIT_CASE(sums_hold_in_every_state),
	KUNIT_CASE(room_in_slabs_is_told),
	KUNIT_CASE(pairs_hit),
	KUNIT_CASE(the_edge_is_no_cliff),
	KUNIT_CASE(budget_is_never_exceeded),
	KUNIT_CASE(magazines_leave_room),
	KUNIT_CASE(budget_can_shrink),
	KUNIT_CASE(works_without_budget),
	KUNIT_CASE(misses_are_counted_once),
	{}
};

static struct kunit_suite stats_suite = {
	.name = "zpool_stats",
	.init = zpool_test_begin,
	.exit = zpool_test_end_quiet,
	.test_cases = stats_cases,
};

kunit_test_suite(stats_suite);
