// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines and depots: what a magazine holds, claims and gives, and in which order
 * a depot has them. The pair of them that a CPU has is in head_test.c.
 */
#include "magazine.h"

/*
 * One magazine.
 */

static void without_a_magazine_all_misses(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *objs[ZPOOL_BATCH] = { object(test, 0) };

	KUNIT_EXPECT_NULL(test, pop(test));
	KUNIT_EXPECT_EQ(test, push(test, 0), ZPOOL_NO_ROOM);
	KUNIT_EXPECT_FALSE(test, refill(test));
	KUNIT_EXPECT_FALSE(test, make_room(test));
	KUNIT_EXPECT_EQ(test, load(test, objs, 1), 1U);
	KUNIT_EXPECT_EQ(test, spill(test, objs), 0U);
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, zpool_no_magazine);
	KUNIT_EXPECT_EQ(test, f->head.allocs + f->head.frees, 0UL);
	KUNIT_EXPECT_EQ(test, f->tail.misses, 2UL);
	zpool_magazine_destroy(zpool_no_magazine, STRIDE);
}

static void last_in_first_out(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i;

	set_pair(test, 0, 0);
	for (i = 0; i < CAPACITY; i++)
		KUNIT_EXPECT_EQ(test, push(test, i), ZPOOL_PUSHED);
	KUNIT_EXPECT_EQ(test, push(test, i), ZPOOL_NO_ROOM);
	KUNIT_EXPECT_EQ(test, f->head.loaded->count, CAPACITY);
	KUNIT_EXPECT_EQ(test, f->head.frees, (unsigned long)CAPACITY);
	while (i--)
		KUNIT_EXPECT_PTR_EQ(test, pop(test), object(test, i));
	KUNIT_EXPECT_NULL(test, pop(test));
	KUNIT_EXPECT_EQ(test, f->head.loaded->count, 0U);
	KUNIT_EXPECT_EQ(test, f->head.allocs, (unsigned long)CAPACITY);
}

/* The object on top is known, in a full magazine too; one below it is not looked for. */
static void second_free_of_the_last_is_seen(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i;

	set_pair(test, 0, 0);
	for (i = 0; i < CAPACITY; i++) {
		push(test, i);
		KUNIT_EXPECT_EQ(test, push(test, i), ZPOOL_TWICE);
		KUNIT_EXPECT_EQ(test, f->head.loaded->count, i + 1);
	}
	KUNIT_EXPECT_EQ(test, f->head.frees, (unsigned long)CAPACITY);
	pop(test);
	KUNIT_EXPECT_EQ(test, push(test, CAPACITY - 2), ZPOOL_TWICE);
	KUNIT_EXPECT_EQ(test, push(test, CAPACITY - 3), ZPOOL_PUSHED);
}

/* What was on top and is no more may be freed. */
static void a_popped_object_may_come_back(struct kunit *test)
{
	set_pair(test, 0, 0);
	push(test, 0);
	pop(test);
	KUNIT_EXPECT_EQ(test, push(test, 0), ZPOOL_PUSHED);
}

static void load_takes_what_fits(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *objs[CAPACITY];
	unsigned int i;

	for (i = 0; i < CAPACITY; i++)
		objs[i] = object(test, i);
	set_pair(test, 0, 0);
	KUNIT_EXPECT_EQ(test, load(test, objs, 3), 0U);
	KUNIT_EXPECT_EQ(test, load(test, objs + 3, CAPACITY - 3), 0U);
	KUNIT_EXPECT_EQ(test, load(test, objs, 1), 1U);
	KUNIT_EXPECT_EQ(test, f->head.loaded->count, CAPACITY);

	set_pair(test, CAPACITY - 2, 0);
	KUNIT_EXPECT_EQ(test, load(test, objs, 6), 4U);
	KUNIT_EXPECT_PTR_EQ(test, objs[3], object(test, 3));
	KUNIT_EXPECT_PTR_EQ(test, pop(test), object(test, 4));
	KUNIT_EXPECT_PTR_EQ(test, pop(test), object(test, 5));
	/* Objects from slabs are no frees. */
	KUNIT_EXPECT_EQ(test, f->head.frees, 0UL);
}

/* A magazine claims what it can hold, for as long as it lives. */
static void magazines_claim_budget(struct kunit *test)
{
	long metadata = zpool_test_metadata();
	struct zpool_magazine *a, *b;

	a = zpool_magazine_create(STRIDE, 4, 7 * STRIDE, NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 4L * STRIDE);
	KUNIT_EXPECT_GT(test, zpool_test_metadata(), metadata);
	KUNIT_EXPECT_NULL(test, zpool_magazine_create(STRIDE, 4, 7 * STRIDE, NUMA_NO_NODE));
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 4L * STRIDE);

	b = zpool_magazine_create(STRIDE, 4, 8 * STRIDE, NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, b->capacity, 4U);
	KUNIT_EXPECT_EQ(test, b->count, 0U);
	KUNIT_EXPECT_PTR_EQ(test, b->objs[0], (void *)ZPOOL_LABEL);
	zpool_magazine_destroy(a, STRIDE);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 4L * STRIDE);
	zpool_magazine_destroy(b, STRIDE);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata);
}

/*
 * Depot.
 */

static void depot_gives_full_ones_first(struct kunit *test)
{
	struct zpool_depot *depot = &((struct fixture *)test->priv)->depot;
	struct zpool_magazine *empty = magazine(test, CAPACITY, 0, 0);
	struct zpool_magazine *some = magazine(test, CAPACITY, 0, 3);
	struct zpool_magazine *full = magazine(test, CAPACITY, 10, CAPACITY);

	KUNIT_EXPECT_NULL(test, zpool_depot_take(depot));
	zpool_depot_put(depot, full);
	zpool_depot_put(depot, empty);
	zpool_depot_put(depot, some);
	KUNIT_EXPECT_EQ(test, depot->nr_full, 2UL);
	KUNIT_EXPECT_EQ(test, depot->nr_empty, 1UL);
	KUNIT_EXPECT_EQ(test, depot->nr_objects, CAPACITY + 3UL);
	expect_sound_depot(test);

	/* The warmest first. */
	KUNIT_EXPECT_PTR_EQ(test, zpool_depot_take(depot), some);
	KUNIT_EXPECT_PTR_EQ(test, zpool_depot_take(depot), full);
	KUNIT_EXPECT_EQ(test, depot->nr_objects, 0UL);
	KUNIT_EXPECT_PTR_EQ(test, zpool_depot_take(depot), empty);
	KUNIT_EXPECT_NULL(test, zpool_depot_take(depot));
	expect_sound_depot(test);
	discard(empty);
	discard(some);
	discard(full);
}

static struct kunit_case magazine_cases[] = {
	KUNIT_CASE(without_a_magazine_all_misses),
	KUNIT_CASE(last_in_first_out),
	KUNIT_CASE(second_free_of_the_last_is_seen),
	KUNIT_CASE(a_popped_object_may_come_back),
	KUNIT_CASE(load_takes_what_fits),
	KUNIT_CASE(magazines_claim_budget),
	KUNIT_CASE(depot_gives_full_ones_first),
	{}
};

static struct kunit_suite magazine_suite = {
	.name = "zpool_magazine",
	.init = begin,
	.exit = end,
	.test_cases = magazine_cases,
};

kunit_test_suite(magazine_suite);
