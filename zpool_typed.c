// SPDX-License-Identifier: GPL-2.0
/*
 * Typed caches: objects of one size, with an alignment and a constructor of
 * the owner's choice. A free must name the cache that the object came from.
 */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/log2.h>
#include <linux/numa.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "zpool_alloc.h"
#include "zpool_drain.h"
#include "zpool_live.h"
#include "zpool_nmi.h"
#include "zpool_refill.h"
#include "zpool_report.h"

/*
 * Creation and destruction.
 */

static bool is_good_name(const char *name)
{
	size_t i, len = name ? strnlen(name, ZPOOL_NAME_BYTES) : 0;

	for (i = 0; i < len; i++)
		if (!isgraph(name[i]) || name[i] == '/')
			return false;
	return len && len < ZPOOL_NAME_BYTES;
}

/* As far as the object is larger than half a line; else two share it. */
static size_t line_align(size_t size, size_t align)
{
	size_t line = cache_line_size();

	while (line > 1 && size <= line / 2)
		line /= 2;
	return max(align, line);
}

/**
 * zpool_cache_create() - a pool of objects of one size
 * @name: 1 to 31 printable characters without blank or slash; copied. Shown in
 *        debugfs and in reports.
 * @size: bytes of an object, 1 to ZPOOL_MAX_SIZE
 * @align: power of two, at most ZPOOL_MAX_SIZE; 0 for the usual
 * @flags: ZPOOL_HWCACHE_ALIGN, ZPOOL_PANIC; others are refused
 * @ctor: called once for each object when its slab is made, or NULL. An object
 *        must be freed in the state that @ctor leaves. It must not allocate
 *        from this cache.
 *
 * Context: process; may sleep.
 * Return: the cache; NULL, with a report, for a bad argument, or without
 *         memory (with ZPOOL_PANIC, never NULL).
 */
struct zpool_cache *zpool_cache_create(const char *name, size_t size,
				       size_t align, unsigned int flags,
				       void (*ctor)(void *obj))
{
	struct zpool_cache *cache = NULL;
	struct zpool_geometry geometry;

	if (!is_good_name(name))
		zpool_report("cache_create: a name has 1 to %d printable characters without blank or slash",
			     ZPOOL_NAME_BYTES - 1);
	else if (flags & ~(ZPOOL_HWCACHE_ALIGN | ZPOOL_PANIC))
		zpool_report("%s: unknown flags %#x", name, flags);
	else if (zpool_geometry_init(&geometry, size,
				     flags & ZPOOL_HWCACHE_ALIGN && is_power_of_2(align ?: 1) ?
				     line_align(size, align) : align ?: 1))
		zpool_report("%s: size %zu (1 to %lu) or alignment %zu (power of two up to %lu) out of range",
			     name, size, ZPOOL_MAX_SIZE, align, ZPOOL_MAX_SIZE);
	else
		cache = zpool_cache_begin(name, &geometry, ZPOOL_TAG_HEADER, ctor);

	if (!cache && (flags & ZPOOL_PANIC))
		panic("kzpool: cannot create cache %s\n", name ?: "(null)");
	return cache;
}
EXPORT_SYMBOL_GPL(zpool_cache_create);

/**
 * zpool_cache_destroy() - the end of a cache
 * @cache: from zpool_cache_create(), or NULL; no other call on it may be going on
 *
 * Objects still in use are reported and their memory is lost, never reused.
 * Those given to zpool_kfree_rcu() are waited for, and if the cache has a
 * reserve, whoever reclaims memory to fill it up.
 *
 * Context: process; waits for a grace period.
 */
void zpool_cache_destroy(struct zpool_cache *cache)
{
	if (!cache)
		return;
	if (!zpool_cache_unlist(cache)) {
		zpool_report("cache_destroy: %p is no cache, or not any more; ignored", cache);
		return;
	}
	if (READ_ONCE(cache->frees_by_rcu))
		rcu_barrier();
	zpool_nmi_sync();
	zpool_slab_sync();
	zpool_refill_end(cache);
	zpool_cache_drain(cache);
	zpool_cache_end(cache);
}
EXPORT_SYMBOL_GPL(zpool_cache_destroy);

/*
 * Objects.
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

/* As the caller gets it. From now on the compactor may ask its owner to move it. */
static noinline void *initialised(struct zpool_cache *cache, void *obj, gfp_t gfp)
{
	if (obj && cache->mover)
		zpool_live_set_used(zpool_slab_of(obj), obj);
	if (obj && want_init_on_alloc(gfp) && !cache->ctor)
		memset(obj, 0, cache->geometry.size);
	return obj;
}

static noinline void *alloc_slow(struct zpool_cache *cache, gfp_t gfp, int node, void *caller)
{
	return initialised(cache, zpool_alloc_slow(cache, gfp, node, caller), gfp);
}

static __always_inline void *alloc_accepted(struct zpool_cache *cache, gfp_t gfp, void *caller)
{
	void *obj;

	if (unlikely(!zpool_alloc_fast(cache->heads, &obj)))
		return alloc_slow(cache, gfp, NUMA_NO_NODE, zpool_caller(caller));
	if (unlikely(cache->mover || want_init_on_alloc(gfp)))
		return initialised(cache, obj, gfp);
	return obj;
}

/* To be zeroed, or to be refused. */
static noinline void *alloc_special(struct zpool_cache *cache, gfp_t gfp, void *caller)
{
	return is_refused(cache, gfp) ? NULL : alloc_accepted(cache, gfp, caller);
}

/* For whichever function it is inlined into. What is tested once need not be again. */
static __always_inline void *alloc_for(struct zpool_cache *cache, gfp_t gfp)
{
	if (unlikely(gfp & (REFUSED_GFP | __GFP_ZERO)))
		return alloc_special(cache, gfp, (void *)_RET_IP_);
	return alloc_accepted(cache, gfp & ~__GFP_ZERO, NULL);
}

/**
 * zpool_cache_alloc() - an object of a cache
 * @cache: which
 * @gfp: how; the zone flags are refused, so is __GFP_ZERO with a constructor.
 *       __GFP_ACCOUNT is ignored: objects of a cache are not charged.
 *
 * Context: process, softirq, hardirq, as @gfp allows; in NMI only what lies in
 * this CPU's magazine. On PREEMPT_RT with preemption or interrupts off, only
 * what magazines and slabs have.
 * Return: the object, or NULL.
 */
void *zpool_cache_alloc(struct zpool_cache *cache, gfp_t gfp)
{
	return alloc_for(cache, gfp);
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
	return alloc_special(cache, gfp | __GFP_ZERO, (void *)_RET_IP_);
}
EXPORT_SYMBOL_GPL(zpool_cache_zalloc);

/**
 * zpool_cache_alloc_node() - an object of a cache on a certain node
 * @cache: which
 * @gfp: see zpool_cache_alloc(); with __GFP_THISNODE, there or not at all
 * @node: where; NUMA_NO_NODE: as zpool_cache_alloc()
 *
 * Context: see zpool_cache_alloc(); in NMI always NULL.
 * Return: the object, or NULL.
 */
void *zpool_cache_alloc_node(struct zpool_cache *cache, gfp_t gfp, int node)
{
	if (unlikely(is_refused(cache, gfp) || !zpool_node_choose(&node, gfp, cache->name)))
		return NULL;
	if (node == NUMA_NO_NODE)
		return alloc_accepted(cache, gfp, NULL);
	return alloc_slow(cache, gfp, node, (void *)_RET_IP_);
}
EXPORT_SYMBOL_GPL(zpool_cache_alloc_node);

/**
 * zpool_cache_alloc_bulk() - many objects of a cache
 * @cache: which
 * @gfp: see zpool_cache_alloc()
 * @nr: how many are wanted
 * @objs: filled in from the beginning
 *
 * Context: see zpool_cache_alloc().
 * Return: how many there were, 0 to @nr. The others of @objs are not touched.
 */
unsigned int zpool_cache_alloc_bulk(struct zpool_cache *cache, gfp_t gfp, unsigned int nr,
				    void **objs)
{
	unsigned int got, i;

	if (unlikely(is_refused(cache, gfp)))
		return 0;
	got = zpool_alloc_batch(cache, gfp, nr, objs, (void *)_RET_IP_);
	for (i = 0; i < got; i++)
		initialised(cache, objs[i], gfp);
	return got;
}
EXPORT_SYMBOL_GPL(zpool_cache_alloc_bulk);

/* It is no object of @cache: nothing at all, or a mistake. */
static noinline void free_wrong(struct zpool_cache *cache, const void *obj, void *caller)
{
	struct zpool_cache *owner = NULL;
	struct page *page;

	if (!obj)
		return;
	if (zpool_is_ours(obj, &page))
		owner = zpool_owner(zpool_page_slab(page));
	zpool_report("%s: %p freed by %pS belongs to %s; ignored",
		     cache->name, obj, caller, owner ? owner->name : "no cache of zpool");
}

/* For whichever function it is inlined into. */
static __always_inline void free_from(struct zpool_cache *cache, void *obj)
{
	struct zpool_slab *slab;
	struct page *page;

	if (likely(zpool_is_ours(obj, &page))) {
		slab = zpool_page_slab(page);
		if (likely(zpool_owner(slab) == cache)) {
			zpool_cache_free_in(cache, slab, page, obj, NULL);
			return;
		}
	}
	free_wrong(cache, obj, (void *)_RET_IP_);
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
	free_from(cache, obj);
}
EXPORT_SYMBOL_GPL(zpool_cache_free);

/**
 * zpool_cache_free_bulk() - free many objects of a cache
 * @cache: the cache they came from
 * @nr: how many
 * @objs: the objects; NULLs among them are skipped
 *
 * Context: any.
 */
void zpool_cache_free_bulk(struct zpool_cache *cache, unsigned int nr, void **objs)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		free_from(cache, objs[i]);
}
EXPORT_SYMBOL_GPL(zpool_cache_free_bulk);
