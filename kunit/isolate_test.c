// SPDX-License-Identifier: GPL-2.0
/*
 * What the compactor does with slabs: which of them it takes out of circulation,
 * and how they come back. Tests zpool_isolate.c.
 */
#include "slabs.h"

static struct zpool_slab *isolate_sparsest(struct kunit *test, unsigned long *owed)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab = zpool_isolate_sparsest(&f->slabs, owed);

	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	return slab;
}

/*
 * Surplus, and who is picked.
 */

static void the_surplus_is_what_could_go(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *half = add(test, NR / 2);

	KUNIT_EXPECT_EQ(test, zpool_isolate_surplus(&f->slabs), 0UL);
	add(test, NR / 2 + 1);
	KUNIT_EXPECT_EQ(test, zpool_isolate_surplus(&f->slabs), 0UL);
	add(test, NR - 1);
	KUNIT_EXPECT_EQ(test, zpool_isolate_surplus(&f->slabs), 1UL);
	add(test, NR);
	add_empty(test);
	KUNIT_EXPECT_EQ(test, zpool_isolate_surplus(&f->slabs), 1UL);
	add(test, 1);
	add(test, 1);
	/* 8 + 7 + 1 + 15 + 15 are free. */
	KUNIT_EXPECT_EQ(test, zpool_isolate_surplus(&f->slabs), 2UL);

	/* What is hindered does not go, but has room. */
	hinder(test, half);
	KUNIT_EXPECT_EQ(test, zpool_isolate_surplus(&f->slabs), 2UL);
	zpool_test_isolate(&f->slabs, half);
	KUNIT_EXPECT_EQ(test, zpool_isolate_surplus(&f->slabs), 2UL);
}

/* However much room there is, no more than what is not hindered. */
static void the_hindered_are_not_surplus(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i;

	for (i = 0; i < 6; i++)
		hinder(test, add(test, 1));
	add(test, 1);
	add(test, NR / 2);
	KUNIT_EXPECT_EQ(test, zpool_isolate_surplus(&f->slabs), 2UL);
}

static void the_sparsest_is_picked(struct kunit *test)
{
	struct zpool_slab *half = add(test, NR / 2), *sparse = add(test, 2), *dense;
	unsigned long owed = 0;

	dense = add(test, NR - 2);
	add_empty(test);
	add(test, NR);
	KUNIT_EXPECT_PTR_EQ(test, isolate_sparsest(test, &owed), sparse);
	KUNIT_EXPECT_EQ(test, owed, 2UL);
	expect_at(test, sparse, ZPOOL_ISOLATED);
	/* 2 of the dense one, which has room for 2, of which both are owed. */
	KUNIT_EXPECT_NULL(test, isolate_sparsest(test, &owed));
	KUNIT_EXPECT_EQ(test, owed, 2UL);
	expect_at(test, half, ZPOOL_TENTH + 5);
	expect_at(test, dense, ZPOOL_TENTH + 1);
}

/* To the last object, and what is owed counts. */
static void others_must_have_room(struct kunit *test)
{
	struct zpool_slab *a = add(test, 3), *b = add(test, NR - 3), *c;
	unsigned long owed = 1;

	KUNIT_EXPECT_NULL(test, isolate_sparsest(test, &owed));
	owed = 0;
	KUNIT_EXPECT_PTR_EQ(test, isolate_sparsest(test, &owed), a);
	KUNIT_EXPECT_EQ(test, owed, 3UL);
	expect_at(test, b, ZPOOL_TENTH + 1);

	/* The next has to find room for its own besides. */
	c = add(test, 8);
	KUNIT_EXPECT_NULL(test, isolate_sparsest(test, &owed));
	expect_at(test, c, ZPOOL_TENTH + 5);
	hinder(test, add(test, 8));
	KUNIT_EXPECT_PTR_EQ(test, isolate_sparsest(test, &owed), c);
	KUNIT_EXPECT_EQ(test, owed, 11UL);
}

/* Of one tenth, who would serve last. */
static void who_serves_last_is_picked(struct kunit *test)
{
	struct zpool_slab *a = add(test, 1), *b = add(test, 1), *c = add(test, 1);
	unsigned long owed = 0;

	KUNIT_EXPECT_PTR_EQ(test, isolate_sparsest(test, &owed), a);
	KUNIT_EXPECT_PTR_EQ(test, isolate_sparsest(test, &owed), b);
	KUNIT_EXPECT_NULL(test, isolate_sparsest(test, &owed));
	expect_serves(test, c, 1);
}

static void the_hindered_are_not_picked(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *sparse = add(test, 1), *half = add(test, NR / 2);
	unsigned long owed = 0;

	hinder(test, add(test, 2));
	hinder(test, sparse);
	KUNIT_EXPECT_PTR_EQ(test, isolate_sparsest(test, &owed), half);
	owed = 0;
	KUNIT_EXPECT_NULL(test, isolate_sparsest(test, &owed));
	zpool_isolate_end(&f->slabs, half, false);
	zpool_isolate_retry(&f->slabs);
	owed = 0;
	KUNIT_EXPECT_PTR_EQ(test, isolate_sparsest(test, &owed), sparse);
}

static void isolate_from_any_place(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int place, used;

	for (place = 0; place < ZPOOL_ISOLATED; place++)
		KUNIT_EXPECT_NULL(test, zpool_isolate_from(&f->slabs, place));
	hinder(test, add(test, 3));
	for (used = 1; used <= NR; used++)
		add(test, used);
	add_empty(test);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), (long)f->geometry.best.nr_pages * PAGE_SIZE);
	for (place = 0; place < ZPOOL_ISOLATED; place++) {
		struct zpool_slab *slab = zpool_isolate_from(&f->slabs, place);

		if (place == ZPOOL_APART)
			continue;
		KUNIT_ASSERT_NOT_NULL_MSG(test, slab, "place %u", place);
		expect_at(test, slab, ZPOOL_ISOLATED);
		if (place == ZPOOL_HINDERED || place == ZPOOL_FULL)
			KUNIT_EXPECT_EQ(test, slab->nr_free, place == ZPOOL_FULL ? 0U : NR - 3);
		else if (place == ZPOOL_EMPTY)
			KUNIT_EXPECT_EQ(test, slab->nr_free, NR);
		else
			KUNIT_EXPECT_EQ(test, 10 * slab->nr_free / NR, place - ZPOOL_TENTH);
	}
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_on[ZPOOL_ISOLATED], ZPOOL_ISOLATED - 1UL);
}

static void isolate_a_certain_slab(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab = add(test, 3), *dense = add(test, NR);

	add(test, 1);
	KUNIT_EXPECT_FALSE(test, zpool_test_isolate(&f->other, slab));
	expect_at(test, slab, ZPOOL_TENTH + 8);
	KUNIT_EXPECT_TRUE(test, zpool_test_isolate(&f->slabs, slab));
	expect_at(test, slab, ZPOOL_ISOLATED);
	KUNIT_EXPECT_FALSE(test, zpool_test_isolate(&f->slabs, slab));
	KUNIT_EXPECT_PTR_EQ(test, zpool_isolate_first(&f->slabs), slab);
	KUNIT_EXPECT_TRUE(test, zpool_test_isolate(&f->slabs, dense));
	KUNIT_EXPECT_PTR_EQ(test, zpool_isolate_first(&f->slabs), slab);
	zpool_isolate_end(&f->slabs, slab, false);
	KUNIT_EXPECT_PTR_EQ(test, zpool_isolate_first(&f->slabs), dense);
}

/* As who finds its header by a page sees it: one still, for a moment. */
static void a_slab_that_has_gone_is_not_isolated(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab;
	LIST_HEAD(dead);

	slab = zpool_slab_create(&f->geometry, ZPOOL_NOT_APART, GFP_KERNEL, f->slabs.node);
	KUNIT_ASSERT_NOT_NULL(test, slab);
	list_add(&slab->list, &dead);
	slab->home = &f->slabs;
	slab->place = ZPOOL_NR_PLACES;
	KUNIT_EXPECT_FALSE(test, zpool_test_isolate(&f->slabs, slab));
	KUNIT_EXPECT_NULL(test, zpool_isolate_first(&f->slabs));
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	zpool_slab_release(&dead);
}

/*
 * While a slab is isolated, and its end.
 */

static void an_isolated_slab_serves_nobody(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab = add(test, NR - 2), *other = add(test, NR - 1);

	zpool_test_isolate(&f->slabs, slab);
	expect_serves(test, other, 1);
	KUNIT_EXPECT_NULL(test, take(test, ZPOOL_MAGAZINE));
	put(test, slab, 0);
	expect_at(test, slab, ZPOOL_ISOLATED);
	KUNIT_EXPECT_NULL(test, take(test, ZPOOL_MOVING));
	KUNIT_EXPECT_TRUE(test, zpool_slab_is_isolated(slab));
	zpool_isolate_end(&f->slabs, slab, false);
	KUNIT_EXPECT_FALSE(test, zpool_slab_is_isolated(slab));
	expect_serves(test, slab, 3);
}

/* Nor does it go by itself, even if nothing may be kept. */
static void an_isolated_slab_waits_to_be_settled(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab = add(test, 2);
	unsigned long pages = slab->nr_pages;

	zpool_budget_set_limit(0);
	zpool_test_isolate(&f->slabs, slab);
	put(test, slab, 0);
	put(test, slab, 1);
	expect_at(test, slab, ZPOOL_ISOLATED);
	zpool_slabs_trim(&f->slabs);
	expect_at(test, slab, ZPOOL_ISOLATED);
	KUNIT_EXPECT_EQ(test, f->slabs.slabs_freed, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_isolate_end(&f->slabs, slab, false), pages);
	KUNIT_EXPECT_EQ(test, f->slabs.slabs_freed, 1UL);
	KUNIT_EXPECT_EQ(test, f->slabs.pages_freed, pages);
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
}

/* It was emptied to go: it is not kept, though there is room in the budget. */
static void what_is_empty_goes_when_settled(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int is_hindered;

	for (is_hindered = 0; is_hindered < 2; is_hindered++) {
		struct zpool_slab *slab = add(test, 1);

		zpool_test_isolate(&f->slabs, slab);
		put(test, slab, 0);
		KUNIT_EXPECT_NE(test, zpool_isolate_end(&f->slabs, slab, is_hindered), 0UL);
		KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 0UL);
		KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	}
}

/* Who could not be emptied is to be filled; who could be, the next time, serves last. */
static void what_is_not_empty_goes_back(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *a = add(test, 4), *b = add(test, 4), *c = add(test, NR);

	zpool_test_isolate(&f->slabs, b);
	KUNIT_EXPECT_EQ(test, zpool_isolate_end(&f->slabs, b, false), 0UL);
	expect_at(test, b, ZPOOL_TENTH + 7);
	expect_serves(test, a, 1);
	put(test, a, 4);

	zpool_test_isolate(&f->slabs, c);
	KUNIT_EXPECT_EQ(test, zpool_isolate_end(&f->slabs, c, true), 0UL);
	expect_at(test, c, ZPOOL_FULL);
	hinder(test, a);
	hinder(test, b);
	expect_serves(test, b, 1);
	zpool_test_isolate(&f->slabs, b);
	zpool_isolate_end(&f->slabs, b, false);
	KUNIT_EXPECT_FALSE(test, b->is_hindered);
	expect_at(test, b, ZPOOL_TENTH + 6);
	expect_serves(test, a, 1);
}

/*
 * Once more, what could not be emptied.
 */

/* A batch under one hold of the lock is not the end of it. */
static void all_hindered_may_be_tried_again(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *first = add(test, 1);
	unsigned int i;

	hinder(test, first);
	for (i = 1; i < 2 * ZPOOL_BATCH; i++)
		hinder(test, add(test, 1 + i % (NR - 1)));
	KUNIT_EXPECT_EQ(test, f->slabs.nr_on[ZPOOL_HINDERED], 2UL * ZPOOL_BATCH);
	KUNIT_EXPECT_EQ(test, zpool_isolate_surplus(&f->slabs), 0UL);
	zpool_isolate_retry(&f->slabs);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_on[ZPOOL_HINDERED], 0UL);
	KUNIT_EXPECT_FALSE(test, first->is_hindered);
	expect_at(test, first, ZPOOL_TENTH + 10 * (NR - 1) / NR);
	KUNIT_EXPECT_NE(test, zpool_isolate_surplus(&f->slabs), 0UL);
}

/* Others of its tenth are picked before. */
static void who_may_be_tried_again_serves_first(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab = add(test, 4);

	add(test, 4);
	hinder(test, slab);
	zpool_isolate_retry(&f->slabs);
	expect_serves(test, slab, 1);
}

static struct kunit_case isolate_cases[] = {
	KUNIT_CASE(the_surplus_is_what_could_go),
	KUNIT_CASE(the_hindered_are_not_surplus),
	KUNIT_CASE(the_sparsest_is_picked),
	KUNIT_CASE(others_must_have_room),
	KUNIT_CASE(who_serves_last_is_picked),
	KUNIT_CASE(the_hindered_are_not_picked),
	KUNIT_CASE(isolate_from_any_place),
	KUNIT_CASE(isolate_a_certain_slab),
	KUNIT_CASE(a_slab_that_has_gone_is_not_isolated),
	KUNIT_CASE(an_isolated_slab_serves_nobody),
	KUNIT_CASE(an_isolated_slab_waits_to_be_settled),
	KUNIT_CASE(what_is_empty_goes_when_settled),
	KUNIT_CASE(what_is_not_empty_goes_back),
	KUNIT_CASE(all_hindered_may_be_tried_again),
	KUNIT_CASE(who_may_be_tried_again_serves_first),
	{}
};

static struct kunit_suite isolate_suite = {
	.name = "zpool_isolate",
	.init = begin,
	.exit = end,
	.test_cases = isolate_cases,
};

kunit_test_suite(isolate_suite);
