// SPDX-License-Identifier: GPL-2.0
/*
 * Large objects of which more are asked for than the budget holds: slabs of several,
 * that no magazine keeps. See enum zpool_apart.
 */
#include "../zpool_throttle.h"
#include "adapt.h"

/* Budget in objects; a row of more than half of it is long. */
#define BUDGET		160U
#define LONG_ROW	(BUDGET / 2)
#define SHORT_ROW	(BUDGET / 4)	/* long, too, where what was freed found no room */
#define MORE		40U
#define SOON		3U		/* what the last slab of a row still gives */

static struct zpool_cache *create_large(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-beyond", LARGE);

	if (!cache->geometry.apart.nr_objects) {
		zpool_cache_destroy(cache);
		kunit_skip(test, "no object is as large as some pages");
	}
	zpool_budget_set_limit((size_t)BUDGET * LARGE);
	return cache;
}

static unsigned int nr_apart(unsigned int first, unsigned int end)
{
	unsigned int nr = 0;

	for (; first < end; first++)
		nr += zpool_slab_of(objs[first])->apart == ZPOOL_BEYOND;
	return nr;
}

/* In use are @nr; slabs that serve no magazine are gone if that is 0. */
static void expect_in_use(struct kunit *test, struct zpool_cache *cache, unsigned int nr)
{
	struct zpool_slabs *slabs = &zpool_this_node(cache)->slabs;

	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, (unsigned long)nr * LARGE);
	if (!nr)
		KUNIT_EXPECT_EQ(test, slabs->nr_on[ZPOOL_APART], 0UL);
	KUNIT_EXPECT_LE(test, (unsigned long)zpool_test_claimed(), zpool_budget.limit);
	EXPECT_SOUND(test, zpool_check_all());
}

static void a_long_row_lies_apart(struct kunit *test)
{
	struct zpool_cache *cache = create_large(test);

	take(cache, 0, LONG_ROW + MORE);
	KUNIT_EXPECT_EQ(test, nr_apart(0, LONG_ROW), 0U);
	KUNIT_EXPECT_EQ(test, nr_apart(LONG_ROW + SOON, LONG_ROW + MORE),
			MORE - SOON);
	expect_in_use(test, cache, LONG_ROW + MORE);
	give(cache, LONG_ROW, LONG_ROW + MORE);
	give(cache, 0, LONG_ROW);
	zpool_cache_drain(cache);
	expect_in_use(test, cache, 0);
	zpool_cache_destroy(cache);
}

/* Nor is a slab of theirs kept: the page allocator is asked once for some of them. */
static void no_magazine_takes_them_back(struct kunit *test)
{
	struct zpool_cache *cache = create_large(test);
	const struct zpool_cpu_head *head = head_of(cache);
	struct zpool_slabs *slabs = &zpool_this_node(cache)->slabs;
	unsigned int count, i;
	unsigned long freed;

	take(cache, 0, LONG_ROW + MORE);
	zpool_cache_drain(cache);
	freed = slabs->slabs_freed;
	count = head->loaded->count + head->previous->count;
	for (i = LONG_ROW + SOON; i < LONG_ROW + MORE; i++) {
		zpool_cache_free(cache, objs[i]);
		KUNIT_EXPECT_EQ(test, head->loaded->count + head->previous->count, count);
	}
	KUNIT_EXPECT_LE(test, slabs->slabs_freed - freed, MORE / 3UL);
	KUNIT_EXPECT_GE(test, slabs->slabs_freed - freed,
			(MORE - SOON) / cache->geometry.apart.nr_objects - 1);
	give(cache, 0, LONG_ROW + SOON);
	expect_in_use(test, cache, 0);
	zpool_cache_destroy(cache);
}

/* A free ends a row, and so does a pass of the worker. */
static void short_rows_do_not(struct kunit *test)
{
	struct zpool_cache *cache = create_large(test);
	unsigned int i;

	for (i = 0; i < 6 * SHORT_ROW; i += SHORT_ROW) {
		take(cache, i, i + SHORT_ROW);
		if (i < 3 * SHORT_ROW)
			swing(cache, 1, 1);
		else
			zpool_budget_grant(0);
	}
	KUNIT_EXPECT_GT(test, i / 2, LONG_ROW);
	KUNIT_EXPECT_EQ(test, nr_apart(0, i), 0U);
	give(cache, 0, i);
	zpool_cache_destroy(cache);
}

/* Who gets from the depot what others have freed is not at the end of what there is. */
static void what_a_depot_gives_does_not_count(struct kunit *test)
{
	struct zpool_cache *cache = create_large(test);
	const unsigned int nr = LONG_ROW + SHORT_ROW / 2;

	tail_of(cache)->capacity = SHORT_ROW;
	tail_of(cache)->is_paid = true;
	zpool_cache_prefill(cache, (size_t)SHORT_ROW * LARGE * nodes_weight(zpool_fed_nodes));
	KUNIT_EXPECT_EQ(test, zpool_this_node(cache)->depot.nr_objects, 0UL + SHORT_ROW);
	take(cache, 0, nr);
	KUNIT_EXPECT_EQ(test, nr_apart(0, nr), 0U);
	give(cache, 0, nr);
	zpool_cache_destroy(cache);
}

/* What is freed past the magazines is a free, too. */
static void one_out_and_in_is_no_row(struct kunit *test)
{
	struct zpool_cache *cache = create_large(test);
	const unsigned int last = LONG_ROW + MORE - 1;

	take(cache, 0, last + 1);
	KUNIT_ASSERT_EQ(test, nr_apart(last, last + 1), 1U);
	give(cache, last, last + 1);
	zpool_cache_drain(cache);
	take(cache, last, last + 1);
	KUNIT_EXPECT_EQ(test, nr_apart(last, last + 1), 0U);
	give(cache, 0, last + 1);
	zpool_cache_destroy(cache);
}

/* However small the budget. */
static void a_few_are_no_row(struct kunit *test)
{
	struct zpool_cache *cache = create_large(test);

	zpool_budget_set_limit(0);
	take(cache, 0, 16 + MORE);
	KUNIT_EXPECT_EQ(test, nr_apart(0, 16), 0U);
	KUNIT_EXPECT_EQ(test, nr_apart(16 + SOON, 16 + MORE), MORE - SOON);
	give(cache, 0, 16 + MORE);
	zpool_cache_destroy(cache);
}

static void throttle(struct zpool_cache *cache, unsigned int set, unsigned int clear)
{
	mutex_lock(&zpool_caches_lock);
	zpool_throttle(cache, set, clear);
	mutex_unlock(&zpool_caches_lock);
}

/* Nothing large is asked for where memory is scarce. */
static void not_under_pressure(struct kunit *test)
{
	struct zpool_cache *cache = create_large(test);

	throttle(cache, ZPOOL_HALF, 0);
	take(cache, 0, LONG_ROW + MORE);
	KUNIT_EXPECT_EQ(test, nr_apart(0, LONG_ROW + MORE), 0U);
	give(cache, 0, LONG_ROW + MORE);
	throttle(cache, 0, ZPOOL_HALF);
	zpool_cache_destroy(cache);
}

/* Less is enough as long as it is known that the budget is used up. */
static void who_found_no_room_needs_less(struct kunit *test)
{
	struct zpool_cache *cache = create_large(test);
	const unsigned int nr = SHORT_ROW + MORE;
	int nid = zpool_this_nid();
	unsigned long room;

	swing(cache, 1, 1);
	room = zpool_budget_room(zpool_budget.limit);
	KUNIT_ASSERT_TRUE(test, zpool_budget_claim(room, zpool_budget.limit, nid));
	take(cache, 0, nr);
	KUNIT_EXPECT_EQ(test, nr_apart(0, nr), 0U);
	give(cache, 0, nr);
	take(cache, 0, nr);
	KUNIT_EXPECT_GE(test, nr_apart(0, nr), MORE / 2);
	KUNIT_EXPECT_EQ(test, nr_apart(0, SHORT_ROW), 0U);
	give(cache, 0, nr);

	zpool_cache_drain(cache);	/* of the last slab some may not have been asked for */
	zpool_budget_grant(0);
	take(cache, 0, nr);
	KUNIT_EXPECT_EQ(test, nr_apart(0, nr), 0U);
	give(cache, 0, nr);
	zpool_budget_return(room, nid);
	zpool_cache_destroy(cache);
}

/* Of general classes the page tells that it is apart, else the class. */
static void general_classes_too(struct kunit *test)
{
	unsigned int i;

	zpool_cache_destroy(create_large(test));
	for (i = 0; i < LONG_ROW + MORE; i++)
		objs[i] = zpool_kmalloc(LARGE, GFP_KERNEL | __GFP_NOFAIL);
	KUNIT_EXPECT_EQ(test, nr_apart(LONG_ROW + SOON, i), MORE - SOON);
	EXPECT_SOUND(test, zpool_check_all());
	KUNIT_EXPECT_EQ(test, zpool_ksize(objs[i - 1]), (size_t)LARGE);
	while (i--)
		zpool_kfree(objs[i]);
	EXPECT_SOUND(test, zpool_check_all());
	zpool_test_settle();
}

static void construct(void *obj)
{
}

static enum zpool_move never(void *old, void *new, size_t size, void *arg)
{
	return ZPOOL_MOVE_NEVER;
}

/* What moves is compacted; what fills a reserve when it is freed is for that. */
static void not_where_objects_are_needed(struct kunit *test)
{
	struct zpool_cache *reserving = create_large(test), *moving;

	moving = zpool_cache_create("kunit-beyond", LARGE, 0, 0, construct);
	KUNIT_ASSERT_NOT_NULL(test, moving);
	KUNIT_ASSERT_EQ(test, zpool_cache_set_move(moving, never, NULL), 0);
	take(moving, 0, LONG_ROW + MORE);
	KUNIT_EXPECT_EQ(test, nr_apart(0, LONG_ROW + MORE), 0U);
	give(moving, 0, LONG_ROW + MORE);

	KUNIT_ASSERT_EQ(test, zpool_cache_reserve(reserving, 1), 0);
	take(reserving, 0, LONG_ROW + MORE);
	KUNIT_EXPECT_EQ(test, nr_apart(0, LONG_ROW + MORE), 0U);
	give(reserving, 0, LONG_ROW + MORE);
	zpool_cache_destroy(moving);
	zpool_cache_destroy(reserving);
}

static struct kunit_case beyond_cases[] = {
	KUNIT_CASE(a_long_row_lies_apart),
	KUNIT_CASE(no_magazine_takes_them_back),
	KUNIT_CASE(short_rows_do_not),
	KUNIT_CASE(what_a_depot_gives_does_not_count),
	KUNIT_CASE(one_out_and_in_is_no_row),
	KUNIT_CASE(a_few_are_no_row),
	KUNIT_CASE(not_under_pressure),
	KUNIT_CASE(who_found_no_room_needs_less),
	KUNIT_CASE(general_classes_too),
	KUNIT_CASE(not_where_objects_are_needed),
	{}
};

static struct kunit_suite beyond_suite = {
	.name = "zpool_beyond",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = beyond_cases,
};

kunit_test_suite(beyond_suite);
