/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One object, out and in: the fast paths, shared by the kmalloc family and
 * typed caches. @heads is an argument of its own, since for a general class it
 * is a constant offset from zpool_cpu and the cache need not be looked at.
 */
#ifndef _KZPOOL_ALLOC_H
#define _KZPOOL_ALLOC_H

#include <linux/instruction_pointer.h>

#include "zpool_cache.h"
#include "zpool_node.h"

void *zpool_alloc_slow(struct zpool_cache *cache, gfp_t gfp, int node, void *caller);
unsigned int zpool_alloc_batch(struct zpool_cache *cache, gfp_t gfp, unsigned int nr,
			       void **objs, void *caller);
void zpool_free_direct(struct zpool_cache *cache, void *obj);
bool zpool_is_object(const struct zpool_slab *slab, const void *obj, const char *what,
		     void *caller);
void zpool_free_past(struct zpool_cache *cache, void *obj, enum zpool_push pushed,
		     void *caller);
void zpool_cache_free_special(struct zpool_cache *cache, struct zpool_slab *slab, void *obj,
			      void *caller);
void zpool_cache_take_back(struct zpool_cache *cache, struct zpool_slab *slab, void *obj,
			   void *caller);
void zpool_report_twice(struct zpool_cache *cache, const void *obj, void *caller);

/*
 * Who called the API, for the cold part of a function that is inlined: @caller, or
 * if that is NULL, who called the function it is inlined into. Asked for in the
 * cold part only: an argument would be loaded in the fast part.
 */
#define zpool_caller(caller)	((caller) ?: (void *)_RET_IP_)

/* The cache of @slab, or NULL; @slab is as a page told, NULL where that has just lost its mark. */
static __always_inline struct zpool_cache *zpool_owner(const struct zpool_slab *slab)
{
	struct zpool_slabs *home = slab ? READ_ONCE(slab->home) : NULL;

	return home ? home->owner : NULL;
}

/* Does an object of ours start in the page of @p? Then @page is that page. */
static __always_inline bool zpool_is_ours(const void *p, struct page **page)
{
	return likely(zpool_linear_page(p, page)) && likely(zpool_page_is_ours(*page));
}

/*
 * Return: true with an object in @obj; false when this CPU's magazine has none.
 * Each way out of the busy section is written out: to join them would cost a
 * flag and a test.
 */
static __always_inline bool zpool_alloc_fast(struct zpool_cpu_head __percpu *heads,
					     void **obj)
{
	unsigned long offset = zpool_head_begin();
	struct zpool_cpu_head *head = zpool_head_at(heads, offset);
	struct zpool_magazine *mag = READ_ONCE(head->loaded);
	unsigned long left;

	if (unlikely(check_sub_overflow((unsigned long)mag->count, 1UL, &left))) {
		zpool_head_end(offset);
		return false;
	}
	head->allocs++;
	*obj = zpool_magazine_take(mag, left);
	zpool_head_end(offset);
	return true;
}

/* Ends what zpool_head_begin() began. */
static __always_inline bool zpool_free_to(struct zpool_cpu_head *head, unsigned long offset,
					  const struct page *page, void *obj,
					  enum zpool_push *pushed)
{
	*pushed = ZPOOL_NO_ROOM;
	if (zpool_is_remote(page))
		goto fail;
	*pushed = zpool_magazine_put(READ_ONCE(head->loaded), obj);
	if (unlikely(*pushed != ZPOOL_PUSHED))
		goto fail;
	head->frees++;
	zpool_head_end(offset);
	return true;
fail:
	zpool_head_end(offset);
	return false;
}

/* Return: true when @obj lies in this CPU's magazine; else @pushed says why not. */
static __always_inline bool zpool_free_fast(struct zpool_cpu_head __percpu *heads,
					    const struct page *page, void *obj,
					    enum zpool_push *pushed)
{
	unsigned long offset = zpool_head_begin();

	return zpool_free_to(zpool_head_at(heads, offset), offset, page, obj, pushed);
}

/* The same by what the page says. What is of no general class finds no room. */
static __always_inline bool zpool_free_tagged(const struct page *page, void *obj,
					      enum zpool_push *pushed)
{
	unsigned long offset = zpool_head_begin();
	unsigned int tag = zpool_page_tag(page);

	return zpool_free_to(zpool_head_at(&zpool_cpu.heads[tag].own, offset), offset, page, obj,
			     pushed);
}

/*
 * Free what a page's header, not its class, tells of: @obj of @page and @slab, whose
 * owner is @cache. It is of a typed cache, of a slab that is apart, or to be
 * zeroed.
 */
static __always_inline void zpool_cache_free_in(struct zpool_cache *cache,
						struct zpool_slab *slab, struct page *page,
						void *obj, void *caller)
{
	enum zpool_push pushed;

	if (unlikely(cache->mover || slab->apart || want_init_on_free()))
		zpool_cache_free_special(cache, slab, obj, zpool_caller(caller));
	else if (unlikely(!zpool_free_fast(cache->heads, page, obj, &pushed)))
		zpool_free_past(cache, obj, pushed, zpool_caller(caller));
}

#endif /* _KZPOOL_ALLOC_H */
