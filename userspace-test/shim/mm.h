/* SPDX-License-Identifier: GPL-2.0 */
/*
 * REAL: pages. A linear map of all nodes with a struct page for each page. A
 * page must come back as the kernel wants it: reference counts as they were,
 * no flag and no private left, the same order, once. Free pages are poisoned
 * for AddressSanitizer, and it takes a while until one is given out again.
 */
#ifndef _SHIM_MM_H
#define _SHIM_MM_H

#include "rcu.h"

#ifndef SHIM_NODE_PAGES
#define SHIM_NODE_PAGES		(PAGE_SHIFT == 12 ? 16384UL : 4096UL)
#endif

/* What the caller of an allocator may do, and wants. */
#define __GFP_DMA		0x1u
#define __GFP_HIGHMEM		0x2u
#define __GFP_DMA32		0x4u
#define __GFP_MOVABLE		0x8u
#define __GFP_RECLAIMABLE	0x10u
#define __GFP_HIGH		0x20u
#define __GFP_IO		0x40u
#define __GFP_FS		0x80u
#define __GFP_ZERO		0x100u
#define __GFP_DIRECT_RECLAIM	0x400u
#define __GFP_KSWAPD_RECLAIM	0x800u
#define __GFP_MEMALLOC		0x20000u
#define __GFP_NOWARN		0x2000u
#define __GFP_RETRY_MAYFAIL	0x4000u
#define __GFP_NOFAIL		0x8000u
#define __GFP_NORETRY		0x10000u
#define __GFP_COMP		0x40000u
#define __GFP_NOMEMALLOC	0x80000u
#define __GFP_THISNODE		0x200000u
#define __GFP_ACCOUNT		0x400000u
#define __GFP_RECLAIM		(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_ATOMIC		(__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL		(__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_NOWAIT		(__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO		__GFP_RECLAIM
#define GFP_DMA			__GFP_DMA
#define GFP_DMA32		__GFP_DMA32

struct kmem_cache;

struct page {
	unsigned long flags;
	atomic_t _refcount;
	unsigned long private;
	void *mapping;
	/* What the kernel keeps elsewhere. */
	struct page *head;		/* of a compound page, else itself */
	struct kmem_cache *cache;	/* PG_slab only */
	size_t size;			/* usable bytes of a kmalloc */
	u8 use;				/* enum in mm.c */
	u8 order;
	bool pfmemalloc;
	bool stray;			/* one of the references is not its owner's */
	bool leak_checked;		/* in a run that kmemleak knows of */
};

struct folio {
	struct page page;
};

enum { PG_private, PG_slab, PG_head, PG_large_kmalloc, PG_lru };

extern struct page shim_pages[];
extern unsigned long shim_linear_map;
extern void *high_memory;
extern bool shim_init_on_alloc, shim_init_on_free;
extern bool shim_leave_pages;		/* as they are, where nobody reads or writes objects */

#define PAGE_OFFSET		shim_linear_map
#define pfn_to_page(pfn)	(shim_pages + (pfn))
#define page_to_pfn(page)	((unsigned long)((page) - shim_pages))
#define virt_addr_valid(p)	((unsigned long)(p) - PAGE_OFFSET < \
				 (unsigned long)high_memory - PAGE_OFFSET)
#define virt_to_page(p)		pfn_to_page(((unsigned long)(p) - PAGE_OFFSET) >> PAGE_SHIFT)
#define virt_to_head_page(p)	(virt_to_page(p)->head)
#define page_address(page)	((void *)(PAGE_OFFSET + (page_to_pfn(page) << PAGE_SHIFT)))
#define page_to_nid(page)	((int)(page_to_pfn(page) / SHIM_NODE_PAGES))
#define page_private(page)	((page)->private)
#define page_is_pfmemalloc(page)	((page)->pfmemalloc)
#define current_gfp_context(gfp)	(gfp)
#define want_init_on_alloc(gfp)	(shim_init_on_alloc || (gfp) & __GFP_ZERO)
#define want_init_on_free()	(shim_init_on_free)
#define gfpflags_allow_blocking(gfp)	(!!((gfp) & __GFP_DIRECT_RECLAIM))
#define might_alloc(gfp)	(gfpflags_allow_blocking(gfp) ? might_sleep() : (void)0)

static inline void set_page_private(struct page *page, unsigned long private)
{
	page->private = private;
}

static inline int page_ref_count(const struct page *page)
{
	return atomic_read(&page->_refcount);
}


static inline void set_page_count(struct page *page, int n)
{
	WRITE_ONCE(page->_refcount.counter, n);
}

/* From @n to 0, unless somebody else has a reference. */
static inline bool page_ref_freeze(struct page *page, int n)
{
	return __atomic_compare_exchange_n(&page->_refcount.counter, &n, 0, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static inline void page_ref_unfreeze(struct page *page, int n)
{
	__atomic_store_n(&page->_refcount.counter, n, __ATOMIC_RELEASE);
}

#define SHIM_PAGE_FLAG(Name, name)						\
static inline bool Page##Name(const struct page *page)				\
{										\
	return READ_ONCE(page->flags) >> PG_##name & 1;				\
}										\
static inline void SetPage##Name(struct page *page)				\
{										\
	__atomic_fetch_or(&page->flags, 1UL << PG_##name, __ATOMIC_RELAXED);	\
}										\
static inline void ClearPage##Name(struct page *page)				\
{										\
	__atomic_fetch_and(&page->flags, ~(1UL << PG_##name), __ATOMIC_RELAXED);	\
}

SHIM_PAGE_FLAG(Private, private)
SHIM_PAGE_FLAG(Slab, slab)
SHIM_PAGE_FLAG(Head, head)
SHIM_PAGE_FLAG(LargeKmalloc, large_kmalloc)
SHIM_PAGE_FLAG(LRU, lru)

#define page_folio(page)	((struct folio *)(page)->head)
#define folio_test_large_kmalloc(folio)	PageLargeKmalloc(&(folio)->page)

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
void __free_pages(struct page *page, unsigned int order);
void split_page(struct page *page, unsigned int order);

/* What the kernel is told that lies idle, by node. */
struct pglist_data {
	long reclaimable;
};

extern struct pglist_data shim_pgdat[MAX_NUMNODES];

#define NODE_DATA(nid)			(&shim_pgdat[nid])
#define NR_KERNEL_MISC_RECLAIMABLE	reclaimable
#define mod_node_page_state(pgdat, item, pages)	\
	((void)__atomic_fetch_add(&(pgdat)->item, pages, __ATOMIC_RELAXED))

#define alloc_pages(gfp, order)	alloc_pages_node(NUMA_NO_NODE, gfp, order)
#define alloc_page(gfp)		alloc_pages(gfp, 0)
#define __free_page(page)	__free_pages(page, 0)

/* For slab.c: a compound page that is not counted as the product's. */
struct page *shim_page_get(int nid, gfp_t gfp, unsigned int order);
void shim_page_put(struct page *head);

/*
 * kmemleak: each run that is held must be known to it, once and whole, and no
 * page may go back that is.
 */
void kmemleak_alloc(const void *p, size_t size, int min_count, gfp_t gfp);
void kmemleak_free(const void *p);

/* The context must allow an allocation with @gfp. */
void shim_assert_may_alloc(gfp_t gfp, const char *what);

#endif /* _SHIM_MM_H */
