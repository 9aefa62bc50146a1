// SPDX-License-Identifier: GPL-2.0
/*
 * When all is spent, others pay for who wants room: who of them, how much, and what
 * they may do afterwards.
 */
#include <linux/cpumask.h>

#include "adapt.h"

static unsigned int other_cpu(void)
{
	unsigned int cpu, other = here;

	for_each_online_cpu(cpu)
		if (cpu != here)
			other = cpu;
	return other;
}

static unsigned long room(void)
{
	return zpool_budget_room(zpool_budget.limit);
}

/* Who comes when all is spent gets room from a class that is idle, there or elsewhere. */
static void expect_idle_pays(struct kunit *test, unsigned int cpu)
{
	struct zpool_cache *idle = create_idle(test, cpu);
	struct zpool_cache *comer = create(test, "kunit-comer", SIZE);

	close_budget();
	pass(test, 1000);
	swing(comer, 2 * CAPACITY, ROUNDS);
	KUNIT_EXPECT_EQ(test, claimed_on(comer, here), 0UL);
	KUNIT_EXPECT_GT(test, tail_of(comer)->denied, 0U);
	pass(test, 2000);
	KUNIT_EXPECT_EQ(test, claimed_on(idle, cpu), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, PAIR_BYTES);
	KUNIT_EXPECT_GE(test, room(), PAIR_BYTES / 2);

	swing(comer, 2 * CAPACITY, ROUNDS);
	KUNIT_EXPECT_GT(test, claimed_on(comer, here), 0UL);
	zpool_cache_destroy(comer);
	zpool_cache_destroy(idle);
}

static void an_idle_class_pays(struct kunit *test)
{
	expect_idle_pays(test, here);
}

static void an_idle_cpu_pays(struct kunit *test)
{
	if (other_cpu() == here)
		kunit_skip(test, "one CPU");
	expect_idle_pays(test, other_cpu());
}

/* Longest idle first, and no more of them than it takes. */
static void the_coldest_pays(struct kunit *test)
{
	struct zpool_cache *coldest[2], *cold, *comer;

	coldest[0] = create_idle(test, here);
	coldest[1] = create_idle(test, here);
	pass(test, 1000);
	pass(test, 4000);
	cold = create_idle(test, here);
	pass(test, 1000);
	close_budget();
	comer = create(test, "kunit-comer", SIZE);
	swing(comer, CAPACITY, ROUNDS);
	zpool_policy.decay_ms = 0;
	pass(test, 4000);
	KUNIT_EXPECT_EQ(test, claimed_on(coldest[0], here), 0UL);
	KUNIT_EXPECT_EQ(test, claimed_on(coldest[1], here), 0UL);
	KUNIT_EXPECT_EQ(test, claimed_on(cold, here), PAIR_BYTES);
	zpool_cache_destroy(comer);
	zpool_cache_destroy(cold);
	zpool_cache_destroy(coldest[1]);
	zpool_cache_destroy(coldest[0]);
}

/* Two that are used alike keep what they have, however much they lack. */
static void equals_keep_what_they_have(struct kunit *test)
{
	struct zpool_cache *a = create_idle(test, here), *b = create_idle(test, here);
	unsigned int i;

	close_budget();
	for (i = 0; i < 10; i++) {
		swing(a, WIDE, ROUNDS);
		swing(b, WIDE, ROUNDS);
		pass(test, 1000);
		KUNIT_EXPECT_EQ(test, claimed_on(a, here), PAIR_BYTES);
		KUNIT_EXPECT_EQ(test, claimed_on(b, here), PAIR_BYTES);
	}
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 0UL);
	zpool_cache_destroy(b);
	zpool_cache_destroy(a);
}

/* Who is used a hundredth as much gives a part, and is not left without. */
static void the_lukewarm_gives_a_part(struct kunit *test)
{
	struct zpool_cache *hot = create_idle(test, here), *warm = create_idle(test, here);

	pass(test, 1000);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	swing(warm, 1, 4);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), CAPACITY * 70 / 100);
	KUNIT_EXPECT_EQ(test, claimed_on(hot, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, 2UL * 5 * SIZE);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	zpool_cache_destroy(warm);
	zpool_cache_destroy(hot);
}

/* Of the least there is no half: magazines altogether, until there is room again. */
static void who_has_least_gives_all(struct kunit *test)
{
	struct zpool_cache *hot = create_idle(test, here);
	struct zpool_cache *warm = create(test, "kunit-large", LARGE);

	swing(warm, 2 * ZPOOL_LEAST_CAPACITY, 1);
	pass(test, 1000);
	zpool_slabs_trim(&zpool_this_node(warm)->slabs);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	swing(warm, 1, 1);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), 0U);
	KUNIT_EXPECT_EQ(test, claimed_on(warm, here), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, LARGE_PAIR);

	/* Room alone is not enough: it has just paid. */
	zpool_budget_set_limit(AMPLE_BUDGET);
	pass(test, 1000);
	swing(warm, 1, 1);
	pass(test, 59000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), 0U);
	KUNIT_EXPECT_EQ(test, claimed_on(warm, here), 0UL);

	/* Nor is the wait: the reserve is not for it. */
	swing(warm, 1, 1);
	zpool_slabs_trim(&zpool_this_node(warm)->slabs);
	zpool_budget_set_limit(zpool_test_claimed() / 7 * 8);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), 0U);
	zpool_budget_set_limit(AMPLE_BUDGET);
	swing(warm, 1, 1);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), ZPOOL_LEAST_CAPACITY);
	swing(warm, 2 * ZPOOL_LEAST_CAPACITY, 1);
	KUNIT_EXPECT_EQ(test, claimed_on(warm, here), LARGE_PAIR);
	zpool_cache_destroy(warm);
	zpool_cache_destroy(hot);
}

/* Neither by a pass nor by itself does it grow, but when it is used far more. */
static void who_gave_a_part_waits(struct kunit *test)
{
	struct zpool_cache *hot = create_idle(test, here), *warm = create_idle(test, here);
	const unsigned int part = CAPACITY * 70 / 100;

	pass(test, 1000);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	swing(warm, 1, 60);
	pass(test, 1000);
	KUNIT_ASSERT_EQ(test, capacity_of(warm), part);
	KUNIT_EXPECT_FALSE(test, tail_of(warm)->may_raise);

	zpool_budget_set_limit(AMPLE_BUDGET);
	zpool_budget_grant(1 << 30);
	swing(warm, 2 * part + 6, 5);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), part);
	KUNIT_EXPECT_EQ(test, credit(), 1L << 30);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), part);
	KUNIT_EXPECT_FALSE(test, tail_of(warm)->may_raise);

	swing(warm, 2 * part + 6, 100);
	pass(test, 1000);
	KUNIT_EXPECT_TRUE(test, tail_of(warm)->may_raise);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), part * 3 / 2);
	zpool_cache_destroy(warm);
	zpool_cache_destroy(hot);
}

/* What lies in a depot, for longer than a pass, pays before a pair that is used. */
static void depots_pay(struct kunit *test)
{
	struct zpool_cache *full = create(test, "kunit-depot", SIZE), *comer;
	unsigned long before;

	swing(full, 10 * CAPACITY, 1);
	KUNIT_ASSERT_GT(test, depot_bytes(full), 0UL);
	zpool_slabs_trim(&zpool_this_node(full)->slabs);
	before = depot_bytes(full);
	close_budget();
	comer = create(test, "kunit-comer", SIZE);
	swing(comer, 2 * CAPACITY, ROUNDS);
	swing(full, 1, ROUNDS * CAPACITY);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, depot_bytes(full), before);	/* there a moment ago */
	swing(comer, 2 * CAPACITY, ROUNDS);
	swing(full, 1, ROUNDS * CAPACITY);
	pass(test, 1000);
	KUNIT_EXPECT_LT(test, depot_bytes(full), before);
	KUNIT_EXPECT_GT(test, room(), 0UL);
	KUNIT_EXPECT_EQ(test, claimed_on(full, here), PAIR_BYTES);
	KUNIT_EXPECT_GT(test, zpool_adapt_counts.released_bytes, 0UL);
	zpool_cache_destroy(comer);
	zpool_cache_destroy(full);
}

/* However long it is idle before decay_ms, and though all is spent. */
static void nobody_pays_when_nobody_wants(struct kunit *test)
{
	struct zpool_cache *idle = create_idle(test, here), *hot = create_idle(test, here);
	unsigned int i;

	close_budget();
	for (i = 0; i < 19; i++) {
		swing(hot, CAPACITY, ROUNDS);
		pass(test, 1000);
	}
	KUNIT_EXPECT_EQ(test, room(), 0UL);
	KUNIT_EXPECT_EQ(test, claimed_on(idle, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, claimed_on(hot, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases + zpool_adapt_counts.shrinks, 0UL);
	zpool_cache_destroy(hot);
	zpool_cache_destroy(idle);
}

#define NR_IDLE	9U

/*
 * A pair is wanted, of which so much is @there. Of the rest as much again is
 * taken, or a quarter of the budget if that is more.
 */
static void expect_taken(struct kunit *test, unsigned int nr_idle, size_t there,
			 unsigned int nr_taken)
{
	struct zpool_cache *idle[NR_IDLE], *comer = create(test, "kunit-comer", SIZE);
	unsigned int i;

	zpool_budget_set_limit(AMPLE_BUDGET);
	for (i = 0; i < nr_idle; i++)
		idle[i] = create_idle(test, here);
	pass(test, 1000);
	close_budget();
	swing(comer, CAPACITY, ROUNDS);
	zpool_budget_set_limit(zpool_test_claimed() + there);
	zpool_adapt_counts = (struct zpool_adapt_counts) {};
	pass(test, 2000);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, nr_taken * PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, (unsigned long)nr_taken);
	for (i = 0; i < nr_idle; i++)
		zpool_cache_destroy(idle[i]);
	zpool_cache_destroy(comer);
}

static void the_idle_pay_twice_or_a_quarter(struct kunit *test)
{
	expect_taken(test, 4, 0, 2);
	expect_taken(test, 3, PAIR_BYTES / 2, 1);
	expect_taken(test, NR_IDLE, 0, 3);
}

/* Growth by half a pair is wanted; each that is used far less gives a part of its own. */
static void the_lukewarm_give_twice(struct kunit *test)
{
	struct zpool_cache *hot = create_idle(test, here), *warm[5];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(warm); i++)
		warm[i] = create_idle(test, here);
	pass(test, 1000);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	for (i = 0; i < ARRAY_SIZE(warm); i++)
		swing(warm[i], 1, 4);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks, 4UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, 4 * 2UL * 5 * SIZE);
	for (i = 0; i < ARRAY_SIZE(warm); i++)
		zpool_cache_destroy(warm[i]);
	zpool_cache_destroy(hot);
}

static struct kunit_case pay_cases[] = {
	KUNIT_CASE(an_idle_class_pays),
	KUNIT_CASE(an_idle_cpu_pays),
	KUNIT_CASE(the_coldest_pays),
	KUNIT_CASE(equals_keep_what_they_have),
	KUNIT_CASE(the_lukewarm_gives_a_part),
	KUNIT_CASE(who_has_least_gives_all),
	KUNIT_CASE(who_gave_a_part_waits),
	KUNIT_CASE(depots_pay),
	KUNIT_CASE(nobody_pays_when_nobody_wants),
	KUNIT_CASE(the_idle_pay_twice_or_a_quarter),
	KUNIT_CASE(the_lukewarm_give_twice),
	{}
};

static struct kunit_suite pay_suite = {
	.name = "zpool_pay",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = pay_cases,
};

kunit_test_suite(pay_suite);
