// SPDX-License-Identifier: GPL-2.0
/*
 * The range of capacities, and the dead band between growing and shrinking: with
 * any parameters a load finds its capacity, and keeps it.
 */
#include <linux/limits.h>

#include "common.h"

static void capacities_step(struct kunit *test)
{
	static const struct {
		unsigned int capacity, grow_pct, grown, shrink_pct, shrunk;
	} rows[] = {
		{ 4, 150, 6, 70, 4 }, { 5, 150, 7, 70, 4 }, { 6, 150, 9, 70, 4 },
		{ 8, 150, 12, 70, 5 }, { 60, 150, 90, 70, 42 }, { 167, 150, 250, 70, 116 },
		{ 168, 150, 252, 70, 117 }, { 169, 150, 252, 70, 118 }, { 252, 150, 252, 70, 176 },
		{ 4, 101, 5, 99, 4 }, { 99, 101, 100, 99, 98 }, { 251, 101, 252, 99, 248 },
		{ 252, 101, 252, 99, 249 }, { 4, 400, 16, 1, 4 }, { 62, 400, 248, 1, 4 },
		{ 63, 400, 252, 1, 4 }, { 64, 400, 252, 1, 4 }, { 252, 400, 252, 1, 4 },
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

static struct kunit_case settle_cases[] = {
	KUNIT_CASE(capacities_step),
	KUNIT_CASE(what_grew_is_kept),
	KUNIT_CASE(what_shrank_stays_small),
	KUNIT_CASE(each_load_settles),
	{}
};

static struct kunit_suite settle_suite = {
	.name = "zpool_settle",
	.test_cases = settle_cases,
};

kunit_test_suite(settle_suite);
