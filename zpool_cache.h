/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Caches: one object size each, over all CPUs and nodes. The 48 general
 * classes are caches like any other. The whole is explained at the top of
 * zpool_cache.c.
 *
 * Lock order, outermost first:
 *
 *   0 cpu_hotplug_lock                  never taken under any of ours
 *   1 zpool_caches_lock   mutex         list of caches
 *   2 (busy section)      preempt off   this CPU's fast path, zpool_cpu_enter()
 *   3 cpu->slow_lock      raw spinlock  loaded and previous of one CPU
 *   4 depot->lock         raw spinlock  full and empty magazines
 *   5 slabs->lock         raw spinlock  lists and bitmaps of slabs
 *
 * 2 to 4 nest; all of them are dropped before 5. Under 3, 4 or 5: no page or
 * slab memory is allocated or freed, no constructor is called, nothing is
 * printed.
 */
#ifndef _KZPOOL_CACHE_H
#define _KZPOOL_CACHE_H

#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/topology.h>
#include <linux/percpu.h>

#include "zpool_magazine.h"
#include "zpool_slab.h"

#define ZPOOL_NAME_BYTES	32

/* A cache on one node. */
struct zpool_cache_node {
	struct zpool_depot depot;
	struct zpool_slabs slabs;
} ____cacheline_aligned_in_smp;

struct zpool_cache {
	/* Properties, fixed at creation. */
	char name[ZPOOL_NAME_BYTES];
	struct zpool_geometry geometry;
	void (*ctor)(void *obj);
	unsigned int capacity;		/* the most a magazine may hold */
	unsigned int tag;		/* class, or ZPOOL_TAG_HEADER */
	struct list_head list;		/* on zpool_caches, under zpool_caches_lock */
	struct list_head detached;	/* magazines of zpool_drain_all(), likewise */
	atomic_long_t dropped;		/* freed twice, found on the way to a slab */

	/* Per-CPU layer. */
	struct zpool_cpu_head __percpu *heads;

	/* Depot and slab layers: nr_node_ids entries, NULL without memory. */
	struct zpool_cache_node *nodes[];
};

extern struct list_head zpool_caches;
extern struct mutex zpool_caches_lock;
extern struct zpool_cache *zpool_general[ZPOOL_NR_CLASSES];

/* True when there is more than one node: then a free looks where it belongs. */
DECLARE_STATIC_KEY_FALSE(zpool_numa);

int zpool_cache_start(void);
void zpool_cache_stop(void);
void zpool_cache_drain(struct zpool_cache *cache);
void zpool_drain_all(void);
void zpool_cache_prefill(struct zpool_cache *cache, size_t bytes);

unsigned int zpool_cache_take(struct zpool_cache *cache, gfp_t gfp, int nid,
			      void **objs, unsigned int nr, enum zpool_slab_use *use);
void zpool_cache_put(struct zpool_cache *cache, void **objs, unsigned int nr);
struct zpool_magazine *zpool_cpu_magazine(struct zpool_cache *cache, int nid);
struct zpool_magazine *zpool_depot_magazine(struct zpool_cache *cache, int nid);

/* The node that this CPU fills from: its own, or the nearest with memory. */
static inline struct zpool_cache_node *zpool_this_node(struct zpool_cache *cache)
{
	return cache->nodes[numa_mem_id()];
}

#endif /* _KZPOOL_CACHE_H */
