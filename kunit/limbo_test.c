// SPDX-License-Identifier: GPL-2.0
/*
 * Limbo: what was taken away from CPUs waits there, and is counted.
 *
 * Grace periods pass when they like in a kernel: what must not come home before
 * one is proven by an older cookie, of which it is known if it is over.
 */
#include "../zpool_throttle.h"
#include "idle.h"

static void limbo_waits_for_readers(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-limbo");
	struct zpool_limbo *limbo = &cache->nodes[home]->limbo;
	struct zpool_magazine *mag;

	swing(test, cache, CAPACITY);
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, zpool_cache_detach(cache, here, ZPOOL_ALL), (size_t)CAPACITY * SIZE);
	mag = zpool_limbo_take(limbo);
	rcu_read_unlock();
	KUNIT_ASSERT_NULL(test, mag);
	KUNIT_EXPECT_EQ(test, zpool_limbo_count(limbo), (unsigned long)CAPACITY);

	/* What comes later makes all wait. */
	zpool_test_grace();
	swing(test, cache, CAPACITY);
	rcu_read_lock();
	zpool_cache_detach(cache, here, ZPOOL_ALL);
	mag = zpool_limbo_take(limbo);
	rcu_read_unlock();
	KUNIT_ASSERT_NULL(test, mag);
	zpool_test_grace();
	zpool_cache_bring_home(cache);
	KUNIT_EXPECT_FALSE(test, zpool_cache_is_in_limbo(cache));
	zpool_cache_destroy(cache);
}

static void a_grace_period_is_waited_for(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-limbo");
	unsigned long cookie, held, freed, nr = ULONG_MAX;

	swing(test, cache, CAPACITY);
	zpool_budget_set_limit(0);
	held = held_pages(cache);
	cookie = get_state_synchronize_rcu();
	KUNIT_EXPECT_EQ(test, zpool_shrink_scan(home, &nr), 0UL);
	KUNIT_EXPECT_GT(test, nr, 0UL);
	freed = scan_all();
	KUNIT_EXPECT_TRUE(test, !freed || poll_state_synchronize_rcu(cookie));
	zpool_test_grace();
	freed += scan_all();
	KUNIT_EXPECT_EQ(test, freed, held);
	KUNIT_EXPECT_EQ(test, held_pages(cache), 0UL);
	zpool_cache_destroy(cache);
}

static void it_is_told_when_all_is_home(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-limbo");
	unsigned long cookie, pages;
	bool is_left;

	KUNIT_EXPECT_FALSE(test, zpool_shrink_bring_home());
	swing(test, cache, CAPACITY);
	zpool_budget_set_limit(0);
	cookie = get_state_synchronize_rcu();
	scan_all();
	pages = held_pages(cache) + atomic_long_read(&zpool_shrink_counts.pages);
	is_left = zpool_shrink_bring_home();
	KUNIT_EXPECT_TRUE(test, is_left || poll_state_synchronize_rcu(cookie));
	KUNIT_EXPECT_EQ(test, is_left, zpool_cache_is_in_limbo(cache));
	zpool_test_grace();
	KUNIT_EXPECT_FALSE(test, zpool_shrink_bring_home());
	KUNIT_EXPECT_EQ(test, held_pages(cache), 0UL);
	KUNIT_EXPECT_EQ(test, (unsigned long)atomic_long_read(&zpool_shrink_counts.pages), pages);
	zpool_cache_destroy(cache);
}

/* Else a busy CPU would lose each magazine as soon as it is made. */
static void a_lot_at_a_time(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-limbo");
	unsigned long cookie;
	bool is_taken;

	swing(test, cache, CAPACITY);
	cookie = get_state_synchronize_rcu();
	scan_all();
	swing(test, cache, CAPACITY);
	scan_all();
	is_taken = is_bare(cache, here);
	KUNIT_EXPECT_TRUE(test, !is_taken || poll_state_synchronize_rcu(cookie));

	zpool_test_grace();
	scan_all();
	KUNIT_EXPECT_TRUE(test, is_bare(cache, here));
	zpool_cache_destroy(cache);
}

static void each_node_has_its_own(struct kunit *test)
{
	int far = zpool_test_far_node(test);
	struct zpool_cache *cache = create(test, "kunit-limbo");
	unsigned long nr = ULONG_MAX;

	swing(test, cache, CAPACITY);
	zpool_test_move(cpu_of(far));
	swing(test, cache, CAPACITY);
	zpool_test_move(here);
	zpool_shrink_scan(far, &nr);
	KUNIT_EXPECT_TRUE(test, is_bare(cache, cpu_of(far)));
	KUNIT_EXPECT_FALSE(test, is_bare(cache, here));
	scan_all();
	KUNIT_EXPECT_TRUE(test, is_bare(cache, here));
	zpool_test_grace();
	zpool_budget_set_limit(0);
	nr = ULONG_MAX;
	zpool_shrink_scan(far, &nr);
	KUNIT_EXPECT_EQ(test, cache->nodes[far]->slabs.nr_pages, 0UL);
	KUNIT_EXPECT_GT(test, cache->nodes[home]->slabs.nr_pages, 0UL);
	scan_all();
	KUNIT_EXPECT_EQ(test, held_pages(cache), 0UL);
	zpool_cache_destroy(cache);
}

/* It is still a CPU's, and adds up. */
static void limbo_is_counted(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-limbo");
	struct zpool_usage before, after;

	swing(test, cache, CAPACITY + 5);
	before = zpool_test_usage(cache);
	zpool_cache_detach(cache, here, ZPOOL_ALL);
	KUNIT_EXPECT_TRUE(test, is_in_limbo(cache));
	after = zpool_test_usage(cache);
	KUNIT_EXPECT_GE(test, after.magazine_bytes, (CAPACITY + 5UL) * SIZE);
	KUNIT_EXPECT_EQ(test, after.magazine_bytes, before.magazine_bytes);
	KUNIT_EXPECT_EQ(test, after.in_use_bytes, 0UL);
	EXPECT_SOUND(test, zpool_check_all());

	/* The end of a cache waits for it. */
	zpool_cache_destroy(cache);
}

/*
 * All of it.
 */

/* Of each CPU and node, a CPU with only a remote magazine among them. */
static void all_means_all(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-all"), *other = create(test, "kunit-all");
	long counted = atomic_long_read(&zpool_shrink_counts.pages);
	unsigned long held;
	unsigned int cpu;
	int nid;

	for_each_online_cpu(cpu) {
		zpool_test_move(cpu);
		swing(test, cache, 2 * CAPACITY);
		take_from(test, other, 3, home);
		give(other, 3);
	}
	zpool_test_move(here);
	for_each_node_mask(nid, zpool_fed_nodes)
		leave_in_depot(test, cache, nid, CAPACITY);
	held = held_pages(cache) + held_pages(other);
	KUNIT_EXPECT_EQ(test, zpool_shrink_all(), held);
	KUNIT_EXPECT_EQ(test, held_pages(cache) + held_pages(other), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_shrink_counts.pages) - counted, (long)held);
	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_TRUE(test, is_bare(cache, cpu) && is_bare(other, cpu));
	zpool_cache_destroy(other);
	zpool_cache_destroy(cache);
}

/*
 * What the kernel is told.
 */

static long told(int nid)
{
	return atomic_long_read(&zpool_budget.told[nid]);
}

/* Idle pages of a cache there. */
static long idle_pages(struct zpool_cache *cache, int nid)
{
	struct zpool_usage u = {};

	zpool_stats_add_node(&u, cache, nid);
	return ((u.magazine_bytes + u.depot_bytes) >> PAGE_SHIFT) +
	       cache->nodes[nid]->slabs.nr_empty_pages;
}

static void the_kernel_is_told_of_idle_memory(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-told");
	long before, freed;
	int nid;

	for_each_node(nid)
		KUNIT_EXPECT_EQ(test, told(nid), 0L);
	for_each_node_mask(nid, zpool_fed_nodes) {
		zpool_test_move(cpu_of(nid));
		swing(test, cache, CAPACITY);
		leave_in_depot(test, cache, nid, CAPACITY);
		leave_empty_slab(test, cache, nid);
	}
	zpool_test_move(here);

	/* What nobody was told of cannot be taken back. */
	KUNIT_EXPECT_GT(test, scan(1), 0UL);
	KUNIT_EXPECT_EQ(test, told(home), 0L);

	leave_empty_slab(test, cache, home);
	zpool_test_pass(1000);
	for_each_node(nid)
		KUNIT_EXPECT_EQ(test, told(nid), idle_pages(cache, nid));
	before = told(home);
	KUNIT_EXPECT_GE(test, before, 2L * MAGAZINE_PAGES);
	freed = scan(1);
	KUNIT_EXPECT_GT(test, freed, 0L);
	KUNIT_EXPECT_EQ(test, told(home), before - freed);
	zpool_drain_all();
	for_each_node(nid)
		KUNIT_EXPECT_EQ(test, told(nid), 0L);
	zpool_cache_destroy(cache);
}

static void throttle(struct zpool_cache *cache, unsigned int set, unsigned int clear)
{
	mutex_lock(&zpool_caches_lock);
	zpool_throttle(cache, set, clear);
	mutex_unlock(&zpool_caches_lock);
}

static void the_throttled_are_told_of_as_well(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-told");

	swing(test, cache, CAPACITY);
	throttle(cache, ZPOOL_HALF, 0);
	zpool_test_pass(1000);
	KUNIT_EXPECT_GE(test, told(home), (long)MAGAZINE_PAGES);
	KUNIT_EXPECT_EQ(test, told(home), idle_pages(cache, home));
	throttle(cache, 0, ZPOOL_HALF);
	zpool_cache_destroy(cache);
}

static struct kunit_case limbo_cases[] = {
	KUNIT_CASE(limbo_waits_for_readers),
	KUNIT_CASE(a_grace_period_is_waited_for),
	KUNIT_CASE(it_is_told_when_all_is_home),
	KUNIT_CASE(a_lot_at_a_time),
	KUNIT_CASE(each_node_has_its_own),
	KUNIT_CASE(limbo_is_counted),
	KUNIT_CASE(all_means_all),
	KUNIT_CASE(the_kernel_is_told_of_idle_memory),
	KUNIT_CASE(the_throttled_are_told_of_as_well),
	{}
};

static struct kunit_suite limbo_suite = {
	.name = "zpool_limbo",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = limbo_cases,
};

kunit_test_suite(limbo_suite);
