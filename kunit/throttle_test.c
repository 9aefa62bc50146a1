// SPDX-License-Identifier: GPL-2.0
/* Reasons to live with less capacity: how they combine, and that the worker knows of them. */
#include <linux/cpumask.h>

#include "../zpool_throttle.h"
#include "adapt.h"

static void throttle(struct zpool_cache *cache, unsigned int set, unsigned int clear)
{
	mutex_lock(&zpool_caches_lock);
	zpool_throttle(cache, set, clear);
	mutex_unlock(&zpool_caches_lock);
}

/* What each CPU may have, before and with a reason or all of them. */
static void expect_throttled(struct kunit *test, struct zpool_cache *cache,
			     const unsigned int *before, unsigned int why)
{
	unsigned int cpu, want;

	KUNIT_EXPECT_EQ(test, (unsigned int)cache->throttle, why);
	for_each_possible_cpu(cpu) {
		const struct zpool_cpu_tail *tail = per_cpu_ptr(cache->tails, cpu);

		want = before[cpu % 4];
		if (why & (ZPOOL_NONE | ZPOOL_SHORT))
			want = 0;
		else if ((why & ZPOOL_HALF) && want)
			want = max(want / 2, ZPOOL_LEAST_CAPACITY);
		KUNIT_EXPECT_EQ_MSG(test, (unsigned int)tail->capacity, want, "CPU %u, why %u",
				    cpu, why);
		KUNIT_EXPECT_EQ_MSG(test, tail->may_raise, !why, "CPU %u, why %u", cpu, why);
	}
}

static const unsigned int orders[][3] = {
	{ 1, 2, 4 }, { 1, 4, 2 }, { 2, 1, 4 }, { 2, 4, 1 }, { 4, 1, 2 }, { 4, 2, 1 },
};

/* Set in any order and cleared in any other, some of them again. */
static void reasons_combine(struct kunit *test)
{
	static const unsigned int lots[][4] = { { 16, 40, 5, 0 }, { 124, 4, 0, 9 } };
	struct zpool_cache *cache = create(test, "kunit-why", SIZE);
	unsigned int cpu, lot, set, clear, i, why;

	for (lot = 0; lot < ARRAY_SIZE(lots); lot++) {
		for_each_possible_cpu(cpu)
			per_cpu_ptr(cache->tails, cpu)->capacity = lots[lot][cpu % 4];
		expect_throttled(test, cache, lots[lot], 0);
		for (set = 0; set < ARRAY_SIZE(orders); set++) {
			for (clear = 0; clear < ARRAY_SIZE(orders); clear++) {
				for (i = 0, why = 0; i < 3; i++) {
					why |= orders[set][i];
					throttle(cache, orders[set][i], 0);
					throttle(cache, why, 0);
					expect_throttled(test, cache, lots[lot], why);
				}
				for (i = 0; i < 3; i++) {
					why &= ~orders[clear][i];
					throttle(cache, 0, orders[clear][i]);
					throttle(cache, 0, ~why & 7);
					expect_throttled(test, cache, lots[lot], why);
				}
			}
		}
		throttle(cache, ZPOOL_HALF, 0);
		throttle(cache, ZPOOL_NONE, ZPOOL_HALF);
		expect_throttled(test, cache, lots[lot], ZPOOL_NONE);
		throttle(cache, ZPOOL_HALF, ZPOOL_NONE | ZPOOL_SHORT);
		expect_throttled(test, cache, lots[lot], ZPOOL_HALF);
		throttle(cache, 0, ZPOOL_HALF);
		expect_throttled(test, cache, lots[lot], 0);
	}
	zpool_cache_destroy(cache);
}

/* Who must wait before he may raise his capacity still must. */
static void no_reason_changes_nothing(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-why", SIZE);

	tail_of(cache)->may_raise = false;
	throttle(cache, 0, ZPOOL_HALF | ZPOOL_NONE | ZPOOL_SHORT);
	KUNIT_EXPECT_FALSE(test, tail_of(cache)->may_raise);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	zpool_cache_destroy(cache);
}

/* Neither does the worker let it grow, nor credit. */
static void who_is_throttled_does_not_grow(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-half", SIZE);
	unsigned int i;

	throttle(cache, ZPOOL_HALF, 0);
	for (i = 0; i < 5; i++) {
		zpool_budget_grant(1 << 30);
		swing(cache, WIDE, ROUNDS);
		KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY / 2);
		zpool_test_pass(1000);
		KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY / 2);
		KUNIT_EXPECT_FALSE(test, tail_of(cache)->may_raise);
	}
	zpool_cache_destroy(cache);
}

/* With no magazine at all there is nothing to grow, whatever room there is. */
static void a_pass_readmits_nobody_who_is_throttled(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-none", SIZE);
	unsigned int i;

	throttle(cache, ZPOOL_NONE, 0);
	for (i = 0; i < 30; i++) {
		swing(cache, i < 5 ? WIDE : 0, ROUNDS);
		zpool_test_pass(1000);
		KUNIT_EXPECT_EQ(test, capacity_of(cache), 0U);
		KUNIT_EXPECT_FALSE(test, tail_of(cache)->may_raise);
		KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).magazine_bytes, 0UL);
	}
	throttle(cache, 0, ZPOOL_NONE);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	zpool_cache_destroy(cache);
}

/* A pass looks, but leaves it what it has, even if that is of no use. */
static void a_pass_leaves_the_throttled_alone(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-left", SIZE);
	struct zpool_cache *unused = create(test, "kunit-unused", SIZE);
	unsigned int i;

	swing(cache, WIDE, ROUNDS);
	zpool_test_pass(1000);
	throttle(cache, ZPOOL_HALF, 0);
	throttle(unused, ZPOOL_HALF, 0);
	for (i = 0; i < 5; i++) {
		zpool_test_pass(20000);
		KUNIT_EXPECT_EQ(test, capacity_of(unused), CAPACITY / 2);
		KUNIT_EXPECT_FALSE(test, tail_of(unused)->may_raise);
		KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY * 3 / 4);
		KUNIT_EXPECT_NE(test, zpool_test_usage(cache).magazine_bytes, 0UL);
	}
	throttle(cache, 0, ZPOOL_HALF);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY * 3 / 2);
	zpool_cache_destroy(unused);
	zpool_cache_destroy(cache);
}

/* Once, and then it idles from the second pass on. */
static void use(struct zpool_cache *cache, unsigned int passes)
{
	swing(cache, 2 * CAPACITY, 1);
	while (passes--)
		zpool_test_pass(1000);
}

/* Nor does it pay for others, though it is as cold as who does, and comes before. */
static void the_throttled_do_not_pay(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-left", SIZE);
	struct zpool_cache *payer = create(test, "kunit-payer", SIZE);
	struct zpool_cache *hot = create(test, "kunit-hot", SIZE);

	use(cache, 5);
	throttle(cache, ZPOOL_HALF, 0);
	use(payer, 4);
	zpool_budget_grant(0);
	zpool_budget_set_limit(zpool_test_claimed());
	swing(hot, WIDE, ROUNDS);
	zpool_test_pass(1000);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY / 2);
	KUNIT_EXPECT_FALSE(test, tail_of(cache)->may_raise);
	KUNIT_EXPECT_NE(test, zpool_test_usage(cache).magazine_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(payer).magazine_bytes, 0UL);
	zpool_cache_destroy(hot);
	zpool_cache_destroy(payer);
	zpool_cache_destroy(cache);
}

/* Without magazines all misses: that tells nothing of how large they should be. */
static void what_was_missed_is_no_reason_to_grow(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-missed", SIZE);

	throttle(cache, ZPOOL_NONE, 0);
	swing(cache, CAPACITY, ROUNDS);
	zpool_test_pass(1000);
	throttle(cache, 0, ZPOOL_NONE);
	zpool_budget_grant(0);
	swing(cache, 2 * CAPACITY, 1);
	swing(cache, CAPACITY, 20 * ROUNDS);
	zpool_test_pass(1000);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	zpool_cache_destroy(cache);
}

/* Afterwards it grows as ever, by credit and by passes, and what is unused goes home. */
static void afterwards_it_adapts_again(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-after", SIZE);
	unsigned int i;

	throttle(cache, ZPOOL_HALF, 0);
	zpool_test_pass(1000);
	throttle(cache, 0, ZPOOL_HALF);
	zpool_budget_grant(0);
	swing(cache, WIDE, ROUNDS);
	zpool_test_pass(1000);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY * 3 / 2);

	throttle(cache, ZPOOL_NONE, 0);
	throttle(cache, 0, ZPOOL_NONE);
	zpool_budget_grant(1 << 30);
	for (i = 0; i < 4; i++)
		swing(cache, WIDE, ROUNDS);
	KUNIT_EXPECT_GE(test, capacity_of(cache), CAPACITY * 3 / 2);
	zpool_test_pass(1000);
	zpool_test_pass(20000);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).magazine_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	zpool_cache_destroy(cache);
}

static struct kunit_case throttle_cases[] = {
	KUNIT_CASE(reasons_combine),
	KUNIT_CASE(no_reason_changes_nothing),
	KUNIT_CASE(who_is_throttled_does_not_grow),
	KUNIT_CASE(a_pass_readmits_nobody_who_is_throttled),
	KUNIT_CASE(a_pass_leaves_the_throttled_alone),
	KUNIT_CASE(the_throttled_do_not_pay),
	KUNIT_CASE(what_was_missed_is_no_reason_to_grow),
	KUNIT_CASE(afterwards_it_adapts_again),
	{}
};

static struct kunit_suite throttle_suite = {
	.name = "zpool_throttle",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = throttle_cases,
};

kunit_test_suite(throttle_suite);
