// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes: where objects come from, how they come home, and what is given back
 * when a CPU or a node goes. With one node there is nothing to be far from.
 *
 * The tests move between CPUs; nobody else uses the caches that they look at.
 */
#include <linux/numa.h>
#include <linux/slab.h>

#include "common.h"

#define SIZE	256U
#define NR	(2 * ZPOOL_MOST_CAPACITY + 50)	/* more than two magazines */

static void *objs[NR];

static struct zpool_cache *create(struct kunit *test)
{
	struct zpool_cache *cache = zpool_cache_create("kunit-node", SIZE, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

static unsigned int any_cpu_of(int nid)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (cpu_online(cpu) && per_cpu_ptr(&zpool_cpu, cpu)->node == nid)
			return cpu;
	return 0;
}

/* Nodes that feed CPUs: go to a CPU of the first, tell the others. Skips without. */
static void settle_far_from(struct kunit *test, int *far, unsigned int nr)
{
	int home = first_node(zpool_fed_nodes), nid;
	unsigned int found = 0;

	zpool_test_move(any_cpu_of(home));
	for_each_node_mask(nid, zpool_fed_nodes)
		if (nid != home && found < nr)
			far[found++] = nid;
	if (found < nr) {
		zpool_test_move(ZPOOL_TEST_ANY_CPU);
		kunit_skip(test, "too few nodes");
	}
}

static int last_fed_node(void)
{
	int nid, last = 0;

	for_each_node_mask(nid, zpool_fed_nodes)
		last = nid;
	return last;
}

static void take_from(struct kunit *test, struct zpool_cache *cache, unsigned int first,
		      unsigned int end, int nid)
{
	for (; first < end; first++) {
		objs[first] = zpool_cache_alloc_node(cache, GFP_KERNEL | __GFP_THISNODE, nid);
		KUNIT_ASSERT_NOT_NULL(test, objs[first]);
		KUNIT_ASSERT_EQ(test, page_to_nid(virt_to_page(objs[first])), nid);
	}
}

static void give(struct zpool_cache *cache, unsigned int first, unsigned int end)
{
	for (; first < end; first++)
		zpool_cache_free(cache, objs[first]);
}

static struct zpool_usage usage_of_node(struct zpool_cache *cache, int nid)
{
	struct zpool_usage u = {};

	zpool_stats_add_node(&u, cache, nid);
	return u;
}

static unsigned long nr_remote_frees(void)
{
	return zpool_stats_percpu(offsetof(struct zpool_cpu, remote_frees));
}

/*
 * Allocation.
 */

static void objects_lie_where_asked(struct kunit *test)
{
	static const size_t sizes[] = { 8, 112, 4096, 65536 };
	struct zpool_cache *cache = create(test);
	unsigned int s, nr;
	int nid;

	for_each_node_state(nid, N_NORMAL_MEMORY) {
		for (s = 0; s < ARRAY_SIZE(sizes); s++) {
			void *p = zpool_kmalloc_node(sizes[s], GFP_KERNEL | __GFP_THISNODE, nid);

			KUNIT_ASSERT_NOT_NULL(test, p);
			KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(p)), nid);
			KUNIT_EXPECT_EQ(test, zpool_ksize(p), zpool_kmalloc_size_roundup(sizes[s]));
			zpool_kfree(p);
		}
		nr = zpool_test_usage(cache).in_use_bytes / SIZE;
		take_from(test, cache, 0, 40, nid);
		KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, (nr + 40UL) * SIZE);
		KUNIT_EXPECT_EQ(test, usage_of_node(cache, nid).in_use_bytes, 40UL * SIZE);
		give(cache, 0, 40);
	}
	zpool_cache_destroy(cache);
}

static void zeroes_come_from_any_node(struct kunit *test)
{
	int nid;

	for_each_node_state(nid, N_NORMAL_MEMORY) {
		u8 *p = zpool_kmalloc_node(SIZE, GFP_KERNEL, nid);

		KUNIT_ASSERT_NOT_NULL(test, p);
		zpool_test_use(p, zpool_kfree);
		zpool_drain_all();
		p = zpool_kmalloc_node(SIZE, GFP_KERNEL | __GFP_ZERO, nid);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0, SIZE));
		zpool_kfree(p);
		p = zpool_kmalloc_node(100000, GFP_KERNEL | __GFP_ZERO, nid);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_FALSE(test, zpool_test_is_pooled(p));
		KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0, 100000));
		zpool_kfree(p);
	}
	KUNIT_EXPECT_PTR_EQ(test, zpool_kmalloc_node(0, GFP_KERNEL, 0), ZERO_SIZE_PTR);
}

/* A node that there is not is told, and any serves. */
static void no_such_node(struct kunit *test)
{
	const int nodes[] = { (int)nr_node_ids, 1 << 20, INT_MAX, -2, INT_MIN };
	struct zpool_cache *cache = create(test);
	unsigned int i;
	void *p = NULL;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		EXPECT_REPORTS(test, 1, p = zpool_kmalloc_node(SIZE, GFP_KERNEL, nodes[i]));
		KUNIT_EXPECT_NOT_NULL_MSG(test, p, "node %d", nodes[i]);
		zpool_kfree(p);
		EXPECT_REPORTS(test, 1, p = zpool_cache_alloc_node(cache, GFP_KERNEL, nodes[i]));
		KUNIT_EXPECT_NOT_NULL_MSG(test, p, "node %d", nodes[i]);
		zpool_cache_free(cache, p);
	}
	EXPECT_REPORTS(test, 0, p = zpool_kmalloc_node(SIZE, GFP_KERNEL, NUMA_NO_NODE));
	KUNIT_EXPECT_NOT_NULL(test, p);
	zpool_kfree(p);
	EXPECT_REPORTS(test, 0, p = zpool_cache_alloc_node(cache, GFP_KERNEL, NUMA_NO_NODE));
	KUNIT_EXPECT_NOT_NULL(test, p);
	zpool_cache_free(cache, p);

	/* What a cache refuses it refuses here. */
	EXPECT_REPORTS(test, 1, p = zpool_cache_alloc_node(cache, GFP_KERNEL | __GFP_DMA, 0));
	KUNIT_EXPECT_NULL(test, p);
	zpool_cache_destroy(cache);
}

/* Asked for its own node, a CPU takes what it has. */
static void the_own_node_is_near(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	struct zpool_usage before, after;
	void *p, *q;

	zpool_test_stay();
	p = zpool_cache_alloc(cache, GFP_ATOMIC);
	if (p)
		zpool_cache_free(cache, p);
	before = zpool_test_usage(cache);
	q = zpool_cache_alloc_node(cache, GFP_ATOMIC, zpool_this_nid());
	after = zpool_test_usage(cache);
	zpool_test_leave();
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_PTR_EQ(test, q, p);
	KUNIT_EXPECT_EQ(test, after.misses, before.misses);
	KUNIT_EXPECT_EQ(test, after.refills, before.refills);
	zpool_cache_free(cache, q);
	zpool_cache_destroy(cache);
}

/*
 * The way home.
 */

/*
 * A magazine full of one node's objects goes to that node's depot, whole, and
 * the next to run out there has it.
 */
static void full_magazines_go_home(struct kunit *test)
{
	struct zpool_cache *cache;
	unsigned int nr;
	struct zpool_usage before, after;
	unsigned long remote_frees;
	struct zpool_depot *depot;
	int far;

	settle_far_from(test, &far, 1);
	cache = create(test);
	nr = cache->capacity;
	depot = &cache->nodes[far]->depot;
	take_from(test, cache, 0, nr + 1, far);
	remote_frees = nr_remote_frees();
	give(cache, 0, nr);
	after = zpool_test_usage(cache);
	KUNIT_EXPECT_EQ(test, nr_remote_frees() - remote_frees, (unsigned long)nr);
	KUNIT_EXPECT_EQ(test, after.remote_bytes, (unsigned long)nr * SIZE);
	KUNIT_EXPECT_EQ(test, after.depot_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, after.in_use_bytes, (unsigned long)SIZE);
	KUNIT_EXPECT_EQ(test, usage_of_node(cache, far).remote_bytes, (unsigned long)nr * SIZE);
	KUNIT_EXPECT_EQ(test, usage_of_node(cache, far).in_use_bytes, (unsigned long)SIZE);
	EXPECT_SOUND(test, zpool_check_cache(cache));

	give(cache, nr, nr + 1);
	before = zpool_test_usage(cache);
	KUNIT_EXPECT_EQ(test, depot->nr_full, 1UL);
	KUNIT_EXPECT_EQ(test, depot->nr_objects, (unsigned long)nr);
	KUNIT_EXPECT_EQ(test, before.remote_bytes, (unsigned long)SIZE);
	KUNIT_EXPECT_EQ(test, before.in_use_bytes, 0UL);
	EXPECT_SOUND(test, zpool_check_cache(cache));

	zpool_test_move(any_cpu_of(far));
	take_from(test, cache, 0, nr, far);
	after = zpool_test_usage(cache);
	KUNIT_EXPECT_EQ(test, depot->nr_full, 0UL);
	KUNIT_EXPECT_EQ(test, after.refills, before.refills);
	KUNIT_EXPECT_EQ(test, after.misses - before.misses, 1UL);
	give(cache, 0, nr);

	/* What is left far from home comes with a drain. */
	zpool_cache_drain(cache);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).remote_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_cache_destroy(cache);
}

/* A remote magazine is full of what @far owns, and one more such object is in use. */
static struct zpool_cache *create_and_collect(struct kunit *test, int *far)
{
	struct zpool_cache *cache;

	settle_far_from(test, far, 1);
	cache = create(test);
	take_from(test, cache, 0, cache->capacity + 1, *far);
	give(cache, 0, cache->capacity);
	return cache;
}

/* The empty one that comes in exchange is the far node's, when it has any. */
static void empty_magazines_come_back(struct kunit *test)
{
	int far;
	struct zpool_cache *cache = create_and_collect(test, &far);
	struct zpool_depot *depot = &cache->nodes[far]->depot;
	unsigned int nr = cache->capacity;
	struct zpool_magazine *mag;
	unsigned long misses;

	mag = zpool_depot_magazine(cache, far);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	zpool_depot_put(depot, mag);
	KUNIT_EXPECT_EQ(test, depot->nr_empty, 1UL);
	misses = zpool_test_usage(cache).misses;
	give(cache, nr, nr + 1);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).misses - misses, 1UL);
	KUNIT_EXPECT_EQ(test, depot->nr_empty, 0UL);
	KUNIT_EXPECT_EQ(test, depot->nr_full, 1UL);
	EXPECT_SOUND(test, zpool_check_cache(cache));
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_cache_destroy(cache);
}

/* One that is too small does, where there is no room for another. */
static void small_ones_do_far_from_home(struct kunit *test)
{
	int far;
	struct zpool_cache *cache = create_and_collect(test, &far);
	struct zpool_depot *depot = &cache->nodes[far]->depot;
	unsigned int nr = cache->capacity;
	struct zpool_magazine *mag;
	unsigned long flushes;

	mag = zpool_magazine_create(SIZE, 1, zpool_budget.limit, far);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	zpool_depot_put(depot, mag);
	zpool_budget_set_limit(0);
	flushes = cache->nodes[far]->slabs.flushes;
	give(cache, nr, nr + 1);
	KUNIT_EXPECT_EQ(test, cache->nodes[far]->slabs.flushes, flushes);
	KUNIT_EXPECT_EQ(test, depot->nr_empty, 0UL);
	KUNIT_EXPECT_EQ(test, depot->nr_full, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).remote_bytes, (unsigned long)SIZE);
	EXPECT_SOUND(test, zpool_check_cache(cache));
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_cache_destroy(cache);
}

/* One of two nodes goes to no depot, but to the slabs of each. */
static void mixed_magazines_are_spilled(struct kunit *test)
{
	struct zpool_cache *cache;
	unsigned int nr, i;
	unsigned long flushes[2], spilled = ZPOOL_BATCH;
	struct zpool_usage u;
	int far[2];

	settle_far_from(test, far, 2);
	cache = create(test);
	nr = cache->capacity;
	for (i = 0; i <= nr; i++)
		take_from(test, cache, i, i + 1, far[i % 2]);
	for (i = 0; i < 2; i++)
		flushes[i] = cache->nodes[far[i]]->slabs.flushes;
	give(cache, 0, nr + 1);
	u = zpool_test_usage(cache);
	KUNIT_EXPECT_EQ(test, u.depot_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, u.remote_bytes, (nr + 1 - spilled) * SIZE);
	KUNIT_EXPECT_EQ(test, u.in_use_bytes, 0UL);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, cache->nodes[far[i]]->slabs.flushes, flushes[i] + 1);
	EXPECT_SOUND(test, zpool_check_cache(cache));
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_cache_destroy(cache);
}

/* A single stranger, at the bottom, in the middle or on top. */
static void one_stranger_is_enough(struct kunit *test)
{
	struct zpool_cache *cache;
	unsigned int nr, place, i;
	int far[2];

	settle_far_from(test, far, 2);
	cache = create(test);
	nr = cache->capacity;
	for (i = 0; i < 3; i++) {
		place = i * (nr - 1) / 2;
		take_from(test, cache, 0, nr + 1, far[0]);
		zpool_cache_free(cache, objs[place]);
		zpool_cache_drain(cache);
		take_from(test, cache, place, place + 1, far[1]);
		give(cache, 0, nr + 1);
		KUNIT_EXPECT_EQ_MSG(test, zpool_test_usage(cache).depot_bytes, 0UL,
				    "stranger at %u", place);
		EXPECT_SOUND(test, zpool_check_cache(cache));
		zpool_cache_drain(cache);
	}
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_cache_destroy(cache);
}

static void freed_twice_far_from_home(struct kunit *test)
{
	struct zpool_cache *cache;
	int far;

	settle_far_from(test, &far, 1);
	cache = create(test);
	take_from(test, cache, 0, 2, far);
	give(cache, 0, 1);
	EXPECT_REPORTS(test, 1, give(cache, 0, 1));
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, (unsigned long)SIZE);
	give(cache, 1, 2);
	EXPECT_REPORTS(test, 0, give(cache, 0, 0));
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	EXPECT_REPORTS(test, 0, zpool_cache_destroy(cache));
}

/* Without budget there is no remote magazine: one by one. */
static void far_from_home_without_budget(struct kunit *test)
{
	struct zpool_cache *cache;
	int far;

	settle_far_from(test, &far, 1);
	cache = create(test);
	zpool_budget_set_limit(0);
	take_from(test, cache, 0, 5, far);
	give(cache, 0, 5);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).remote_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).frees, 5UL);
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_cache_destroy(cache);
}

/*
 * CPUs and nodes that go.
 */

/* All that a CPU has of a cache. */
static unsigned int nr_on(struct zpool_cache *cache, unsigned int cpu)
{
	struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

	return head->loaded->count + head->previous->count +
	       per_cpu_ptr(cache->tails, cpu)->remote->count;
}

static unsigned int another_cpu(unsigned int not)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (cpu != not && cpu_online(cpu))
			return cpu;
	return not;
}

/* The CPU is not dead, but nobody else uses the cache there, which is as good. */
static void a_dead_cpu_has_nothing(struct kunit *test)
{
	int home = first_node(zpool_fed_nodes), far = last_fed_node();
	unsigned int cpu = any_cpu_of(home), other = another_cpu(cpu);
	struct zpool_cache *cache;
	unsigned int nr;

	if (cpu == other)
		kunit_skip(test, "one CPU");
	cache = create(test);
	nr = cache->capacity + 20;
	zpool_test_move(cpu);
	take_from(test, cache, 0, nr, home);
	take_from(test, cache, nr, nr + 50, far);
	give(cache, 0, nr + 50);
	KUNIT_EXPECT_EQ(test, nr_on(cache, cpu) + cache->nodes[home]->depot.nr_objects >= nr, true);
	zpool_test_move(other);
	take_from(test, cache, 0, 1, home);
	zpool_drain_cpu(cpu);
	KUNIT_EXPECT_EQ(test, nr_on(cache, cpu), 0U);
	KUNIT_EXPECT_PTR_EQ(test, per_cpu_ptr(cache->heads, cpu)->loaded, zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, per_cpu_ptr(cache->heads, cpu)->previous, zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, per_cpu_ptr(cache->tails, cpu)->remote, zpool_no_magazine);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, (unsigned long)SIZE);
	EXPECT_SOUND(test, zpool_check_all());

	/* It may come back. */
	zpool_test_move(cpu);
	give(cache, 0, 1);
	take_from(test, cache, 0, 10, home);
	give(cache, 0, 10);
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_cache_destroy(cache);
}

static void a_node_gives_back(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	struct zpool_cache_node *node;
	int home;

	zpool_test_move(any_cpu_of(first_node(zpool_fed_nodes)));
	home = zpool_this_nid();
	node = cache->nodes[home];
	take_from(test, cache, 0, NR, home);
	give(cache, 0, NR);
	KUNIT_EXPECT_GT(test, node->depot.nr_objects, 0UL);
	zpool_drain_node(home);
	KUNIT_EXPECT_EQ(test, node->depot.nr_full + node->depot.nr_empty, 0UL);
	KUNIT_EXPECT_EQ(test, node->depot.nr_objects, 0UL);
	KUNIT_EXPECT_EQ(test, node->slabs.nr_on[ZPOOL_EMPTY], 0UL);
	EXPECT_SOUND(test, zpool_check_all());
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_cache_destroy(cache);
}

/* Nothing has changed, and nothing is seen to. */
static void nodes_stay(struct kunit *test)
{
	unsigned int cpu;

	KUNIT_EXPECT_FALSE(test, zpool_node_update());
	for_each_possible_cpu(cpu)
		if (cpu_online(cpu))
			KUNIT_EXPECT_TRUE(test,
					  zpool_node_is_fed(per_cpu_ptr(&zpool_cpu, cpu)->node));
}

static struct kunit_case node_cases[] = {
	KUNIT_CASE(objects_lie_where_asked),
	KUNIT_CASE(zeroes_come_from_any_node),
	KUNIT_CASE(no_such_node),
	KUNIT_CASE(the_own_node_is_near),
	KUNIT_CASE(full_magazines_go_home),
	KUNIT_CASE(empty_magazines_come_back),
	KUNIT_CASE(small_ones_do_far_from_home),
	KUNIT_CASE(mixed_magazines_are_spilled),
	KUNIT_CASE(one_stranger_is_enough),
	KUNIT_CASE(freed_twice_far_from_home),
	KUNIT_CASE(far_from_home_without_budget),
	KUNIT_CASE(a_dead_cpu_has_nothing),
	KUNIT_CASE(a_node_gives_back),
	KUNIT_CASE(nodes_stay),
	{}
};

static struct kunit_suite node_suite = {
	.name = "zpool_node",
	.init = zpool_test_begin,
	.exit = zpool_test_end,
	.test_cases = node_cases,
};

kunit_test_suite(node_suite);
