// SPDX-License-Identifier: GPL-2.0
/*
 * What is unused goes home, after decay_ms and in steps: magazines, depots, slabs; not
 * what was asked to be there.
 */
#include "adapt.h"

static void the_unused_comes_home(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;

	zpool_budget_grant(1 << 20);
	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	KUNIT_EXPECT_GT(test, capacity_of(cache), CAPACITY);
	pass(test, 19999);
	KUNIT_EXPECT_GT(test, claimed_on(cache, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	pass(test, 1);
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).magazine_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 1UL);
	KUNIT_EXPECT_GT(test, zpool_adapt_counts.released_bytes, PAIR_BYTES);

	/* The slab that was kept and the depot's magazines follow, and then there is nothing left. */
	for (i = 0; i < 20; i++)
		pass(test, 20000);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	zpool_cache_destroy(cache);
}

/* The slab kept empty goes after decay_ms in which none of the node's was touched. */
static void a_kept_slab_comes_home(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", LARGE);
	const struct zpool_slabs *slabs = &zpool_this_node(cache)->slabs;

	swing(cache, 1, 1);
	pass(test, 1000);
	pass(test, 20000);
	KUNIT_ASSERT_EQ(test, slabs->nr_on[ZPOOL_EMPTY], 1UL);
	pass(test, 1000);
	pass(test, 19999);
	KUNIT_EXPECT_EQ(test, slabs->nr_on[ZPOOL_EMPTY], 1UL);
	pass(test, 1);
	KUNIT_EXPECT_EQ(test, slabs->nr_on[ZPOOL_EMPTY], 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	zpool_cache_destroy(cache);
}

static void without_decay_all_stays(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;
	long claimed;

	zpool_policy.decay_ms = 0;
	swing(cache, 10 * CAPACITY, 1);
	claimed = zpool_test_claimed();
	for (i = 0; i < 40; i++)
		pass(test, 1 << 25);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), claimed);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	zpool_cache_destroy(cache);
}

/* The half of the pair that was not needed; the other goes on. */
static void a_spare_comes_home_when_still(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	struct zpool_magazine *loaded;

	fill_pair(cache);
	pass(test, 1000);
	swing(cache, CAPACITY + 4, 1);
	pass(test, 1000);
	loaded = head_of(cache)->loaded;
	swing(cache, 1, 10);
	pass(test, 19999);
	KUNIT_EXPECT_PTR_NE(test, head_of(cache)->previous, zpool_no_magazine);
	swing(cache, 1, 10);
	pass(test, 1);
	KUNIT_EXPECT_PTR_EQ(test, head_of(cache)->previous, zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, head_of(cache)->loaded, loaded);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, PAIR_BYTES / 2);
	zpool_cache_destroy(cache);
}

/* Magazines that change places are both needed. */
static void a_pair_in_use_stays(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;

	fill_pair(cache);
	pass(test, 1000);
	for (i = 0; i < 5; i++) {
		swing(cache, CAPACITY + 4, 2);
		pass(test, 20000);
	}
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	zpool_cache_destroy(cache);
}

/* What waits for others to fill the magazine it is in. */
static void the_remote_comes_home(struct kunit *test)
{
	int far = zpool_test_far_node(test);
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;

	for (i = 0; i < 3; i++)
		objs[i] = zpool_cache_alloc_node(cache, GFP_KERNEL | __GFP_NOFAIL, far);
	give(cache, 0, 3);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).remote_bytes, 3UL * SIZE);
	pass(test, 1000);
	swing(cache, 1, 10);
	pass(test, 19999);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).remote_bytes, 3UL * SIZE);
	swing(cache, 1, 10);
	pass(test, 1);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).remote_bytes, 0UL);
	KUNIT_EXPECT_PTR_EQ(test, tail_of(cache)->remote, zpool_no_magazine);
	KUNIT_EXPECT_PTR_NE(test, head_of(cache)->loaded, zpool_no_magazine);
	zpool_cache_destroy(cache);
}

/* Nobody comes for a depot's magazines: they follow when they are as old as that. */
static void depots_come_home(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;

	swing(cache, 10 * CAPACITY, 1);
	KUNIT_ASSERT_GT(test, depot_bytes(cache), 0UL);
	for (i = 0; i < 20; i++) {
		swing(cache, 1, 1);
		pass(test, 1000);
		KUNIT_EXPECT_GT(test, depot_bytes(cache), 0UL);
	}
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, depot_bytes(cache), 0UL);
	KUNIT_EXPECT_PTR_NE(test, head_of(cache)->loaded, zpool_no_magazine);
	zpool_cache_destroy(cache);
}

#define NR_LARGE	6U

/* A pass brings home at most an eighth of the budget, or a MiB where that is more. */
static void expect_steps(struct kunit *test, unsigned long limit, unsigned int in_a_pass)
{
	struct zpool_cache *caches[NR_LARGE];
	unsigned int i, home;

	zpool_budget_set_limit(limit);
	for (i = 0; i < NR_LARGE; i++) {
		caches[i] = create(test, "kunit-step", LARGE);
		swing(caches[i], 2 * ZPOOL_LEAST_CAPACITY, 1);
		KUNIT_ASSERT_EQ(test, claimed_on(caches[i], here), LARGE_PAIR);
	}
	zpool_adapt_counts = (struct zpool_adapt_counts) {};
	pass(test, 1000);
	for (home = 0; home < NR_LARGE; home += in_a_pass) {
		KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, (unsigned long)home);
		pass(test, 20000);
	}
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, (unsigned long)NR_LARGE);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, NR_LARGE * LARGE_PAIR);
	for (i = 0; i < NR_LARGE; i++)
		zpool_cache_destroy(caches[i]);
}

static void it_comes_home_in_steps(struct kunit *test)
{
	expect_steps(test, 24 << 20, NR_LARGE);
	expect_steps(test, 12 << 20, NR_LARGE / 2);
	expect_steps(test, 7 << 20, NR_LARGE / 3);
}

static unsigned long nr_in_depots(struct zpool_cache *cache, unsigned long *nr_kept)
{
	unsigned long sum = 0;
	int nid;

	*nr_kept = 0;
	for_each_node(nid) {
		sum += cache->nodes[nid]->depot.nr_objects;
		*nr_kept += cache->nodes[nid]->depot.nr_kept;
	}
	return sum;
}

/* What was asked to be there stays, what came on top of it goes. */
static void prefilled_objects_stay(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-kept", SIZE);
	unsigned long kept, nr;
	unsigned int i;

	zpool_cache_prefill(cache, 120 * SIZE);
	nr = nr_in_depots(cache, &kept);
	KUNIT_EXPECT_EQ(test, kept, nr);
	KUNIT_ASSERT_GE(test, nr, 100UL);
	for (i = 0; i < 40; i++)
		pass(test, 20000);
	KUNIT_EXPECT_EQ(test, nr_in_depots(cache, &kept), nr);

	swing(cache, 20 * CAPACITY, 1);
	KUNIT_EXPECT_GT(test, nr_in_depots(cache, &kept), nr + CAPACITY);
	for (i = 0; i < 40; i++)
		pass(test, 20000);
	KUNIT_EXPECT_EQ(test, kept, nr);
	KUNIT_EXPECT_GE(test, nr_in_depots(cache, &kept), nr);
	KUNIT_EXPECT_LT(test, nr_in_depots(cache, &kept), nr + CAPACITY);
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), 0UL);
	zpool_cache_destroy(cache);
}

/* Nor does it go when others want room. */
static void prefilled_objects_are_not_stolen(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-kept", SIZE), *comer;
	unsigned long kept, nr;

	zpool_cache_prefill(cache, 120 * SIZE);
	nr = nr_in_depots(cache, &kept);
	pass(test, 4000);
	zpool_slabs_trim(&zpool_this_node(cache)->slabs);
	close_budget();
	comer = create(test, "kunit-comer", SIZE);
	swing(comer, CAPACITY, ROUNDS);
	pass(test, 4000);
	KUNIT_EXPECT_EQ(test, nr_in_depots(cache, &kept), nr);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, 0UL);
	zpool_cache_destroy(comer);
	zpool_cache_destroy(cache);
}

/* What was learnt is forgotten: it starts as at first, unpaid, and no shrink was undone. */
static void what_comes_home_starts_anew(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);

	zpool_budget_grant(1 << 20);
	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	KUNIT_EXPECT_GT(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_TRUE(test, tail_of(cache)->is_paid);
	pass(test, 20000);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_FALSE(test, tail_of(cache)->is_paid);
	swing(cache, 1, 1);
	pass(test, 1000);
	zpool_budget_grant(1 << 20);
	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	KUNIT_EXPECT_GT(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_EQ(test, tail_of(cache)->watch.undone, 0U);
	zpool_cache_destroy(cache);
}

static struct kunit_case home_cases[] = {
	KUNIT_CASE(the_unused_comes_home),
	KUNIT_CASE(a_kept_slab_comes_home),
	KUNIT_CASE(without_decay_all_stays),
	KUNIT_CASE(a_spare_comes_home_when_still),
	KUNIT_CASE(a_pair_in_use_stays),
	KUNIT_CASE(the_remote_comes_home),
	KUNIT_CASE(depots_come_home),
	KUNIT_CASE(it_comes_home_in_steps),
	KUNIT_CASE(prefilled_objects_stay),
	KUNIT_CASE(prefilled_objects_are_not_stolen),
	KUNIT_CASE(what_comes_home_starts_anew),
	{}
};

static struct kunit_suite home_suite = {
	.name = "zpool_home",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = home_cases,
};

kunit_test_suite(home_suite);
