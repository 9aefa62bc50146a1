// SPDX-License-Identifier: GPL-2.0
/*
 * The kmalloc family, used as it is meant to be: no test here may cause a
 * report.
 *
 * Where a test says which object comes next, it stays on one CPU in between.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "common.h"

static unsigned long nr_passed_through(void)
{
	return zpool_stats_percpu(offsetof(struct zpool_cpu, passthrough));
}

static void check_size(struct kunit *test, size_t size)
{
	size_t class_size = zpool_class_size(zpool_size_class(size));
	void *objs[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = zpool_test_alloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		KUNIT_EXPECT_TRUE(test, zpool_test_is_pooled(objs[i]));
		KUNIT_EXPECT_TRUE_MSG(test, zpool_test_is_aligned(objs[i], size & -size),
				      "size %zu", size);
		KUNIT_EXPECT_TRUE(test, zpool_test_is_aligned(objs[i], ZPOOL_MIN_ALIGN));
		KUNIT_EXPECT_EQ(test, zpool_ksize(objs[i]), class_size);
		KUNIT_EXPECT_EQ(test, zpool_kmalloc_size_roundup(size), class_size);
		memset(objs[i], i + 1, class_size);
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		KUNIT_EXPECT_TRUE_MSG(test, zpool_test_is_filled(objs[i], i + 1, class_size),
				      "size %zu", size);
		if (i % 2)
			zpool_kfree(objs[i]);
		else
			zpool_kfree_sized(objs[i], size);
	}
}

static void every_class_serves(struct kunit *test)
{
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		size_t smallest = class ? zpool_class_size(class - 1) + 1 : 1;

		check_size(test, smallest);
		check_size(test, zpool_class_size(class));
	}
}

/* An object freed last comes back first, since it is warm. */
static void last_freed_comes_first(struct kunit *test)
{
	void *p, *q;

	zpool_test_stay();
	p = zpool_test_use(zpool_kmalloc(300, GFP_ATOMIC), zpool_kfree);
	q = zpool_kmalloc(300, GFP_ATOMIC);
	zpool_test_leave();
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_PTR_EQ(test, p, q);
	zpool_kfree(q);
}

/* Each way to ask for zeroes, of an object that was full of ones. */
static void zeroes_are_zeroes(struct kunit *test)
{
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		size_t size = zpool_class_size(class);
		void *p, *q;

		zpool_test_stay();
		p = zpool_test_use(zpool_test_alloc(size, GFP_ATOMIC), zpool_kfree);
		switch (class % 3) {
		case 0:
			q = zpool_kzalloc(size - 7, GFP_ATOMIC);
			break;
		case 1:
			q = zpool_kcalloc(1, size - 7, GFP_ATOMIC);
			break;
		default:
			q = zpool_kmalloc(size - 7, GFP_ATOMIC | __GFP_ZERO);
		}
		zpool_test_leave();
		KUNIT_ASSERT_NOT_NULL(test, q);
		KUNIT_EXPECT_PTR_EQ(test, p, q);
		KUNIT_EXPECT_TRUE_MSG(test, zpool_test_is_filled(q, 0, size), "class %u", class);
		zpool_kfree(q);
	}
}

static void arrays_do_not_overflow(struct kunit *test)
{
	static const struct {
		size_t n, size;
		bool ok;
	} cases[] = {
		{ 3, 5, true }, { 1, 65536, true }, { 4096, 16, true },
		{ SIZE_MAX, 2, false }, { SIZE_MAX / 2 + 1, 2, false },
		{ 1UL << 32, 1UL << 32, false }, { 3, SIZE_MAX / 2, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		void *p = zpool_kmalloc_array(cases[i].n, cases[i].size, GFP_KERNEL);
		void *q = zpool_kcalloc(cases[i].n, cases[i].size, GFP_KERNEL);

		KUNIT_EXPECT_EQ_MSG(test, !!p, cases[i].ok, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, !!q, cases[i].ok, "case %u", i);
		if (q)
			KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(q, 0, cases[i].n *
								     cases[i].size));
		zpool_kfree(p);
		zpool_kfree(q);
	}
	KUNIT_EXPECT_PTR_EQ(test, zpool_kmalloc_array(0, 8, GFP_KERNEL), ZERO_SIZE_PTR);
}

static void nothing_is_nothing(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, zpool_test_alloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, zpool_kzalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, zpool_krealloc(NULL, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, zpool_ksize(NULL), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_ksize(ZERO_SIZE_PTR), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_kmalloc_size_roundup(0), 0UL);
	zpool_kfree(NULL);
	zpool_kfree(ZERO_SIZE_PTR);
	zpool_kfree_sensitive(NULL);
	zpool_kfree_sensitive(ZERO_SIZE_PTR);
	zpool_kfree_sized(NULL, 0);
	zpool_kfree_sized(ZERO_SIZE_PTR, 0);
	zpool_cache_destroy(NULL);
}

static void krealloc_keeps_contents(struct kunit *test)
{
	static const struct {
		size_t from, to;
		bool stays;		/* for certain, at the same place */
	} cases[] = {
		{ 100, 100, true }, { 100, 112, true }, { 100, 50, true }, { 100, 1, true },
		{ 8, 9, false }, { 100, 113, false }, { 5000, 20000, false },
		{ 40960, 65536, false }, { 60000, 70000, false }, { 65536, 1 << 20, false },
		{ 70000, 80000, false }, { 70000, 100, false }, { 65536, 10, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		void *p = zpool_test_alloc(cases[i].from, GFP_KERNEL), *q;
		size_t kept;

		KUNIT_ASSERT_NOT_NULL(test, p);
		zpool_test_write_pattern(p, cases[i].from);
		q = zpool_krealloc(p, cases[i].to, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, q);
		if (cases[i].stays)
			KUNIT_EXPECT_PTR_EQ(test, p, q);
		KUNIT_EXPECT_GE(test, zpool_ksize(q), cases[i].to);
		kept = min(cases[i].from, cases[i].to);
		KUNIT_EXPECT_TRUE_MSG(test, zpool_test_has_pattern(q, kept), "%zu to %zu",
				      cases[i].from, cases[i].to);
		zpool_kfree(q);
	}
}

static void krealloc_allocates_and_frees(struct kunit *test)
{
	struct zpool_cache *cache = zpool_general[zpool_size_class(100)];
	void *p = zpool_krealloc(NULL, 100, GFP_KERNEL);
	size_t stride = cache->geometry.stride;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, stride);
	KUNIT_EXPECT_PTR_EQ(test, zpool_krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, 0UL);

	p = zpool_krealloc(ZERO_SIZE_PTR, 100, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, stride);
	zpool_kfree(p);
}

/* Up, down, up again: what was cut off does not come back. */
static void krealloc_grows_with_zeroes(struct kunit *test)
{
	static const size_t sizes[] = { 20, 24, 10, 24, 100, 60, 112, 3000, 1, 3072, 65536, 70000 };
	void *p = zpool_kzalloc(1, GFP_KERNEL);
	size_t size = 1, i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(p, 0xff, size);
		p = zpool_krealloc(p, sizes[i], GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0xff, min(size, sizes[i])));
		if (sizes[i] > size)
			KUNIT_EXPECT_TRUE_MSG(test,
					      zpool_test_is_filled(p + size, 0, sizes[i] - size),
					      "%zu to %zu", size, sizes[i]);
		size = sizes[i];
	}
	zpool_kfree(p);
}

/* What pools cannot promise comes from the kernel's kmalloc and goes back there. */
static void some_requests_pass_through(struct kunit *test)
{
	static const struct {
		size_t size;
		gfp_t gfp;
		bool passes;
	} cases[] = {
		{ 65536, GFP_KERNEL, false }, { 65537, GFP_KERNEL, true },
		{ 1 << 20, GFP_KERNEL, true }, { 100, GFP_KERNEL, false },
		{ 100, GFP_KERNEL | __GFP_ACCOUNT, true }, { 100, GFP_KERNEL | __GFP_DMA, true },
		{ 100, GFP_KERNEL | __GFP_DMA32, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long passed = nr_passed_through();
		void *p = zpool_test_alloc(cases[i].size, cases[i].gfp);

		KUNIT_ASSERT_NOT_NULL_MSG(test, p, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, nr_passed_through() - passed,
				    (unsigned long)cases[i].passes, "case %u", i);
		KUNIT_EXPECT_NE_MSG(test, zpool_test_is_pooled(p), cases[i].passes, "case %u", i);
		KUNIT_EXPECT_GE(test, zpool_ksize(p), cases[i].size);
		memset(p, 0xff, cases[i].size);
		zpool_kfree(p);
	}
	KUNIT_EXPECT_EQ(test, zpool_kmalloc_size_roundup(65537), kmalloc_size_roundup(65537));
}

/* The kernel's own memory may be given to any call here. */
static void kernel_memory_is_served(struct kunit *test)
{
	static const size_t sizes[] = { 8, 100, 2048, 4096, 8192, 16384, 65536, 70000, 1 << 20 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = kmalloc(sizes[i], GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_GE(test, zpool_ksize(p), sizes[i]);
		zpool_kfree(p);
		zpool_kfree_sized(kmalloc(sizes[i], GFP_KERNEL), sizes[i]);
		zpool_kfree_sensitive(kmalloc(sizes[i], GFP_KERNEL));

		p = kmalloc(sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		zpool_test_write_pattern(p, sizes[i]);
		p = zpool_krealloc(p, sizes[i] * 2, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_TRUE(test, zpool_test_has_pattern(p, sizes[i]));
		KUNIT_EXPECT_PTR_EQ(test, zpool_krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	}
}

static void secrets_are_wiped(struct kunit *test)
{
	static const size_t sizes[] = { 1, 64, 100, 5000, 65536 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p, *q;

		zpool_test_stay();
		p = zpool_test_use(zpool_test_alloc(sizes[i], GFP_ATOMIC), zpool_kfree_sensitive);
		q = zpool_test_alloc(sizes[i], GFP_ATOMIC);
		zpool_test_leave();
		KUNIT_ASSERT_NOT_NULL(test, q);
		KUNIT_EXPECT_PTR_EQ(test, p, q);
		KUNIT_EXPECT_TRUE_MSG(test, zpool_test_is_filled(q, 0, zpool_ksize(q)),
				      "size %zu", sizes[i]);
		zpool_kfree(q);
	}
}

/* Once drained, a cache holds nothing, however much it had. */
static void drain_gives_all_back(struct kunit *test)
{
	static const size_t sizes[] = { 8, 200, 4096, 40000 };
	unsigned int s, i;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct zpool_cache *cache = zpool_general[zpool_size_class(sizes[s])];
		static void *objs[200];

		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i] = zpool_test_alloc(sizes[s], GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		}
		for (i = 0; i < ARRAY_SIZE(objs); i++)
			zpool_kfree(objs[i]);
		KUNIT_EXPECT_GT(test, zpool_test_usage(cache).held_bytes, 0UL);
		zpool_cache_drain(cache);
		KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	}
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
}

/* Prefilled depots serve without a new slab, within the budget. */
static void prefill_makes_ready(struct kunit *test)
{
	struct zpool_cache *cache = zpool_general[zpool_size_class(1000)];
	unsigned long refills;
	void *p;

	zpool_cache_prefill(cache, 256 << 10);
	KUNIT_EXPECT_GE(test, zpool_test_usage(cache).depot_bytes, 128UL << 10);
	KUNIT_EXPECT_LE(test, zpool_test_usage(cache).depot_bytes, 256UL << 10);
	EXPECT_SOUND(test, zpool_check_cache(cache));
	refills = zpool_test_usage(cache).refills;
	p = zpool_kmalloc(1000, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).refills, refills);
	zpool_kfree(p);
	zpool_cache_drain(cache);

	zpool_budget_set_limit(64 << 10);
	zpool_cache_prefill(cache, 256 << 10);
	KUNIT_EXPECT_LE(test, zpool_test_claimed(), 64L << 10);
	KUNIT_EXPECT_LE(test, zpool_test_usage(cache).depot_bytes, 64UL << 10);
}

static struct kunit_case kmalloc_cases[] = {
	KUNIT_CASE(every_class_serves),
	KUNIT_CASE(last_freed_comes_first),
	KUNIT_CASE(zeroes_are_zeroes),
	KUNIT_CASE(arrays_do_not_overflow),
	KUNIT_CASE(nothing_is_nothing),
	KUNIT_CASE(krealloc_keeps_contents),
	KUNIT_CASE(krealloc_allocates_and_frees),
	KUNIT_CASE(krealloc_grows_with_zeroes),
	KUNIT_CASE(some_requests_pass_through),
	KUNIT_CASE(kernel_memory_is_served),
	KUNIT_CASE(secrets_are_wiped),
	KUNIT_CASE(drain_gives_all_back),
	KUNIT_CASE(prefill_makes_ready),
	{}
};

static struct kunit_suite kmalloc_suite = {
	.name = "zpool_kmalloc",
	.init = zpool_test_begin,
	.exit = zpool_test_end_quiet,
	.test_cases = kmalloc_cases,
};

kunit_test_suite(kmalloc_suite);
