// SPDX-License-Identifier: GPL-2.0
/* The log: what passes tell in it, and that it is bounded. */
#include <linux/string.h>

#include "adapt.h"

static void expect_event(struct kunit *test, u32 *nr, struct zpool_event want)
{
	struct zpool_event event;

	KUNIT_ASSERT_TRUE(test, zpool_log_get(nr, &event));
	KUNIT_EXPECT_EQ(test, event.nr, *nr);
	KUNIT_EXPECT_STREQ(test, event.cache, want.cache);
	KUNIT_EXPECT_EQ(test, event.cpu, want.cpu);
	KUNIT_EXPECT_STREQ(test, zpool_signal_name(event.signal), zpool_signal_name(want.signal));
	KUNIT_EXPECT_STREQ(test, zpool_action_name(event.action), zpool_action_name(want.action));
	KUNIT_EXPECT_EQ(test, event.before, want.before);
	KUNIT_EXPECT_EQ(test, event.after, want.after);
	KUNIT_EXPECT_EQ(test, event.outcome_pct, want.outcome_pct);
}

static void expect_no_event(struct kunit *test, u32 nr)
{
	struct zpool_event event;

	KUNIT_EXPECT_FALSE(test, zpool_log_get(&nr, &event));
}

/* What came of it is known a pass later. */
static void growth_is_logged(struct kunit *test)
{
	struct zpool_event want = {
		.cache = "kunit-log", .cpu = here, .signal = ZPOOL_DENIED, .action = ZPOOL_GROW,
		.before = CAPACITY, .after = CAPACITY * 3 / 2, .outcome_pct = ZPOOL_NO_HIT_PCT,
	};
	struct zpool_cache *cache = create(test, "kunit-log", SIZE);
	u32 nr = 0;

	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);

	swing(cache, 1, 100);
	pass(test, 1000);
	nr = 0;
	want.outcome_pct = 100;
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	zpool_cache_destroy(cache);
}

/* A CPU that raised it by itself is told of by the next pass; what is idle has no outcome. */
static void bursts_are_logged(struct kunit *test)
{
	struct zpool_event want = {
		.cache = "kunit-log", .cpu = here, .signal = ZPOOL_BURST, .action = ZPOOL_GROW,
		.before = CAPACITY, .after = CAPACITY + 4, .outcome_pct = ZPOOL_NO_HIT_PCT,
	};
	struct zpool_cache *cache = create(test, "kunit-log", SIZE);
	u32 nr = 0;

	zpool_budget_grant(3L * 4 * 2 * SIZE);
	swing(cache, WIDE, 4);
	KUNIT_ASSERT_EQ(test, capacity_of(cache), CAPACITY + 4);
	swing(cache, 1, 1000);
	pass(test, 1000);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	pass(test, 1000);
	nr = 0;
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	zpool_cache_destroy(cache);
}

/* A half, what depots have (objects, and no CPU's), then the rest. */
static void what_goes_home_is_logged(struct kunit *test)
{
	struct zpool_event want = {
		.cache = "kunit-log", .cpu = here, .signal = ZPOOL_UNUSED,
		.action = ZPOOL_RELEASE_SPARE, .before = CAPACITY, .after = CAPACITY,
		.outcome_pct = ZPOOL_NO_HIT_PCT,
	};
	struct zpool_cache *cache = create(test, "kunit-log", SIZE);
	const struct zpool_depot *depot = &zpool_this_node(cache)->depot;
	u32 nr = 0;

	swing(cache, 3 * CAPACITY, 1);
	pass(test, 1000);
	swing(cache, CAPACITY + 4, 1);
	pass(test, 1000);
	swing(cache, 1, 10);
	pass(test, 20000);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);

	zpool_policy.interval_ms = 10000;
	want.cpu = -1;
	want.action = ZPOOL_RELEASE;
	want.before = (depot->nr_full + depot->nr_empty) * CAPACITY;
	want.after = 0;
	pass(test, 19999);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);

	pass(test, 1);
	want.cpu = here;
	want.before = CAPACITY;
	want.after = CAPACITY;
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	zpool_cache_destroy(cache);
}

/* What small magazines in depots do would fill the log. */
static void little_from_depots_is_not_logged(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-log", SIZE);
	struct zpool_magazine *mag;
	unsigned int i;

	mag = zpool_magazine_create(SIZE, CAPACITY - 1, zpool_budget.limit, NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	zpool_depot_put(&zpool_this_node(cache)->depot, mag);
	for (i = 0; i < 21; i++)
		pass(test, 1000);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, (CAPACITY - 1UL) * SIZE);
	expect_no_event(test, 0);
	zpool_cache_destroy(cache);
}

static void thefts_are_logged(struct kunit *test)
{
	struct zpool_event want = {
		.cache = "kunit-idle", .cpu = here, .signal = ZPOOL_STOLEN,
		.action = ZPOOL_SHRINK, .before = CAPACITY, .after = CAPACITY * 70 / 100,
		.outcome_pct = ZPOOL_NO_HIT_PCT,
	};
	struct zpool_cache *hot = create_idle(test, here), *warm = create_idle(test, here);
	u32 nr = 0;

	pass(test, 1000);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	swing(warm, 1, 4);
	pass(test, 1000);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	zpool_cache_destroy(warm);
	zpool_cache_destroy(hot);
}

/* The last 256, in order; what is no longer there has no outcome. */
static void the_log_is_bounded(struct kunit *test)
{
	const u32 last = 2 * ZPOOL_LOG_EVENTS + 10;
	struct zpool_event event = { .outcome_pct = ZPOOL_NO_HIT_PCT };
	u32 i, nr = 0;

	expect_no_event(test, 0);
	for (i = 1; i <= last; i++) {
		event.before = i;
		KUNIT_ASSERT_EQ(test, zpool_log_add(&event), i);
		if (i == ZPOOL_LOG_EVENTS || i == ZPOOL_LOG_EVENTS + 1) {
			nr = 0;
			KUNIT_ASSERT_TRUE(test, zpool_log_get(&nr, &event));
			KUNIT_EXPECT_EQ(test, nr, i - ZPOOL_LOG_EVENTS + 1);
		}
	}
	zpool_log_outcome(0, 1);
	zpool_log_outcome(last - ZPOOL_LOG_EVENTS, 2);
	zpool_log_outcome(last - 1, 3);
	zpool_log_outcome(last + 1, 4);
	nr = 0;
	for (i = last - ZPOOL_LOG_EVENTS + 1; i <= last; i++) {
		KUNIT_ASSERT_TRUE(test, zpool_log_get(&nr, &event));
		KUNIT_EXPECT_EQ(test, nr, i);
		KUNIT_EXPECT_EQ(test, event.nr, i);
		KUNIT_EXPECT_EQ(test, event.before, i);
		KUNIT_EXPECT_EQ(test, event.outcome_pct, i == last - 1 ? 3 : ZPOOL_NO_HIT_PCT);
	}
	expect_no_event(test, nr);
	zpool_log_clear();
	expect_no_event(test, 0);
	KUNIT_EXPECT_EQ(test, zpool_log_add(&event), 1U);
}

static void names_differ(struct kunit *test)
{
	unsigned int a, b;

	for (a = 0; a < ZPOOL_NR_SIGNALS; a++)
		for (b = 0; b < a; b++)
			KUNIT_EXPECT_NE(test, strcmp(zpool_signal_name(a), zpool_signal_name(b)), 0);
	for (a = 0; a < ZPOOL_NR_ACTIONS; a++)
		for (b = 0; b < a; b++)
			KUNIT_EXPECT_NE(test, strcmp(zpool_action_name(a), zpool_action_name(b)), 0);
}

static struct kunit_case log_cases[] = {
	KUNIT_CASE(growth_is_logged),
	KUNIT_CASE(bursts_are_logged),
	KUNIT_CASE(what_goes_home_is_logged),
	KUNIT_CASE(little_from_depots_is_not_logged),
	KUNIT_CASE(thefts_are_logged),
	KUNIT_CASE(the_log_is_bounded),
	KUNIT_CASE(names_differ),
	{}
};

static struct kunit_suite log_suite = {
	.name = "zpool_log",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = log_cases,
};

kunit_test_suite(log_suite);
