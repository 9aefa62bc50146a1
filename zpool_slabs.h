/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All slabs of one cache on one node, on lists by how full they are.
 *
 * Those with the fewest free objects serve first, so that sparse ones drain by
 * themselves and there is less to compact.
 *
 * Rejected: one list of partial slabs, latest first (holds on to sparse ones).
 *
 * Called by the magazine and cache layers. May not call upward.
 */
#ifndef _KZPOOL_SLABS_H
#define _KZPOOL_SLABS_H

#include <linux/spinlock.h>

#include "zpool_slab.h"

/*
 * Where a slab is: first those that serve, in the order in which they do so. A
 * slab from the emergency reserves is with the full ones until it is released.
 */
enum zpool_place {
	ZPOOL_HINDERED,			/* some free; not to be emptied, so to be filled */
	ZPOOL_TENTH,			/* less than one tenth free, then by tenths */
	ZPOOL_LAST_TENTH = ZPOOL_TENTH + 9,
	ZPOOL_APART,			/* some free, but not for magazines: ZPOOL_BEYOND */
	ZPOOL_EMPTY,			/* kept within the budget */
	ZPOOL_FULL,
	ZPOOL_ISOLATED,			/* the compactor's */
	ZPOOL_NR_PLACES
};

struct zpool_slabs {
	raw_spinlock_t lock;
	unsigned int serving;		/* bit set: a place before ZPOOL_FULL that has some */
	struct list_head on[ZPOOL_NR_PLACES];

	/* Sums over the lists, under lock. */
	unsigned long nr_on[ZPOOL_NR_PLACES];
	unsigned long nr_slabs;
	unsigned long nr_empty_pages;
	unsigned long nr_hindered_pages;
	unsigned long nr_pages;
	unsigned long nr_objects;
	unsigned long nr_free;
	unsigned long nr_room;		/* of these, in slabs before ZPOOL_EMPTY */

	/* Events, under lock. */
	unsigned long refills;		/* batches taken for a magazine */
	unsigned long flushes;		/* batches given back by one */
	unsigned long direct_allocs;	/* objects handed out past the magazines */
	unsigned long direct_frees;
	unsigned long direct_misses;	/* of these, without a look at the magazines */
	unsigned long slabs_freed;
	unsigned long pages_freed;

	/* Fixed before the first slab; ctor may go with the module it is in. */
	const struct zpool_geometry *geometry;
	void (*ctor)(void *obj);
	void (*retire)(struct zpool_slab *slab);	/* what its notes stand for, or NULL */
	void *owner;			/* the cache, opaque here */
	unsigned int tag;
	int node;
};

void zpool_slabs_init(struct zpool_slabs *slabs, const struct zpool_geometry *g,
		      void (*ctor)(void *obj), void *owner, unsigned int tag,
		      int node);
unsigned long zpool_slabs_fini(struct zpool_slabs *slabs);

/* Where the objects of a call go or come from: the counters differ. */
enum zpool_slab_use {
	ZPOOL_MAGAZINE,		/* a CPU's pair */
	ZPOOL_DIRECT,		/* the caller, and the pair was not asked */
	ZPOOL_FALLBACK,		/* the caller, after the pair missed */
	ZPOOL_PASSING,		/* a CPU's pair, which will have no room when it comes back */
	ZPOOL_MOVING,		/* the compactor: from slabs in use only */
};

unsigned int zpool_slabs_alloc(struct zpool_slabs *slabs, void **objs,
			       unsigned int nr, enum zpool_slab_use use);
unsigned int zpool_slabs_add(struct zpool_slabs *slabs, struct zpool_slab *slab,
			     void **objs, unsigned int nr, enum zpool_slab_use use);
unsigned int zpool_slabs_free(void **objs, unsigned int nr, enum zpool_slab_use use,
			      const void *owner);
unsigned int zpool_slabs_flush(void **objs, unsigned int nr, const void *owner,
			       unsigned long *pages);
unsigned long zpool_slabs_trim(struct zpool_slabs *slabs);
bool zpool_slabs_visit(struct zpool_slabs *slabs, enum zpool_place place,
		       void (*visit)(const struct zpool_slab *slab, void *arg), void *arg);

/* For zpool_isolate.c, under slabs->lock but for the last. */
enum zpool_place zpool_slab_place_locked(const struct zpool_slab *slab);
void zpool_slabs_move_locked(struct zpool_slabs *slabs, struct zpool_slab *slab,
			     enum zpool_place place, bool is_first);
void zpool_slabs_unkeep_locked(struct zpool_slabs *slabs, struct zpool_slab *slab);
void zpool_slabs_kill_locked(struct zpool_slabs *slabs, struct zpool_slab *slab,
			     struct list_head *dead);
unsigned long zpool_slabs_release(struct list_head *dead);

/* Nothing of it shall go to a magazine. */
static inline bool zpool_slab_is_isolated(const struct zpool_slab *slab)
{
	return READ_ONCE(slab->place) == ZPOOL_ISOLATED;
}

/*
 * Number of the object that starts at @obj, or -1 when none does. The tail
 * and a foreign address have none, nor has a slab that has just gone.
 */
static inline int zpool_slab_index(const struct zpool_slab *slab, const void *obj)
{
	const struct zpool_slabs *home = READ_ONCE(slab->home);
	u32 offset = (const char *)obj - (const char *)slab->base;
	u32 index;

	if (unlikely(!home))
		return -1;
	index = reciprocal_divide(offset, home->geometry->recip);
	if (index >= slab->nr_objects || index * home->geometry->stride != offset)
		return -1;
	return index;
}

static inline void *zpool_slab_object(const struct zpool_slab *slab, unsigned int i)
{
	return slab->base + (size_t)i * slab->home->geometry->stride;
}

#endif /* _KZPOOL_SLABS_H */
