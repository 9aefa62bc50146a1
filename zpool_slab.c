// SPDX-License-Identifier: GPL-2.0
/*
 * A slab's life: made of pages, given back. See zpool_slab.h.
 */
#include <linux/bitmap.h>
#include <linux/kmemleak.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "zpool_budget.h"
#include "zpool_debug.h"
#include "zpool_defer.h"
#include "zpool_slab.h"

/* Flags that speak of the object, or that would make pages unfit. */
#define NOT_FOR_PAGES	(__GFP_ZERO | __GFP_COMP | __GFP_HIGHMEM | __GFP_MOVABLE | \
			 __GFP_RECLAIMABLE | __GFP_ACCOUNT)

#define HEADER_BYTES	(sizeof(struct zpool_slab) + ZPOOL_RUN_MAX_OBJECTS / 8)

static struct kmem_cache *headers;

/*
 * Of each object: first the sites, then the notes, as far as they are kept. Readers
 * as those of the header: it stays as long as they.
 */
struct beside {
	struct rcu_head rcu;
	unsigned long sites[];
};

/* What is known of a slab takes so much. */
static long metadata_bytes(const struct zpool_slab *slab)
{
	return HEADER_BYTES + (slab->notes || slab->sites ? sizeof(struct beside) : 0) +
	       (slab->notes ? slab->nr_objects * sizeof(*slab->notes) : 0) +
	       (slab->sites ? slab->nr_objects * sizeof(*slab->sites) : 0);
}

static void free_beside(struct zpool_slab *slab)
{
	void *first = slab->sites ?: (void *)slab->notes;
	struct beside *beside;

	if (!first)
		return;
	beside = container_of(first, struct beside, sites[0]);
	zpool_kvfree_call_rcu(&beside->rcu, beside);
}

static void free_header(struct zpool_slab *slab)
{
	free_beside(slab);
	kmem_cache_free(headers, slab);
}

/* Return: false without memory for what is to be known of each object. */
static bool alloc_beside(struct zpool_slab *slab, unsigned int nr, bool has_notes, gfp_t gfp,
			 int node)
{
	bool has_sites = zpool_debug & ZPOOL_DEBUG_SITES;
	size_t sites = has_sites ? nr * sizeof(*slab->sites) : 0;
	size_t notes = has_notes ? nr * sizeof(*slab->notes) : 0;
	struct beside *beside;

	slab->sites = NULL;
	slab->notes = NULL;
	if (!sites && !notes)
		return true;
	beside = kzalloc_node(sizeof(*beside) + sites + notes, gfp, node);
	if (!beside)
		return false;
	if (sites)
		slab->sites = beside->sites;
	if (notes)
		slab->notes = (void *)beside->sites + sites;
	return true;
}

/**
 * zpool_slab_create() - a slab with all objects free and no home yet
 * @g: how it is cut
 * @apart: ZPOOL_BEYOND, or not; the kernel may make it ZPOOL_EMERGENCY
 * @gfp: what may be done to get its pages; __GFP_NOFAIL is honoured up to
 *       order 1 of the least run
 * @node: where from; without __GFP_THISNODE another node may give them
 *
 * What its objects will point to is no leak: kmemleak is told of the run, as
 * one piece that nobody needs to point to.
 *
 * Context: as @gfp allows; where zpool_pages_allowed() is false there is none.
 * Return: the slab, for zpool_slabs_add() on the node of its pages, or NULL.
 */
struct zpool_slab *zpool_slab_create(const struct zpool_geometry *g, enum zpool_apart apart,
				     gfp_t gfp, int node)
{
	const struct zpool_run *run = apart && g->apart.nr_objects ? &g->apart : &g->best;
	struct zpool_slab *slab;
	struct page *page;

	if (!zpool_pages_allowed())
		return NULL;
	gfp &= ~NOT_FOR_PAGES;
	slab = kmem_cache_alloc_node(headers, gfp & ~__GFP_THISNODE, node);
	if (!slab)
		return NULL;
	page = alloc_beside(slab, run->nr_objects, g->has_notes, gfp & ~__GFP_THISNODE, node) ?
	       zpool_pages_alloc(g, gfp, node, &run) : NULL;
	if (!page) {
		free_header(slab);
		return NULL;
	}
	INIT_LIST_HEAD(&slab->list);
	slab->home = NULL;
	slab->base = page_address(page);
	slab->nr_free = run->nr_objects;
	slab->nr_objects = run->nr_objects;
	slab->nr_pages = run->nr_pages;
	slab->order = run->order;
	slab->apart = page_is_pfmemalloc(page) ? ZPOOL_EMERGENCY :
		      run == &g->apart ? ZPOOL_BEYOND : ZPOOL_NOT_APART;
	slab->is_hindered = false;
	slab->place = ZPOOL_NOWHERE;
	slab->tenth = DIV_ROUND_UP(10U << ZPOOL_TENTH_SHIFT, run->nr_objects);
	bitmap_fill(slab->free, run->nr_objects);	/* bits beyond do not matter */
	zpool_metadata_add(metadata_bytes(slab));
	kmemleak_alloc(slab->base, zpool_slab_bytes(slab), 0, gfp);
	return slab;
}

static void end_header(struct zpool_slab *slab)
{
	zpool_metadata_add(-metadata_bytes(slab));
	free_header(slab);
}

static void release(struct zpool_slab *slab)
{
	kmemleak_free(slab->base);
	zpool_pages_free(virt_to_page(slab->base), slab->order, slab->nr_pages);
	end_header(slab);
}

static void release_later(struct llist_node *node)
{
	release(container_of(node, struct zpool_slab, later));
}

static DEFINE_PER_CPU(struct zpool_deferral, released_later);

/**
 * zpool_slab_release() - give slabs back
 * @dead: slabs without marks that are on no other list
 *
 * Context: any but NMI; where pages may not be freed, later.
 * Return: how many pages those have.
 */
unsigned long zpool_slab_release(struct list_head *dead)
{
	struct zpool_slab *slab, *next;
	bool now = zpool_pages_allowed();
	unsigned long pages = 0;

	list_for_each_entry_safe(slab, next, dead, list) {
		pages += slab->nr_pages;
		if (likely(now))
			release(slab);
		else
			zpool_defer(&released_later, &slab->later);
	}
	return pages;
}

/**
 * zpool_slab_abandon() - leave a slab's pages to those who still use objects of it
 * @slab: without marks, in nobody's hands any more
 */
void zpool_slab_abandon(struct zpool_slab *slab)
{
	zpool_pages_abandon(virt_to_page(slab->base), slab->nr_pages);
	end_header(slab);
}

/**
 * zpool_slab_of() - the slab that an address is in
 * @obj: of the linear map
 *
 * Without its home's lock it may go at any time (when somebody frees an object
 * twice), but header memory stays header memory as long as the reader is in an
 * RCU section.
 *
 * Return: the slab, or NULL.
 */
struct zpool_slab *zpool_slab_of(const void *obj)
{
	struct page *page = virt_to_page(obj);
	struct zpool_slab *slab = zpool_page_slab(page);

	return zpool_page_is_ours(page) ? slab : NULL;
}

/**
 * zpool_slab_sync() - wait for slabs that died where pages may not be freed
 *
 * Context: process.
 */
void zpool_slab_sync(void)
{
	zpool_defer_sync(&released_later);
}

/**
 * zpool_slab_start() - at load, before the first slab
 *
 * Return: 0, or -ENOMEM.
 */
int zpool_slab_start(void)
{
	zpool_defer_init(&released_later, release_later);
	headers = kmem_cache_create("kzpool_slab", HEADER_BYTES,
				    __alignof__(struct zpool_slab),
				    SLAB_TYPESAFE_BY_RCU, NULL);
	return headers ? 0 : -ENOMEM;
}

/* At unload, after the last slab. */
void zpool_slab_stop(void)
{
	zpool_slab_sync();
	kmem_cache_destroy(headers);
}
