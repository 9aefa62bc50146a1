// SPDX-License-Identifier: GPL-2.0
/*
 * Level 3 of pressure: the kernel's kmalloc serves, what is older comes home,
 * and typed caches live without magazines.
 */
#include <linux/log2.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "scarce.h"

static struct zpool_magazine *loaded_of(struct zpool_cache *cache)
{
	return per_cpu_ptr(cache->heads, zpool_test_first_cpu())->loaded;
}

static unsigned long nr_passed_through(void)
{
	return zpool_stats_percpu(offsetof(struct zpool_cpu, passthrough));
}

static size_t divisor(size_t size)
{
	return size & -size;
}

/* The kernel's, and as good as ours: of a power of two, which it promises to align. */
static void expect_kernels(struct kunit *test, void *p, size_t size, bool is_zero)
{
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_FALSE_MSG(test, zpool_test_is_pooled(p), "size %zu", size);
	KUNIT_EXPECT_TRUE_MSG(test, zpool_test_is_aligned(p, divisor(size)), "size %zu", size);
	KUNIT_EXPECT_GE(test, zpool_ksize(p), roundup_pow_of_two(size));
	if (is_zero)
		KUNIT_EXPECT_TRUE_MSG(test, zpool_test_is_filled(p, 0, size), "size %zu", size);
	memset(p, 0xff, size);
}

static void the_kernel_serves_each_class(struct kunit *test)
{
	unsigned int class, i;
	unsigned long passed;

	zpool_test_press(ZPOOL_FALL_BACK);
	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		size_t size = zpool_class_size(class);

		passed = nr_passed_through();
		for (i = 0; i < 4; i++)
			objs[i] = zpool_test_alloc(size, GFP_KERNEL);
		for (i = 4; i < 8; i++)
			objs[i] = zpool_test_alloc(size, GFP_ATOMIC | __GFP_ZERO);
		objs[8] = zpool_kmalloc_node(size, GFP_KERNEL | __GFP_ZERO, zpool_this_nid());
		KUNIT_EXPECT_EQ(test, nr_passed_through() - passed, 9UL);
		for (i = 0; i < 9; i++)
			expect_kernels(test, objs[i], size, i >= 4);
		for (i = 0; i < 9; i++)
			zpool_kfree_sized(objs[i], size);
		KUNIT_EXPECT_EQ(test, zpool_test_usage(zpool_general[class]).held_bytes, 0UL);
	}
}

static void the_kernel_serves_bulk(struct kunit *test)
{
	static const size_t sizes[] = { 8, 96, 384, 5120, 65536 };
	unsigned long passed;
	unsigned int s, i;

	zpool_test_press(ZPOOL_FALL_BACK);
	for (s = 0; s < 2 * ARRAY_SIZE(sizes); s++) {
		size_t size = sizes[s / 2];

		passed = nr_passed_through();
		KUNIT_ASSERT_EQ(test, zpool_kmalloc_bulk(size, s % 2 ? GFP_KERNEL | __GFP_ZERO :
							 GFP_KERNEL, 40, objs), 40U);
		KUNIT_EXPECT_EQ(test, nr_passed_through() - passed, 40UL);
		for (i = 0; i < 40; i++)
			expect_kernels(test, objs[i], size, s % 2);
		zpool_kfree_bulk(40, objs);
	}
}

/* And their slabs go. */
static void older_objects_come_home(struct kunit *test)
{
	static const size_t sizes[] = { 64, 384, 5120 };
	unsigned int s, i;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct zpool_cache *cache = class_of(sizes[s]);

		KUNIT_ASSERT_EQ(test, zpool_kmalloc_bulk(sizes[s], GFP_KERNEL, NR, objs), NR);
		zpool_test_press(ZPOOL_FALL_BACK);
		for (i = 0; i < NR; i++) {
			KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes,
					(NR - i) * sizes[s]);
			KUNIT_EXPECT_EQ(test, zpool_ksize(objs[i]), sizes[s]);
			zpool_kfree(objs[i]);
		}
		KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, 0UL);
		KUNIT_EXPECT_LE(test, zpool_test_usage(cache).nr_slabs, 1UL);
		EXPECT_SOUND(test, zpool_check_all());
		zpool_test_later(500);
		KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).nr_slabs, 0UL);
		zpool_test_later(ZPOOL_TEST_HOLD_MS);
	}
}

/* From ours to the kernel's, and back when all is calm. */
static void contents_move(struct kunit *test)
{
	void *p = zpool_test_alloc(384, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_pooled(p));
	zpool_test_write_pattern(p, 384);
	zpool_test_press(ZPOOL_FALL_BACK);
	KUNIT_EXPECT_PTR_EQ(test, zpool_krealloc(p, 300, GFP_KERNEL), p);
	p = zpool_krealloc(p, 600, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_FALSE(test, zpool_test_is_pooled(p));
	KUNIT_EXPECT_TRUE(test, zpool_test_has_pattern(p, 384));
	KUNIT_EXPECT_EQ(test, zpool_test_usage(class_of(384)).in_use_bytes, 0UL);
	zpool_test_later(ZPOOL_TEST_HOLD_MS);
	p = zpool_krealloc(p, 5000, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, zpool_test_has_pattern(p, 384));
	zpool_kfree(p);
}

/* Where the kernel's kmalloc may not be asked, the slabs still serve. */
static void slabs_serve_where_the_kernel_cannot(struct kunit *test)
{
	void *held = zpool_test_alloc(384, GFP_KERNEL), *p;

	KUNIT_ASSERT_NOT_NULL(test, held);
	p = zpool_test_use(zpool_test_alloc(384, GFP_KERNEL), zpool_kfree);
	zpool_test_press(ZPOOL_FALL_BACK);
	preempt_disable();
	p = zpool_test_alloc(384, GFP_ATOMIC | __GFP_ZERO);
	preempt_enable();
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, zpool_test_is_pooled(p), IS_ENABLED(CONFIG_PREEMPT_RT));
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0, 384));
	zpool_kfree(p);
	zpool_kfree(held);
}

/* Their objects must be their own: from slabs, without magazines. */
static void typed_caches_go_on(struct kunit *test)
{
	struct zpool_cache *cache = create(test);
	struct zpool_usage before, u;

	swing(cache, NR, 1);
	zpool_test_press(ZPOOL_FALL_BACK);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	before = zpool_test_usage(cache);
	take(cache, NR);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_pooled(objs[0]));
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, (unsigned long)NR * SIZE);
	EXPECT_SOUND(test, zpool_check_all());
	give(cache, NR);
	u = zpool_test_usage(cache);
	KUNIT_EXPECT_EQ(test, u.allocs - before.allocs, (unsigned long)NR);
	KUNIT_EXPECT_EQ(test, u.frees - before.frees, (unsigned long)NR);
	KUNIT_EXPECT_EQ(test, u.misses - before.misses, 2UL * NR);
	KUNIT_EXPECT_EQ(test, u.in_use_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, u.magazine_bytes + u.remote_bytes + u.depot_bytes, 0UL);
	KUNIT_EXPECT_PTR_EQ(test, loaded_of(cache), zpool_no_magazine);
	zpool_cache_destroy(cache);
}

/* As if nothing had been: a pair hits, of a class and of a typed cache. */
static void pairs_hit_again(struct kunit *test)
{
	struct zpool_cache *cache = create(test), *class = class_of(384);
	struct zpool_usage before, after;
	unsigned long misses;
	unsigned int i;

	zpool_test_press(ZPOOL_FALL_BACK);
	zpool_kfree(zpool_test_alloc(384, GFP_KERNEL));
	swing(cache, 3, 1);
	zpool_test_later(ZPOOL_TEST_HOLD_MS);
	swing(cache, 3, 1);
	zpool_kfree(zpool_test_alloc(384, GFP_KERNEL));
	before = zpool_test_usage(class);
	misses = zpool_test_usage(cache).misses;
	for (i = 0; i < 20; i++)
		zpool_kfree(zpool_test_alloc(384, GFP_KERNEL));
	swing(cache, 3, 20);
	after = zpool_test_usage(class);
	KUNIT_EXPECT_EQ(test, after.allocs - before.allocs, 20UL);
	KUNIT_EXPECT_EQ(test, after.frees - before.frees, 20UL);
	KUNIT_EXPECT_EQ(test, after.misses, before.misses);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).misses, misses);
	KUNIT_EXPECT_NE(test, loaded_of(class)->capacity, 0U);
	zpool_cache_destroy(cache);
}

static struct kunit_case fallback_cases[] = {
	KUNIT_CASE(the_kernel_serves_each_class),
	KUNIT_CASE(the_kernel_serves_bulk),
	KUNIT_CASE(older_objects_come_home),
	KUNIT_CASE(contents_move),
	KUNIT_CASE(slabs_serve_where_the_kernel_cannot),
	KUNIT_CASE(typed_caches_go_on),
	KUNIT_CASE(pairs_hit_again),
	{}
};

static struct kunit_suite fallback_suite = {
	.name = "zpool_fallback",
	.init = zpool_test_begin_scarce,
	.exit = zpool_test_end_scarce,
	.test_cases = fallback_cases,
};

kunit_test_suite(fallback_suite);
