/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that lies idle in places that a test knows, for who looks at how it goes
 * back. Static, since two suites have each its own.
 */
#ifndef _KZPOOL_KUNIT_IDLE_H
#define _KZPOOL_KUNIT_IDLE_H

#include <linux/limits.h>
#include <linux/rcupdate.h>

#include "../zpool_shrink.h"
#include "common.h"

/* Of an object, and of the magazines for such to begin with. */
#define SIZE		4096U
#define CAPACITY	16U
#define MAGAZINE_PAGES	((unsigned long)CAPACITY * SIZE >> PAGE_SHIFT)

#define NR		100U

static void *objs[NR];
static unsigned int here;
static int home;			/* the node of that CPU */

static inline int begin(struct kunit *test)
{
	here = zpool_test_first_cpu();
	home = per_cpu_ptr(&zpool_cpu, here)->node;
	return zpool_test_begin_usual(test);
}

static inline struct zpool_cache *create(struct kunit *test, const char *name)
{
	struct zpool_cache *cache = zpool_cache_create(name, SIZE, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

static inline unsigned int cpu_of(int nid)
{
	unsigned int cpu, found = here;

	for_each_online_cpu(cpu)
		if (per_cpu_ptr(&zpool_cpu, cpu)->node == nid)
			found = cpu;
	return found;
}

static inline void take_from(struct kunit *test, struct zpool_cache *cache, unsigned int nr,
			     int nid)
{
	while (nr--) {
		objs[nr] = zpool_cache_alloc_node(cache, GFP_KERNEL | __GFP_THISNODE, nid);
		KUNIT_ASSERT_NOT_NULL(test, objs[nr]);
	}
}

static inline void give(struct zpool_cache *cache, unsigned int nr)
{
	while (nr--)
		zpool_cache_free(cache, objs[nr]);
}

/* @nr objects out and in: this CPU's pair has them. */
static inline void swing(struct kunit *test, struct zpool_cache *cache, unsigned int nr)
{
	take_from(test, cache, nr, zpool_this_nid());
	give(cache, nr);
}

/* One with @nr objects of @nid in that node's depot. */
static inline struct zpool_magazine *
leave_in_depot(struct kunit *test, struct zpool_cache *cache, int nid, unsigned int nr)
{
	size_t stride = cache->geometry.stride;
	struct zpool_magazine *mag;

	mag = zpool_magazine_create(stride, CAPACITY, zpool_budget.limit, nid);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	while (mag->count < nr) {
		enum zpool_slab_use use = ZPOOL_MAGAZINE;
		unsigned int got;

		got = zpool_cache_take(cache, GFP_KERNEL | __GFP_THISNODE, nid,
				       &mag->objs[mag->count + 1], nr - mag->count, &use);
		KUNIT_ASSERT_GT(test, got, 0U);
		mag->count += got;
	}
	zpool_depot_put(&cache->nodes[nid]->depot, mag);
	return mag;
}

/* Return: its pages. */
static inline unsigned long leave_empty_slab(struct kunit *test, struct zpool_cache *cache, int nid)
{
	struct zpool_slabs *slabs = &cache->nodes[nid]->slabs;
	enum zpool_slab_use use = ZPOOL_DIRECT;
	void *obj;

	KUNIT_ASSERT_EQ(test, slabs->nr_free, 0UL);
	KUNIT_ASSERT_EQ(test, zpool_cache_take(cache, GFP_KERNEL | __GFP_THISNODE, nid,
					       &obj, 1, &use), 1U);
	zpool_slabs_free(&obj, 1, ZPOOL_DIRECT, cache);
	KUNIT_ASSERT_EQ(test, slabs->nr_on[ZPOOL_EMPTY], 1UL);
	return slabs->nr_empty_pages;
}

static inline bool is_bare(struct zpool_cache *cache, unsigned int cpu)
{
	const struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

	return head->loaded == zpool_no_magazine && head->previous == zpool_no_magazine &&
	       per_cpu_ptr(cache->tails, cpu)->remote == zpool_no_magazine;
}

static inline unsigned long held_pages(struct zpool_cache *cache)
{
	return zpool_test_usage(cache).held_bytes >> PAGE_SHIFT;
}

/* Return: pages that it has given back. */
static inline unsigned long scan(unsigned long nr)
{
	return zpool_shrink_scan(home, &nr);
}

static inline unsigned long scan_all(void)
{
	return scan(ULONG_MAX);
}

static inline struct zpool_depot *depot_of(struct zpool_cache *cache)
{
	return &cache->nodes[home]->depot;
}

static inline bool is_in_limbo(struct zpool_cache *cache)
{
	return !zpool_limbo_is_empty(&cache->nodes[home]->limbo);
}

#endif /* _KZPOOL_KUNIT_IDLE_H */
