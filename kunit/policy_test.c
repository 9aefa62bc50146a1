// SPDX-License-Identifier: GPL-2.0
/*
 * The policy, as tables: what goes in, what must come out. Each threshold is
 * met from both sides.
 *
 * Nothing here has a lock, a clock or a cache; the parameters are the test's
 * own, so that whoever loads the module with others is not in the way.
 */
#include <linux/limits.h>
#include <linux/string.h>

#include "common.h"

static void expect_decision(struct kunit *test, const struct zpool_sample *s,
			    const struct zpool_policy *p, struct zpool_decision want,
			    unsigned int row)
{
	struct zpool_decision d = zpool_decide(s, p);

	KUNIT_EXPECT_EQ_MSG(test, d.action, want.action, "row %u", row);
	KUNIT_EXPECT_EQ_MSG(test, d.signal, want.signal, "row %u", row);
	KUNIT_EXPECT_EQ_MSG(test, d.capacity, want.capacity, "row %u", row);
}

/*
 * To grow.
 */

struct growth {
	unsigned int ops, misses, thrashes, contended, denied, capacity, pair, swing;
	struct zpool_decision want;
};

static void expect_growth(struct kunit *test, const struct growth *rows, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct growth *row = &rows[i];
		struct zpool_sample s = {
			.ops		= row->ops,
			.misses		= row->misses,
			.thrashes	= row->thrashes,
			.contended	= row->contended,
			.denied		= row->denied,
			.capacity	= row->capacity,
			.pair		= row->pair,
			.claimed	= row->pair,
			.swing		= row->swing,
			.looks		= 1,
			.hit_pct	= 100,
		};

		expect_decision(test, &s, &zpool_test_policy, row->want, i);
	}
}

#define EXPECT_GROWTH(test, rows)	expect_growth(test, rows, ARRAY_SIZE(rows))

#define STAYS(at)		{ ZPOOL_KEEP, ZPOOL_QUIET, at }
#define GROWS(why, to)		{ ZPOOL_GROW, ZPOOL_##why, to }
#define CANNOT_GROW(why)	{ ZPOOL_KEEP, ZPOOL_##why, ZPOOL_MOST_CAPACITY }

static void no_traffic_is_no_evidence(struct kunit *test)
{
	static const struct growth rows[] = {
		/* ops misses thrashes contended denied capacity pair swing */
		{ 0, 0, 0, 0, 0, 40, 80, 0, STAYS(40) },
		{ 0, 0, 0, 0, 0, 40, 80, 80, STAYS(40) },
		{ 0, 0, 9, 9, 9, 40, 0, 80, STAYS(40) },
		{ 1, 1, 1, 1, 1, 40, 80, 80, STAYS(40) },
		{ 99, 0, 0, 0, 0, 40, 80, 80, STAYS(40) },
		{ 99, 99, 0, 0, 99, 40, 0, 80, STAYS(40) },
		{ 99, 99, 99, 0, 0, 40, 80, 80, STAYS(40) },
		{ 99, 99, 0, 99, 0, 40, 80, 80, STAYS(40) },
		{ 100, 0, 0, 0, 0, 40, 80, 80, GROWS(PRESSURE, 60) },
		{ 100, 100, 0, 0, 1, 40, 0, 80, GROWS(DENIED, 40) },
		{ 100, 100, 100, 0, 0, 40, 80, 80, GROWS(THRASH, 60) },
		{ 100, 100, 0, 100, 0, 40, 80, 80, GROWS(CONTENTION, 60) },
	};

	EXPECT_GROWTH(test, rows);
}

/* A miss in a hundred is left alone. Who has not what it may have gets that first. */
static void denied_wants_room(struct kunit *test)
{
	static const struct growth rows[] = {
		{ 10000, 100, 0, 0, 1, 40, 79, 0, STAYS(40) },
		{ 10000, 101, 0, 0, 1, 40, 79, 0, GROWS(DENIED, 40) },
		{ 10000, 5000, 0, 0, 0, 40, 79, 0, STAYS(40) },
		{ 10000, 5000, 5000, 5000, 1, 40, 0, 80, GROWS(DENIED, 40) },
		{ 10000, 5000, 0, 0, 1, 40, 79, 0, GROWS(DENIED, 40) },
		{ 10000, 5000, 0, 0, 1, 40, 80, 0, GROWS(DENIED, 60) },
		{ 10000, 5000, 0, 0, 1, 40, 120, 0, GROWS(DENIED, 60) },
		{ 10000, 5000, 0, 0, 1, 124, 247, 0, GROWS(DENIED, 124) },
		/* Then it is a magazine for the depot that it was denied. */
		{ 10000, 5000, 0, 0, 1, 124, 248, 0, GROWS(DENIED, 124) },
	};

	EXPECT_GROWTH(test, rows);
}

/* Few hits, and half of the misses could have been spared. */
static void thrash_grows(struct kunit *test)
{
	static const struct growth rows[] = {
		{ 10000, 10000, 10000, 0, 0, 40, 80, 80, GROWS(THRASH, 60) },
		{ 10000, 1000, 500, 0, 0, 40, 80, 80, GROWS(THRASH, 60) },
		{ 10000, 1000, 499, 0, 0, 40, 80, 80, STAYS(40) },
		{ 10000, 501, 251, 0, 0, 40, 80, 80, GROWS(THRASH, 60) },
		{ 10000, 501, 250, 0, 0, 40, 80, 80, GROWS(PRESSURE, 60) },
		{ 10000, 500, 500, 0, 0, 40, 80, 80, GROWS(PRESSURE, 60) },
		{ 10000, 5000, 5000, 5000, 0, 40, 79, 80, GROWS(THRASH, 60) },
		{ 10000, 5000, 5000, 0, 0, 124, 248, 248, CANNOT_GROW(THRASH) },
	};

	EXPECT_GROWTH(test, rows);
}

/* A tenth of the misses. */
static void contention_grows(struct kunit *test)
{
	static const struct growth rows[] = {
		{ 10000, 1000, 0, 100, 0, 40, 80, 0, GROWS(CONTENTION, 60) },
		{ 10000, 1000, 0, 99, 0, 40, 80, 0, STAYS(40) },
		{ 10000, 101, 0, 11, 0, 40, 80, 0, GROWS(CONTENTION, 60) },
		{ 10000, 100, 0, 100, 0, 40, 80, 0, STAYS(40) },
		{ 10000, 10000, 0, 10000, 0, 124, 248, 0, CANNOT_GROW(CONTENTION) },
	};

	EXPECT_GROWTH(test, rows);
}

/* Over 90 hits of 100, over 80 hundredths of the pair used; misses say that all of it was. */
static void pressure_grows(struct kunit *test)
{
	static const struct growth rows[] = {
		{ 10000, 0, 0, 0, 0, 50, 100, 80, STAYS(50) },
		{ 10000, 0, 0, 0, 0, 50, 100, 81, GROWS(PRESSURE, 75) },
		{ 10000, 100, 0, 0, 0, 50, 100, 80, STAYS(50) },
		{ 10000, 101, 0, 0, 0, 50, 100, 0, GROWS(PRESSURE, 75) },
		{ 10000, 900, 0, 0, 0, 50, 100, 100, GROWS(PRESSURE, 75) },
		{ 10000, 901, 0, 0, 0, 50, 100, 100, STAYS(50) },
		{ 10000, 0, 0, 0, 0, 124, 248, 248, CANNOT_GROW(PRESSURE) },
		{ 10000, 0, 0, 0, 0, 123, 246, 246, GROWS(PRESSURE, 124) },
		{ 10000, 0, 0, 0, 0, 4, 8, 6, STAYS(4) },
		{ 10000, 0, 0, 0, 0, 4, 8, 7, GROWS(PRESSURE, 6) },
	};

	EXPECT_GROWTH(test, rows);
}

/* The thresholds are those that were set. */
static void pressure_follows_parameters(struct kunit *test)
{
	static const struct {
		unsigned int hit_pct, pressure_pct, misses, swing;
		bool grows;
	} rows[] = {
		{ 100, 80, 0, 100, false }, { 99, 80, 0, 100, true },
		{ 50, 80, 500, 0, false }, { 49, 80, 500, 0, true },
		{ 90, 100, 0, 100, false }, { 90, 99, 0, 100, true },
		{ 90, 1, 0, 1, false }, { 90, 1, 0, 2, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct zpool_sample s = {
			.ops = 1000, .misses = rows[i].misses, .capacity = 50, .claimed = 100,
			.swing = rows[i].swing,
		};
		struct zpool_decision grows = GROWS(PRESSURE, 75), stays = STAYS(50);
		struct zpool_policy p = zpool_test_policy;

		p.grow_hit_pct = rows[i].hit_pct;
		p.grow_pressure_pct = rows[i].pressure_pct;
		expect_decision(test, &s, &p, rows[i].grows ? grows : stays, i);
	}
}

/*
 * To go home.
 */

static void unused_goes_home(struct kunit *test)
{
	static const struct {
		unsigned int decay_ms, claimed, idle_ms, still_ms, remote_ms;
		bool has_spare, has_remote;
		enum zpool_action want;
	} rows[] = {
		{ 20000, 80, 20000, 20000, 20000, true, true, ZPOOL_RELEASE },
		{ 20000, 80, 20000, 0, 0, false, false, ZPOOL_RELEASE },
		{ 20000, 80, 19999, 19999, 19999, true, true, ZPOOL_KEEP },
		{ 20000, 0, UINT_MAX, UINT_MAX, UINT_MAX, true, true, ZPOOL_KEEP },
		{ 0, 80, UINT_MAX, UINT_MAX, UINT_MAX, true, true, ZPOOL_KEEP },
		{ 20000, 80, 0, 20000, 20000, true, true, ZPOOL_RELEASE_SPARE },
		{ 20000, 80, 0, 20000, 0, false, true, ZPOOL_KEEP },
		{ 20000, 80, 0, 19999, 20000, true, true, ZPOOL_RELEASE_REMOTE },
		{ 20000, 80, 0, 20000, 20000, false, true, ZPOOL_RELEASE_REMOTE },
		{ 20000, 80, 0, 0, 20000, true, false, ZPOOL_KEEP },
		{ 20000, 80, 0, 0, 19999, true, true, ZPOOL_KEEP },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct zpool_sample s = {
			.capacity = 40, .claimed = rows[i].claimed, .hit_pct = 100,
			.idle_ms = rows[i].idle_ms, .still_ms = rows[i].still_ms,
			.remote_ms = rows[i].remote_ms, .has_spare = rows[i].has_spare,
			.has_remote = rows[i].has_remote,
		};
		struct zpool_decision d = { rows[i].want, ZPOOL_UNUSED, 40 };
		struct zpool_policy p = zpool_test_policy;

		if (d.action == ZPOOL_KEEP)
			d.signal = ZPOOL_QUIET;
		p.decay_ms = rows[i].decay_ms;
		expect_decision(test, &s, &p, d, i);
	}
}

/* Who needs more gives nothing; what goes home need not shrink. */
static void the_first_rule_that_holds_decides(struct kunit *test)
{
	struct zpool_sample s = {
		.ops = 1000, .misses = 1000, .thrashes = 1000, .capacity = 40, .claimed = 80,
		.looks = 1000, .idle_ms = 60001, .still_ms = 60001, .remote_ms = 60001,
		.calm_ms = 60001, .has_spare = true, .has_remote = true,
	};
	struct zpool_decision grows = GROWS(THRASH, 60);
	struct zpool_decision home = { ZPOOL_RELEASE, ZPOOL_UNUSED, 40 };
	struct zpool_decision shrinks = { ZPOOL_SHRINK, ZPOOL_COLD, 28 };

	expect_decision(test, &s, &zpool_test_policy, grows, 0);
	s.misses = 0;
	expect_decision(test, &s, &zpool_test_policy, home, 1);
	s.claimed = 0;
	expect_decision(test, &s, &zpool_test_policy, shrinks, 2);
}

/*
 * To shrink.
 */

struct shrinkage {
	unsigned int ops, swing, looks, capacity, calm_ms, undone, idle_ms, hit_pct;
	struct zpool_decision want;
};

/* As many operations as a load that goes up and down at random needs, and no more. */
static unsigned int ops_enough(unsigned int capacity)
{
	return 16 * capacity * capacity;
}

static void expect_shrinkage(struct kunit *test, const struct shrinkage *rows, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct shrinkage *row = &rows[i];
		struct zpool_sample s = {
			.ops		= row->ops,
			.capacity	= row->capacity,
			.swing		= row->swing,
			.looks		= row->looks,
			.looked_ops	= ops_enough(row->capacity),
			.hit_pct	= row->hit_pct,
			.idle_ms	= row->idle_ms,
			.calm_ms	= row->calm_ms,
			.undone		= row->undone,
		};

		expect_decision(test, &s, &zpool_test_policy, row->want, i);
	}
}

#define EXPECT_SHRINKAGE(test, rows)	expect_shrinkage(test, rows, ARRAY_SIZE(rows))
#define SHRINKS(why, to)		{ ZPOOL_SHRINK, ZPOOL_##why, to }

/* Twice what it uses would fit into a magazine of less. */
static void a_smaller_working_set_shrinks(struct kunit *test)
{
	static const struct shrinkage rows[] = {
		/* ops swing looks capacity calm undone idle hit% */
		{ 100, 13, 32, 40, 60000, 0, 0, 100, SHRINKS(SHRUNK, 28) },
		{ 100, 14, 32, 40, 60000, 0, 0, 100, STAYS(40) },
		{ 1, 13, 32, 40, 60000, 0, 0, 100, SHRINKS(SHRUNK, 28) },
		{ 0, 0, 32, 40, 60000, 0, 0, 100, STAYS(40) },
		{ 100, 13, 31, 40, 60000, 0, 0, 100, STAYS(40) },
		{ 100, 13, 32, 40, 59999, 0, 0, 100, STAYS(40) },
		{ 100, 0, 32, 4, 60000, 0, 0, 100, STAYS(4) },
		{ 100, 1, 32, 5, 60000, 0, 0, 100, SHRINKS(SHRUNK, 4) },
		{ 100, 2, 32, 5, 60000, 0, 0, 100, STAYS(5) },
		{ 100, 42, 32, 124, 60000, 0, 0, 100, SHRINKS(SHRUNK, 86) },
		{ 100, 43, 32, 124, 60000, 0, 0, 100, STAYS(124) },
	};

	EXPECT_SHRINKAGE(test, rows);
}

/* Many looks at few operations have not seen what the load may do. */
static void few_operations_shrink_nothing(struct kunit *test)
{
	static const unsigned int capacities[] = { 5, 40, 124 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(capacities); i++) {
		unsigned int capacity = capacities[i];
		struct zpool_sample s = {
			.ops = 1000, .capacity = capacity, .looks = 1000, .hit_pct = 100,
			.looked_ops = ops_enough(capacity) - 1, .calm_ms = 60000,
		};
		struct zpool_decision stays = STAYS(capacity);
		struct zpool_decision shrinks =
			SHRINKS(SHRUNK, zpool_shrunk(capacity, &zpool_test_policy));

		expect_decision(test, &s, &zpool_test_policy, stays, i);
		s.looked_ops++;
		expect_decision(test, &s, &zpool_test_policy, shrinks, i);
	}
}

/* What PRESSURE would grow again at once does not shrink. */
static void what_pressure_wants_does_not_shrink(struct kunit *test)
{
	struct zpool_sample s = {
		.ops = 50, .capacity = 40, .swing = 6, .looks = 32, .hit_pct = 100,
		.looked_ops = ops_enough(40), .calm_ms = 60000,
	};
	struct zpool_decision shrinks = SHRINKS(SHRUNK, 28), stays = STAYS(40);
	struct zpool_policy p = zpool_test_policy;

	p.grow_pressure_pct = 10;
	expect_decision(test, &s, &p, shrinks, 0);
	p.grow_pressure_pct = 9;
	expect_decision(test, &s, &p, stays, 1);
}

/* Few hits when last used, and long idle. */
static void the_cold_shrinks(struct kunit *test)
{
	static const struct shrinkage rows[] = {
		{ 0, 80, 0, 40, 60001, 0, 60001, 29, SHRINKS(COLD, 28) },
		{ 0, 80, 0, 40, 60001, 0, 60001, 30, STAYS(40) },
		{ 0, 80, 0, 40, 60000, 0, 60000, 29, STAYS(40) },
		{ 0, 80, 0, 40, 59999, 0, 60001, 29, STAYS(40) },
		{ 0, 80, 0, 4, 60001, 0, 60001, 0, STAYS(4) },
		{ 0, 80, 0, 5, 60001, 0, 60001, 0, SHRINKS(COLD, 4) },
	};

	EXPECT_SHRINKAGE(test, rows);
}

/* Each shrink that was undone doubles the wait. */
static void undone_shrinks_wait(struct kunit *test)
{
	static const struct shrinkage rows[] = {
		{ 100, 0, 32, 40, 119999, 1, 0, 100, STAYS(40) },
		{ 100, 0, 32, 40, 120000, 1, 0, 100, SHRINKS(SHRUNK, 28) },
		{ 100, 0, 32, 40, 479999, 3, 0, 100, STAYS(40) },
		{ 100, 0, 32, 40, 480000, 3, 0, 100, SHRINKS(SHRUNK, 28) },
		{ 100, 0, 32, 40, 3839999, 6, 0, 100, STAYS(40) },
		{ 100, 0, 32, 40, 3840000, 6, 0, 100, SHRINKS(SHRUNK, 28) },
		{ 0, 0, 0, 40, 119999, 1, 119999, 0, STAYS(40) },
		{ 0, 0, 0, 40, 120000, 1, 120000, 0, SHRINKS(COLD, 28) },
	};

	EXPECT_SHRINKAGE(test, rows);
}

/*
 * The range, and the dead band.
 */

static void capacities_step(struct kunit *test)
{
	static const struct {
		unsigned int capacity, grow_pct, grown, shrink_pct, shrunk;
	} rows[] = {
		{ 4, 150, 6, 70, 4 }, { 5, 150, 7, 70, 4 }, { 6, 150, 9, 70, 4 },
		{ 8, 150, 12, 70, 5 }, { 60, 150, 90, 70, 42 }, { 82, 150, 123, 70, 57 },
		{ 83, 150, 124, 70, 58 }, { 124, 150, 124, 70, 86 },
		{ 4, 101, 5, 99, 4 }, { 99, 101, 100, 99, 98 }, { 123, 101, 124, 99, 121 },
		{ 124, 101, 124, 99, 122 }, { 4, 400, 16, 1, 4 }, { 31, 400, 124, 1, 4 },
		{ 32, 400, 124, 1, 4 }, { 124, 400, 124, 1, 4 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct zpool_policy p = zpool_test_policy;

		p.grow_factor_pct = rows[i].grow_pct;
		p.shrink_factor_pct = rows[i].shrink_pct;
		KUNIT_EXPECT_EQ_MSG(test, zpool_grown(rows[i].capacity, &p), rows[i].grown,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, zpool_shrunk(rows[i].capacity, &p), rows[i].shrunk,
				    "row %u", i);
	}
}

/* The ends of the ranges, and what lies between. */
static const unsigned int grow_factors[] = { 101, 150, 400 };
static const unsigned int shrink_factors[] = { 1, 70, 99 };
static const unsigned int pressures[] = { 1, 20, 40, 80, 100 };

#define NR_POLICIES	(ARRAY_SIZE(grow_factors) * ARRAY_SIZE(shrink_factors) * \
			 ARRAY_SIZE(pressures))

static struct zpool_policy nth_policy(unsigned int n)
{
	struct zpool_policy p = zpool_test_policy;

	p.grow_factor_pct = grow_factors[n % ARRAY_SIZE(grow_factors)];
	n /= ARRAY_SIZE(grow_factors);
	p.shrink_factor_pct = shrink_factors[n % ARRAY_SIZE(shrink_factors)];
	n /= ARRAY_SIZE(shrink_factors);
	p.grow_pressure_pct = pressures[n];
	return p;
}

/* One interval of a load that takes and gives @width objects, long after the last change. */
static struct zpool_decision decide_for(unsigned int width, unsigned int capacity,
					const struct zpool_policy *p)
{
	bool misses = width > 2 * capacity;
	struct zpool_sample s = {
		.ops		= 10000,
		.misses		= misses ? 2000 : 0,
		.thrashes	= misses ? 2000 : 0,
		.capacity	= capacity,
		.claimed	= 2 * capacity,
		.swing		= min(width, 2 * capacity),
		.looks		= misses ? 1 : 1000,
		.looked_ops	= misses ? 10000 : 10000000,
		.hit_pct	= misses ? 80 : 100,
		.calm_ms	= UINT_MAX,
	};

	return zpool_decide(&s, p);
}

static bool is_in_range(unsigned int capacity)
{
	return capacity >= ZPOOL_LEAST_CAPACITY && capacity <= ZPOOL_MOST_CAPACITY;
}

/* What grew does not shrink under the same load: a usual step is no overshoot. */
static void what_grew_is_kept(struct kunit *test)
{
	unsigned int capacity, width;

	for (capacity = ZPOOL_LEAST_CAPACITY; capacity <= ZPOOL_MOST_CAPACITY; capacity++) {
		for (width = 0; width <= 3 * ZPOOL_MOST_CAPACITY; width++) {
			struct zpool_decision d = decide_for(width, capacity, &zpool_test_policy);

			if (d.action != ZPOOL_GROW)
				continue;
			d = decide_for(width, d.capacity, &zpool_test_policy);
			KUNIT_ASSERT_NE_MSG(test, d.action, ZPOOL_SHRINK,
					    "capacity %u, width %u", capacity, width);
		}
	}
}

/* Under a load that stays the same, what shrank does not grow, whatever the parameters. */
static void expect_no_regrowth(struct kunit *test, const struct zpool_policy *p,
			       unsigned int capacity, unsigned int width)
{
	struct zpool_decision d = decide_for(width, capacity, p);
	unsigned int less = d.capacity;

	KUNIT_ASSERT_TRUE(test, is_in_range(less));
	if (d.action != ZPOOL_SHRINK)
		return;
	d = decide_for(width, less, p);
	KUNIT_ASSERT_NE_MSG(test, d.action, ZPOOL_GROW,
			    "width %u, %u to %u and back; pressure %u, factors %u and %u", width,
			    capacity, less, p->grow_pressure_pct, p->grow_factor_pct,
			    p->shrink_factor_pct);
}

static void what_shrank_stays_small(struct kunit *test)
{
	unsigned int n, capacity, width;

	for (n = 0; n < NR_POLICIES; n++) {
		struct zpool_policy p = nth_policy(n);

		for (capacity = ZPOOL_LEAST_CAPACITY; capacity <= ZPOOL_MOST_CAPACITY; capacity++)
			for (width = 0; width <= 2 * ZPOOL_MOST_CAPACITY; width += 3)
				expect_no_regrowth(test, &p, capacity, width);
	}
}

/* A load finds its capacity: from there on nothing changes. */
static void each_load_settles(struct kunit *test)
{
	unsigned int n, width, step, capacity;

	for (n = 0; n < NR_POLICIES; n++) {
		struct zpool_policy p = nth_policy(n);

		for (width = 0; width <= 3 * ZPOOL_MOST_CAPACITY; width += 5) {
			struct zpool_decision d = { .capacity = 16 };

			for (step = 0; step < ZPOOL_MOST_CAPACITY; step++)
				d = decide_for(width, d.capacity, &p);
			capacity = d.capacity;
			d = decide_for(width, capacity, &p);
			KUNIT_ASSERT_EQ_MSG(test, d.capacity, capacity,
					    "width %u; pressure %u, factors %u and %u", width,
					    p.grow_pressure_pct, p.grow_factor_pct,
					    p.shrink_factor_pct);
			KUNIT_ASSERT_TRUE(test, is_in_range(capacity));
			if (width > 2 * ZPOOL_MOST_CAPACITY)
				KUNIT_ASSERT_EQ(test, capacity, ZPOOL_MOST_CAPACITY);
		}
	}
}

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

/* Who has grown since has not just paid; who has paid again has. */
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

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(no_traffic_is_no_evidence),
	KUNIT_CASE(denied_wants_room),
	KUNIT_CASE(thrash_grows),
	KUNIT_CASE(contention_grows),
	KUNIT_CASE(pressure_grows),
	KUNIT_CASE(pressure_follows_parameters),
	KUNIT_CASE(unused_goes_home),
	KUNIT_CASE(the_first_rule_that_holds_decides),
	KUNIT_CASE(a_smaller_working_set_shrinks),
	KUNIT_CASE(few_operations_shrink_nothing),
	KUNIT_CASE(what_pressure_wants_does_not_shrink),
	KUNIT_CASE(the_cold_shrinks),
	KUNIT_CASE(undone_shrinks_wait),
	KUNIT_CASE(capacities_step),
	KUNIT_CASE(what_grew_is_kept),
	KUNIT_CASE(what_shrank_stays_small),
	KUNIT_CASE(each_load_settles),
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

static struct kunit_suite policy_suite = {
	.name = "zpool_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
