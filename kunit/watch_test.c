// SPDX-License-Identifier: GPL-2.0
/*
 * What is remembered of a CPU's magazines from one look to the next, and what
 * follows from it when somebody has to pay: struct zpool_watch.
 */
#include <linux/limits.h>

#include "common.h"

/*
 * What is remembered.
 */

#define WATCH_CAPACITY	20U

static struct zpool_sample look(struct zpool_watch *watch, const struct zpool_reading *now,
				unsigned int ms)
{
	struct zpool_sample s;

	zpool_watch_update(watch, now, ms, &s);
	return s;
}

static void samples_are_differences(struct kunit *test)
{
	struct zpool_reading now = {
		.ops = ULONG_MAX - 9, .misses = ULONG_MAX - 4, .swaps = U32_MAX,
		.thrashes = U32_MAX, .contended = U32_MAX - 1, .denied = U32_MAX - 2,
		.capacity = WATCH_CAPACITY, .claimed = 33, .remote = 7, .has_spare = true,
	};
	struct zpool_watch watch;
	struct zpool_sample s;

	zpool_watch_init(&watch, WATCH_CAPACITY);
	look(&watch, &now, 1000);
	now.ops += 500;
	now.misses += 20;
	now.thrashes += 3;
	now.contended += 4;
	now.denied += 5;
	s = look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, s.ops, 500UL);
	KUNIT_EXPECT_EQ(test, s.misses, 20UL);
	KUNIT_EXPECT_EQ(test, s.thrashes, 3U);
	KUNIT_EXPECT_EQ(test, s.contended, 4U);
	KUNIT_EXPECT_EQ(test, s.denied, 5U);
	KUNIT_EXPECT_EQ(test, s.capacity, WATCH_CAPACITY);
	KUNIT_EXPECT_EQ(test, s.claimed, 33U);
	KUNIT_EXPECT_EQ(test, s.hit_pct, 96U);
	KUNIT_EXPECT_TRUE(test, s.has_spare);
	KUNIT_EXPECT_TRUE(test, s.has_remote);

	now.remote = 0;
	now.has_spare = false;
	s = look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, s.ops + s.misses, 0UL);
	KUNIT_EXPECT_EQ(test, s.thrashes + s.contended + s.denied, 0U);
	KUNIT_EXPECT_FALSE(test, s.has_spare);
	KUNIT_EXPECT_FALSE(test, s.has_remote);

	/* What the slabs serve is not among the pair's operations, but a miss of it. */
	now.ops += 200;
	now.misses += 300;
	s = look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, s.ops, 300UL);
	KUNIT_EXPECT_EQ(test, s.misses, 300UL);
	KUNIT_EXPECT_EQ(test, s.hit_pct, 0U);
}

/* The hit rate is that of the last interval with enough operations; at first it is good. */
static void hit_rates_are_kept(struct kunit *test)
{
	static const struct { unsigned int ops, misses, hit_pct; } rows[] = {
		{ 0, 0, 100 }, { 99, 99, 100 }, { 100, 75, 25 }, { 0, 0, 25 }, { 99, 0, 25 },
		{ 1000, 1, 99 }, { 1000, 0, 100 }, { 1000, 1000, 0 }, { 99, 0, 0 },
	};
	struct zpool_reading now = { .capacity = WATCH_CAPACITY };
	struct zpool_watch watch;
	unsigned int i;

	zpool_watch_init(&watch, WATCH_CAPACITY);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		now.ops += rows[i].ops;
		now.misses += rows[i].misses;
		KUNIT_EXPECT_EQ_MSG(test, look(&watch, &now, 1000).hit_pct, rows[i].hit_pct,
				    "row %u", i);
	}
}

static void idleness_adds_up(struct kunit *test)
{
	struct zpool_reading now = { .capacity = WATCH_CAPACITY };
	struct zpool_watch watch;
	struct zpool_sample s;

	zpool_watch_init(&watch, WATCH_CAPACITY);
	look(&watch, &now, 300);
	s = look(&watch, &now, 700);
	KUNIT_EXPECT_EQ(test, s.idle_ms, 1000U);
	KUNIT_EXPECT_EQ(test, s.still_ms, 1000U);
	KUNIT_EXPECT_EQ(test, s.remote_ms, 1000U);
	KUNIT_EXPECT_EQ(test, s.calm_ms, 1000U);

	now.ops++;
	s = look(&watch, &now, 10);
	KUNIT_EXPECT_EQ(test, s.idle_ms, 0U);
	KUNIT_EXPECT_EQ(test, s.still_ms, 1010U);
	KUNIT_EXPECT_EQ(test, s.remote_ms, 1010U);
	now.swaps++;
	s = look(&watch, &now, 10);
	KUNIT_EXPECT_EQ(test, s.idle_ms, 10U);
	KUNIT_EXPECT_EQ(test, s.still_ms, 0U);
	now.remote = 3;
	s = look(&watch, &now, 10);
	KUNIT_EXPECT_EQ(test, s.still_ms, 10U);
	KUNIT_EXPECT_EQ(test, s.remote_ms, 0U);
	KUNIT_EXPECT_EQ(test, s.calm_ms, 1030U);

	/* Weeks. */
	look(&watch, &now, UINT_MAX - 100);
	s = look(&watch, &now, UINT_MAX - 100);
	KUNIT_EXPECT_EQ(test, s.idle_ms, UINT_MAX);
	KUNIT_EXPECT_EQ(test, s.still_ms, UINT_MAX);
	KUNIT_EXPECT_EQ(test, s.remote_ms, UINT_MAX);
	KUNIT_EXPECT_EQ(test, s.calm_ms, UINT_MAX);
}

/* A look counts when there were operations since; a miss makes them begin anew. */
static void looks_see_the_swing(struct kunit *test)
{
	static const struct { unsigned int ops, misses, count, looks, swing, looked_ops; } rows[] = {
		{ 0, 0, 9, 0, 0, 0 }, { 1, 1, 10, 1, 0, 1 }, { 1, 0, 14, 2, 4, 2 },
		{ 0, 0, 30, 2, 4, 2 }, { 5, 0, 8, 3, 6, 7 }, { 5, 0, 11, 4, 6, 12 },
		{ 5, 2, 3, 1, 0, 5 }, { 1, 0, 4, 2, 1, 6 },
	};
	struct zpool_reading now = { .capacity = WATCH_CAPACITY };
	struct zpool_watch watch;
	struct zpool_sample s;
	unsigned int i;

	zpool_watch_init(&watch, WATCH_CAPACITY);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		now.ops += rows[i].ops;
		now.misses += rows[i].misses;
		now.count = rows[i].count;
		s = look(&watch, &now, 1000);
		KUNIT_EXPECT_EQ_MSG(test, s.looks, rows[i].looks, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s.swing, rows[i].swing, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s.looked_ops, rows[i].looked_ops, "row %u", i);
	}

	/* As many as fit, and no fewer after that. */
	for (i = 0; i < U16_MAX + 10U; i++) {
		now.ops++;
		s = look(&watch, &now, 1);
	}
	KUNIT_EXPECT_EQ(test, s.looks, (unsigned int)U16_MAX);
	now.ops += U32_MAX;
	s = look(&watch, &now, 1);
	KUNIT_EXPECT_EQ(test, s.looked_ops, U32_MAX);
}

/* With another capacity all begins anew; a growth after a shrink has undone it. */
static void changes_are_noticed(struct kunit *test)
{
	static const struct { unsigned int capacity, undone, calm_ms; } rows[] = {
		{ 20, 0, 1000 }, { 20, 0, 2000 }, { 30, 0, 0 }, { 45, 0, 0 }, { 31, 0, 0 },
		{ 21, 0, 0 }, { 21, 0, 1000 }, { 22, 1, 0 }, { 33, 1, 0 }, { 20, 1, 0 },
		{ 30, 2, 0 }, { 20, 2, 0 }, { 30, 3, 0 }, { 20, 3, 0 }, { 30, 4, 0 },
		{ 20, 4, 0 }, { 30, 5, 0 }, { 20, 5, 0 }, { 30, 6, 0 }, { 20, 6, 0 },
		{ 30, 6, 0 }, { 30, 6, 1000 },
	};
	struct zpool_reading now = {};
	struct zpool_watch watch;
	struct zpool_sample s;
	unsigned int i;

	zpool_watch_init(&watch, WATCH_CAPACITY);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		now.ops++;
		now.capacity = rows[i].capacity;
		s = look(&watch, &now, 1000);
		KUNIT_EXPECT_EQ_MSG(test, s.undone, rows[i].undone, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s.calm_ms, rows[i].calm_ms, "row %u", i);
		if (!rows[i].calm_ms)
			KUNIT_EXPECT_EQ_MSG(test, s.looks, 1U, "row %u", i);
	}
}

/* What goes home does not count as a shrink, nor what is had again as its undoing. */
static void the_forgotten_starts_anew(struct kunit *test)
{
	struct zpool_reading now = { .ops = 1, .capacity = WATCH_CAPACITY + 10 };
	struct zpool_watch watch;
	struct zpool_sample s;

	zpool_watch_init(&watch, WATCH_CAPACITY + 20);
	look(&watch, &now, 1000);
	watch.paid_warmth = 9;
	zpool_watch_forget(&watch, WATCH_CAPACITY);
	KUNIT_EXPECT_EQ(test, watch.paid_warmth, 0U);
	KUNIT_EXPECT_EQ(test, watch.looks, 0U);

	now.ops++;
	now.capacity = WATCH_CAPACITY;
	s = look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, s.calm_ms, 1000U);
	now.capacity++;
	s = look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, s.undone, 0U);
	KUNIT_EXPECT_EQ(test, s.calm_ms, 0U);
}

/*
 * Who pays for whom.
 */

static void warmth_is_by_idleness_then_density(struct kunit *test)
{
	static const struct {
		u32 idle_ms, heat;
		size_t bytes;
		unsigned int want;
	} rows[] = {
		{ 1, 0, 4096, 8 }, { 1999, 0, 4096, 8 }, { 1999, 1000, 4096, 25 },
		{ 2000, 0, 4096, 6 },
		{ 3999, 0, 4096, 6 }, { 4000, 0, 4096, 5 }, { 127999, 0, 4096, 1 },
		{ 128000, 0, 4096, 0 }, { U32_MAX, 0, 4096, 0 }, { 2000, U32_MAX, 1, 6 },
		{ 0, 0, 1 << 20, 8 }, { 0, 1, 1 << 20, 8 }, { 0, 2, 1 << 20, 9 },
		{ 0, 3, 1 << 20, 9 }, { 0, 4, 1 << 20, 10 }, { 0, 4, 2 << 20, 9 },
		{ 0, 1000, 4096, 25 }, { 0, 1, 0, 28 }, { 0, 1, 1, 28 },
		{ 0, 8, 1, 31 }, { 0, 16, 1, 31 }, { 0, U32_MAX, 0, 31 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct zpool_watch watch = { .idle_ms = rows[i].idle_ms, .heat = rows[i].heat };

		KUNIT_EXPECT_EQ_MSG(test, zpool_warmth(&watch, rows[i].bytes, 1000),
				    rows[i].want, "row %u", i);
	}
}

/* Half of it is forgotten in each interval. */
static void heat_fades(struct kunit *test)
{
	struct zpool_reading now = { .ops = 1000, .capacity = WATCH_CAPACITY };
	struct zpool_watch watch;
	unsigned int i;

	zpool_watch_init(&watch, WATCH_CAPACITY);
	look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, watch.heat, 1000U);
	now.ops += 1000;
	look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, watch.heat, 1500U);
	look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, watch.heat, 750U);
	for (i = 0; i < 10; i++)
		look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, watch.heat, 0U);
	now.ops += U32_MAX;
	look(&watch, &now, 1000);
	now.ops += U32_MAX;
	look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, watch.heat, U32_MAX);
}

/* All that is idle pays; of what is used, only what is worth a quarter of it. */
static void equals_do_not_pay(struct kunit *test)
{
	static const struct { unsigned int warmth, payer; } rows[] = {
		{ 8, 7 }, { 9, 7 }, { 10, 7 }, { 11, 8 }, { 12, 9 }, { 31, 28 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ(test, zpool_coldest_that_pays(rows[i].warmth), rows[i].payer);
	for (i = ZPOOL_ACTIVE; i < ZPOOL_NR_WARMTHS; i++)
		KUNIT_EXPECT_LT(test, zpool_coldest_that_pays(i), i);
}

/* Until a shrink would be allowed, or it is used eight times as much. */
static void who_paid_waits(struct kunit *test)
{
	static const struct {
		unsigned int paid_warmth, warmth, calm_ms, undone;
		bool waits;
	} rows[] = {
		{ 0, 8, 0, 0, false }, { 8, 8, 0, 0, true }, { 8, 0, 0, 0, true },
		{ 8, 10, 59999, 0, true }, { 8, 11, 0, 0, false }, { 8, 31, 0, 0, false },
		{ 8, 8, 60000, 0, false }, { 8, 8, 60000, 1, true }, { 8, 8, 119999, 1, true },
		{ 8, 8, 120000, 1, false }, { 8, 8, 3839999, 6, true }, { 8, 8, 3840000, 6, false },
		{ 31, 31, 0, 0, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct zpool_watch watch = {
			.paid_warmth = rows[i].paid_warmth, .warmth = rows[i].warmth,
			.calm_ms = rows[i].calm_ms, .undone = rows[i].undone,
		};

		KUNIT_EXPECT_EQ_MSG(test, zpool_must_wait(&watch, &zpool_test_policy),
				    rows[i].waits, "row %u", i);
	}
}

/* Having grown one step, who has paid waits again. */
static void growth_is_followed_by_a_wait(struct kunit *test)
{
	struct zpool_reading now = { .ops = 1, .capacity = WATCH_CAPACITY };
	struct zpool_watch watch;

	zpool_watch_init(&watch, WATCH_CAPACITY);
	look(&watch, &now, 1000);
	watch.paid_warmth = 9;
	now.capacity--;
	look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, watch.paid_warmth, 9U);
	look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, watch.paid_warmth, 9U);
	now.capacity++;
	look(&watch, &now, 1000);
	KUNIT_EXPECT_EQ(test, watch.paid_warmth, 9U);
	KUNIT_EXPECT_EQ(test, watch.calm_ms, 0U);
	KUNIT_EXPECT_EQ(test, watch.undone, 1);
	KUNIT_EXPECT_TRUE(test, zpool_must_wait(&watch, &zpool_test_policy));
}

static struct kunit_case watch_cases[] = {
	KUNIT_CASE(samples_are_differences),
	KUNIT_CASE(hit_rates_are_kept),
	KUNIT_CASE(idleness_adds_up),
	KUNIT_CASE(looks_see_the_swing),
	KUNIT_CASE(changes_are_noticed),
	KUNIT_CASE(the_forgotten_starts_anew),
	KUNIT_CASE(warmth_is_by_idleness_then_density),
	KUNIT_CASE(heat_fades),
	KUNIT_CASE(equals_do_not_pay),
	KUNIT_CASE(who_paid_waits),
	KUNIT_CASE(growth_is_followed_by_a_wait),
	{}
};

static struct kunit_suite watch_suite = {
	.name = "zpool_watch",
	.test_cases = watch_cases,
};

kunit_test_suite(watch_suite);
