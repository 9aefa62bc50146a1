// SPDX-License-Identifier: GPL-2.0
/*
 * Decisions, as tables: what goes in, what must come out. Each threshold is met
 * from both sides. Where they lead to in the end is for settle_test.c, what they
 * are based on for watch_test.c.
 *
 * Nothing here has a lock, a clock or a cache; the parameters are the test's
 * own, so that whoever loads the module with others is not in the way.
 */
#include <linux/limits.h>

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
		{ 10000, 5000, 0, 0, 1, 252, 503, 0, GROWS(DENIED, 252) },
		/* Then it is a magazine for the depot that it was denied. */
		{ 10000, 5000, 0, 0, 1, 252, 504, 0, GROWS(DENIED, 252) },
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
		{ 10000, 5000, 5000, 0, 0, 252, 504, 504, CANNOT_GROW(THRASH) },
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
		{ 10000, 10000, 0, 10000, 0, 252, 504, 0, CANNOT_GROW(CONTENTION) },
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
		{ 10000, 0, 0, 0, 0, 252, 504, 504, CANNOT_GROW(PRESSURE) },
		{ 10000, 0, 0, 0, 0, 251, 502, 502, GROWS(PRESSURE, 252) },
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
	static const unsigned int capacities[] = { 5, 40, 252 };
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
	{}
};

static struct kunit_suite policy_suite = {
	.name = "zpool_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
