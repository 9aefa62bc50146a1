// SPDX-License-Identifier: GPL-2.0
/*
 * Where magazines and their objects come from: how large a magazine is, which
 * slab serves whom, what is made when there is none.
 *
 * Outside all locks: each function takes and drops those of the layers below.
 */
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "zpool_alarm.h"
#include "zpool_budget.h"
#include "zpool_defer.h"
#include "zpool_node.h"
#include "zpool_pressure.h"
#include "zpool_supply.h"

/*
 * Magazines: how large, and who may have one.
 */

/*
 * How large this CPU's next magazine may be. What nobody has paid for takes at
 * most a sixteenth of the room that is left, so that the first to come does not
 * leave the others without.
 */
static unsigned int capacity_within(struct zpool_cache *cache, unsigned long room)
{
	const struct zpool_cpu_tail *tail = raw_cpu_ptr(cache->tails);
	unsigned int capacity = READ_ONCE(tail->capacity);
	size_t stride = cache->geometry.stride;
	size_t fair = READ_ONCE(tail->is_paid) ? room : room / 16;

	capacity = clamp_t(size_t, fair / stride, min(capacity, ZPOOL_LEAST_CAPACITY), capacity);
	return capacity * stride > room ? 0 : capacity;
}

/* One of a CPU's own, of at least so many objects: they may use the whole budget. */
struct zpool_magazine *zpool_cpu_magazine(struct zpool_cache *cache, int nid,
					  unsigned int least)
{
	unsigned long limit = READ_ONCE(zpool_budget.limit);
	unsigned int capacity = capacity_within(cache, zpool_budget_room(limit));

	if (!capacity || capacity < least) {
		this_cpu_inc(cache->tails->denied);
		return NULL;
	}
	return zpool_magazine_create(cache->geometry.stride, capacity, limit, nid);
}

/* One more, that makes a depot's of another: they may use half of it. */
struct zpool_magazine *zpool_depot_magazine(struct zpool_cache *cache, int nid)
{
	unsigned int capacity = capacity_within(cache, zpool_budget_shared_room());
	size_t stride = cache->geometry.stride;
	struct zpool_magazine *mag;

	if (!capacity || !zpool_budget_share(capacity * stride)) {
		this_cpu_inc(cache->tails->denied);
		return NULL;
	}
	mag = zpool_magazine_create(stride, capacity, READ_ONCE(zpool_budget.limit), nid);
	if (mag)
		zpool_magazine_share(mag);
	else
		zpool_budget_unshare(capacity * stride);
	return mag;
}

/*
 * Supply from the slabs.
 */

/* What is not done for a node's own memory before the others' is looked at. */
#define EFFORT		(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL | __GFP_HIGH | __GFP_MEMALLOC)

/* For objects that no magazine may hold. */
static enum zpool_slab_use past_magazines(enum zpool_slab_use use)
{
	return use == ZPOOL_MAGAZINE || use == ZPOOL_PASSING ? ZPOOL_FALLBACK : use;
}

/* What other nodes have ready. Objects, not pages: cpusets do not bind them. */
static unsigned int take_from_any_node(struct zpool_cache *cache, void **obj,
				       enum zpool_slab_use use)
{
	int nid;

	for_each_node(nid)
		if (zpool_slabs_alloc(&cache->nodes[nid]->slabs, obj, 1, use))
			return 1;
	return 0;
}

/* Give a new slab its home, which may be on another node than was asked. */
static unsigned int add_slab(struct zpool_cache *cache, struct zpool_slab *slab, int nid,
			     void **objs, unsigned int nr, enum zpool_slab_use *use)
{
	int home = page_to_nid(virt_to_page(slab->base));

	if (home != nid || slab->apart == ZPOOL_EMERGENCY) {
		*use = past_magazines(*use);
		nr = 1;
	}
	return zpool_slabs_add(&cache->nodes[home]->slabs, slab, objs, nr, *use);
}

/*
 * No pages to be had: that memory is scarce, if who asked could wait until some
 * is reclaimed, or wanted a single one. Many in a row may be missing with plenty
 * of memory free.
 */
static void note_failure(const struct zpool_cache *cache, gfp_t gfp)
{
	if (!zpool_pages_allowed() || (gfp & (__GFP_THISNODE | __GFP_NORETRY)) ||
	    cache->geometry.least.order > (gfpflags_allow_blocking(gfp) ?
					   PAGE_ALLOC_COSTLY_ORDER : 0))
		return;
	if (zpool_pressure_note(&zpool_pressure, ZPOOL_MERGE, zpool_now_ms()))
		zpool_alarm();
}

static unsigned int try_take(struct zpool_cache *cache, gfp_t gfp, int nid,
			     void **objs, unsigned int nr, enum zpool_slab_use *use)
{
	enum zpool_apart apart = *use == ZPOOL_PASSING ? ZPOOL_BEYOND : ZPOOL_NOT_APART;
	struct zpool_slab *slab = NULL;
	unsigned int got;

	got = zpool_slabs_alloc(&cache->nodes[nid]->slabs, objs, nr, *use);
	if (got)
		return got;

	/* This node without effort, then what others have, then all effort anywhere. */
	if (static_branch_unlikely(&zpool_numa) && !(gfp & __GFP_THISNODE)) {
		slab = zpool_slab_create(&cache->geometry, apart,
					 (gfp & ~EFFORT) | __GFP_THISNODE |
					 __GFP_NOWARN | __GFP_NOMEMALLOC, nid);
		if (!slab && take_from_any_node(cache, objs, past_magazines(*use))) {
			*use = past_magazines(*use);
			return 1;
		}
	}
	if (!slab)
		slab = zpool_slab_create(&cache->geometry, apart, gfp, nid);
	if (slab)
		return add_slab(cache, slab, nid, objs, nr, use);
	if (zpool_slabs_alloc(&cache->nodes[nid]->slabs, objs, 1, past_magazines(*use))) {
		*use = past_magazines(*use);
		return 1;
	}
	note_failure(cache, gfp);
	return 0;
}

/* Of @nid if possible. */
static void *take_reserved(struct zpool_cache *cache, gfp_t gfp, int nid, bool is_direct)
{
	void *obj = zpool_reserve_take(&cache->nodes[nid]->reserve, is_direct);
	int other;

	for_each_node(other)
		if (!obj && !(gfp & __GFP_THISNODE))
			obj = zpool_reserve_take(&cache->nodes[other]->reserve, is_direct);
	if (obj)
		zpool_alarm();
	return obj;
}

/* The last resort of who cannot sleep. */
static unsigned int try_reserve(struct zpool_cache *cache, gfp_t gfp, int nid,
				void **obj, enum zpool_slab_use *use)
{
	if (!READ_ONCE(cache->reserve) ||
	    (gfpflags_allow_blocking(gfp) && zpool_pages_allowed()))
		return 0;
	*obj = take_reserved(cache, gfp, nid, *use == ZPOOL_DIRECT);
	*use = past_magazines(*use);
	return *obj ? 1 : 0;
}

/**
 * zpool_cache_take() - take objects out of slabs, making one slab if need be
 * @cache: of which size
 * @gfp: how the slab may be made
 * @nid: on which node they are wanted
 * @objs: filled in
 * @nr: how many are wanted, at most ZPOOL_BATCH
 * @use: where they go. Objects of another node, of the emergency reserves and
 *       of the cache's own are not for magazines, nor is what a slab apart has
 *       when there are no pages: then it becomes ZPOOL_FALLBACK, and there is one.
 *
 * Context: as @gfp allows, outside all locks of ours.
 * Return: how many there were.
 */
unsigned int zpool_cache_take(struct zpool_cache *cache, gfp_t gfp, int nid,
			      void **objs, unsigned int nr, enum zpool_slab_use *use)
{
	bool nofail = (gfp & __GFP_NOFAIL) && gfpflags_allow_blocking(gfp);
	unsigned int got;

	if (!nofail)
		gfp &= ~__GFP_NOFAIL;
	for (;;) {
		got = try_take(cache, gfp, nid, objs, nr, use);
		if (likely(got))
			return got;
		if (!nofail)
			return try_reserve(cache, gfp, nid, objs, use);
		schedule_timeout_uninterruptible(1);
	}
}

/**
 * zpool_cache_keep() - let an object fill up the reserve
 * @cache: of which it is
 * @obj: free, and of no slab made from the emergency reserves
 * @is_freed: by a caller, just now
 *
 * Return: false when no object is missing there: it is still the caller's.
 */
bool zpool_cache_keep(struct zpool_cache *cache, void *obj, bool is_freed)
{
	struct zpool_reserve *r;

	if (likely(!READ_ONCE(cache->reserve)))
		return false;
	r = &cache->nodes[page_to_nid(virt_to_page(obj))]->reserve;
	return unlikely(zpool_reserve_missing(r)) && zpool_reserve_put(r, obj, is_freed);
}

/* Return: how many are left, at the beginning of @objs. */
static unsigned int keep_some(struct zpool_cache *cache, void **objs, unsigned int nr)
{
	unsigned int i, left = 0;

	for (i = 0; i < nr; i++)
		if (!zpool_cache_keep(cache, objs[i], false))
			objs[left++] = objs[i];
	return left;
}

/**
 * zpool_cache_put() - give objects of a magazine back to their slabs
 * @cache: of which they are, though a caller may have freed some twice
 * @objs: the objects; the array is overwritten
 * @nr: how many, at most ZPOOL_BATCH
 *
 * Context: see zpool_slabs_free().
 * Return: how many pages were given back for it.
 */
unsigned long zpool_cache_put(struct zpool_cache *cache, void **objs, unsigned int nr)
{
	unsigned long pages = 0;
	unsigned int good;

	if (unlikely(READ_ONCE(cache->reserve)))
		nr = keep_some(cache, objs, nr);
	good = zpool_slabs_flush(objs, nr, cache, &pages);
	if (unlikely(good < nr))
		atomic_long_add(nr - good, &cache->dropped);
	return pages;
}

/* A magazine with up to @most fresh objects, fewer if memory ends; NULL for none. */
static struct zpool_magazine *filled_magazine(struct zpool_cache *cache, int nid,
					      size_t most)
{
	struct zpool_magazine *mag = zpool_depot_magazine(cache, nid);
	enum zpool_slab_use use = ZPOOL_MAGAZINE;

	if (!mag)
		return NULL;
	most = min_t(size_t, most, mag->capacity);
	while (mag->count < most) {
		void **objs = &mag->objs[mag->count + 1];
		unsigned int nr = min_t(size_t, most - mag->count, ZPOOL_BATCH);

		nr = zpool_cache_take(cache, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN,
				      nid, objs, nr, &use);
		if (use != ZPOOL_MAGAZINE)
			zpool_slabs_free(objs, nr, use, NULL);
		if (use != ZPOOL_MAGAZINE || !nr)
			break;
		mag->count += nr;
	}
	if (mag->count)
		return mag;
	zpool_magazine_destroy(mag, cache->geometry.stride);
	return NULL;
}

/**
 * zpool_cache_prefill() - fill depots before there is any demand, and keep
 * so much there
 * @cache: which
 * @bytes: how much, spread over the nodes that CPUs fill from; the budget
 *         bounds it
 *
 * Context: process.
 */
void zpool_cache_prefill(struct zpool_cache *cache, size_t bytes)
{
	size_t share = bytes / nodes_weight(zpool_fed_nodes) / cache->geometry.stride;
	struct zpool_magazine *mag;
	int nid;

	for_each_node_mask(nid, zpool_fed_nodes) {
		size_t left = share;

		while (left && (mag = filled_magazine(cache, nid, left))) {
			left -= mag->count;
			zpool_depot_put_kept(&cache->nodes[nid]->depot, mag);
		}
	}
}
