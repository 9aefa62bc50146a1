// SPDX-License-Identifier: GPL-2.0
/*
 * Reserves, where there is memory enough: what is kept, what is left alone, what
 * fills it up. Objects are taken out by hand, or on PREEMPT_RT by who has
 * preemption off; userspace-test/test_reserve.c has page allocations that fail.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "../zpool_refill.h"
#include "../zpool_shrink.h"
#include "../zpool_throttle.h"
#include "common.h"

#define SIZE	256U
#define MOST	4096U
#define NR	600U

static void *objs[NR];

static struct zpool_cache *create(struct kunit *test, unsigned int size)
{
	struct zpool_cache *cache = zpool_cache_create("kunit-reserve", size, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

/* With a reserve of @nr. */
static struct zpool_cache *create_with(struct kunit *test, unsigned int nr)
{
	struct zpool_cache *cache = create(test, SIZE);

	KUNIT_ASSERT_EQ(test, zpool_cache_reserve(cache, nr), 0);
	return cache;
}

static unsigned long kept(struct zpool_cache *cache)
{
	return zpool_test_usage(cache).reserve_bytes / cache->geometry.stride;
}

static long in_use(struct zpool_cache *cache)
{
	return (long)zpool_test_usage(cache).in_use_bytes / cache->geometry.stride;
}

/* Of a node that keeps some. */
static struct zpool_reserve *reserve_of(struct zpool_cache *cache)
{
	return &cache->nodes[first_node(zpool_fed_nodes)]->reserve;
}

/* As who cannot sleep would when there is nothing else. */
static void take(struct kunit *test, struct zpool_cache *cache, unsigned int nr)
{
	int nid;

	while (nr--) {
		objs[nr] = NULL;
		for_each_node(nid)
			if (!objs[nr])
				objs[nr] = zpool_reserve_take(&cache->nodes[nid]->reserve, false);
		KUNIT_ASSERT_NOT_NULL(test, objs[nr]);
	}
}

static void give(struct zpool_cache *cache, unsigned int nr)
{
	while (nr--)
		zpool_cache_free(cache, objs[nr]);
}

/*
 * The layer.
 */

static void no_more_than_the_target(struct kunit *test)
{
	void *room[3], *larger[5], *obj[5] = { &obj[0], &obj[1], &obj[2], &obj[3], &obj[4] };
	struct zpool_reserve r;
	unsigned int i;

	zpool_reserve_init(&r);
	KUNIT_EXPECT_FALSE(test, zpool_reserve_put(&r, obj[0], false));
	KUNIT_EXPECT_NULL(test, zpool_reserve_take(&r, false));
	KUNIT_EXPECT_NULL(test, zpool_reserve_set(&r, 3, room));
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, zpool_reserve_missing(&r), i < 3 ? 3 - i : 0);
		KUNIT_EXPECT_EQ(test, zpool_reserve_put(&r, obj[i], false), i < 3);
	}
	KUNIT_EXPECT_NULL(test, zpool_reserve_surplus(&r));

	/* What there is moves on to larger room. */
	KUNIT_EXPECT_PTR_EQ(test, zpool_reserve_set(&r, 5, larger), &room[0]);
	KUNIT_EXPECT_EQ(test, zpool_reserve_missing(&r), 2U);
	memset(room, 0, sizeof(room));
	KUNIT_EXPECT_NULL(test, zpool_reserve_set(&r, 1, NULL));
	KUNIT_EXPECT_EQ(test, zpool_reserve_missing(&r), 0U);
	KUNIT_EXPECT_PTR_EQ(test, zpool_reserve_surplus(&r), obj[2]);
	KUNIT_EXPECT_PTR_EQ(test, zpool_reserve_surplus(&r), obj[1]);
	KUNIT_EXPECT_NULL(test, zpool_reserve_surplus(&r));
	KUNIT_EXPECT_NULL(test, zpool_reserve_set(&r, 0, NULL));
	KUNIT_EXPECT_PTR_EQ(test, zpool_reserve_surplus(&r), obj[0]);
	KUNIT_EXPECT_PTR_EQ(test, zpool_reserve_set(&r, 0, NULL), &larger[0]);
}

static void what_callers_do_is_counted(struct kunit *test)
{
	struct zpool_cache *cache = create_with(test, 3 * nodes_weight(zpool_fed_nodes));
	struct zpool_reserve *r = reserve_of(cache);
	struct zpool_usage before = zpool_test_usage(cache), after;

	objs[0] = zpool_reserve_take(r, false);
	objs[1] = zpool_reserve_take(r, true);
	after = zpool_test_usage(cache);
	KUNIT_EXPECT_EQ(test, after.allocs - before.allocs, 2UL);
	KUNIT_EXPECT_EQ(test, after.misses - before.misses, 1UL);
	KUNIT_EXPECT_EQ(test, after.reserve_allocs, 2UL);
	KUNIT_EXPECT_EQ(test, after.in_use_bytes, 2UL * SIZE);
	EXPECT_SOUND(test, zpool_check_cache(cache));

	/* One comes from a caller, the other from a slab. */
	KUNIT_EXPECT_TRUE(test, zpool_cache_keep(cache, objs[0], true));
	KUNIT_EXPECT_EQ(test, in_use(cache), 1L);
	EXPECT_SOUND(test, zpool_check_cache(cache));
	KUNIT_EXPECT_TRUE(test, zpool_refill_all());
	KUNIT_EXPECT_FALSE(test, zpool_cache_keep(cache, objs[1], true));
	after = zpool_test_usage(cache);
	KUNIT_EXPECT_EQ(test, after.frees - before.frees, 1UL);
	KUNIT_EXPECT_EQ(test, in_use(cache), 1L);
	zpool_cache_free(cache, objs[1]);
	KUNIT_EXPECT_EQ(test, in_use(cache), 0L);
	zpool_cache_destroy(cache);
}

/*
 * What is kept.
 */

/* The first has what is left over; others have none. */
static void nodes_keep_their_share(struct kunit *test)
{
	unsigned int nodes = nodes_weight(zpool_fed_nodes), nr = 7 * nodes + nodes / 2, i;
	struct zpool_cache *cache = create_with(test, nr);
	int nid;

	KUNIT_EXPECT_EQ(test, kept(cache), (unsigned long)nr);
	for_each_node(nid) {
		const struct zpool_reserve *r = &cache->nodes[nid]->reserve;
		unsigned int share = zpool_node_is_fed(nid) ? 7 : 0;

		if (r == reserve_of(cache))
			share += nodes / 2;
		KUNIT_EXPECT_EQ(test, r->count, share);
		KUNIT_EXPECT_EQ(test, r->target, share);
		for (i = 0; i < r->count; i++)
			KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(r->objs[i])), nid);
	}
	zpool_cache_destroy(cache);
}

/* Nobody uses it, and it needs no budget. */
static void it_is_neither_used_nor_claimed(struct kunit *test)
{
	struct zpool_cache *cache = create(test, SIZE);

	zpool_budget_set_limit(0);
	KUNIT_EXPECT_EQ(test, zpool_cache_reserve(cache, 100), 0);
	KUNIT_EXPECT_EQ(test, kept(cache), 100UL);
	KUNIT_EXPECT_EQ(test, in_use(cache), 0L);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).allocs, 0UL);
	EXPECT_SOUND(test, zpool_check_all());
	zpool_cache_destroy(cache);
}

static void shrinking_leaves_it_alone(struct kunit *test)
{
	struct zpool_cache *cache = create_with(test, 100);
	unsigned long nr;
	int nid;

	zpool_drain_all();
	KUNIT_EXPECT_EQ(test, kept(cache), 100UL);
	zpool_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, kept(cache), 100UL);
	zpool_shrink_all();
	KUNIT_EXPECT_EQ(test, kept(cache), 100UL);
	for_each_node(nid) {
		nr = 1000;
		KUNIT_EXPECT_EQ(test, zpool_shrink_scan(nid, &nr), 0UL);
	}
	zpool_test_pass(100000);
	KUNIT_EXPECT_EQ(test, kept(cache), 100UL);
	KUNIT_EXPECT_EQ(test, in_use(cache), 0L);
	EXPECT_SOUND(test, zpool_check_all());
	zpool_cache_destroy(cache);
}

/* What is above goes back to the slabs, and from there with the next drain. */
static void it_goes_up_and_down(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 100, 37, 38, 300, 5, 0, 64, 0, 0 };
	struct zpool_cache *cache = create(test, SIZE);
	unsigned int i;
	int nid;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, zpool_cache_reserve(cache, sizes[i]), 0);
		KUNIT_EXPECT_EQ(test, kept(cache), (unsigned long)sizes[i]);
		KUNIT_EXPECT_EQ(test, cache->reserve, sizes[i]);
		KUNIT_EXPECT_EQ(test, list_empty(&cache->reserved), !sizes[i]);
		KUNIT_EXPECT_EQ(test, in_use(cache), 0L);
		EXPECT_SOUND(test, zpool_check_all());
		if (sizes[i])
			continue;
		for_each_node(nid)
			KUNIT_EXPECT_NULL(test, cache->nodes[nid]->reserve.objs);
		zpool_cache_drain(cache);
		KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	}
	zpool_cache_destroy(cache);
}

static void what_cannot_be_is_refused(struct kunit *test)
{
	struct zpool_cache *cache = create(test, 8), *gone = create(test, SIZE);

	zpool_cache_destroy(gone);
	EXPECT_REPORTS(test, 0, KUNIT_EXPECT_EQ(test, zpool_cache_reserve(cache, MOST), 0));
	KUNIT_EXPECT_EQ(test, kept(cache), (unsigned long)MOST);
	EXPECT_REPORTS(test, 1,
		       KUNIT_EXPECT_EQ(test, zpool_cache_reserve(cache, MOST + 1), -EINVAL));
	EXPECT_REPORTS(test, 1,
		       KUNIT_EXPECT_EQ(test, zpool_cache_reserve(cache, UINT_MAX), -EINVAL));
	KUNIT_EXPECT_EQ(test, kept(cache), (unsigned long)MOST);
	EXPECT_REPORTS(test, 1, KUNIT_EXPECT_EQ(test, zpool_cache_reserve(zpool_general[3], 1),
						-EINVAL));
	KUNIT_EXPECT_EQ(test, zpool_general[3]->reserve, 0U);
	EXPECT_REPORTS(test, 1, KUNIT_EXPECT_EQ(test, zpool_cache_reserve(gone, 1), -EINVAL));
	EXPECT_REPORTS(test, 1, KUNIT_EXPECT_EQ(test, zpool_cache_reserve(gone, 0), -EINVAL));
	EXPECT_REPORTS(test, 1, KUNIT_EXPECT_EQ(test, zpool_cache_reserve(NULL, 1), -EINVAL));
	zpool_cache_destroy(cache);
}

/*
 * The end of it.
 */

static void it_goes_with_its_cache(struct kunit *test)
{
	long metadata = zpool_test_metadata();
	struct zpool_cache *cache = create_with(test, 100);

	take(test, cache, 2);
	give(cache, 2);
	EXPECT_REPORTS(test, 0, zpool_cache_destroy(cache));
	KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata);
	KUNIT_EXPECT_TRUE(test, zpool_refill_all());
}

/* As at unload, for caches that nobody destroys. */
static void it_may_be_forgotten(struct kunit *test)
{
	struct zpool_cache *first = create_with(test, 100), *next = create_with(test, 10);

	EXPECT_REPORTS(test, 0, zpool_refill_stop());
	KUNIT_EXPECT_EQ(test, kept(first) + kept(next), 0UL);
	KUNIT_EXPECT_NULL(test, reserve_of(first)->objs);
	KUNIT_EXPECT_EQ(test, in_use(first), 0L);
	EXPECT_SOUND(test, zpool_check_all());
	EXPECT_REPORTS(test, 0, zpool_cache_destroy(first));
	EXPECT_REPORTS(test, 0, zpool_cache_destroy(next));
}

/* Nothing is missing any more to a cache that keeps none. */
static void without_it_a_cache_is_as_before(struct kunit *test)
{
	struct zpool_cache *cache = create_with(test, 100);

	mutex_lock(&zpool_caches_lock);
	zpool_throttle(cache, ZPOOL_SHORT, 0);
	mutex_unlock(&zpool_caches_lock);
	KUNIT_EXPECT_EQ(test, zpool_cache_reserve(cache, 0), 0);
	KUNIT_EXPECT_EQ(test, cache->throttle, 0);
	KUNIT_EXPECT_EQ(test, 0U + per_cpu_ptr(cache->tails, 0)->capacity, cache->capacity);
	zpool_cache_destroy(cache);
}

/*
 * What fills it up.
 */

static void the_worker_fills_it_up(struct kunit *test)
{
	struct zpool_cache *cache = create_with(test, 100), *next = create_with(test, 10);

	KUNIT_EXPECT_TRUE(test, zpool_refill_all());
	KUNIT_EXPECT_EQ(test, kept(cache), 100UL);
	take(test, next, 1);
	give(next, 1);
	take(test, cache, 30);
	KUNIT_EXPECT_EQ(test, kept(cache), 70UL);
	KUNIT_EXPECT_TRUE(test, zpool_refill_all());
	KUNIT_EXPECT_EQ(test, kept(cache), 100UL);
	KUNIT_EXPECT_EQ(test, kept(next), 10UL);
	KUNIT_EXPECT_EQ(test, in_use(cache), 30L);
	KUNIT_EXPECT_EQ(test, cache->throttle, 0);
	EXPECT_SOUND(test, zpool_check_all());
	give(cache, 30);
	zpool_cache_destroy(next);
	zpool_cache_destroy(cache);
}

/* Without room in a magazine; one more than are missing goes to its slab. */
static void the_freed_fills_it_up(struct kunit *test)
{
	struct zpool_cache *cache = create_with(test, 100);
	unsigned long i;

	zpool_budget_set_limit(0);
	take(test, cache, 5);
	objs[5] = zpool_cache_alloc_node(cache, GFP_KERNEL, first_node(zpool_fed_nodes));
	KUNIT_ASSERT_NOT_NULL(test, objs[5]);
	for (i = 0; i < 6; i++) {
		zpool_cache_free(cache, objs[i]);
		KUNIT_EXPECT_EQ(test, kept(cache), min(96 + i, 100UL));
		KUNIT_EXPECT_EQ(test, in_use(cache), 5L - (long)i);
		EXPECT_SOUND(test, zpool_check_all());
	}
	zpool_cache_destroy(cache);
}

/* What goes home, be it from a magazine or for want of room. */
static void the_flushed_fills_it_up(struct kunit *test)
{
	struct zpool_cache *cache = create_with(test, 100);
	int nid = first_node(zpool_fed_nodes);
	unsigned int i;

	for (i = 10; i < 40; i++) {
		objs[i] = zpool_cache_alloc_node(cache, GFP_KERNEL | __GFP_THISNODE, nid);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	for (i = 10; i < 40; i++)
		zpool_cache_free(cache, objs[i]);
	take(test, cache, 10);
	KUNIT_EXPECT_EQ(test, kept(cache), 90UL);
	zpool_cache_drain(cache);
	KUNIT_EXPECT_EQ(test, kept(cache), 100UL);
	KUNIT_EXPECT_EQ(test, in_use(cache), 10L);
	EXPECT_SOUND(test, zpool_check_all());
	give(cache, 10);
	zpool_cache_destroy(cache);
}

/*
 * On PREEMPT_RT, who has preemption off gets no page.
 */

static unsigned int take_all(struct zpool_cache *cache, gfp_t gfp)
{
	unsigned int nr = 0;

	preempt_disable();
	while (nr < NR && (objs[nr] = zpool_cache_alloc(cache, gfp)))
		nr++;
	preempt_enable();
	return nr;
}

static void who_has_preemption_off_gets_it(struct kunit *test)
{
	struct zpool_cache *cache;
	unsigned long left;
	unsigned int nr;

	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "not PREEMPT_RT");
	cache = create_with(test, 100);
	zpool_drain_all();
	left = zpool_test_usage(cache).slab_free_bytes / SIZE;
	nr = take_all(cache, GFP_ATOMIC | __GFP_NOWARN);
	KUNIT_EXPECT_EQ(test, nr, 100 + (unsigned int)left);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).reserve_allocs, 100UL);
	KUNIT_EXPECT_EQ(test, kept(cache), 0UL);
	KUNIT_EXPECT_EQ(test, in_use(cache), (long)nr);
	EXPECT_SOUND(test, zpool_check_all());
	KUNIT_EXPECT_TRUE(test, zpool_refill_all());
	KUNIT_EXPECT_EQ(test, kept(cache), 100UL);
	give(cache, nr);
	zpool_cache_destroy(cache);
}

static struct kunit_case reserve_cases[] = {
	KUNIT_CASE(no_more_than_the_target),
	KUNIT_CASE(what_callers_do_is_counted),
	KUNIT_CASE(nodes_keep_their_share),
	KUNIT_CASE(it_is_neither_used_nor_claimed),
	KUNIT_CASE(shrinking_leaves_it_alone),
	KUNIT_CASE(it_goes_up_and_down),
	KUNIT_CASE(what_cannot_be_is_refused),
	KUNIT_CASE(it_goes_with_its_cache),
	KUNIT_CASE(it_may_be_forgotten),
	KUNIT_CASE(without_it_a_cache_is_as_before),
	KUNIT_CASE(the_worker_fills_it_up),
	KUNIT_CASE(the_freed_fills_it_up),
	KUNIT_CASE(the_flushed_fills_it_up),
	KUNIT_CASE(who_has_preemption_off_gets_it),
	{}
};

static struct kunit_suite reserve_suite = {
	.name = "zpool_reserve",
	.init = zpool_test_begin,
	.exit = zpool_test_end,
	.test_cases = reserve_cases,
};

kunit_test_suite(reserve_suite);
