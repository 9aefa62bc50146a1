// SPDX-License-Identifier: GPL-2.0
/*
 * What bad input gets: one report, nothing freed, nothing followed, and
 * everything else goes on. That it does is what the exit hook looks at: all
 * invariants hold, and every byte comes back.
 *
 * A report is counted whether it was printed or not.
 */
#include <linux/gfp.h>
#include <linux/kmemleak.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "common.h"

#define SIZE	100U		/* many to a slab, with some room in each */

static struct zpool_cache *create(struct kunit *test, const char *name, void (*ctor)(void *obj))
{
	struct zpool_cache *cache = zpool_cache_create(name, SIZE, 0, 0, ctor);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

static struct zpool_cache *general_cache(void)
{
	return zpool_general[zpool_size_class(SIZE)];
}

static unsigned long nr_in_use(struct zpool_cache *cache)
{
	return zpool_test_usage(cache).in_use_bytes / cache->geometry.stride;
}

/*
 * Freed twice.
 */

/* The magazine's top knows it, whichever call it comes by. Judged where one may sleep. */
static void the_last_freed_again(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-twice", NULL);
	long reports[6];
	void *p, *q;

	zpool_test_stay();
	p = zpool_kmalloc(SIZE, GFP_ATOMIC);
	q = zpool_cache_alloc(cache, GFP_ATOMIC);
	zpool_kfree(p);
	zpool_cache_free(cache, q);
	reports[0] = zpool_test_reports();
	zpool_kfree(p);
	reports[1] = zpool_test_reports();
	zpool_kfree_sized(p, SIZE);
	reports[2] = zpool_test_reports();
	zpool_kfree_sensitive(p);
	reports[3] = zpool_test_reports();
	zpool_kfree(q);
	reports[4] = zpool_test_reports();
	zpool_cache_free(cache, q);
	reports[5] = zpool_test_reports();
	zpool_test_leave();

	KUNIT_EXPECT_EQ(test, reports[1] - reports[0], 1L);
	KUNIT_EXPECT_EQ(test, reports[2] - reports[1], 1L);
	KUNIT_EXPECT_EQ(test, reports[3] - reports[2], 1L);
	KUNIT_EXPECT_EQ(test, reports[4] - reports[3], 1L);
	KUNIT_EXPECT_EQ(test, reports[5] - reports[4], 1L);
	KUNIT_EXPECT_EQ(test, nr_in_use(general_cache()), 0UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(cache), 0UL);
	EXPECT_REPORTS(test, 0, zpool_cache_destroy(cache));
}

/* Below the top it is found when the magazine is emptied against the bitmap. */
static void one_deeper_freed_again(struct kunit *test)
{
	long before = zpool_test_reports();
	void *keep, *p, *q;

	zpool_test_stay();
	keep = zpool_kmalloc(SIZE, GFP_ATOMIC);
	p = zpool_kmalloc(SIZE, GFP_ATOMIC);
	q = zpool_kmalloc(SIZE, GFP_ATOMIC);
	zpool_kfree(p);
	zpool_kfree(q);
	zpool_kfree(p);
	zpool_test_leave();
	KUNIT_EXPECT_EQ(test, zpool_test_reports(), before);
	EXPECT_REPORTS(test, 1, zpool_cache_drain(general_cache()));
	KUNIT_EXPECT_EQ(test, nr_in_use(general_cache()), 1UL);
	EXPECT_SOUND(test, zpool_check_all());
	zpool_kfree(keep);
}

/* Already back in its slab, which another object keeps. */
static void one_in_its_slab_freed_again(struct kunit *test)
{
	void *keep, *p;

	zpool_budget_set_limit(0);
	keep = zpool_kmalloc(SIZE, GFP_KERNEL);
	p = zpool_kmalloc(SIZE, GFP_KERNEL);
	zpool_kfree(p);
	EXPECT_REPORTS(test, 1, zpool_kfree(p));
	KUNIT_EXPECT_EQ(test, nr_in_use(general_cache()), 1UL);
	zpool_kfree(keep);
}

/*
 * Pointers that are none of ours.
 */

/*
 * An address inside an object is found when the magazine is emptied; at once,
 * when no object starts in its page.
 */
static void inner_addresses(struct kunit *test)
{
	long before = zpool_test_reports();
	struct zpool_cache *cache = create(test, "kunit-inner", NULL);
	char *p = zpool_test_alloc(SIZE, GFP_KERNEL);
	char *large = zpool_test_alloc(40000, GFP_KERNEL);
	char *q = zpool_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, p && q && large);
	memset(p, 0x5a, SIZE);
	memset(large, 0x5a, 40000);
	memset(q, 0x5a, SIZE);
	zpool_kfree(p + 8);
	zpool_kfree(large + 4096);
	zpool_cache_free(cache, q + 1);
	zpool_drain_all();
	KUNIT_EXPECT_EQ(test, zpool_test_reports() - before, 3L);
	/* Where memory is to be wiped, it must be known what to wipe. */
	EXPECT_REPORTS(test, 1, zpool_kfree_sensitive(p + 8));
	EXPECT_REPORTS(test, 1, zpool_kfree_sensitive(large + 4096));
	EXPECT_REPORTS(test, 1, zpool_kfree_sensitive(q + 1));
	KUNIT_EXPECT_EQ(test, nr_in_use(general_cache()), 1UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(cache), 1UL);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0x5a, SIZE));
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(large, 0x5a, 40000));
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(q, 0x5a, SIZE));
	zpool_kfree(p);
	zpool_kfree(large);
	zpool_cache_free(cache, q);
	zpool_cache_destroy(cache);
}

/* Every call that takes a pointer tells of a bad one, once, and leaves it alone. */
static void expect_refused(struct kunit *test, void *p, const char *what)
{
	struct zpool_cache *cache = create(test, "kunit-refuses", NULL);
	long before = zpool_test_reports();

	zpool_kfree(p);
	KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 1L, "kfree: %s", what);
	zpool_kfree_sized(p, SIZE);
	KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 2L, "kfree_sized: %s", what);
	zpool_kfree_sensitive(p);
	KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 3L, "kfree_sensitive: %s", what);
	KUNIT_EXPECT_EQ(test, zpool_ksize(p), 0UL);
	KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 4L, "ksize: %s", what);
	KUNIT_EXPECT_NULL(test, zpool_krealloc(p, 2 * SIZE, GFP_KERNEL));
	KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 5L, "krealloc: %s", what);
	KUNIT_EXPECT_PTR_EQ(test, zpool_krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 6L, "krealloc to 0: %s", what);
	zpool_cache_free(cache, p);
	KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 7L, "cache_free: %s", what);
	zpool_cache_destroy(cache);
	KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 7L, "destroy: %s", what);
}

static char in_the_image[256];

static void addresses_of_other_memory(struct kunit *test)
{
	char on_the_stack[256];
	char *mapped = vmalloc(PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, mapped);
	memset(on_the_stack, 0x5a, sizeof(on_the_stack));
	memset(in_the_image, 0x5a, sizeof(in_the_image));
	memset(mapped, 0x5a, PAGE_SIZE);

	expect_refused(test, on_the_stack, "stack");
	expect_refused(test, in_the_image, "static");
	expect_refused(test, mapped, "vmalloc");
	expect_refused(test, (void *)0x10000UL, "user");
	expect_refused(test, (void *)-4096L, "error pointer");

	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(on_the_stack, 0x5a, sizeof(on_the_stack)));
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(in_the_image, 0x5a, sizeof(in_the_image)));
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(mapped, 0x5a, PAGE_SIZE));
	vfree(mapped);
}

/* A page from the page allocator, as others use them: plain, and with data of their own. */
static void pages_of_others(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);
	char *p;

	KUNIT_ASSERT_NOT_NULL(test, page);
	p = page_address(page);
	memset(p, 0x5a, PAGE_SIZE);
	expect_refused(test, p, "page");
	expect_refused(test, p + 64, "inside a page");

	SetPagePrivate(page);
	set_page_private(page, 0xdead0000UL | 7);
	expect_refused(test, p, "page with private data");
	KUNIT_EXPECT_EQ(test, page_private(page), 0xdead0000UL | 7);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0x5a, PAGE_SIZE));

	ClearPagePrivate(page);
	set_page_private(page, 0);
	__free_page(page);
}

/*
 * Objects in the wrong place.
 */

static void the_wrong_cache(struct kunit *test)
{
	struct zpool_cache *a = create(test, "kunit-a", NULL);
	struct zpool_cache *b = create(test, "kunit-b", NULL);
	void *p = zpool_cache_alloc(a, GFP_KERNEL);
	void *q = zpool_kmalloc(SIZE, GFP_KERNEL);
	void *r = kmalloc(SIZE, GFP_KERNEL);

	EXPECT_REPORTS(test, 1, zpool_cache_free(b, p));
	EXPECT_REPORTS(test, 1, zpool_cache_free(b, q));
	EXPECT_REPORTS(test, 1, zpool_cache_free(b, r));
	EXPECT_REPORTS(test, 0, zpool_cache_free(b, NULL));
	EXPECT_REPORTS(test, 1, zpool_cache_free(b, ZERO_SIZE_PTR));
	KUNIT_EXPECT_EQ(test, nr_in_use(a), 1UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(b), 0UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(general_cache()), 1UL);

	/* Each has its right place, and zpool_kfree() knows it. */
	EXPECT_REPORTS(test, 0, zpool_kfree(p));
	EXPECT_REPORTS(test, 0, zpool_kfree(q));
	EXPECT_REPORTS(test, 0, zpool_kfree(r));
	zpool_cache_destroy(a);
	zpool_cache_destroy(b);
}

/* A size that the memory cannot have is told; the memory is freed all the same. */
static void the_wrong_size(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-size", NULL);
	static const struct {
		size_t size;
		int reports;
	} general[] = {
		{ SIZE, 0 }, { 112, 0 }, { 129, 1 }, { 65536, 1 }, { 65537, 1 }, { SIZE_MAX, 1 },
	}, typed[] = {
		{ SIZE, 0 }, { 1, 0 }, { SIZE + 1, 1 }, { SIZE_MAX, 1 },
	};
	unsigned int i;
	void *p;

	for (i = 0; i < ARRAY_SIZE(general); i++) {
		p = zpool_kmalloc(SIZE, GFP_KERNEL);
		EXPECT_REPORTS(test, general[i].reports, zpool_kfree_sized(p, general[i].size));
		KUNIT_EXPECT_EQ(test, nr_in_use(general_cache()), 0UL);
	}
	for (i = 0; i < ARRAY_SIZE(typed); i++) {
		p = zpool_cache_alloc(cache, GFP_KERNEL);
		EXPECT_REPORTS(test, typed[i].reports, zpool_kfree_sized(p, typed[i].size));
		KUNIT_EXPECT_EQ(test, nr_in_use(cache), 0UL);
	}
	zpool_cache_destroy(cache);
}

/*
 * What a cache refuses.
 */

static void bad_caches(struct kunit *test)
{
	static const struct {
		const char *name;
		size_t size, align;
		unsigned int flags;
	} cases[] = {
		{ NULL, 64, 0, 0 }, { "", 64, 0, 0 }, { "a b", 64, 0, 0 }, { "a/b", 64, 0, 0 },
		{ "tab\t", 64, 0, 0 }, { "line\n", 64, 0, 0 },
		{ "01234567890123456789012345678901", 64, 0, 0 },
		{ "size", 0, 0, 0 }, { "size", 65537, 0, 0 }, { "size", SIZE_MAX, 0, 0 },
		{ "align", 64, 3, 0 }, { "align", 64, 48, 0 }, { "align", 64, 131072, 0 },
		{ "align", 64, SIZE_MAX, 0 }, { "align", 64, 48, ZPOOL_HWCACHE_ALIGN },
		{ "align", 64, 131072, ZPOOL_HWCACHE_ALIGN }, { "size", 0, 0, ZPOOL_HWCACHE_ALIGN },
		{ "flags", 64, 0, 1U << 2 }, { "flags", 64, 0, ~0U },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		long before = zpool_test_reports();
		struct zpool_cache *cache;

		/* A cache that may not panic, whatever is asked besides. */
		cache = zpool_cache_create(cases[i].name, cases[i].size, cases[i].align,
					   cases[i].flags & ~ZPOOL_PANIC, NULL);
		KUNIT_EXPECT_NULL_MSG(test, cache, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 1L, "case %u", i);
		zpool_cache_destroy(cache);
	}
}

static void construct(void *obj)
{
	memset(obj, 0xc7, SIZE);
}

static void bad_requests(struct kunit *test)
{
	struct zpool_cache *plain = create(test, "kunit-plain", NULL);
	struct zpool_cache *made = create(test, "kunit-made", construct);
	const struct {
		struct zpool_cache *cache;
		gfp_t gfp;
	} cases[] = {
		{ made, GFP_KERNEL | __GFP_ZERO }, { made, GFP_KERNEL | __GFP_DMA },
		{ plain, GFP_KERNEL | __GFP_DMA }, { plain, GFP_KERNEL | __GFP_DMA32 },
		{ plain, GFP_KERNEL | __GFP_ZERO | __GFP_DMA },
	};
	unsigned int i;
	void *p = NULL;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_REPORTS(test, 1, p = zpool_cache_alloc(cases[i].cache, cases[i].gfp));
		KUNIT_EXPECT_NULL_MSG(test, p, "case %u", i);
	}
	EXPECT_REPORTS(test, 1, p = zpool_cache_zalloc(made, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, p);

	/* A typed object is not charged, which is no mistake. */
	EXPECT_REPORTS(test, 0, p = zpool_cache_alloc(plain, GFP_KERNEL | __GFP_ACCOUNT));
	KUNIT_EXPECT_NOT_NULL(test, p);
	zpool_cache_free(plain, p);
	zpool_cache_destroy(plain);
	zpool_cache_destroy(made);
}

/*
 * The end of a cache with objects in use leaves their pages to the users. Then
 * the objects are nobody's: a late free is told, and not followed.
 */
static void a_cache_ends_in_use(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-ends", NULL);
	void *p = zpool_cache_alloc(cache, GFP_KERNEL);
	void *q = zpool_cache_alloc(cache, GFP_KERNEL);
	struct page *page;

	KUNIT_ASSERT_TRUE(test, p && q);
	page = virt_to_page(p);
	KUNIT_ASSERT_EQ(test, (int)zpool_page_slab(page)->order, 0);
	memset(p, 0x5a, SIZE);
	EXPECT_REPORTS(test, 1, zpool_cache_destroy(cache));
	EXPECT_REPORTS(test, 1, zpool_kfree(p));
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0x5a, SIZE));

	/* Nobody uses them: give back what would be lost. */
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	kmemleak_free(page_address(page));
	__free_page(page);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE(the_last_freed_again),
	KUNIT_CASE(one_deeper_freed_again),
	KUNIT_CASE(one_in_its_slab_freed_again),
	KUNIT_CASE(inner_addresses),
	KUNIT_CASE(addresses_of_other_memory),
	KUNIT_CASE(pages_of_others),
	KUNIT_CASE(the_wrong_cache),
	KUNIT_CASE(the_wrong_size),
	KUNIT_CASE(bad_caches),
	KUNIT_CASE(bad_requests),
	KUNIT_CASE(a_cache_ends_in_use),
	{}
};

static struct kunit_suite misuse_suite = {
	.name = "zpool_misuse",
	.init = zpool_test_begin,
	.exit = zpool_test_end,
	.test_cases = misuse_cases,
};

kunit_test_suite(misuse_suite);
