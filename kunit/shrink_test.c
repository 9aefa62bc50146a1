// SPDX-License-Identifier: GPL-2.0
/* Shrinking: what could go back, what does when the system asks, and in which order. */
#include "idle.h"

/* By steps of a page, until the cache has nothing but what is on CPUs. */
static void scan_past(struct zpool_cache *cache)
{
	unsigned int i;

	for (i = 0; i < NR && (depot_of(cache)->nr_full || is_in_limbo(cache) ||
			       cache->nodes[home]->slabs.nr_on[ZPOOL_EMPTY]); i++)
		scan(1);
}

/*
 * Counting.
 */

static void what_is_claimed_counts(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-count");
	unsigned long pages;
	int nid;

	for_each_node(nid)
		KUNIT_EXPECT_EQ(test, zpool_shrink_count(nid), 0UL);
	for_each_node_mask(nid, zpool_fed_nodes) {
		leave_in_depot(test, cache, nid, 0);
		KUNIT_EXPECT_EQ(test, zpool_shrink_count(nid), MAGAZINE_PAGES);
		pages = leave_empty_slab(test, cache, nid);
		KUNIT_EXPECT_EQ(test, zpool_shrink_count(nid), MAGAZINE_PAGES + pages);
	}
	zpool_drain_all();
	for_each_node(nid)
		KUNIT_EXPECT_EQ(test, zpool_shrink_count(nid), 0UL);
	zpool_cache_destroy(cache);
}

/* What came home by another's magazine was never claimed there. */
static void less_than_nothing_counts_as_nothing(struct kunit *test)
{
	atomic_long_sub(PAGE_SIZE, &zpool_budget.on_node[home]);
	KUNIT_EXPECT_EQ(test, zpool_shrink_count(home), 0UL);
	atomic_long_add(PAGE_SIZE, &zpool_budget.on_node[home]);
}

static void the_count_goes_home_with_a_magazine(struct kunit *test)
{
	int far = zpool_test_far_node(test);
	struct zpool_cache *cache = create(test, "kunit-count");

	take_from(test, cache, CAPACITY + 1, far);
	KUNIT_EXPECT_EQ(test, zpool_shrink_count(far), 0UL);
	give(cache, CAPACITY);
	KUNIT_EXPECT_EQ(test, zpool_shrink_count(home), MAGAZINE_PAGES);
	KUNIT_EXPECT_EQ(test, zpool_shrink_count(far), 0UL);
	zpool_cache_free(cache, objs[CAPACITY]);
	KUNIT_EXPECT_EQ(test, cache->nodes[far]->depot.nr_full, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_shrink_count(home), MAGAZINE_PAGES);
	KUNIT_EXPECT_EQ(test, zpool_shrink_count(far), MAGAZINE_PAGES);
	zpool_cache_destroy(cache);
	KUNIT_EXPECT_EQ(test, zpool_shrink_count(far), 0UL);
}

/*
 * What is taken, and how much.
 */

static void nothing_gives_nothing(struct kunit *test)
{
	long calls = atomic_long_read(&zpool_shrink_counts.calls);
	long pages = atomic_long_read(&zpool_shrink_counts.pages);
	int nid;

	for_each_node(nid) {
		unsigned long nr = 100;

		KUNIT_EXPECT_EQ(test, zpool_shrink_scan(nid, &nr), 0UL);
		KUNIT_EXPECT_EQ(test, nr, 0UL);
		calls++;
	}
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_shrink_counts.calls), calls);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_shrink_counts.pages), pages);
	KUNIT_EXPECT_EQ(test, zpool_shrink_all(), 0UL);
}

/* What is taken first is in the cache that is looked at last. */
static void the_least_missed_goes_first(struct kunit *test)
{
	struct zpool_cache *busy = create(test, "kunit-busy"), *idle = create(test, "kunit-idle");
	struct zpool_cache *depot = create(test, "kunit-depot");
	struct zpool_cache *empty = create(test, "kunit-empty");
	struct zpool_magazine *young;
	unsigned long pages;

	swing(test, busy, CAPACITY);
	swing(test, idle, CAPACITY);
	zpool_test_pass(1000);
	swing(test, busy, 1);
	leave_in_depot(test, depot, home, CAPACITY);
	young = leave_in_depot(test, depot, home, CAPACITY);
	pages = leave_empty_slab(test, empty, home);

	KUNIT_EXPECT_EQ(test, scan(1), pages);
	KUNIT_EXPECT_EQ(test, empty->nodes[home]->slabs.nr_on[ZPOOL_EMPTY], 0UL);
	KUNIT_EXPECT_EQ(test, depot_of(depot)->nr_full, 2UL);
	scan(1);
	KUNIT_ASSERT_EQ(test, depot_of(depot)->nr_full, 1UL);
	KUNIT_EXPECT_PTR_EQ(test, list_first_entry(&depot_of(depot)->full, struct zpool_magazine,
						   list), young);
	scan_past(depot);
	KUNIT_EXPECT_EQ(test, held_pages(depot), 0UL);
	KUNIT_EXPECT_FALSE(test, is_bare(idle, here));
	scan(1);
	KUNIT_EXPECT_TRUE(test, is_bare(idle, here));
	KUNIT_EXPECT_FALSE(test, is_bare(busy, here));
	zpool_test_grace();
	scan_past(idle);
	KUNIT_EXPECT_EQ(test, held_pages(idle), 0UL);
	KUNIT_EXPECT_FALSE(test, is_bare(busy, here));
	scan(1);
	KUNIT_EXPECT_TRUE(test, is_bare(busy, here));
	zpool_cache_destroy(empty);
	zpool_cache_destroy(depot);
	zpool_cache_destroy(idle);
	zpool_cache_destroy(busy);
}

/* The lot in limbo is given back after what depots have, and before more is taken away. */
static void limbo_goes_between_depots_and_cpus(struct kunit *test)
{
	struct zpool_cache *busy = create(test, "kunit-busy"), *left = create(test, "kunit-left");
	struct zpool_cache *depot = create(test, "kunit-depot");

	swing(test, left, CAPACITY);
	zpool_cache_detach(left, here, ZPOOL_ALL);
	swing(test, busy, CAPACITY);
	leave_in_depot(test, depot, home, CAPACITY);
	zpool_test_grace();
	scan(1);
	scan_past(depot);
	KUNIT_EXPECT_EQ(test, held_pages(depot), 0UL);
	KUNIT_EXPECT_TRUE(test, is_in_limbo(left));
	scan(1);
	scan_past(left);
	KUNIT_EXPECT_EQ(test, held_pages(left), 0UL);
	KUNIT_EXPECT_FALSE(test, is_bare(busy, here));
	zpool_cache_destroy(depot);
	zpool_cache_destroy(left);
	zpool_cache_destroy(busy);
}

static void empty_magazines_go_before_full_ones(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-depot");
	unsigned long nr = 1;

	leave_in_depot(test, cache, home, CAPACITY);
	leave_in_depot(test, cache, home, 0);
	KUNIT_EXPECT_EQ(test, zpool_shrink_scan(home, &nr), 0UL);
	KUNIT_EXPECT_EQ(test, nr, MAGAZINE_PAGES);
	KUNIT_EXPECT_EQ(test, depot_of(cache)->nr_empty, 0UL);
	KUNIT_EXPECT_EQ(test, depot_of(cache)->nr_full, 1UL);

	/* Or where there are no others. */
	scan_all();
	KUNIT_EXPECT_EQ(test, depot_of(cache)->nr_full, 0UL);
	leave_in_depot(test, cache, home, 0);
	scan_all();
	KUNIT_EXPECT_EQ(test, depot_of(cache)->nr_empty, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_shrink_count(home), 0UL);
	zpool_cache_destroy(cache);
}

/* The one that exceeds what is asked for is the last. */
static void no_more_than_asked_for(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-depot");
	unsigned long nr = MAGAZINE_PAGES, held;
	unsigned int i;

	for (i = 0; i < 5; i++)
		leave_in_depot(test, cache, home, CAPACITY);
	zpool_budget_set_limit(0);		/* so that no slab is kept empty */
	held = held_pages(cache);
	KUNIT_EXPECT_EQ(test, held - zpool_shrink_scan(home, &nr), held_pages(cache));
	KUNIT_EXPECT_EQ(test, nr, MAGAZINE_PAGES);
	KUNIT_EXPECT_EQ(test, depot_of(cache)->nr_full, 4UL);
	nr = MAGAZINE_PAGES + 1;
	zpool_shrink_scan(home, &nr);
	KUNIT_EXPECT_EQ(test, nr, 2 * MAGAZINE_PAGES);
	KUNIT_EXPECT_EQ(test, depot_of(cache)->nr_full, 2UL);
	zpool_cache_destroy(cache);
}

/* As many as claim a page, and the one that exceeds it. */
static void small_magazines_make_a_page(struct kunit *test)
{
	unsigned int nr_in_page = PAGE_SIZE / (CAPACITY * 64), i;
	struct zpool_cache *cache = zpool_cache_create("kunit-small", 64, 0, 0, NULL);
	unsigned long nr = 1;

	KUNIT_ASSERT_NOT_NULL(test, cache);
	for (i = 0; i < nr_in_page + 2; i++)
		leave_in_depot(test, cache, home, CAPACITY);
	zpool_shrink_scan(home, &nr);
	KUNIT_EXPECT_EQ(test, nr, 1UL);
	KUNIT_EXPECT_EQ(test, depot_of(cache)->nr_full, 2UL);
	zpool_cache_destroy(cache);
}

/* One cache's, not all that there are. */
static void few_busy_ones_are_taken(struct kunit *test)
{
	struct zpool_cache *first = create(test, "kunit-busy"), *next = create(test, "kunit-busy");
	unsigned long nr = 1;

	swing(test, first, CAPACITY);
	swing(test, next, CAPACITY);
	zpool_shrink_scan(home, &nr);
	KUNIT_EXPECT_EQ(test, nr, MAGAZINE_PAGES);
	KUNIT_EXPECT_TRUE(test, is_bare(first, here));
	KUNIT_EXPECT_FALSE(test, is_bare(next, here));
	nr = ULONG_MAX;
	zpool_shrink_scan(home, &nr);
	KUNIT_EXPECT_TRUE(test, is_bare(next, here));
	zpool_cache_destroy(next);
	zpool_cache_destroy(first);
}

/* Any one of the three is reason enough to come by, wherever it is looked for. */
static void a_cpu_may_have_only_one(struct kunit *test)
{
	static const enum zpool_share shares[] = { ZPOOL_LOADED, ZPOOL_PREVIOUS };
	struct zpool_cache *cache = create(test, "kunit-one");
	unsigned int i, way;

	for (i = 0; i < ARRAY_SIZE(shares); i++) {
		for (way = 0; way < 2; way++) {
			swing(test, cache, 2 * CAPACITY);
			zpool_cache_detach(cache, here, ZPOOL_ALL & ~shares[i]);
			zpool_test_grace();
			zpool_cache_bring_home(cache);
			KUNIT_ASSERT_FALSE(test, is_bare(cache, here));
			if (way)
				zpool_shrink_all();
			else
				scan_all();
			KUNIT_EXPECT_TRUE(test, is_bare(cache, here));
			zpool_cache_drain(cache);
		}
	}
	zpool_cache_destroy(cache);
}

/* What is in use stays what it is. */
static void what_is_returned_was_held(struct kunit *test)
{
	long counted = atomic_long_read(&zpool_shrink_counts.pages);
	struct zpool_cache *cache = create(test, "kunit-live");
	unsigned long held, freed = 0;
	unsigned int i;

	take_from(test, cache, NR, home);
	for (i = 0; i < NR; i++)
		zpool_test_write_pattern(objs[i], SIZE);
	for (i = 0; i < NR; i++)
		if (i < NR / 2 || i % 2)
			zpool_cache_free(cache, objs[i]);
	held = held_pages(cache);
	for (i = 0; i < 4; i++) {
		freed += scan_all();
		KUNIT_EXPECT_EQ(test, held - held_pages(cache), freed);
		EXPECT_SOUND(test, zpool_check_all());
		zpool_test_grace();
	}
	KUNIT_EXPECT_GT(test, freed, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_shrink_counts.pages) - counted, (long)freed);
	for (i = NR / 2; i < NR; i += 2) {
		KUNIT_EXPECT_TRUE(test, zpool_test_has_pattern(objs[i], SIZE));
		zpool_cache_free(cache, objs[i]);
	}
	zpool_cache_destroy(cache);
}

/* But what its CPUs have of this one's is this one's. */
static void another_node_is_left_alone(struct kunit *test)
{
	int far = zpool_test_far_node(test);
	unsigned int cpu = cpu_of(far);
	struct zpool_cache *cache = create(test, "kunit-far");
	struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);
	unsigned long held;

	zpool_test_move(cpu);
	swing(test, cache, CAPACITY);
	take_from(test, cache, CAPACITY, home);
	give(cache, CAPACITY);
	zpool_test_move(here);
	leave_in_depot(test, cache, far, CAPACITY);
	leave_empty_slab(test, cache, far);
	zpool_test_pass(1000);
	KUNIT_ASSERT_PTR_NE(test, per_cpu_ptr(cache->tails, cpu)->remote, zpool_no_magazine);

	scan_all();
	KUNIT_EXPECT_PTR_EQ(test, per_cpu_ptr(cache->tails, cpu)->remote, zpool_no_magazine);
	KUNIT_EXPECT_PTR_NE(test, head->loaded, zpool_no_magazine);
	KUNIT_EXPECT_EQ(test, cache->nodes[far]->depot.nr_full, 1UL);
	KUNIT_EXPECT_EQ(test, cache->nodes[far]->slabs.nr_on[ZPOOL_EMPTY], 1UL);
	held = cache->nodes[far]->slabs.nr_pages;
	zpool_test_grace();
	KUNIT_EXPECT_FALSE(test, zpool_shrink_bring_home());
	scan_all();
	KUNIT_EXPECT_EQ(test, cache->nodes[home]->slabs.nr_pages, 0UL);
	KUNIT_EXPECT_EQ(test, cache->nodes[far]->slabs.nr_pages, held);
	zpool_cache_destroy(cache);
}

static struct kunit_case shrink_cases[] = {
	KUNIT_CASE(what_is_claimed_counts),
	KUNIT_CASE(less_than_nothing_counts_as_nothing),
	KUNIT_CASE(the_count_goes_home_with_a_magazine),
	KUNIT_CASE(nothing_gives_nothing),
	KUNIT_CASE(the_least_missed_goes_first),
	KUNIT_CASE(limbo_goes_between_depots_and_cpus),
	KUNIT_CASE(empty_magazines_go_before_full_ones),
	KUNIT_CASE(no_more_than_asked_for),
	KUNIT_CASE(small_magazines_make_a_page),
	KUNIT_CASE(few_busy_ones_are_taken),
	KUNIT_CASE(a_cpu_may_have_only_one),
	KUNIT_CASE(what_is_returned_was_held),
	KUNIT_CASE(another_node_is_left_alone),
	{}
};

static struct kunit_suite shrink_suite = {
	.name = "zpool_shrink",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = shrink_cases,
};

kunit_test_suite(shrink_suite);
