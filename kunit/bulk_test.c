// SPDX-License-Identifier: GPL-2.0
/* Many objects at once: as many single calls would do, told by the accounts. */
#include <linux/slab.h>
#include <linux/string.h>

#include "common.h"

#define SIZE	104U
#define NR	(2 * ZPOOL_MOST_CAPACITY + 50)	/* many batches, more than two magazines */

static void *objs[NR + 1];

static struct zpool_cache *create(struct kunit *test, size_t size)
{
	struct zpool_cache *cache = zpool_cache_create("kunit-bulk", size, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

static unsigned long nr_in_use(struct zpool_cache *cache)
{
	return zpool_test_usage(cache).in_use_bytes / cache->geometry.stride;
}

/* Each is nobody else's, and keeps what is written. */
static void expect_apart(struct kunit *test, unsigned int nr, size_t size)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		memset(objs[i], i, size);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_TRUE_MSG(test, zpool_test_is_filled(objs[i], i & 0xff, size),
				      "object %u of %u", i, nr);
}

/* Cold, warm, and across the edges of batches; what lies behind is not touched. */
static void as_many_as_wanted(struct kunit *test)
{
	static const unsigned int counts[] = { 0, 1, 2, 31, 32, 33, 64, 251, 252, 253, NR, 5 };
	struct zpool_cache *general = zpool_general[zpool_size_class(SIZE)];
	struct zpool_cache *cache = create(test, SIZE);
	unsigned int c;

	for (c = 0; c < ARRAY_SIZE(counts); c++) {
		unsigned int nr = counts[c];

		objs[nr] = &objs;
		KUNIT_ASSERT_EQ(test, zpool_kmalloc_bulk(SIZE, GFP_KERNEL, nr, objs), nr);
		KUNIT_EXPECT_EQ(test, nr_in_use(general), (unsigned long)nr);
		KUNIT_EXPECT_PTR_EQ(test, objs[nr], &objs);
		expect_apart(test, nr, zpool_kmalloc_size_roundup(SIZE));
		zpool_kfree_bulk(nr, objs);
		KUNIT_EXPECT_EQ(test, nr_in_use(general), 0UL);

		KUNIT_ASSERT_EQ(test, zpool_cache_alloc_bulk(cache, GFP_KERNEL, nr, objs), nr);
		KUNIT_EXPECT_EQ(test, nr_in_use(cache), (unsigned long)nr);
		KUNIT_EXPECT_PTR_EQ(test, objs[nr], &objs);
		expect_apart(test, nr, SIZE);
		zpool_cache_free_bulk(cache, nr, objs);
		KUNIT_EXPECT_EQ(test, nr_in_use(cache), 0UL);
		EXPECT_SOUND(test, zpool_check_all());
	}
	zpool_cache_destroy(cache);
}

/* What was freed in bulk lies in the pair, and serves the next bulk. */
static void bulk_hits(struct kunit *test)
{
	struct zpool_cache *general = zpool_general[zpool_size_class(SIZE)];
	struct zpool_usage before, after;
	unsigned int got[2];

	zpool_test_stay();
	got[0] = zpool_kmalloc_bulk(SIZE, GFP_ATOMIC, 60, objs);
	zpool_kfree_bulk(got[0], objs);
	zpool_kfree(zpool_kmalloc(SIZE, GFP_ATOMIC));	/* there is a magazine now */
	got[0] = zpool_kmalloc_bulk(SIZE, GFP_ATOMIC, 60, objs);
	zpool_kfree_bulk(got[0], objs);
	before = zpool_test_usage(general);
	got[1] = zpool_kmalloc_bulk(SIZE, GFP_ATOMIC, 60, objs);
	zpool_kfree_bulk(got[1], objs);
	after = zpool_test_usage(general);
	zpool_test_leave();
	KUNIT_EXPECT_EQ(test, got[0], 60U);
	KUNIT_EXPECT_EQ(test, got[1], 60U);
	KUNIT_EXPECT_EQ(test, after.allocs - before.allocs, 60UL);
	KUNIT_EXPECT_EQ(test, after.frees - before.frees, 60UL);
	KUNIT_EXPECT_EQ(test, after.misses, before.misses);
}

static void bulk_zeroes(struct kunit *test)
{
	struct zpool_cache *cache = create(test, SIZE);
	unsigned int round, i;

	for (round = 0; round < 2; round++) {
		gfp_t gfp = round ? GFP_KERNEL | __GFP_ZERO : GFP_KERNEL;
		size_t size = zpool_kmalloc_size_roundup(SIZE);

		KUNIT_ASSERT_EQ(test, zpool_kmalloc_bulk(SIZE, gfp, 100, objs), 100U);
		for (i = 0; i < 100; i++) {
			if (round)
				KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(objs[i], 0, size));
			memset(objs[i], 0xff, size);
		}
		zpool_kfree_bulk(100, objs);
		KUNIT_ASSERT_EQ(test, zpool_cache_alloc_bulk(cache, gfp, 100, objs), 100U);
		for (i = 0; i < 100; i++) {
			if (round)
				KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(objs[i], 0, SIZE));
			memset(objs[i], 0xff, SIZE);
		}
		zpool_cache_free_bulk(cache, 100, objs);
	}
	zpool_cache_destroy(cache);
}

/* What pools do not serve comes one by one. */
static void bulk_of_other_sizes(struct kunit *test)
{
	static const struct {
		size_t size;
		gfp_t gfp;
		bool pooled;
	} cases[] = {
		{ 1, GFP_KERNEL, true }, { 65536, GFP_KERNEL, true },
		{ 65537, GFP_KERNEL, false }, { 100, GFP_KERNEL | __GFP_ACCOUNT, false },
	};
	unsigned int c, i;

	for (c = 0; c < ARRAY_SIZE(cases); c++) {
		KUNIT_ASSERT_EQ(test, zpool_kmalloc_bulk(cases[c].size, cases[c].gfp, 5, objs), 5U);
		for (i = 0; i < 5; i++)
			KUNIT_EXPECT_EQ(test, zpool_test_is_pooled(objs[i]), cases[c].pooled);
		expect_apart(test, 5, cases[c].size);
		zpool_kfree_bulk(5, objs);
	}
	KUNIT_EXPECT_EQ(test, zpool_kmalloc_bulk(0, GFP_KERNEL, 3, objs), 3U);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_PTR_EQ(test, objs[i], ZERO_SIZE_PTR);
	zpool_kfree_bulk(3, objs);
	zpool_kfree_bulk(0, NULL);
}

/* Of all kinds in one call, each where it belongs. */
static void all_kinds_at_once(struct kunit *test)
{
	struct zpool_cache *cache = create(test, SIZE);
	unsigned int i;

	for (i = 0; i < NR; i++) {
		switch (i % 7) {
		case 0:
			objs[i] = NULL;
			break;
		case 1:
			objs[i] = kmalloc(SIZE, GFP_KERNEL);
			break;
		case 2:
			objs[i] = zpool_cache_alloc(cache, GFP_KERNEL);
			break;
		case 3:
			objs[i] = zpool_test_alloc(5000, GFP_KERNEL);
			break;
		case 4:
			objs[i] = ZERO_SIZE_PTR;
			break;
		default:
			objs[i] = zpool_test_alloc(SIZE, GFP_KERNEL);
		}
	}
	EXPECT_REPORTS(test, 0, zpool_kfree_bulk(NR, objs));
	KUNIT_EXPECT_EQ(test, nr_in_use(cache), 0UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(zpool_general[zpool_size_class(SIZE)]), 0UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(zpool_general[zpool_size_class(5000)]), 0UL);
	EXPECT_REPORTS(test, 0, zpool_cache_destroy(cache));
}

/* One report for the one that is wrong, and the others are freed. */
static void one_of_another_cache(struct kunit *test)
{
	struct zpool_cache *a = create(test, SIZE), *b = create(test, SIZE);
	void *stray, *skipped, *p;

	KUNIT_ASSERT_EQ(test, zpool_cache_alloc_bulk(a, GFP_KERNEL, 10, objs), 10U);
	stray = objs[5];
	p = zpool_cache_alloc(b, GFP_KERNEL);
	objs[5] = p;
	skipped = objs[7];
	objs[7] = NULL;
	EXPECT_REPORTS(test, 1, zpool_cache_free_bulk(a, 10, objs));
	KUNIT_EXPECT_EQ(test, nr_in_use(a), 2UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(b), 1UL);
	zpool_cache_free(b, p);
	zpool_cache_free(a, stray);
	zpool_cache_free(a, skipped);
	EXPECT_SOUND(test, zpool_check_cache(a));
	EXPECT_REPORTS(test, 0, zpool_cache_destroy(a));
	EXPECT_REPORTS(test, 0, zpool_cache_destroy(b));
}

/* The last again is seen at once; one deeper, when the magazine is emptied. */
static void twice_in_one_bulk(struct kunit *test)
{
	struct zpool_cache *cache = zpool_general[zpool_size_class(SIZE)];
	long before = zpool_test_reports(), at_once, later;
	unsigned int got;

	zpool_test_stay();
	got = zpool_kmalloc_bulk(SIZE, GFP_ATOMIC, 8, objs);
	zpool_kfree_bulk(2, objs + 6);			/* there is a magazine now */
	objs[6] = objs[5];
	zpool_kfree_bulk(4, objs + 3);			/* 3, 4, 5, 5 */
	at_once = zpool_test_reports() - before;
	objs[3] = objs[2];
	objs[2] = objs[1];
	zpool_kfree_bulk(3, objs + 1);			/* 1, 1, 2 */
	later = zpool_test_reports() - before;
	zpool_test_leave();
	KUNIT_ASSERT_EQ(test, got, 8U);
	KUNIT_EXPECT_EQ(test, at_once, 1L);
	KUNIT_EXPECT_EQ(test, later, 2L);
	KUNIT_EXPECT_EQ(test, nr_in_use(cache), 1UL);
	EXPECT_REPORTS(test, 0, zpool_cache_drain(cache));
	zpool_kfree(objs[0]);

	KUNIT_ASSERT_EQ(test, zpool_kmalloc_bulk(SIZE, GFP_KERNEL, 3, objs), 3U);
	objs[3] = objs[2];
	objs[2] = objs[0];
	before = zpool_test_reports();
	zpool_kfree_bulk(4, objs);
	zpool_cache_drain(cache);
	KUNIT_EXPECT_EQ(test, zpool_test_reports() - before, 1L);
}

static void bulk_refuses(struct kunit *test)
{
	struct zpool_cache *cache = create(test, SIZE);
	unsigned int got = 1;

	EXPECT_REPORTS(test, 1, got = zpool_cache_alloc_bulk(cache, GFP_KERNEL | __GFP_DMA, 5, objs));
	KUNIT_EXPECT_EQ(test, got, 0U);
	zpool_cache_destroy(cache);
}

static struct kunit_case bulk_cases[] = {
	KUNIT_CASE(as_many_as_wanted),
	KUNIT_CASE(bulk_hits),
	KUNIT_CASE(bulk_zeroes),
	KUNIT_CASE(bulk_of_other_sizes),
	KUNIT_CASE(all_kinds_at_once),
	KUNIT_CASE(one_of_another_cache),
	KUNIT_CASE(twice_in_one_bulk),
	KUNIT_CASE(bulk_refuses),
	{}
};

static struct kunit_suite bulk_suite = {
	.name = "zpool_bulk",
	.init = zpool_test_begin,
	.exit = zpool_test_end,
	.test_cases = bulk_cases,
};

kunit_test_suite(bulk_suite);
