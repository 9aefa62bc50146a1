// SPDX-License-Identifier: GPL-2.0
/*
 * Levels of pressure, in the test's hands: what caches live with at each, and
 * that nothing of it stays. Who serves is for merge_test.c and fallback_test.c.
 */
#include <linux/cpumask.h>

#include "../zpool_log.h"
#include "../zpool_throttle.h"
#include "scarce.h"

/* Of the magazines to begin with, and what does not fit into two of them. */
#define CAPACITY	16U
#define WIDE		(2 * CAPACITY + 8)

static unsigned int capacity_of(struct zpool_cache *cache)
{
	return per_cpu_ptr(cache->tails, zpool_test_first_cpu())->capacity;
}

static unsigned long nr_empty_slabs(struct zpool_cache *cache)
{
	unsigned long sum = 0;
	int nid;

	for_each_node(nid)
		sum += cache->nodes[nid]->slabs.nr_on[ZPOOL_EMPTY];
	return sum;
}

/* Of each CPU another. */
static unsigned int given_to(unsigned int cpu)
{
	static const unsigned int lots[] = { 40, 16, 5, 4 };

	return lots[cpu % ARRAY_SIZE(lots)];
}

static void give_capacities(struct zpool_cache *cache)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		per_cpu_ptr(cache->tails, cpu)->capacity = given_to(cpu);
}

static void expect_capacities(struct kunit *test, struct zpool_cache *cache,
			      enum zpool_level level)
{
	unsigned int cpu, want;

	for_each_possible_cpu(cpu) {
		const struct zpool_cpu_tail *tail = per_cpu_ptr(cache->tails, cpu);

		want = given_to(cpu);
		if (level >= ZPOOL_TRIM)
			want = max(want / 2, 4U);
		if (level >= ZPOOL_FALL_BACK)
			want = 0;
		KUNIT_EXPECT_EQ_MSG(test, (unsigned int)tail->capacity, want,
				    "%s on CPU %u, level %u", cache->name, cpu, level);
		KUNIT_EXPECT_EQ(test, tail->may_raise, level == ZPOOL_CALM);
	}
}

/* As it came. */
static void forget(struct zpool_cache *cache)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		per_cpu_ptr(cache->tails, cpu)->capacity = cache->capacity;
}

static void a_turn_in_calm_does_nothing(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	struct zpool_event event;
	long claimed;
	u32 nr = 0;

	give_capacities(cache);
	swing(cache, NR, 1);
	claimed = zpool_test_claimed();
	KUNIT_EXPECT_EQ(test, zpool_test_later(0), 0U);
	KUNIT_EXPECT_EQ(test, zpool_test_later(100000), 0U);
	expect_capacities(test, cache, ZPOOL_CALM);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), claimed);
	KUNIT_EXPECT_FALSE(test, zpool_log_get(&nr, &event));
	zpool_cache_destroy(cache);
}

/* Of small and large classes and of a typed cache, on every CPU, for as long as it lasts. */
static void every_cache_lives_with_half(struct kunit *test)
{
	struct zpool_cache *caches[] = { class_of(64), class_of(65536), create(test) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caches); i++)
		give_capacities(caches[i]);
	zpool_test_press(ZPOOL_TRIM);
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		expect_capacities(test, caches[i], ZPOOL_TRIM);
	zpool_test_later(ZPOOL_TEST_HOLD_MS - 1);
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		expect_capacities(test, caches[i], ZPOOL_TRIM);
	zpool_test_later(1);
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		expect_capacities(test, caches[i], ZPOOL_CALM);
		forget(caches[i]);
	}
	zpool_cache_destroy(caches[2]);
}

static void half_is_not_halved_again(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	unsigned int i;

	give_capacities(cache);
	for (i = 0; i < 4; i++) {
		zpool_test_press(ZPOOL_TRIM);
		expect_capacities(test, cache, ZPOOL_TRIM);
		zpool_test_later(ZPOOL_TEST_HOLD_MS / 2);
		expect_capacities(test, cache, ZPOOL_TRIM);
	}
	for (i = 0; i < 2; i++) {
		zpool_test_later(ZPOOL_TEST_HOLD_MS);
		expect_capacities(test, cache, ZPOOL_CALM);
		zpool_test_press(ZPOOL_TRIM);
		expect_capacities(test, cache, ZPOOL_TRIM);
	}
	zpool_cache_destroy(cache);
}

/* What was in use goes home, past the depot. */
static void leave_an_empty_slab(struct zpool_cache *cache)
{
	swing(cache, 1, 1);
	zpool_cache_detach(cache, zpool_test_first_cpu(), ZPOOL_ALL);
	zpool_drain_limbo();
}

/* All at first, of CPUs as well; then at each turn what no CPU has in hand. */
static void idle_memory_goes(struct kunit *test)
{
	struct zpool_cache *cache = create(test), *empty = create(test);
	struct zpool_usage u;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		swing(cache, NR, 1);
		leave_an_empty_slab(empty);
		KUNIT_EXPECT_NE(test, zpool_test_usage(cache).depot_bytes, 0UL);
		KUNIT_EXPECT_EQ(test, nr_empty_slabs(empty), 1UL);
		if (i)
			zpool_test_later(500);
		else
			zpool_test_press(ZPOOL_TRIM);
		u = zpool_test_usage(cache);
		KUNIT_EXPECT_EQ(test, u.magazine_bytes, i ? (unsigned long)CAPACITY * SIZE : 0UL);
		KUNIT_EXPECT_EQ(test, (unsigned long)zpool_test_claimed(), u.magazine_bytes);
		KUNIT_EXPECT_EQ(test, u.depot_bytes, 0UL);
		KUNIT_EXPECT_EQ(test, nr_empty_slabs(empty), 0UL);
		EXPECT_SOUND(test, zpool_check_all());
	}
	zpool_cache_destroy(empty);
	zpool_cache_destroy(cache);
}

/* When it is worse, of CPUs at each turn. */
static void from_level_2_on_all_goes(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	unsigned int i;

	zpool_test_press(ZPOOL_MERGE);
	for (i = 0; i < 3; i++) {
		swing(cache, NR, 1);
		KUNIT_EXPECT_NE(test, zpool_test_usage(cache).magazine_bytes, 0UL);
		zpool_test_later(500);
		KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
		KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	}
	zpool_cache_destroy(cache);
}

/* Neither is there credit, nor would a CPU take it. */
static void nothing_grows(struct kunit *test)
{
	struct zpool_cache *cache = create(test);

	zpool_test_press(ZPOOL_TRIM);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_budget.credit), 0L);
	zpool_test_pass(1000);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_budget.credit), 0L);
	zpool_budget_grant(1 << 30);
	swing(cache, WIDE, 20);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY / 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_budget.credit), 1L << 30);

	zpool_test_later(ZPOOL_TEST_HOLD_MS);
	KUNIT_EXPECT_GT(test, atomic_long_read(&zpool_budget.credit), 0L);
	swing(cache, WIDE, 20);
	KUNIT_EXPECT_GT(test, capacity_of(cache), CAPACITY);
	zpool_cache_destroy(cache);
}

static void what_was_raised_comes_back(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	unsigned int raised;

	zpool_budget_grant(1 << 30);
	swing(cache, WIDE, 20);
	raised = capacity_of(cache);
	KUNIT_ASSERT_GT(test, raised, CAPACITY);
	zpool_test_press(ZPOOL_TRIM);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), raised / 2);
	zpool_test_later(ZPOOL_TEST_HOLD_MS);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), raised);
	KUNIT_EXPECT_TRUE(test, per_cpu_ptr(cache->tails, zpool_test_first_cpu())->may_raise);
	zpool_cache_destroy(cache);
}

/* Up and down, step by step or not. */
static void each_level_is_undone(struct kunit *test)
{
	static const enum zpool_level ways[][4] = {
		{ ZPOOL_TRIM, ZPOOL_FALL_BACK }, { ZPOOL_TRIM, ZPOOL_MERGE, ZPOOL_FALL_BACK },
		{ ZPOOL_FALL_BACK }, { ZPOOL_MERGE }, { ZPOOL_MERGE, ZPOOL_FALL_BACK },
	};
	struct zpool_cache *cache = create(test);
	unsigned int i, step;

	give_capacities(cache);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		for (step = 0; step < 4 && ways[i][step]; step++) {
			zpool_test_press(ways[i][step]);
			expect_capacities(test, cache, ways[i][step]);
			EXPECT_SOUND(test, zpool_check_all());
		}
		zpool_test_later(ZPOOL_TEST_HOLD_MS);
		expect_capacities(test, cache, ZPOOL_CALM);
	}
	for (i = 0; i < 2; i++) {
		zpool_test_press(ZPOOL_FALL_BACK);
		expect_capacities(test, cache, ZPOOL_FALL_BACK);
		zpool_test_later(ZPOOL_TEST_HOLD_MS / 2);
		zpool_test_press(i ? ZPOOL_TRIM : ZPOOL_MERGE);
		expect_capacities(test, cache, ZPOOL_FALL_BACK);
		zpool_test_later(ZPOOL_TEST_HOLD_MS / 2);
		expect_capacities(test, cache, i ? ZPOOL_TRIM : ZPOOL_MERGE);
		zpool_test_later(ZPOOL_TEST_HOLD_MS / 2);
		expect_capacities(test, cache, ZPOOL_CALM);
	}
	zpool_cache_destroy(cache);
}

/* It is as all others from the next turn on. */
static void a_new_cache_follows(struct kunit *test)
{
	struct zpool_cache *cache;

	zpool_test_press(ZPOOL_TRIM);
	cache = create(test);
	give_capacities(cache);
	expect_capacities(test, cache, ZPOOL_CALM);
	zpool_test_later(500);
	expect_capacities(test, cache, ZPOOL_TRIM);
	zpool_test_later(ZPOOL_TEST_HOLD_MS);
	expect_capacities(test, cache, ZPOOL_CALM);
	zpool_cache_destroy(cache);
}

/* A reserve's need of what is freed is no matter of levels. */
static void other_reasons_stay(struct kunit *test)
{
	struct zpool_cache *cache = create(test);

	mutex_lock(&zpool_caches_lock);
	zpool_throttle(cache, ZPOOL_SHORT, 0);
	mutex_unlock(&zpool_caches_lock);
	zpool_test_press(ZPOOL_TRIM);
	KUNIT_EXPECT_EQ(test, (unsigned int)cache->throttle,
			(unsigned int)(ZPOOL_SHORT | ZPOOL_HALF));
	zpool_test_later(ZPOOL_TEST_HOLD_MS);
	KUNIT_EXPECT_EQ(test, (unsigned int)cache->throttle, (unsigned int)ZPOOL_SHORT);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), 0U);
	zpool_cache_destroy(cache);
}

/* Twice a second, or when the level ends. */
static void the_next_turn_is_told(struct kunit *test)
{
	unsigned int level;

	for (level = ZPOOL_TRIM; level < ZPOOL_NR_LEVELS; level++) {
		KUNIT_EXPECT_EQ(test, zpool_test_press(level), 500U);
		KUNIT_EXPECT_EQ(test, zpool_test_later(ZPOOL_TEST_HOLD_MS - 501), 500U);
		KUNIT_EXPECT_EQ(test, zpool_test_later(2), 499U);
		KUNIT_EXPECT_EQ(test, zpool_test_later(498), 1U);
		KUNIT_EXPECT_EQ(test, zpool_test_later(1), 0U);
	}
}

static void changes_are_logged(struct kunit *test)
{
	static const struct {
		enum zpool_level before, after;
		const char *signal;
	} want[] = {
		{ ZPOOL_CALM, ZPOOL_TRIM, "reclaim" }, { ZPOOL_TRIM, ZPOOL_FALL_BACK, "oom" },
		{ ZPOOL_FALL_BACK, ZPOOL_MERGE, "no-pages" }, { ZPOOL_MERGE, ZPOOL_CALM, "calm" },
	};
	struct zpool_event event;
	unsigned int i = 0;
	u32 nr = 0;

	zpool_test_press(ZPOOL_TRIM);
	zpool_test_press(ZPOOL_TRIM);
	zpool_test_press(ZPOOL_FALL_BACK);
	zpool_test_later(1000);
	zpool_test_press(ZPOOL_MERGE);
	zpool_test_later(ZPOOL_TEST_HOLD_MS - 1000);
	zpool_test_later(1000);
	while (zpool_log_get(&nr, &event)) {
		if (event.action == ZPOOL_MERGED)
			continue;
		KUNIT_ASSERT_LT(test, i, (unsigned int)ARRAY_SIZE(want));
		KUNIT_EXPECT_STREQ(test, event.cache, "-");
		KUNIT_EXPECT_EQ(test, event.cpu, -1);
		KUNIT_EXPECT_STREQ(test, zpool_signal_name(event.signal), want[i].signal);
		KUNIT_EXPECT_STREQ(test, zpool_action_name(event.action), "level");
		KUNIT_EXPECT_EQ(test, event.before, (unsigned int)want[i].before);
		KUNIT_EXPECT_EQ(test, event.after, (unsigned int)want[i].after);
		KUNIT_EXPECT_EQ(test, event.hit_pct, ZPOOL_NO_HIT_PCT);
		KUNIT_EXPECT_EQ(test, event.outcome_pct, ZPOOL_NO_HIT_PCT);
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, (unsigned int)ARRAY_SIZE(want));
}

static struct kunit_case degrade_cases[] = {
	KUNIT_CASE(a_turn_in_calm_does_nothing),
	KUNIT_CASE(every_cache_lives_with_half),
	KUNIT_CASE(half_is_not_halved_again),
	KUNIT_CASE(idle_memory_goes),
	KUNIT_CASE(from_level_2_on_all_goes),
	KUNIT_CASE(nothing_grows),
	KUNIT_CASE(what_was_raised_comes_back),
	KUNIT_CASE(each_level_is_undone),
	KUNIT_CASE(a_new_cache_follows),
	KUNIT_CASE(other_reasons_stay),
	KUNIT_CASE(the_next_turn_is_told),
	KUNIT_CASE(changes_are_logged),
	{}
};

static struct kunit_suite degrade_suite = {
	.name = "zpool_degrade",
	.init = zpool_test_begin_scarce,
	.exit = zpool_test_end_scarce,
	.test_cases = degrade_cases,
};

kunit_test_suite(degrade_suite);
