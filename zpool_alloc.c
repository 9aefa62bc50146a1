// SPDX-License-Identifier: GPL-2.0
/*
 * The way of one object past the fast path, and the calls on typed caches.
 *
 * Everything here may run in process, softirq and hardirq context and may be
 * interrupted anywhere by itself. What interrupts a busy section goes direct,
 * to the slabs. No lock is held from one function to the next; between busy
 * sections the task may move to another CPU or node, and each section looks
 * again where it is.
 */
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/instruction_pointer.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "zpool_alloc.h"
#include "zpool_report.h"

static void *alloc_direct(struct zpool_cache *cache, gfp_t gfp)
{
	enum zpool_slab_use use = ZPOOL_DIRECT;
	void *obj;

	if (!zpool_cache_take(cache, gfp, numa_mem_id(), &obj, 1, &use))
		return NULL;
	return obj;
}

/*
 * Load a batch of node @nid into this CPU's pair. The CPU may have changed
 * since the batch was taken, and its pair may have been filled by others.
 *
 * Return: how many of @objs are left, at its beginning.
 */
static unsigned int load_batch(struct zpool_cache *cache, int nid,
			       struct zpool_magazine *spare, void **objs,
			       unsigned int nr)
{
	struct zpool_cpu_head *head;

	if (WARN_ON_ONCE(!zpool_cpu_enter()))
		return nr;
	head = this_cpu_ptr(cache->heads);
	if (spare)
		zpool_head_install(head, &zpool_this_node(cache)->depot, spare);
	head->allocs++;
	if (nid == numa_mem_id())
		nr = zpool_head_load(head, objs, nr);
	zpool_cpu_exit();
	return nr;
}

/* The pair and the depot have nothing: take a batch, load it, keep one. */
static void *alloc_batch(struct zpool_cache *cache, gfp_t gfp, int nid,
			 unsigned int capacity)
{
	enum zpool_slab_use use = ZPOOL_MAGAZINE;
	struct zpool_magazine *spare = NULL;
	void *objs[ZPOOL_BATCH], *obj;
	unsigned int nr;

	if (!capacity) {
		spare = zpool_cpu_magazine(cache, nid);
		capacity = spare ? spare->capacity : 0;
	}
	nr = zpool_cache_take(cache, gfp, nid, objs,
			     clamp(capacity / 2, 1U, ZPOOL_BATCH), &use);
	if (use != ZPOOL_MAGAZINE || !nr) {
		if (spare)
			zpool_magazine_destroy(spare, cache->geometry.stride);
		return nr ? objs[0] : NULL;
	}
	obj = objs[--nr];
	nr = load_batch(cache, nid, spare, objs, nr);
	if (nr)
		zpool_cache_put(cache, objs, nr);
	return obj;
}

/**
 * zpool_alloc_slow() - an object when loaded has none
 * @cache: of which size
 * @gfp: how
 *
 * Context: any; in NMI always NULL.
 * Return: the object, not initialised, or NULL.
 */
void *zpool_alloc_slow(struct zpool_cache *cache, gfp_t gfp)
{
	struct zpool_cpu_head *head;
	unsigned int capacity;
	void *obj = NULL;
	int nid;

	might_alloc(gfp);
	if (unlikely(in_nmi())) {
		zpool_report("%s: NMI found no object in the magazine", cache->name);
	} else if (unlikely(!zpool_cpu_enter())) {
		obj = alloc_direct(cache, gfp);
	} else {
		head = this_cpu_ptr(cache->heads);
		nid = numa_mem_id();
		if (zpool_head_refill(head, &cache->nodes[nid]->depot))
			obj = zpool_head_pop(head);
		capacity = READ_ONCE(head->loaded)->capacity;
		zpool_cpu_exit();
		if (!obj)
			obj = alloc_batch(cache, gfp, nid, capacity);
	}
	if (unlikely(!obj))
		this_cpu_inc(zpool_cpu.failures);
	return obj;
}

/*
 * Free past the fast path.
 */

/**
 * zpool_free_direct() - put an object into its slab, past the magazines
 * @obj: in use
 */
void zpool_free_direct(void *obj)
{
	zpool_slabs_free(&obj, 1, ZPOOL_DIRECT, NULL);
}

void zpool_report_twice(struct zpool_cache *cache, const void *obj, void *caller)
{
	zpool_report("%s: %p freed twice, the second time by %pS; ignored",
		     cache->name, obj, caller);
}

/**
 * zpool_is_object() - does an object start here? If not, it is reported
 * @slab: of the page of @obj
 * @obj: given by a caller
 * @what: the call, for the report
 * @caller: of the API
 *
 * For who writes to an object before it is known to be one; else this is found
 * out when the object goes back to its slab.
 */
bool zpool_is_object(const struct zpool_slab *slab, const void *obj, const char *what,
		     void *caller)
{
	if (likely(zpool_slab_index(slab, obj) >= 0))
		return true;
	zpool_report("%s of %p by %pS: starts no object; ignored", what, obj, caller);
	return false;
}

/* Neither the pair nor the depot has room: get a magazine, or spill to slabs. */
static void free_batch(struct zpool_cache *cache, void *obj, bool has_pair, void *caller)
{
	enum zpool_push pushed = ZPOOL_NO_ROOM;
	struct zpool_magazine *spare;
	struct zpool_cpu_head *head;
	void *objs[ZPOOL_BATCH];
	unsigned int nr = 0;

	spare = has_pair ? zpool_depot_magazine(cache, numa_mem_id()) :
			   zpool_cpu_magazine(cache, numa_mem_id());
	if (!WARN_ON_ONCE(!zpool_cpu_enter())) {
		head = this_cpu_ptr(cache->heads);
		if (spare)
			zpool_head_install(head, &zpool_this_node(cache)->depot, spare);
		else
			nr = zpool_head_spill(head, objs);
		if (!zpool_is_remote(virt_to_page(obj)))
			pushed = zpool_head_push(head, obj);
		zpool_cpu_exit();
	}
	if (nr)
		zpool_cache_put(cache, objs, nr);
	if (pushed == ZPOOL_NO_ROOM)
		zpool_slabs_free(&obj, 1, ZPOOL_FALLBACK, cache);
	else if (pushed == ZPOOL_TWICE)
		zpool_report_twice(cache, obj, caller);
}

/**
 * zpool_free_slow() - free an object when loaded has no room for it
 * @cache: its cache
 * @obj: in use
 * @caller: of the API, for reports
 *
 * Context: any; from NMI the object comes home with the next interrupt.
 */
void zpool_free_slow(struct zpool_cache *cache, void *obj, void *caller)
{
	enum zpool_push pushed = ZPOOL_NO_ROOM;
	struct zpool_cpu_head *head;
	bool has_pair;

	if (unlikely(in_nmi())) {
		zpool_slab_defer(obj);
		return;
	}
	if (unlikely(!zpool_cpu_enter())) {
		zpool_free_direct(obj);
		return;
	}
	if (zpool_is_remote(virt_to_page(obj))) {
		zpool_cpu_exit();
		this_cpu_inc(zpool_cpu.remote_frees);
		zpool_free_direct(obj);
		return;
	}
	head = this_cpu_ptr(cache->heads);
	if (zpool_head_make_room(head, &zpool_this_node(cache)->depot))
		pushed = zpool_head_push(head, obj);
	has_pair = READ_ONCE(head->previous) != zpool_no_magazine;
	zpool_cpu_exit();
	if (pushed == ZPOOL_NO_ROOM)
		free_batch(cache, obj, has_pair, caller);
	else if (pushed == ZPOOL_TWICE)
		zpool_report_twice(cache, obj, caller);
}


/*
 * Typed caches.
 */

/* Zones cannot be promised: an object may come from any slab. */
#define REFUSED_GFP	(__GFP_DMA | __GFP_DMA32)

/* True, with a report, for what a typed cache cannot do. */
static bool is_refused(const struct zpool_cache *cache, gfp_t gfp)
{
	if (gfp & REFUSED_GFP)
		zpool_report("%s: a typed cache cannot serve DMA zones (gfp %#x)",
			     cache->name, (__force unsigned int)gfp);
	else if (cache->ctor && (gfp & __GFP_ZERO))
		zpool_report("%s: has a constructor, cannot be zeroed", cache->name);
	else
		return false;
	return true;
}

/**
 * zpool_cache_alloc() - an object of a cache
 * @cache: which
 * @gfp: how; the zone flags are refused, so is __GFP_ZERO with a constructor.
 *       __GFP_ACCOUNT is ignored: objects of a cache are not charged.
 *
 * Context: process, softirq, hardirq, as @gfp allows; in NMI only what lies in
 * this CPU's magazine.
 * Return: the object, or NULL.
 */
void *zpool_cache_alloc(struct zpool_cache *cache, gfp_t gfp)
{
	void *obj;

	if (unlikely(gfp & (REFUSED_GFP | __GFP_ZERO)) && is_refused(cache, gfp))
		return NULL;
	if (unlikely(!zpool_alloc_fast(cache->heads, &obj))) {
		obj = zpool_alloc_slow(cache, gfp);
		if (unlikely(!obj))
			return NULL;
	}
	if (want_init_on_alloc(gfp) && !cache->ctor)
		memset(obj, 0, cache->geometry.size);
	return obj;
}
EXPORT_SYMBOL_GPL(zpool_cache_alloc);

/**
 * zpool_cache_zalloc() - an object of a cache, all zero
 * @cache: which; one with a constructor refuses
 * @gfp: see zpool_cache_alloc()
 *
 * Context: see zpool_cache_alloc().
 * Return: the object, or NULL.
 */
void *zpool_cache_zalloc(struct zpool_cache *cache, gfp_t gfp)
{
	return zpool_cache_alloc(cache, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(zpool_cache_zalloc);

/**
 * zpool_owner() - the cache of a slab
 * @slab: as a page told, NULL where it has just lost its mark
 *
 * Return: the cache, or NULL.
 */
struct zpool_cache *zpool_owner(const struct zpool_slab *slab)
{
	struct zpool_slabs *home = slab ? READ_ONCE(slab->home) : NULL;

	return home ? home->owner : NULL;
}

/* The slab of an object of @cache; NULL, with a report, for anything else. */
static struct zpool_slab *slab_in(struct zpool_cache *cache, const void *obj, void *caller)
{
	struct page *page = zpool_linear_page(obj);
	struct zpool_slab *slab = NULL;
	struct zpool_cache *owner;

	if (likely(page && zpool_page_is_ours(page)))
		slab = zpool_page_slab(page);
	owner = zpool_owner(slab);
	if (likely(owner == cache))
		return slab;
	zpool_report("%s: %p freed by %pS belongs to %s; ignored",
		     cache->name, obj, caller, owner ? owner->name : "no cache of zpool");
	return NULL;
}

/**
 * zpool_cache_free_in() - free what a page's header, not its class, tells of
 * @cache: zpool_owner() of @slab
 * @slab: of @obj; of a typed cache, or from the emergency reserves
 * @obj: in use
 * @caller: of the API
 */
void zpool_cache_free_in(struct zpool_cache *cache, struct zpool_slab *slab, void *obj,
			 void *caller)
{
	enum zpool_push pushed;

	if (want_init_on_free() && !cache->ctor) {
		if (!zpool_is_object(slab, obj, "free", caller))
			return;
		memset(obj, 0, cache->geometry.size);
	}
	if (unlikely(slab->pfmemalloc)) {
		if (in_nmi())
			zpool_slab_defer(obj);
		else
			zpool_free_direct(obj);
		return;
	}
	if (likely(zpool_free_fast(cache->heads, virt_to_page(obj), obj, &pushed)))
		return;
	if (pushed == ZPOOL_TWICE)
		zpool_report_twice(cache, obj, caller);
	else
		zpool_free_slow(cache, obj, caller);
}

/**
 * zpool_cache_free() - free an object of a cache
 * @cache: the cache it came from; with any other, one report and no free
 * @obj: the object, or NULL
 *
 * Context: any.
 */
void zpool_cache_free(struct zpool_cache *cache, void *obj)
{
	struct zpool_slab *slab;

	if (unlikely(!obj))
		return;
	slab = slab_in(cache, obj, (void *)_RET_IP_);
	if (likely(slab))
		zpool_cache_free_in(cache, slab, obj, (void *)_RET_IP_);
}
EXPORT_SYMBOL_GPL(zpool_cache_free);
