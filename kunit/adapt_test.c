// SPDX-License-Identifier: GPL-2.0
/*
 * Passes of the worker: what grows and shrinks by them, what credit they give, and
 * that the budget holds. Who pays for it is for pay_test.c, what is unused for
 * home_test.c.
 */
#include "adapt.h"

/*
 * Passes: growth, credit.
 */

static void a_pass_raises_capacity(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-pass", SIZE);

	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY * 3 / 2);
	KUNIT_EXPECT_TRUE(test, tail_of(cache)->is_paid);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.passes, 1UL);

	/* No traffic is no evidence. */
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY * 3 / 2);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.passes, 2UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks + zpool_adapt_counts.releases, 0UL);
	zpool_cache_destroy(cache);
}

/* Each growth takes of the room that there is, in the order of the list. */
static void growth_fits_into_the_room(struct kunit *test)
{
	struct zpool_cache *caches[3];
	unsigned int i, nr_grown = 0;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		caches[i] = create(test, "kunit-pass", SIZE);
		swing(caches[i], WIDE, ROUNDS);
		zpool_cache_drain(caches[i]);
		fill_pair(caches[i]);
	}
	/* For two of the three, to the byte. */
	zpool_budget_set_limit(zpool_test_claimed() + PAIR_BYTES);
	pass(test, 1000);
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		nr_grown += capacity_of(caches[i]) > CAPACITY;
	KUNIT_EXPECT_EQ(test, nr_grown, 2U);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 2UL);
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		zpool_cache_destroy(caches[i]);
}

/* What is too little for one is saved for it, not given to the next who wants less. */
static void who_wants_less_does_not_overtake(struct kunit *test)
{
	struct zpool_cache *first = create(test, "kunit-first", SIZE);
	struct zpool_cache *next = create(test, "kunit-next", SIZE);

	tail_of(next)->capacity = ZPOOL_LEAST_CAPACITY;
	swing(first, WIDE, ROUNDS);
	swing(next, 2 * ZPOOL_LEAST_CAPACITY + 6, ROUNDS);
	zpool_cache_drain(first);
	zpool_cache_drain(next);
	fill_pair(first);
	swing(next, 2 * ZPOOL_LEAST_CAPACITY, 1);
	zpool_budget_set_limit(zpool_test_claimed() + 8 * SIZE);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(first), CAPACITY);
	KUNIT_EXPECT_EQ(test, capacity_of(next), ZPOOL_LEAST_CAPACITY);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 0UL);
	zpool_cache_destroy(next);
	zpool_cache_destroy(first);
}

/*
 * What CPUs have claimed and depots, in eighths of the limit: credit is the room but
 * for an eighth, and not beyond the five that are for CPUs.
 */
static void credit_is_the_room_but_a_reserve(struct kunit *test)
{
	static const struct { unsigned int own, shared, credit; } rows[] = {
		{ 0, 0, 5 }, { 1, 0, 4 }, { 5, 0, 0 }, { 7, 0, 0 }, { 8, 0, 0 },
		{ 0, 2, 5 }, { 0, 4, 3 }, { 1, 2, 4 }, { 1, 4, 2 }, { 3, 4, 0 }, { 4, 4, 0 },
	};
	const unsigned long eighth = 8 * SIZE;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, zpool_test_claimed(), 0UL);
	zpool_budget_set_limit(8 * eighth);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned long shared = rows[i].shared * eighth;
		unsigned long claimed = rows[i].own * eighth + shared;

		KUNIT_ASSERT_TRUE(test, zpool_budget_claim(claimed, 8 * eighth, 0));
		KUNIT_ASSERT_TRUE(test, zpool_budget_share(shared));
		zpool_adapt_grant();
		KUNIT_EXPECT_EQ_MSG(test, credit(), (long)(rows[i].credit * eighth), "row %u", i);
		zpool_budget_unshare(shared);
		zpool_budget_return(claimed, 0);
	}
}

static void there_is_credit_from_the_start(struct kunit *test)
{
	zpool_test_pass(1000);
	zpool_budget_grant(0);
	zpool_adapt_start();
	KUNIT_EXPECT_EQ(test, credit(), AMPLE_BUDGET / 8 * 5L);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.passes, 0UL);
}

/* So much that the least may be bought, and never more than the part. */
static void a_buyer_gets_a_part(struct kunit *test)
{
	static const struct { long credit; unsigned int least, most, price, part, bought; } rows[] = {
		{ 0, 1, 10, 100, 4, 0 }, { -4000, 1, 10, 100, 4, 0 }, { 399, 1, 10, 100, 4, 0 },
		{ 400, 1, 10, 100, 4, 1 }, { 1999, 5, 10, 100, 4, 0 }, { 2000, 5, 10, 100, 4, 5 },
		{ 2399, 5, 10, 100, 4, 5 }, { 4000, 5, 10, 100, 4, 10 },
		{ 1L << 30, 5, 10, 100, 4, 10 }, { 1L << 30, 5, 10, 1U << 30, 4, 0 },
		{ 15999, 5, 10, 100, 32, 0 }, { 16000, 5, 10, 100, 32, 5 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		zpool_budget_grant(rows[i].credit);
		KUNIT_EXPECT_EQ_MSG(test, zpool_budget_spend(rows[i].least, rows[i].most,
							     rows[i].price, rows[i].part),
				    rows[i].bought, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, credit(),
				    rows[i].credit - (long)rows[i].bought * rows[i].price,
				    "row %u", i);
	}
}

static void depots_share_half(struct kunit *test)
{
	zpool_budget_set_limit(100);
	KUNIT_EXPECT_FALSE(test, zpool_budget_share(51));
	KUNIT_EXPECT_TRUE(test, zpool_budget_share(50));
	KUNIT_EXPECT_EQ(test, zpool_budget_shared_room(), 0UL);
	KUNIT_EXPECT_FALSE(test, zpool_budget_share(1));
	zpool_budget_unshare(50);
	KUNIT_EXPECT_EQ(test, zpool_budget_shared_room(), 50UL);
}

/*
 * Shrinking.
 */

/* A minute of looks at a load that is served by a few objects. */
static void a_smaller_load_shrinks(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-less", SIZE);
	unsigned int i;

	fill_pair(cache);
	pass(test, 1000);
	for (i = 0; i < 60; i++) {
		swing(cache, 1 + i % 4, 50);
		pass(test, 1000);
	}
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY * 70 / 100);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks, 1UL);
	swing(cache, 4, 1);
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), (size_t)(CAPACITY * 70 / 100) * SIZE);
	zpool_cache_destroy(cache);
}

/*
 * The budget.
 */

/* Many that all want more than there is, by turns: at no moment is more claimed. */
static void the_budget_holds_throughout(struct kunit *test)
{
	static const unsigned int sizes[] = { 64, 1024, 4096, 16384 };
	struct zpool_cache *caches[ARRAY_SIZE(sizes)];
	unsigned int i, c;

	zpool_budget_set_limit(300 << 10);
	for (c = 0; c < ARRAY_SIZE(sizes); c++)
		caches[c] = create(test, "kunit-budget", sizes[c]);
	for (i = 0; i < 100; i++) {
		c = i / 10 % ARRAY_SIZE(sizes);
		swing(caches[c], 40 + 5 * i, 2);
		swing(caches[(c + 1) % ARRAY_SIZE(sizes)], 1 + i % 30, 10);
		zpool_test_pass(1 + 1000 * (i % 8));
		EXPECT_SOUND(test, zpool_check_all());
	}
	KUNIT_EXPECT_GT(test, atomic_long_read(&zpool_budget.peak), 200L << 10);
	KUNIT_EXPECT_LE(test, atomic_long_read(&zpool_budget.peak), 300L << 10);
	KUNIT_EXPECT_GT(test, zpool_adapt_counts.releases, 0UL);
	for (c = 0; c < ARRAY_SIZE(sizes); c++)
		zpool_cache_destroy(caches[c]);
}

static struct kunit_case adapt_cases[] = {
	KUNIT_CASE(a_pass_raises_capacity),
	KUNIT_CASE(growth_fits_into_the_room),
	KUNIT_CASE(who_wants_less_does_not_overtake),
	KUNIT_CASE(credit_is_the_room_but_a_reserve),
	KUNIT_CASE(there_is_credit_from_the_start),
	KUNIT_CASE(a_buyer_gets_a_part),
	KUNIT_CASE(depots_share_half),
	KUNIT_CASE(a_smaller_load_shrinks),
	KUNIT_CASE(the_budget_holds_throughout),
	{}
};

static struct kunit_suite adapt_suite = {
	.name = "zpool_adapt",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = adapt_cases,
};

kunit_test_suite(adapt_suite);
