// SPDX-License-Identifier: GPL-2.0
/*
 * Where slabs are by how full they are, and what the compactor does with them:
 * slabs of a cache that exists only here.
 *
 * The validator zpool_check_slabs() looks at lists, places and sums at each step.
 */
#include <linux/slab.h>

#include "common.h"

/* Objects of a slab: few enough for one batch, and no multiple of ten. */
#define NR	16U

struct fixture {
	struct zpool_geometry geometry;
	struct zpool_slabs slabs;
	struct zpool_slabs other;
	void *objs[ZPOOL_BATCH];
};

static void set_up(struct kunit *test, struct fixture *f, size_t size)
{
	int node = numa_mem_id();

	KUNIT_ASSERT_EQ(test, zpool_geometry_init(&f->geometry, size, 1), 0);
	zpool_slabs_init(&f->slabs, &f->geometry, NULL, f, ZPOOL_TAG_HEADER, node);
	zpool_slabs_init(&f->other, &f->geometry, NULL, f, ZPOOL_TAG_HEADER, node);
}

static int begin(struct kunit *test)
{
	struct fixture *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	test->priv = f;
	zpool_test_begin(test);
	set_up(test, f, PAGE_SIZE / NR);
	KUNIT_EXPECT_EQ(test, (unsigned int)f->geometry.best.nr_objects, NR);
	return 0;
}

/* What is in use, wherever it is. */
static void free_all(struct zpool_slabs *slabs)
{
	unsigned int place, i;

	for (place = 0; place < ZPOOL_NR_PLACES; place++) {
		struct zpool_slab *slab, *next;

		list_for_each_entry_safe(slab, next, &slabs->on[place], list) {
			unsigned int left = slab->nr_objects - slab->nr_free;

			for (i = 0; left; i++) {
				void *obj = zpool_slab_object(slab, i);

				if (test_bit(i, slab->free))
					continue;
				left--;
				zpool_slabs_free(&obj, 1, ZPOOL_DIRECT, NULL);
			}
		}
	}
}

static void end(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab;

	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	while ((slab = zpool_isolate_first(&f->slabs)))
		zpool_isolate_end(&f->slabs, slab, false);
	free_all(&f->slabs);
	free_all(&f->other);
	KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->slabs), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->other), 0UL);
	zpool_test_end_quiet(test);
	kfree(f);
}

static struct zpool_slab *add_to(struct kunit *test, struct zpool_slabs *slabs,
				 unsigned int used)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab;

	slab = zpool_slab_create(&f->geometry, GFP_KERNEL | __GFP_THISNODE, slabs->node);
	KUNIT_ASSERT_NOT_NULL(test, slab);
	KUNIT_ASSERT_EQ(test, zpool_slabs_add(slabs, slab, f->objs, used, ZPOOL_MOVING), used);
	EXPECT_SOUND(test, zpool_check_slabs(slabs));
	return slab;
}

/* A new slab of which the first @used objects are in use. */
static struct zpool_slab *add(struct kunit *test, unsigned int used)
{
	struct fixture *f = test->priv;

	return add_to(test, &f->slabs, used);
}

/* A new one that is kept empty. */
static struct zpool_slab *add_empty(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab = add(test, 1);
	void *obj = f->objs[0];

	zpool_slabs_free(&obj, 1, ZPOOL_MOVING, NULL);
	KUNIT_ASSERT_EQ(test, (unsigned int)slab->place, (unsigned int)ZPOOL_EMPTY);
	return slab;
}

static void put(struct kunit *test, struct zpool_slab *slab, unsigned int i)
{
	struct fixture *f = test->priv;
	void *obj = zpool_slab_object(slab, i);

	KUNIT_EXPECT_EQ(test, zpool_slabs_free(&obj, 1, ZPOOL_MOVING, NULL), 1U);
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
}

/* Return: the slab that has served, or NULL. */
static struct zpool_slab *take(struct kunit *test, enum zpool_slab_use use)
{
	struct fixture *f = test->priv;
	void *obj;

	if (!zpool_slabs_alloc(&f->slabs, &obj, 1, use))
		return NULL;
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	return zpool_slab_of(obj);
}

static void expect_serves(struct kunit *test, struct zpool_slab *slab, unsigned int times)
{
	while (times--)
		KUNIT_EXPECT_PTR_EQ(test, take(test, ZPOOL_DIRECT), slab);
}

static void expect_at(struct kunit *test, struct zpool_slab *slab, unsigned int place)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, (unsigned int)slab->place, place);
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
}

static struct zpool_slab *isolate_sparsest(struct kunit *test, unsigned long *owed)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab = zpool_isolate_sparsest(&f->slabs, owed);

	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	return slab;
}

/* Isolated, and put back with the word that something in it did not move. */
static void hinder(struct kunit *test, struct zpool_slab *slab)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_TRUE(test, zpool_test_isolate(&f->slabs, slab));
	KUNIT_EXPECT_EQ(test, zpool_isolate_end(&f->slabs, slab, true), 0UL);
	expect_at(test, slab, ZPOOL_HINDERED);
}

/*
 * Places.
 */

static void tenths_are_exact(struct kunit *test)
{
	const size_t sizes[] = {
		8, 24, 40, PAGE_SIZE / 3, PAGE_SIZE / 7, PAGE_SIZE / 10, PAGE_SIZE / 11,
		PAGE_SIZE / 20, PAGE_SIZE / 97, PAGE_SIZE / 100, 2 * PAGE_SIZE, 65536,
	};
	struct fixture *f = test->priv;
	struct zpool_slab *slab;
	unsigned int s, nr;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		if (sizes[s] > ZPOOL_MAX_SIZE)
			continue;
		set_up(test, f, sizes[s]);
		slab = add(test, 1);
		for (nr = slab->nr_objects; slab->nr_free; take(test, ZPOOL_MOVING))
			KUNIT_EXPECT_EQ_MSG(test, (unsigned int)slab->place,
					    ZPOOL_TENTH + 10 * slab->nr_free / nr,
					    "%u of %u free", slab->nr_free, nr);
		expect_at(test, slab, ZPOOL_FULL);
		free_all(&f->slabs);
		expect_at(test, slab, ZPOOL_EMPTY);
		zpool_slabs_fini(&f->slabs);
	}
}

/* A free takes it to the sparser ones, an allocation to the denser ones. */
static void a_slab_goes_from_tenth_to_tenth(struct kunit *test)
{
	struct zpool_slab *slab = add(test, NR);
	unsigned int i;

	expect_at(test, slab, ZPOOL_FULL);
	for (i = 1; i < NR; i++) {
		put(test, slab, i);
		expect_at(test, slab, ZPOOL_TENTH + 10 * i / NR);
	}
	put(test, slab, 0);
	expect_at(test, slab, ZPOOL_EMPTY);
	for (i = 1; i < NR; i++) {
		expect_serves(test, slab, 1);
		expect_at(test, slab, ZPOOL_TENTH + 10 * (NR - i) / NR);
	}
	expect_serves(test, slab, 1);
	expect_at(test, slab, ZPOOL_FULL);
}

static void dense_slabs_serve_first(struct kunit *test)
{
	struct zpool_slab *empty = add_empty(test);
	struct zpool_slab *sparse = add(test, 1), *dense, *middle;

	dense = add(test, NR - 3);
	middle = add(test, NR / 2);
	expect_serves(test, dense, 3);
	expect_serves(test, middle, NR / 2);
	put(test, dense, 5);
	expect_serves(test, dense, 1);
	expect_serves(test, sparse, NR - 1);
	expect_serves(test, empty, NR);
	KUNIT_EXPECT_NULL(test, take(test, ZPOOL_DIRECT));
}

/* Of one tenth: who was served from last goes on, who was given back to waits. */
static void who_serves_goes_on(struct kunit *test)
{
	struct zpool_slab *a = add(test, NR - 1), *b = add(test, NR - 1), *c;

	c = add(test, NR - 2);
	expect_at(test, a, ZPOOL_TENTH);
	expect_at(test, c, ZPOOL_TENTH + 1);
	expect_serves(test, b, 1);
	expect_serves(test, a, 1);
	expect_serves(test, c, 1);
	put(test, a, 0);
	put(test, b, 0);
	expect_serves(test, c, 1);
	expect_serves(test, a, 1);
	expect_serves(test, b, 1);
}

static void hindered_slabs_serve_first_of_all(struct kunit *test)
{
	struct zpool_slab *dense = add(test, NR - 1), *hindered = add(test, 2);

	hinder(test, hindered);
	expect_serves(test, hindered, NR - 3);
	expect_at(test, hindered, ZPOOL_HINDERED);
	expect_serves(test, hindered, 1);
	expect_at(test, hindered, ZPOOL_FULL);
	put(test, hindered, 1);
	expect_at(test, hindered, ZPOOL_HINDERED);
	expect_serves(test, hindered, 1);
	expect_serves(test, dense, 1);
}

/* What is empty is as new. */
static void an_empty_slab_is_not_hindered(struct kunit *test)
{
	struct zpool_slab *slab = add(test, 2);

	hinder(test, slab);
	put(test, slab, 0);
	put(test, slab, 1);
	expect_at(test, slab, ZPOOL_EMPTY);
	expect_serves(test, slab, 1);
	expect_at(test, slab, ZPOOL_TENTH + 10 * (NR - 1) / NR);
}

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
	KUNIT_EXPECT_EQ(test, f->slabs.nr_on[ZPOOL_ISOLATED], 0UL + ZPOOL_ISOLATED);
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

	slab = zpool_slab_create(&f->geometry, GFP_KERNEL, f->slabs.node);
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
 * The compactor's own objects.
 */

static void moving_takes_no_slab_kept_empty(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *empty = add_empty(test), *partial = add(test, NR - 2);
	long claimed = zpool_test_claimed();

	KUNIT_EXPECT_EQ(test, zpool_slabs_alloc(&f->slabs, f->objs, ZPOOL_BATCH, ZPOOL_MOVING), 2U);
	expect_at(test, partial, ZPOOL_FULL);
	expect_at(test, empty, ZPOOL_EMPTY);
	KUNIT_EXPECT_EQ(test, zpool_slabs_alloc(&f->slabs, f->objs, 1, ZPOOL_MOVING), 0U);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), claimed);
	expect_serves(test, empty, 1);
}

static void moving_counts_nothing(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slabs *s = &f->slabs;

	add(test, 5);
	zpool_slabs_alloc(s, f->objs, 3, ZPOOL_MOVING);
	KUNIT_EXPECT_EQ(test, zpool_slabs_free(f->objs, 3, ZPOOL_MOVING, f), 3U);
	KUNIT_EXPECT_EQ(test, s->refills, 0UL);
	KUNIT_EXPECT_EQ(test, s->flushes, 0UL);
	KUNIT_EXPECT_EQ(test, s->direct_allocs, 0UL);
	KUNIT_EXPECT_EQ(test, s->direct_frees, 0UL);
	KUNIT_EXPECT_EQ(test, s->direct_misses, 0UL);
}

/*
 * Visits.
 */

struct seen {
	const struct zpool_slab *slabs[8];
	unsigned int nr;
};

static void see(const struct zpool_slab *slab, void *arg)
{
	struct seen *seen = arg;

	seen->slabs[seen->nr++] = slab;
}

static void visits_go_round(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *a = add(test, NR / 2), *b = add(test, NR / 2), *c = add(test, NR / 2);
	const struct zpool_slab *const order[] = { c, b, a, c };
	struct seen seen = {};
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, zpool_slabs_visit(&f->slabs, ZPOOL_FULL, see, &seen));
	KUNIT_EXPECT_EQ(test, seen.nr, 0U);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		KUNIT_EXPECT_TRUE(test, zpool_slabs_visit(&f->slabs, ZPOOL_TENTH + 5, see, &seen));
		KUNIT_EXPECT_EQ(test, seen.nr, i + 1);
		KUNIT_EXPECT_PTR_EQ(test, seen.slabs[i], order[i]);
		EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	}
}

static struct kunit_case slabs_cases[] = {
	KUNIT_CASE(tenths_are_exact),
	KUNIT_CASE(a_slab_goes_from_tenth_to_tenth),
	KUNIT_CASE(dense_slabs_serve_first),
	KUNIT_CASE(who_serves_goes_on),
	KUNIT_CASE(hindered_slabs_serve_first_of_all),
	KUNIT_CASE(an_empty_slab_is_not_hindered),
	KUNIT_CASE(all_hindered_may_be_tried_again),
	KUNIT_CASE(who_may_be_tried_again_serves_first),
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
	KUNIT_CASE(moving_takes_no_slab_kept_empty),
	KUNIT_CASE(moving_counts_nothing),
	KUNIT_CASE(visits_go_round),
	{}
};

static struct kunit_suite slabs_suite = {
	.name = "zpool_slabs",
	.init = begin,
	.exit = end,
	.test_cases = slabs_cases,
};

kunit_test_suite(slabs_suite);
