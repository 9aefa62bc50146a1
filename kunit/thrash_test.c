// SPDX-License-Identifier: GPL-2.0
/*
 * Thrashing: which swaps and misses of a pair are taken for it, and by how much it
 * raises the capacity at once.
 */
#include "magazine.h"

/* Swaps one way and the other, told by letters; between them 150 operations (-) or 151 (=). */
static unsigned int thrashes_in(struct kunit *test, const char *ways)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, CAPACITY);
	f->head.allocs = f->head.frees = 0;
	set_pair(test, CAPACITY - 1, CAPACITY - 1);
	for (; *ways; ways++) {
		if (*ways == 'u')
			KUNIT_EXPECT_TRUE(test, refill(test));
		else if (*ways == 'o')
			KUNIT_EXPECT_TRUE(test, make_room(test));
		else
			f->head.allocs += *ways == '-' ? 150 : 151;
	}
	KUNIT_EXPECT_EQ(test, f->tail.misses, 0UL);
	return f->tail.thrashes;
}

/* To and fro within a hundred and fifty operations, unless it went far one way before. */
static void swaps_to_and_fro_are_thrash(struct kunit *test)
{
	static const struct { const char *ways; unsigned int thrashes; } rows[] = {
		{ "u", 0 }, { "uuuu", 0 }, { "uo", 1 }, { "uouo", 3 }, { "u-o", 1 }, { "u=o", 0 },
		{ "uuo", 1 }, { "uuuo", 0 }, { "uuuou", 1 }, { "uo=uo", 2 }, { "u-o-u-o", 3 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, thrashes_in(test, rows[i].ways), rows[i].thrashes,
				    "%s", rows[i].ways);
}

/* A pair of @capacity that thrashes by swaps, with all the credit that it may want. */
static unsigned int raised_from(struct kunit *test, unsigned int capacity)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, capacity);
	discard_pair(&f->head);
	f->head.loaded = magazine(test, capacity, 0, 1);
	f->head.previous = magazine(test, capacity, 100, 1);
	zpool_budget_grant(1 << 30);
	refill(test);
	make_room(test);
	zpool_budget_grant(0);
	return f->tail.capacity;
}

static void swaps_raise(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, raised_from(test, 20), 30U);
	KUNIT_EXPECT_TRUE(test, f->tail.is_paid);
	KUNIT_EXPECT_EQ(test, raised_from(test, 100), 150U);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 1U);
	KUNIT_EXPECT_EQ(test, f->tail.swaps, 2U);
}

/* Three more are wanted: one is not half of that, two are. A swap gets a 16th of the credit. */
static void half_a_step_is_rounded_up(struct kunit *test)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, 6);
	f->head.loaded = magazine(test, 6, 0, 1);
	f->head.previous = magazine(test, 6, 100, 1);
	zpool_budget_grant(16 * 2 * STRIDE);
	refill(test);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, 6U);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 1U);
	zpool_budget_grant(2 * 16 * 2 * STRIDE);
	refill(test);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, 8U);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 2U);
	zpool_budget_grant(0);
}

/* A miss may spend more than a swap, and asks for itself; both ask again after the next grant. */
static void who_is_refused_waits_for_credit(struct kunit *test)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, 6);
	f->head.loaded = magazine(test, 6, 0, 1);
	f->head.previous = magazine(test, 6, 100, 1);
	zpool_budget_grant(0);
	refill(test);
	make_room(test);
	refill(test);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 2U);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 1U);
	atomic_long_set(&zpool_budget.credit, 1 << 30);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 3U);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, 6U);
	zpool_budget_grant(1 << 30);
	refill(test);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, 9U);

	zpool_tail_init(&f->tail, STRIDE, CAPACITY);
	zpool_budget_grant(0);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 0U);
	set_pair(test, CAPACITY - 1, CAPACITY - 1);
	refill(test);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 1U);
	set_pair(test, 0, 0);
	refill(test);
	set_pair(test, CAPACITY, CAPACITY);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 2U);
}

/* Half of the first step would be less than the least. */
static void who_gave_all_does_not_raise(struct kunit *test)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, 0);
	set_pair(test, 1, 1);
	zpool_budget_grant(2 * 16 * 2 * STRIDE);
	refill(test);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 1U);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, 0U);
	zpool_budget_grant(0);
}

/* An underflow that the slabs serve, @ops later an overflow. */
static unsigned int thrashes_after(struct kunit *test, unsigned int ops)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, CAPACITY);
	set_pair(test, 0, 0);
	KUNIT_EXPECT_FALSE(test, refill(test));
	set_pair(test, CAPACITY, CAPACITY);
	f->head.allocs = ops;
	KUNIT_EXPECT_FALSE(test, make_room(test));
	KUNIT_EXPECT_EQ(test, f->tail.misses, 2UL);
	return f->tail.thrashes;
}

/* Two visits to the depot the same way, with @ops between. */
static unsigned int thrashes_at_depot(struct kunit *test, unsigned int ops)
{
	struct fixture *f = test->priv;
	unsigned int i;

	zpool_tail_init(&f->tail, STRIDE, CAPACITY);
	for (i = 0; i < 2; i++) {
		zpool_depot_put(&f->depot, magazine(test, CAPACITY, 200, 1));
		set_pair(test, 0, 0);
		f->head.allocs = 1000 + i * ops;
		KUNIT_EXPECT_TRUE(test, refill(test));
	}
	return f->tail.thrashes;
}

/* Four pairs' worth of operations to and fro; a hundred and fifty the same way, at the depot. */
static void misses_that_thrash(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, thrashes_after(test, 4 * 2 * CAPACITY), 1U);
	KUNIT_EXPECT_EQ(test, thrashes_after(test, 4 * 2 * CAPACITY + 1), 0U);
	KUNIT_EXPECT_EQ(test, thrashes_at_depot(test, 149), 1U);
	KUNIT_EXPECT_EQ(test, thrashes_at_depot(test, 150), 0U);
}

/* Who may not does not raise, nor who has not got yet what it may have. */
static void not_all_that_thrash_raise(struct kunit *test)
{
	struct fixture *f = test->priv;

	set_pair(test, 1, 1);
	zpool_budget_grant(1 << 30);
	f->tail.may_raise = false;
	refill(test);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 1U);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, CAPACITY);

	f->tail.may_raise = true;
	discard(f->head.previous);
	f->head.previous = magazine(test, CAPACITY - 1, 100, 1);
	refill(test);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 3U);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, CAPACITY);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 0U);
	KUNIT_EXPECT_FALSE(test, f->tail.is_paid);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_budget.credit), 1L << 30);
	zpool_budget_grant(0);
}

/* Take @nr objects from a pair and put them back. Return: how many swaps that took. */
static unsigned int swaps_of_swing(struct kunit *test, unsigned int nr)
{
	struct fixture *f = test->priv;
	u32 before = f->tail.swaps;
	void *objs[2 * CAPACITY];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		objs[i] = pop(test) ?: (refill(test), pop(test));
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	while (i--) {
		unsigned int nth = (char *)objs[i] - f->objs;

		if (push(test, nth) == ZPOOL_NO_ROOM && make_room(test))
			KUNIT_EXPECT_EQ(test, push(test, nth), ZPOOL_PUSHED);
	}
	KUNIT_EXPECT_EQ(test, f->head.loaded->count + f->head.previous->count, CAPACITY + 3);
	return f->tail.swaps - before;
}

/* Three objects more than a magazine holds; what is swung is less than one, as much, or more. */
static void who_swings_across_an_end_is_centred(struct kunit *test)
{
	static const struct { unsigned int nr, swaps; } rows[] = {
		{ CAPACITY - 1, 0 }, { CAPACITY - 3, 0 }, { 4, 0 }, { 1, 0 },
		{ CAPACITY, 2 }, { CAPACITY + 1, 2 }, { CAPACITY + 3, 2 },
	};
	struct fixture *f = test->priv;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		zpool_tail_init(&f->tail, STRIDE, CAPACITY);
		f->head.allocs = f->head.frees = 0;
		set_pair(test, 3, CAPACITY);
		for (j = 0; j < 3; j++)
			swaps_of_swing(test, rows[i].nr);
		for (j = 0; j < 5; j++)
			KUNIT_EXPECT_EQ_MSG(test, swaps_of_swing(test, rows[i].nr), rows[i].swaps,
					    "%u", rows[i].nr);
	}
}

static struct kunit_case thrash_cases[] = {
	KUNIT_CASE(who_swings_across_an_end_is_centred),
	KUNIT_CASE(swaps_to_and_fro_are_thrash),
	KUNIT_CASE(swaps_raise),
	KUNIT_CASE(half_a_step_is_rounded_up),
	KUNIT_CASE(who_is_refused_waits_for_credit),
	KUNIT_CASE(who_gave_all_does_not_raise),
	KUNIT_CASE(misses_that_thrash),
	KUNIT_CASE(not_all_that_thrash_raise),
	{}
};

static struct kunit_suite thrash_suite = {
	.name = "zpool_thrash",
	.init = begin,
	.exit = end,
	.test_cases = thrash_cases,
};

kunit_test_suite(thrash_suite);
