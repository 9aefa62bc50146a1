/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs of pages, and the way from an address to whose it is.
 *
 * While a page is ours its reference count is 0, so that networking does not
 * take it for an ordinary page and a stray core kfree() cannot give it away. A
 * page in which an object starts carries PG_private, and page->private holds
 * the address of the slab's header with a tag in the low six bits: a free
 * learns the size class from struct page alone.
 *
 * Rejected: compound pages (newer kernels use page[1].private themselves), a
 * radix tree from address to slab (a shared structure on every free).
 *
 * Called by the slab layer; the marks are read by all above.
 */
#ifndef _KZPOOL_PAGES_H
#define _KZPOOL_PAGES_H

#include <linux/kasan.h>
#include <linux/mm.h>

#include "zpool_compat.h"
#include "zpool_sizeclass.h"

/*
 * A tag tells the general class, or that the header knows whose the page is: a typed
 * cache's, or one that no magazine may hold, or, with init_on_free, any. A page
 * that has just lost its mark (its object is freed by two CPUs at once) reads as 0,
 * without a header.
 */
#define ZPOOL_TAG_BITS		6
#define ZPOOL_TAG_MASK		((1UL << ZPOOL_TAG_BITS) - 1)
#define ZPOOL_TAG_CLASS(class)	((class) + 1)
#define ZPOOL_TAG_HEADER	ZPOOL_TAG_CLASS(ZPOOL_NR_CLASSES)
#define ZPOOL_NR_TAGS		(ZPOOL_TAG_HEADER + 1)	/* that a page may have */
static_assert(ZPOOL_NR_TAGS <= 1U << ZPOOL_TAG_BITS);

struct page *zpool_pages_alloc(const struct zpool_geometry *g, gfp_t gfp, int node,
			       const struct zpool_run **run);
void zpool_pages_free(struct page *page, unsigned int order, unsigned int nr_pages);
void zpool_pages_abandon(struct page *page, unsigned int nr_pages);
void zpool_pages_mark(void *base, size_t bytes, size_t stride, const void *slab,
		      unsigned int tag);
void zpool_pages_unmark(void *base, size_t bytes, size_t stride);

/*
 * From PAGE_OFFSET to the last byte that ever was ours. (high_memory is no bound: on
 * some architectures it stays where it is when memory comes above.)
 */
extern unsigned long zpool_linear_bytes;

/*
 * The page of a pointer into the part of the linear map where our pages can be; false
 * for any other. virt_to_page() on x86-64 tests for the kernel's own text mapping,
 * which the bounds exclude.
 */
static __always_inline bool zpool_linear_page(const void *p, struct page **page)
{
	unsigned long offset = (unsigned long)kasan_reset_tag(p) - PAGE_OFFSET;

	if (unlikely(offset >= data_race(zpool_linear_bytes)))
		return false;
#ifdef CONFIG_X86_64
	*page = pfn_to_page(offset >> PAGE_SHIFT);
#else
	*page = virt_to_page(p);
#endif
	return true;
}

/*
 * Only zpool combines PG_private with a reference count of 0. Both are read plainly:
 * they do not change while an object of the page is in use, and of any other page
 * either says so. (No page's count is INT_MIN; to test all other bits takes an
 * instruction less than to load it.)
 */
static __always_inline bool zpool_page_is_ours(const struct page *page)
{
	return data_race(zpool_page_flags(page) & BIT(PG_private)) &&
	       !data_race(page->_refcount.counter & INT_MAX);
}

static __always_inline unsigned int zpool_page_tag(const struct page *page)
{
	return READ_ONCE(page->private) & ZPOOL_TAG_MASK;
}

static __always_inline bool zpool_tag_is_class(unsigned int tag)
{
	return tag - ZPOOL_TAG_CLASS(0) < ZPOOL_NR_CLASSES;
}

/* Of a tag that is a class. */
static __always_inline unsigned int zpool_tag_class(unsigned int tag)
{
	return tag - ZPOOL_TAG_CLASS(0);
}

#endif /* _KZPOOL_PAGES_H */
