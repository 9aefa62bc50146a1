/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slab: a run of pages cut into objects, and its header.
 *
 * Headers live off the slab, so objects start at the page boundary and an
 * overflow cannot reach them; a bitmap tells exactly what is free. What more
 * there is to be known of each object (who owns it, who asked for it) lies
 * beside, where a cache wants that.
 *
 * Rejected: a header at the start of the run (costs the alignment).
 *
 * Called by the layers above. May not call upward.
 */
#ifndef _KZPOOL_SLAB_H
#define _KZPOOL_SLAB_H

#include <linux/list.h>
#include <linux/llist.h>

#include "zpool_pages.h"
#include "zpool_sizeclass.h"

/* The most objects that pass under one hold of a lock, and on one stack. */
#define ZPOOL_BATCH		32U

/* On no list: not yet, or not any more. */
#define ZPOOL_NOWHERE		0xff

/* Exact for as many objects as any slab has: its square is no larger than 1 << 26. */
#define ZPOOL_TENTH_SHIFT	26
static_assert((10ULL << ZPOOL_TENTH_SHIFT) + ZPOOL_RUN_MAX_OBJECTS <= U32_MAX);
static_assert(ZPOOL_RUN_MAX_OBJECTS <= 1UL << ZPOOL_TENTH_SHIFT / 2);

/*
 * Why objects that are freed go to the slab at once, past the magazines. What exceeds
 * the budget finds no room in these, and would pay the page allocator each time if it
 * were alone in its slab: it shares one with some, and since hardly any of them lies
 * idle on a CPU, the slab goes when they are freed.
 */
enum zpool_apart {
	ZPOOL_NOT_APART,		/* most */
	ZPOOL_BEYOND,			/* more than the budget holds */
	ZPOOL_EMERGENCY,		/* pages from the emergency reserves (pfmemalloc) */
};

struct zpool_slabs;

/* One run of pages.  nr_free == weight of free[]. */
struct zpool_slab {
	union {
		struct list_head list;		/* under home->lock */
		struct llist_node later;	/* dead, where pages may not be freed */
	};
	struct zpool_slabs *home;
	void *base;			/* address of object 0 */
	u32 *notes;			/* one an object, see zpool_geometry; or NULL */
	unsigned long *sites;		/* who asked for each, or NULL; see zpool_debug.h */
	u32 nr_free;			/* under home->lock, as the next */
	u8  place;			/* enum zpool_place, or ZPOOL_NOWHERE */
	bool is_hindered;		/* not to be emptied: something in it did not move */
	u8  order;			/* as allocated */
	u8  apart;			/* enum zpool_apart */
	u16 nr_objects;
	u16 nr_pages;
	u32 tenth;			/* 10 / nr_objects, times 1 << ZPOOL_TENTH_SHIFT */
	unsigned long free[];		/* bit set: free here; under home->lock */
} __aligned(1 << ZPOOL_TAG_BITS);

int zpool_slab_start(void);
void zpool_slab_stop(void);

struct zpool_slab *zpool_slab_create(const struct zpool_geometry *g, enum zpool_apart apart,
				     gfp_t gfp, int node);
unsigned long zpool_slab_release(struct list_head *dead);
void zpool_slab_abandon(struct zpool_slab *slab);
struct zpool_slab *zpool_slab_of(const void *obj);
void zpool_slab_sync(void);

static __always_inline struct zpool_slab *zpool_page_slab(const struct page *page)
{
	return (struct zpool_slab *)(READ_ONCE(page->private) & ~ZPOOL_TAG_MASK);
}

static inline size_t zpool_slab_bytes(const struct zpool_slab *slab)
{
	return slab->nr_pages * PAGE_SIZE;
}

#endif /* _KZPOOL_SLAB_H */
