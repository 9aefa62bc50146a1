// SPDX-License-Identifier: GPL-2.0
/*
 * Typed caches, used as they are meant to be: no test here may cause a report.
 *
 * Where a test says which object comes next, it stays on one CPU in between.
 */
#include <linux/cache.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "common.h"

static struct zpool_cache *create(struct kunit *test, size_t size, size_t align,
				  unsigned int flags, void (*ctor)(void *obj))
{
	struct zpool_cache *cache;

	cache = zpool_cache_create("kunit-cache", size, align, flags, ctor);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

static void typed_objects_are_aligned(struct kunit *test)
{
	static const struct {
		size_t size, align;
	} cases[] = {
		{ 1, 0 }, { 1, 1 }, { 24, 0 }, { 24, 16 }, { 100, 64 }, { 100, 1024 },
		{ 4097, 0 }, { 8, 4096 }, { 20, 32768 }, { 40000, 65536 }, { 65536, 65536 },
	};
	unsigned int c, i;

	for (c = 0; c < ARRAY_SIZE(cases); c++) {
		struct zpool_cache *cache = create(test, cases[c].size, cases[c].align, 0, NULL);
		char *objs[5];

		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i] = zpool_cache_alloc(cache, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
			KUNIT_EXPECT_TRUE_MSG(test,
					      zpool_test_is_aligned(objs[i], cases[c].align ?:
								    ZPOOL_MIN_ALIGN),
					      "case %u", c);
			KUNIT_EXPECT_EQ(test, zpool_ksize(objs[i]), cases[c].size);
			memset(objs[i], i + 1, cases[c].size);
		}
		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(objs[i], i + 1,
								     cases[c].size));
			zpool_cache_free(cache, objs[i]);
		}
		zpool_cache_free(cache, NULL);
		EXPECT_SOUND(test, zpool_check_cache(cache));
		zpool_cache_destroy(cache);
	}
}

/* With ZPOOL_HWCACHE_ALIGN no object touches more cache lines than its size needs. */
static void typed_objects_keep_to_their_lines(struct kunit *test)
{
	size_t line = cache_line_size(), size;

	for (size = 1; size <= 4 * line; size += size / 8 + 1) {
		struct zpool_cache *cache = create(test, size, 0, ZPOOL_HWCACHE_ALIGN, NULL);
		void *objs[9];
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			unsigned long first, last;

			objs[i] = zpool_cache_alloc(cache, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
			first = (unsigned long)objs[i] / line;
			last = ((unsigned long)objs[i] + size - 1) / line;
			KUNIT_EXPECT_EQ_MSG(test, last - first, (size - 1) / line, "size %zu",
					    size);
		}
		for (i = 0; i < ARRAY_SIZE(objs); i++)
			zpool_cache_free(cache, objs[i]);
		zpool_cache_destroy(cache);
	}
}

struct constructed {
	u64 magic;
	u64 users;
	u64 scratch[4];
};

#define MAGIC	0x600dc0ffee15600dULL

static unsigned long nr_constructed;

static void construct(void *obj)
{
	struct constructed *c = obj;

	nr_constructed++;
	c->magic = MAGIC;
	c->users = 0;
}

/* An object comes as its last user or the constructor left it, never zeroed. */
static void constructed_state_stays(struct kunit *test)
{
	struct zpool_cache *cache = create(test, sizeof(struct constructed), 0, 0, construct);
	struct constructed *objs[40];
	unsigned int round, i;

	nr_constructed = 0;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i] = zpool_cache_alloc(cache, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
			KUNIT_EXPECT_EQ(test, objs[i]->magic, MAGIC);
			KUNIT_EXPECT_EQ(test, objs[i]->users, 0ULL);
			objs[i]->users++;
		}
		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i]->users--;
			zpool_cache_free(cache, objs[i]);
		}
		KUNIT_EXPECT_EQ(test, nr_constructed * cache->geometry.stride +
				zpool_test_usage(cache).tail_bytes,
				zpool_test_usage(cache).held_bytes);
	}
	zpool_cache_destroy(cache);
}

static void names_are_copied(struct kunit *test)
{
	char name[] = "kunit-name";
	struct zpool_cache *cache = zpool_cache_create(name, 40, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	memset(name, 'x', sizeof(name) - 1);
	KUNIT_EXPECT_STREQ(test, (const char *)cache->name, "kunit-name");
	zpool_cache_destroy(cache);

	/* The longest there may be. */
	cache = zpool_cache_create("0123456789012345678901234567890", 40, 0, 0, NULL);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	KUNIT_EXPECT_STREQ(test, (const char *)cache->name, "0123456789012345678901234567890");
	zpool_cache_destroy(cache);
}

static void typed_objects_can_be_zeroed(struct kunit *test)
{
	struct zpool_cache *cache = create(test, 300, 0, 0, NULL);
	void *p, *q;

	zpool_test_stay();
	p = zpool_test_use(zpool_cache_alloc(cache, GFP_ATOMIC), zpool_kfree);
	q = zpool_cache_zalloc(cache, GFP_ATOMIC);
	zpool_test_leave();
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_PTR_EQ(test, p, q);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(q, 0, 300));
	zpool_cache_free(cache, q);
	zpool_cache_destroy(cache);
}

/* The frees of the kmalloc family need not be told whose object it is. */
static void kfree_knows_typed_objects(struct kunit *test)
{
	struct zpool_cache *cache = create(test, 300, 0, 0, NULL);
	void *p, *q;

	zpool_test_stay();
	p = zpool_test_use(zpool_cache_alloc(cache, GFP_ATOMIC), zpool_kfree_sensitive);
	q = zpool_cache_alloc(cache, GFP_ATOMIC);
	zpool_test_leave();
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_PTR_EQ(test, p, q);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(q, 0, 300));
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes,
			(unsigned long)cache->geometry.stride);
	zpool_kfree_sized(q, 300);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, 0UL);
	zpool_cache_destroy(cache);
}

/* A typed object that grows out of its cache becomes one of the kmalloc family. */
static void krealloc_takes_typed_objects(struct kunit *test)
{
	struct zpool_cache *cache = create(test, 300, 0, 0, NULL);
	void *p = zpool_cache_alloc(cache, GFP_KERNEL), *q;

	KUNIT_ASSERT_NOT_NULL(test, p);
	zpool_test_write_pattern(p, 300);
	KUNIT_EXPECT_PTR_EQ(test, zpool_krealloc(p, 300, GFP_KERNEL), p);
	q = zpool_krealloc(p, 301, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_TRUE(test, zpool_test_has_pattern(q, 300));
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, 0UL);
	zpool_kfree(q);
	zpool_cache_destroy(cache);
}

/* What went back is told to the byte; what is in use stays. */
static void shrink_tells_what_went_back(struct kunit *test)
{
	struct zpool_cache *cache = create(test, 1000, 0, 0, NULL);
	struct zpool_usage before, after;
	static char *objs[200];
	unsigned int i;
	size_t back;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = zpool_cache_alloc(cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		zpool_test_write_pattern(objs[i], 1000);
	}
	KUNIT_EXPECT_EQ(test, zpool_cache_shrink(cache), 0UL);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		if (i >= 20)
			zpool_cache_free(cache, objs[i]);
	before = zpool_test_usage(cache);
	back = zpool_cache_shrink(cache);
	after = zpool_test_usage(cache);
	KUNIT_EXPECT_GT(test, back, 0UL);
	KUNIT_EXPECT_EQ(test, before.held_bytes - after.held_bytes, back);
	KUNIT_EXPECT_EQ(test, after.in_use_bytes, 20UL * cache->geometry.stride);
	KUNIT_EXPECT_EQ(test, after.magazine_bytes + after.remote_bytes + after.depot_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_cache_shrink(cache), 0UL);
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_TRUE(test, zpool_test_has_pattern(objs[i], 1000));
		zpool_cache_free(cache, objs[i]);
	}
	KUNIT_EXPECT_EQ(test, zpool_cache_shrink(cache), after.held_bytes);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	zpool_cache_destroy(cache);
}

static struct kunit_case cache_cases[] = {
	KUNIT_CASE(typed_objects_are_aligned),
	KUNIT_CASE(typed_objects_keep_to_their_lines),
	KUNIT_CASE(constructed_state_stays),
	KUNIT_CASE(names_are_copied),
	KUNIT_CASE(typed_objects_can_be_zeroed),
	KUNIT_CASE(kfree_knows_typed_objects),
	KUNIT_CASE(krealloc_takes_typed_objects),
	KUNIT_CASE(shrink_tells_what_went_back),
	{}
};

static struct kunit_suite cache_suite = {
	.name = "zpool_cache",
	.init = zpool_test_begin,
	.exit = zpool_test_end_quiet,
	.test_cases = cache_cases,
};

kunit_test_suite(cache_suite);
