/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Caches: one object size each, over all CPUs and nodes. The 48 general
 * classes are caches like any other. The whole is explained at the top of
 * zpool_cache.c.
 *
 * Lock order, outermost first:
 *
 *   0 cpu_hotplug_lock                  never taken under any of ours, nor is
 *     kernel_param_lock                 that of the module's parameters
 *     zpool_adapt_lock    mutex         a pass of the worker, the policy, the level
 *     zpool_refill_lock   mutex         caches with a reserve
 *     compact_lock        mutex         one compaction at a time; owners are called
 *                                       back under it, so no call of theirs takes it
 *   1 zpool_caches_lock   mutex         list of caches
 *   2 (busy section)      preempt off   this CPU's fast path, zpool_cpu_enter()
 *   3 cpu->slow_lock      raw spinlock  loaded and previous of one CPU
 *   4 depot->lock         raw spinlock  full and empty magazines
 *   5 slabs->lock         raw spinlock  lists and bitmaps of slabs
 *
 * 2 to 4 nest; all of them are dropped before 5. Under 3, 4 or 5: no page or
 * slab memory is allocated or freed, no constructor is called, nothing is
 * printed. The locks of limbo, reserves, pressure and descriptors nest in none of
 * these.
 *
 * Who reclaims memory, and may do so under any lock of a caller's, takes 3 to 5
 * only, and finds caches under RCU: one that goes is off the list for a grace
 * period before anything of it is freed. No memory is allocated under a mutex
 * but zpool_refill_lock and compact_lock, which no reclaim takes.
 */
#ifndef _KZPOOL_CACHE_H
#define _KZPOOL_CACHE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>

#include "zpool_head.h"
#include "zpool_limbo.h"
#include "zpool_reserve.h"
#include "zpool_slabs.h"

#define ZPOOL_NAME_BYTES	32

/* Why a cache lives with less capacity: see zpool_throttle.h. */
enum zpool_throttle {
	ZPOOL_HALF	= 1,		/* pressure */
	ZPOOL_NONE	= 2,		/* others serve its requests: none at all */
	ZPOOL_SHORT	= 4,		/* its reserve needs what is freed: none as well */
	ZPOOL_TRACED	= 8,		/* who asks is kept, see zpool_debug.h: none as well */
};

/* What became of an attempt to move an object. Counted in this order by each cache. */
enum zpool_moved {
	ZPOOL_MOVED,
	ZPOOL_NOT_NEEDED,		/* freed instead */
	ZPOOL_REFUSED,			/* for good */
	ZPOOL_PUT_OFF,			/* by its owner */
	ZPOOL_NOT_KNOWN,		/* to its owner */
	ZPOOL_PINNED,			/* or was, in the middle of the move */
	ZPOOL_NOT_IN_USE,		/* free, or about to be; not counted */
	ZPOOL_NR_MOVED = ZPOOL_NOT_IN_USE
};

/* How the objects of a cache are moved: handles, or by its owner's callback. */
struct zpool_mover {
	/* Is object @i in use and does not move? At the moment; nothing keeps it so. */
	bool (*is_fixed)(const struct zpool_slab *slab, unsigned int i);
	/* Move it to where object @j of @to is, which is free and the caller's. */
	enum zpool_moved (*move)(struct zpool_cache *cache, struct zpool_slab *slab,
				 unsigned int i, struct zpool_slab *to, unsigned int j);
	bool is_of_handles;		/* no caller has a pointer to give back */
};

/* A cache on one node. */
struct zpool_cache_node {
	struct zpool_depot depot;
	struct zpool_slabs slabs;
	struct zpool_reserve reserve;
	struct zpool_limbo limbo;	/* of magazines of CPUs that fill from here */

	/* The worker's, under zpool_caches_lock: how long the slabs were left alone. */
	unsigned long last_used;
	u32 unused_ms;
} ____cacheline_aligned_in_smp;

struct zpool_cache {
	/* Properties, fixed at creation. */
	char name[ZPOOL_NAME_BYTES];
	struct zpool_geometry geometry;
	void (*ctor)(void *obj);
	unsigned int capacity;		/* of a magazine, until there is reason for another */
	unsigned int tag;		/* ZPOOL_TAG_CLASS() or ZPOOL_TAG_HEADER */
	struct list_head list;		/* on zpool_caches, see there */
	u64 serial;			/* larger than that of those before on the list */
	atomic_long_t dropped;		/* freed twice, found on the way to a slab */
	bool frees_by_rcu;		/* zpool_kfree_rcu() was called for an object */
	u8 throttle;			/* see zpool_throttle.h; under zpool_caches_lock */
	struct list_head reserved;	/* under zpool_refill_lock, as the next */
	unsigned int reserve;		/* objects that are to be kept in all */

	/* What moves; written under zpool_caches_lock, before the first object. */
	const struct zpool_mover *mover;	/* NULL: nothing */
	enum zpool_move (*move)(void *old, void *new, size_t size, void *arg);
	void *move_arg;
	atomic_t users;			/* compacting it: see zpool_cache_hold() */
	unsigned long moves[ZPOOL_NR_MOVED];	/* the compactor's, as the next */
	unsigned int compact_wait;	/* turns to come in which it is left alone, */
	unsigned int compact_waits;	/* and how many those were the last time */
	bool is_compacting;		/* the last turn left something to be done */

	/* Per-CPU layer. */
	struct zpool_cpu_head __percpu *heads;
	struct zpool_cpu_tail __percpu *tails;

	/* Depot and slab layers: nr_node_ids entries, NULL where no node can be. */
	struct zpool_cache_node *nodes[];
};

extern struct list_head zpool_caches;	/* written under the lock, read there or under RCU */
extern struct mutex zpool_caches_lock;
extern struct zpool_cache *zpool_general[ZPOOL_NR_CLASSES];

/*
 * Which cache serves requests of a class: its own, but under pressure perhaps
 * one of larger objects, or NULL for the kernel's kmalloc.
 */
extern struct zpool_cache *zpool_serving[ZPOOL_NR_CLASSES];

int zpool_cache_start(void);
void zpool_cache_stop(void);

struct zpool_cache *zpool_cache_begin(const char *name, const struct zpool_geometry *g,
				      unsigned int tag, void (*ctor)(void *obj));
struct zpool_cache *zpool_cache_hold(const char *name);
struct zpool_cache *zpool_cache_hold_after(u64 serial);
void zpool_cache_release(struct zpool_cache *cache);
void zpool_cache_wait_unused(struct zpool_cache *cache, int mine);
bool zpool_cache_is_typed_locked(const struct zpool_cache *wanted);
bool zpool_cache_is_typed(const struct zpool_cache *wanted);
bool zpool_cache_unlist(struct zpool_cache *wanted);
void zpool_cache_end(struct zpool_cache *cache);

/* What the cache has on the node that this CPU fills from. */
static inline struct zpool_cache_node *zpool_this_node(struct zpool_cache *cache)
{
	return cache->nodes[zpool_this_nid()];
}

#endif /* _KZPOOL_CACHE_H */
