/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slabs: runs of pages cut into objects, and their headers.
 *
 * Headers live off the slab, so objects start at the page boundary and an
 * overflow cannot reach them; a bitmap tells exactly what is free.
 *
 * Rejected: a header at the start of the run (costs the alignment).
 *
 * Called by the magazine and cache layers. May not call upward.
 */
#ifndef _KZPOOL_SLAB_H
#define _KZPOOL_SLAB_H

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/spinlock.h>

#include "zpool_pages.h"
#include "zpool_sizeclass.h"

/* The most objects that pass under one hold of a lock, and on one stack. */
#define ZPOOL_BATCH		32U

/*
 * One run of pages.  nr_free == weight of free[]; on home->partial while
 * 0 < nr_free < nr_objects, on ->full at 0, on ->empty at nr_objects.
 * A slab from the emergency reserves stays on ->full until it is released.
 */
struct zpool_slab {
	union {
		struct list_head list;		/* under home->lock */
		struct llist_node later;	/* dead, where pages may not be freed */
	};
	struct zpool_slabs *home;
	void *base;			/* address of object 0 */
	u32 nr_free;			/* under home->lock */
	u16 nr_objects;
	u16 nr_pages;
	u8  order;			/* as allocated */
	bool pfmemalloc;		/* from the emergency reserves */
	unsigned long free[];		/* bit set: free here; under home->lock */
} __aligned(1 << ZPOOL_TAG_BITS);

/* All slabs of one cache on one node. */
struct zpool_slabs {
	raw_spinlock_t lock;
	struct list_head partial;	/* some objects free */
	struct list_head full;		/* none */
	struct list_head empty;		/* all; kept within the budget */

	/* Sums over the lists, under lock. */
	unsigned long nr_slabs;
	unsigned long nr_empty;
	unsigned long nr_empty_pages;
	unsigned long nr_pages;
	unsigned long nr_objects;
	unsigned long nr_free;

	/* Events, under lock. */
	unsigned long refills;		/* batches taken for a magazine */
	unsigned long flushes;		/* batches given back by one */
	unsigned long direct_allocs;	/* objects handed out past the magazines */
	unsigned long direct_frees;
	unsigned long direct_misses;	/* of these, without a look at the magazines */
	unsigned long slabs_freed;
	unsigned long pages_freed;

	/* Fixed at init. */
	const struct zpool_geometry *geometry;
	void (*ctor)(void *obj);
	void *owner;			/* the cache, opaque here */
	unsigned int tag;
	int node;
};

int zpool_slab_start(void);
void zpool_slab_stop(void);

struct zpool_slab *zpool_slab_create(const struct zpool_geometry *g, gfp_t gfp,
				     int node);

void zpool_slabs_init(struct zpool_slabs *slabs, const struct zpool_geometry *g,
		      void (*ctor)(void *obj), void *owner, unsigned int tag,
		      int node);
unsigned long zpool_slabs_fini(struct zpool_slabs *slabs);

/* Where the objects of a call go or come from: the counters differ. */
enum zpool_slab_use {
	ZPOOL_MAGAZINE,		/* a CPU's pair */
	ZPOOL_DIRECT,		/* the caller, and the pair was not asked */
	ZPOOL_FALLBACK,		/* the caller, after the pair missed */
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

void zpool_slab_defer(void *obj);
void zpool_slab_sync(void);

static __always_inline struct zpool_slab *zpool_page_slab(const struct page *page)
{
	return (struct zpool_slab *)(page_private(page) & ~ZPOOL_TAG_MASK);
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

#endif /* _KZPOOL_SLAB_H */
