// SPDX-License-Identifier: GPL-2.0
/*
 * Where slabs are by how full they are, who of them serves, and for whom: what
 * zpool_slabs.c does. What the compactor takes out of it is in isolate_test.c.
 */
#include "slabs.h"

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

/* What is not for magazines serves others, before what is kept empty, and is not kept. */
static void slabs_apart_serve_no_magazine(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *apart, *empty;
	unsigned int nr, i;

	set_up(test, f, ZPOOL_MAX_SIZE);
	nr = f->geometry.apart.nr_objects;
	if (!nr)
		kunit_skip(test, "pages are too large");
	empty = add_empty(test);
	apart = zpool_slab_create(&f->geometry, ZPOOL_BEYOND, GFP_KERNEL | __GFP_THISNODE,
				  f->slabs.node);
	KUNIT_ASSERT_NOT_NULL(test, apart);
	KUNIT_EXPECT_EQ(test, zpool_slabs_add(&f->slabs, apart, f->objs, 1, ZPOOL_PASSING), 1U);
	KUNIT_EXPECT_EQ(test, (unsigned int)apart->nr_objects, nr);
	KUNIT_EXPECT_EQ(test, zpool_page_tag(virt_to_page(f->objs[0])), ZPOOL_TAG_HEADER);
	expect_at(test, apart, ZPOOL_APART);

	KUNIT_EXPECT_NULL(test, take(test, ZPOOL_MOVING));
	for (i = 0; i < empty->nr_objects; i++)
		KUNIT_EXPECT_PTR_EQ(test, take(test, ZPOOL_MAGAZINE), empty);
	KUNIT_EXPECT_NULL(test, take(test, ZPOOL_MAGAZINE));
	while (i--)
		put(test, empty, i);
	expect_at(test, empty, ZPOOL_EMPTY);
	for (; nr > 2; nr--)
		KUNIT_EXPECT_PTR_EQ(test, take(test, ZPOOL_PASSING), apart);
	expect_at(test, apart, ZPOOL_APART);
	KUNIT_EXPECT_PTR_EQ(test, take(test, ZPOOL_FALLBACK), apart);
	expect_at(test, apart, ZPOOL_FULL);
	KUNIT_EXPECT_PTR_EQ(test, take(test, ZPOOL_PASSING), empty);
	free_all(&f->slabs);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 1UL);
	expect_at(test, empty, ZPOOL_EMPTY);
}

static struct kunit_case slabs_cases[] = {
	KUNIT_CASE(tenths_are_exact),
	KUNIT_CASE(a_slab_goes_from_tenth_to_tenth),
	KUNIT_CASE(dense_slabs_serve_first),
	KUNIT_CASE(who_serves_goes_on),
	KUNIT_CASE(hindered_slabs_serve_first_of_all),
	KUNIT_CASE(an_empty_slab_is_not_hindered),
	KUNIT_CASE(moving_takes_no_slab_kept_empty),
	KUNIT_CASE(moving_counts_nothing),
	KUNIT_CASE(slabs_apart_serve_no_magazine),
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
