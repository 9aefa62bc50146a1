// SPDX-License-Identifier: GPL-2.0
/*
 * Size classes and slab geometry, for every size there is.
 *
 * Each claim is compared with the simplest thing that could be written, a
 * linear search or a division, and holds for any page size.
 */
#include <linux/errno.h>
#include <linux/log2.h>

#include "common.h"

/* Up to here classes go in equal steps; four steps a doubling follow. */
#define LAST_LINEAR	(8 * ZPOOL_MIN_ALIGN)

/* Of a fraction: parts per million. */
#define PPM		1000000ULL

/* The smallest class that fits and is as aligned as kmalloc promises. */
static unsigned int search_class(size_t size)
{
	unsigned int class = 0;

	while (zpool_class_size(class) < size || zpool_class_size(class) % ZPOOL_MIN_ALIGN)
		class++;
	return class;
}

static void every_size_has_its_class(struct kunit *test)
{
	size_t size;

	for (size = 1; size <= ZPOOL_MAX_SIZE; size++)
		KUNIT_ASSERT_EQ_MSG(test, zpool_size_class(size), search_class(size),
				    "size %zu", size);
}

static void classes_grow(struct kunit *test)
{
	unsigned int class;

	KUNIT_EXPECT_EQ(test, zpool_class_size(0), 8UL);
	for (class = 1; class < ZPOOL_NR_CLASSES; class++)
		KUNIT_EXPECT_GT(test, zpool_class_size(class), zpool_class_size(class - 1));
	KUNIT_EXPECT_EQ(test, zpool_class_size(ZPOOL_NR_CLASSES - 1), ZPOOL_MAX_SIZE);
	KUNIT_EXPECT_EQ(test, zpool_size_class(ZPOOL_MAX_SIZE), ZPOOL_NR_CLASSES - 1);
}

/* The boundary cases by hand, so that the search above is tested as well. */
static void known_sizes(struct kunit *test)
{
	static const struct {
		size_t size, class_size;
	} cases[] = {
		{ 1, 8 }, { 8, 8 }, { 9, 16 }, { 56, 56 }, { 57, 64 }, { 64, 64 },
		{ 65, 80 }, { 80, 80 }, { 81, 96 }, { 128, 128 }, { 129, 160 },
		{ 1024, 1024 }, { 1025, 1280 }, { 5000, 5120 }, { 8192, 8192 },
		{ 8193, 10240 }, { 33000, 40960 }, { 49153, 57344 }, { 65536, 65536 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases) && ZPOOL_MIN_ALIGN == 8; i++)
		KUNIT_EXPECT_EQ_MSG(test, zpool_class_size(zpool_size_class(cases[i].size)),
				    cases[i].class_size, "size %zu", cases[i].size);
}

/* As zpool_cache.c lays a general class out. */
static struct zpool_geometry general_geometry(struct kunit *test, unsigned int class)
{
	size_t size = zpool_class_size(class);
	struct zpool_geometry g = {};

	KUNIT_ASSERT_EQ(test, zpool_geometry_init(&g, size, size & -size), 0);
	return g;
}

/* An object's offset in its run is a multiple of the stride, the run's address of its length. */
static void alignment_is_as_promised(struct kunit *test)
{
	unsigned int class = ZPOOL_NR_CLASSES;
	struct zpool_geometry g = {};
	size_t size;

	for (size = 1; size <= ZPOOL_MAX_SIZE; size++) {
		size_t promised = max(size & -size, ZPOOL_MIN_ALIGN);

		if (zpool_size_class(size) != class) {
			class = zpool_size_class(size);
			g = general_geometry(test, class);
		}
		KUNIT_ASSERT_EQ_MSG(test, g.stride % promised, 0UL, "size %zu", size);
		KUNIT_ASSERT_GE(test, PAGE_SIZE << g.best.order, promised);
		KUNIT_ASSERT_GE(test, PAGE_SIZE << g.least.order, promised);
	}
}

/* Shares of the memory taken, not of the memory asked for. */
static void little_is_wasted(struct kunit *test)
{
	u64 sum = 0, sum_with_tails = 0, nr = 0;
	unsigned int class = ZPOOL_NR_CLASSES;
	struct zpool_geometry g = {};
	size_t size;

	for (size = LAST_LINEAR + 1; size <= ZPOOL_MAX_SIZE; size++, nr++) {
		size_t class_size, run_bytes;

		if (zpool_size_class(size) != class) {
			class = zpool_size_class(size);
			g = general_geometry(test, class);
		}
		class_size = zpool_class_size(class);
		run_bytes = g.best.nr_pages * PAGE_SIZE;
		KUNIT_ASSERT_LE_MSG(test, (class_size - size) * 5, class_size,
				    "size %zu wastes more than 20 %%", size);
		sum += (class_size - size) * PPM / class_size;
		sum_with_tails += (run_bytes - g.best.nr_objects * size) * PPM / run_bytes;
	}
	KUNIT_EXPECT_LE(test, sum, nr * (PPM / 100 * 9));
	KUNIT_EXPECT_LE(test, sum_with_tails, nr * (PPM / 100 * 12));
}

static void general_geometry_is_sound(struct kunit *test)
{
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		struct zpool_geometry g = general_geometry(test, class);

		EXPECT_SOUND(test, zpool_check_geometry(&g));
		KUNIT_EXPECT_LE_MSG(test, zpool_run_tail(&g, &g.best) * 8,
				    g.best.nr_pages * PAGE_SIZE, "class %u", class);
		KUNIT_EXPECT_LE_MSG(test, g.best.order, max(3U, g.least.order + 1U),
				    "class %u", class);
	}
}

/* What a division says of an offset, the reciprocal says, too. */
static void check_reciprocal(struct kunit *test, const struct zpool_geometry *g)
{
	u32 end = g->best.nr_pages * PAGE_SIZE, offset;

	for (offset = 0; offset < end; offset += g->stride) {
		KUNIT_ASSERT_EQ(test, reciprocal_divide(offset, g->recip), offset / g->stride);
		KUNIT_ASSERT_EQ(test, reciprocal_divide(offset + g->stride - 1, g->recip),
				offset / g->stride);
	}
}

/* Would any run that may be chosen have a tail of an eighth or less? */
static bool can_be_tight(const struct zpool_geometry *g)
{
	unsigned int last = max(3U, g->least.order + 1U), order;

	for (order = g->least.order; order <= last; order++) {
		size_t nr = min_t(size_t, (PAGE_SIZE << order) / g->stride, ZPOOL_RUN_MAX_OBJECTS);
		size_t bytes = ALIGN(nr * g->stride, PAGE_SIZE);

		if ((bytes - nr * g->stride) * 8 <= bytes)
			return true;
	}
	return false;
}

static void typed_geometry_is_sound(struct kunit *test)
{
	size_t align, size;

	for (align = 1; align <= ZPOOL_MAX_SIZE; align *= 2) {
		/* Dense where sizes are small, and never in step with an alignment. */
		for (size = 1; size <= ZPOOL_MAX_SIZE; size += size / 64 + 1) {
			struct zpool_geometry g = {};

			KUNIT_ASSERT_EQ(test, zpool_geometry_init(&g, size, align), 0);
			KUNIT_ASSERT_NULL_MSG(test, zpool_check_geometry(&g),
					      "size %zu align %zu", size, align);
			KUNIT_ASSERT_EQ(test, (size_t)g.size, size);
			KUNIT_ASSERT_EQ(test, g.align % align, 0UL);
			KUNIT_ASSERT_LT(test, (size_t)g.stride - size, (size_t)g.align);
			KUNIT_ASSERT_GE(test, g.best.nr_objects, g.least.nr_objects);
			if (can_be_tight(&g))
				KUNIT_ASSERT_LE_MSG(test, zpool_run_tail(&g, &g.best) * 8,
						    g.best.nr_pages * PAGE_SIZE,
						    "size %zu align %zu", size, align);
			if (align == 1)
				check_reciprocal(test, &g);
		}
	}
}

/* An object of more than a page takes the pages that it needs, no power of two of them. */
static void large_objects_take_exact_runs(struct kunit *test)
{
	size_t size;

	for (size = PAGE_SIZE; size <= ZPOOL_MAX_SIZE; size += PAGE_SIZE) {
		struct zpool_geometry g = {};

		KUNIT_ASSERT_EQ(test, zpool_geometry_init(&g, size, 1), 0);
		KUNIT_EXPECT_EQ_MSG(test, g.least.nr_pages * PAGE_SIZE, size, "size %zu", size);
		KUNIT_EXPECT_EQ_MSG(test, zpool_run_tail(&g, &g.best), 0UL, "size %zu", size);
	}
}

/* Four and more share a run where a slab has fewer; where it has as many, there is none apart. */
static void few_objects_have_a_run_apart(struct kunit *test)
{
	size_t size;

	for (size = PAGE_SIZE; size <= ZPOOL_MAX_SIZE; size += PAGE_SIZE) {
		struct zpool_geometry g = {};

		KUNIT_ASSERT_EQ(test, zpool_geometry_init(&g, size, 1), 0);
		EXPECT_SOUND(test, zpool_check_geometry(&g));
		if (g.best.nr_objects >= 4)
			KUNIT_EXPECT_EQ_MSG(test, (int)g.apart.nr_objects, 0, "size %zu", size);
		else
			KUNIT_EXPECT_GE_MSG(test, (int)g.apart.nr_objects, 4, "size %zu", size);
		KUNIT_EXPECT_LE_MSG(test, (int)g.apart.nr_objects, 7, "size %zu", size);
	}
}

static void nonsense_is_refused(struct kunit *test)
{
	static const struct {
		size_t size, align;
	} cases[] = {
		{ 0, 1 }, { 0, 0 }, { ZPOOL_MAX_SIZE + 1, 1 }, { SIZE_MAX, 1 },
		{ 64, 0 }, { 64, 3 }, { 64, 48 }, { 64, SIZE_MAX },
		{ 64, ZPOOL_MAX_SIZE * 2 }, { ZPOOL_MAX_SIZE, ZPOOL_MAX_SIZE + 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct zpool_geometry g;

		KUNIT_EXPECT_EQ_MSG(test, zpool_geometry_init(&g, cases[i].size, cases[i].align),
				    -EINVAL, "size %zu align %zu", cases[i].size, cases[i].align);
	}
}

static struct kunit_case sizeclass_cases[] = {
	KUNIT_CASE(every_size_has_its_class),
	KUNIT_CASE(classes_grow),
	KUNIT_CASE(known_sizes),
	KUNIT_CASE(alignment_is_as_promised),
	KUNIT_CASE(little_is_wasted),
	KUNIT_CASE(general_geometry_is_sound),
	KUNIT_CASE(typed_geometry_is_sound),
	KUNIT_CASE(large_objects_take_exact_runs),
	KUNIT_CASE(few_objects_have_a_run_apart),
	KUNIT_CASE(nonsense_is_refused),
	{}
};

static struct kunit_suite sizeclass_suite = {
	.name = "zpool_sizeclass",
	.test_cases = sizeclass_cases,
};

kunit_test_suite(sizeclass_suite);
