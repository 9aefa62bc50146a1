// SPDX-License-Identifier: GPL-2.0
/*
 * Who asked for an object: kept while ZPOOL_DEBUG_SITES is set, which it is here for
 * a while. Slabs that were made before know of no sites, so there must be none.
 */
#include <linux/string.h>

#include "../zpool_compact.h"
#include "../zpool_debug.h"
#include "../zpool_descriptor.h"
#include "../zpool_throttle.h"
#include "common.h"

#define SIZE	(PAGE_SIZE / 16)

/* More than what any of the functions below takes. */
#define CODE_BYTES	2048UL

/* All functions that may be asked, with what they gave last. */
struct asker {
	const char *name;
	void (*ask)(void);
};

static struct zpool_cache *typed;
static struct zpool_handle *handle;
static void *objs[4];

static noinline void by_kmalloc(void)
{
	objs[0] = zpool_kmalloc(SIZE, GFP_KERNEL);
	barrier();
}

static noinline void by_kzalloc(void)
{
	objs[0] = zpool_kzalloc(SIZE, GFP_KERNEL);
	barrier();
}

static noinline void by_kmalloc_node(void)
{
	objs[0] = zpool_kmalloc_node(SIZE, GFP_KERNEL, zpool_this_nid());
	barrier();
}

static noinline void by_kmalloc_any_node(void)
{
	objs[0] = zpool_kmalloc_node(SIZE, GFP_KERNEL, NUMA_NO_NODE);
	barrier();
}

static noinline void by_kmalloc_array(void)
{
	objs[0] = zpool_kmalloc_array(2, SIZE / 2, GFP_KERNEL);
	barrier();
}

static noinline void by_kcalloc(void)
{
	objs[0] = zpool_kcalloc(2, SIZE / 2, GFP_KERNEL);
	barrier();
}

static noinline void by_krealloc(void)
{
	void *small = zpool_kmalloc(SIZE / 2, GFP_KERNEL);

	objs[0] = zpool_krealloc(small, SIZE, GFP_KERNEL);
	barrier();
}

static noinline void by_bulk(void)
{
	memset(objs, 0, sizeof(objs));
	zpool_kmalloc_bulk(SIZE, GFP_KERNEL, ARRAY_SIZE(objs), objs);
	barrier();
}

static noinline void by_cache(void)
{
	objs[0] = zpool_cache_alloc(typed, GFP_KERNEL);
	barrier();
}

static noinline void by_cache_zeroed(void)
{
	objs[0] = zpool_cache_zalloc(typed, GFP_KERNEL);
	barrier();
}

static noinline void by_cache_node(void)
{
	objs[0] = zpool_cache_alloc_node(typed, GFP_KERNEL, zpool_this_nid());
	barrier();
}

static noinline void by_cache_any_node(void)
{
	objs[0] = zpool_cache_alloc_node(typed, GFP_KERNEL, NUMA_NO_NODE);
	barrier();
}

static noinline void by_cache_bulk(void)
{
	memset(objs, 0, sizeof(objs));
	zpool_cache_alloc_bulk(typed, GFP_KERNEL, ARRAY_SIZE(objs), objs);
	barrier();
}

static noinline void by_handle(void)
{
	handle = zpool_handle_alloc(SIZE, GFP_KERNEL);
	barrier();
	objs[0] = zpool_handle_pin(handle);
}

#define ASKER(fn)	{ #fn, fn }
static const struct asker askers[] = {
	ASKER(by_kmalloc), ASKER(by_kzalloc), ASKER(by_kmalloc_node), ASKER(by_kmalloc_any_node),
	ASKER(by_kmalloc_array), ASKER(by_kcalloc), ASKER(by_krealloc), ASKER(by_bulk),
	ASKER(by_cache), ASKER(by_cache_zeroed), ASKER(by_cache_node), ASKER(by_cache_any_node),
	ASKER(by_cache_bulk), ASKER(by_handle),
};

/* Of what is traced, nothing goes through magazines. */
static void throttle_all(unsigned int set, unsigned int clear)
{
	struct zpool_cache *cache;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		zpool_throttle(cache, set, clear);
	mutex_unlock(&zpool_caches_lock);
}

static int begin(struct kunit *test)
{
	zpool_handle_free(zpool_handle_alloc(SIZE, GFP_KERNEL));
	zpool_drain_all();
	zpool_descriptor_trim();
	zpool_test_begin(test);
	zpool_test_move(zpool_test_first_cpu());
	zpool_debug = ZPOOL_DEBUG_SITES;
	throttle_all(ZPOOL_TRACED, 0);
	typed = zpool_cache_create("kunit-sites", SIZE, 0, 0, NULL);
	return typed ? 0 : -ENOMEM;
}

static void end(struct kunit *test)
{
	zpool_cache_destroy(typed);
	zpool_test_settle();
	zpool_drain_all();
	throttle_all(0, ZPOOL_TRACED);
	zpool_debug = 0;
	zpool_descriptor_trim();
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_test_end_quiet(test);
}

static unsigned long *site_of(const void *obj)
{
	struct zpool_slab *slab = zpool_slab_of(obj);

	return &slab->sites[zpool_slab_index(slab, obj)];
}

static void give_back(void)
{
	unsigned int i;

	if (handle) {
		zpool_handle_unpin(handle);
		zpool_handle_free(handle);
		objs[0] = NULL;
	}
	handle = NULL;
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		zpool_kfree(objs[i]);
	memset(objs, 0, sizeof(objs));
}

/* Twice each: what one has had before has another afterwards. */
static void who_asked_is_kept(struct kunit *test)
{
	unsigned long code, site;
	unsigned int round, a, i;

	memset(objs, 0, sizeof(objs));
	for (a = 0; a < ARRAY_SIZE(askers); a++) {
		for (round = 0; round < 2; round++) {
			code = (unsigned long)askers[a].ask;
			askers[a].ask();
			KUNIT_ASSERT_NOT_NULL(test, objs[0]);
			for (i = 0; i < ARRAY_SIZE(objs) && objs[i]; i++) {
				site = *site_of(objs[i]);
				KUNIT_EXPECT_LT_MSG(test, site - code, CODE_BYTES, "%s",
						    askers[a].name);
			}
			give_back();
		}
	}
	KUNIT_EXPECT_EQ(test, zpool_test_usage(typed).magazine_bytes, 0UL);
}

static void construct(void *obj)
{
}

static void *moved_to;

static enum zpool_move callback(void *old, void *new, size_t size, void *arg)
{
	moved_to = new;
	return ZPOOL_MOVE_DONE;
}

/* One alone in its slab is moved to where there are more. */
static void sites_follow_moves(struct kunit *test)
{
	struct zpool_cache *cache;
	unsigned long site;
	void *all[32];
	unsigned int i;

	moved_to = NULL;
	cache = zpool_cache_create("kunit-sites-moved", SIZE, 0, 0, construct);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	KUNIT_EXPECT_EQ(test, zpool_cache_set_move(cache, callback, NULL), 0);
	for (i = 0; i < 32; i++) {
		all[i] = zpool_cache_alloc(cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, all[i]);
	}
	*site_of(all[0]) = 0x5175;
	site = *site_of(all[31]);
	KUNIT_EXPECT_NE(test, site, 0UL);
	for (i = 1; i < 24; i++)
		zpool_cache_free(cache, all[i]);
	KUNIT_EXPECT_EQ(test, zpool_compact_named("kunit-sites-moved"), 0);
	KUNIT_ASSERT_NOT_NULL(test, moved_to);
	KUNIT_EXPECT_EQ(test, *site_of(moved_to), 0x5175UL);
	KUNIT_EXPECT_EQ(test, *site_of(all[31]), site);
	zpool_cache_free(cache, moved_to);
	for (i = 24; i < 32; i++)
		zpool_cache_free(cache, all[i]);
	zpool_cache_destroy(cache);
}

/* Return: what is taken for a slab besides its pages. */
static long metadata_of_slab(struct kunit *test, bool has_notes, unsigned int debug)
{
	struct zpool_geometry geometry = typed->geometry;
	long before = zpool_test_metadata(), taken;
	unsigned int debug_before = zpool_debug;
	struct zpool_slab *slab;
	LIST_HEAD(dead);

	geometry.has_notes = has_notes;
	zpool_debug = debug;
	slab = zpool_slab_create(&geometry, ZPOOL_NOT_APART, GFP_KERNEL, numa_mem_id());
	zpool_debug = debug_before;
	KUNIT_ASSERT_NOT_NULL(test, slab);
	KUNIT_EXPECT_EQ(test, !slab->notes, !has_notes);
	KUNIT_EXPECT_EQ(test, !slab->sites, !(debug & ZPOOL_DEBUG_SITES));
	taken = zpool_test_metadata() - before;
	list_add(&slab->list, &dead);
	zpool_slab_release(&dead);
	KUNIT_EXPECT_EQ(test, zpool_test_metadata(), before);
	return taken;
}

static void what_is_known_of_objects_is_counted(struct kunit *test)
{
	long nr = typed->geometry.best.nr_objects, plain = metadata_of_slab(test, false, 0);
	long head = sizeof(struct rcu_head);		/* by which it is freed */

	KUNIT_EXPECT_EQ(test, metadata_of_slab(test, true, 0),
			plain + head + nr * (long)sizeof(u32));
	KUNIT_EXPECT_EQ(test, metadata_of_slab(test, false, ZPOOL_DEBUG_SITES),
			plain + head + nr * (long)sizeof(long));
	KUNIT_EXPECT_EQ(test, metadata_of_slab(test, true, ZPOOL_DEBUG_SITES | ZPOOL_DEBUG_MOVE),
			plain + head + nr * (long)(sizeof(u32) + sizeof(long)));
}

static struct kunit_case sites_cases[] = {
	KUNIT_CASE(who_asked_is_kept),
	KUNIT_CASE(sites_follow_moves),
	KUNIT_CASE(what_is_known_of_objects_is_counted),
	{}
};

static struct kunit_suite sites_suite = {
	.name = "zpool_sites",
	.init = begin,
	.exit = end,
	.test_cases = sites_cases,
};

kunit_test_suite(sites_suite);
