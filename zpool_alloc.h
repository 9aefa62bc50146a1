/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One object, out and in: the fast paths, shared by the kmalloc family and
 * typed caches. @heads is an argument of its own, since for a general class it
 * is a constant offset from zpool_cpu and the cache need not be looked at.
 */
#ifndef _KZPOOL_ALLOC_H
#define _KZPOOL_ALLOC_H

#include "zpool_cache.h"

void *zpool_alloc_slow(struct zpool_cache *cache, gfp_t gfp);
void zpool_free_slow(struct zpool_cache *cache, void *obj);
void zpool_free_direct(void *obj);
void zpool_cache_free_in(struct zpool_slab *slab, void *obj, void *caller);
void zpool_report_twice(struct zpool_cache *cache, const void *obj, void *caller);

/* NULL: not for want of memory but of an object in this CPU's magazine. */
static __always_inline void *zpool_alloc_fast(struct zpool_cpu_head __percpu *heads)
{
	void *obj;

	if (unlikely(!zpool_cpu_enter()))
		return NULL;
	obj = zpool_head_pop(this_cpu_ptr(heads));
	zpool_cpu_exit();
	return obj;
}

/* Preemption is off: where an object belongs is asked of a CPU that stays. */
static __always_inline bool zpool_is_remote(const struct page *page)
{
	return static_branch_unlikely(&zpool_numa) &&
	       page_to_nid(page) != numa_mem_id();
}

static __always_inline enum zpool_push
zpool_free_fast(struct zpool_cpu_head __percpu *heads, const struct page *page,
		void *obj)
{
	enum zpool_push pushed = ZPOOL_NO_ROOM;

	if (unlikely(!zpool_cpu_enter()))
		return ZPOOL_NO_ROOM;
	if (likely(!zpool_is_remote(page)))
		pushed = zpool_head_push(this_cpu_ptr(heads), obj);
	zpool_cpu_exit();
	return pushed;
}

#endif /* _KZPOOL_ALLOC_H */
