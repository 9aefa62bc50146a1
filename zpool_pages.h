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

#include <linux/mm.h>

#include "zpool_compat.h"
#include "zpool_sizeclass.h"

/*
 * A tag below ZPOOL_NR_CLASSES is a general class; else the header knows. It
 * is stored plus one, so that a page that has just lost its mark (its object
 * is freed by two CPUs at once) reads as ZPOOL_TAG_HEADER without a header.
 */
#define ZPOOL_TAG_BITS		6
#define ZPOOL_TAG_MASK		((1UL << ZPOOL_TAG_BITS) - 1)
#define ZPOOL_TAG_HEADER	63U	/* typed cache, or no magazine may hold it */

struct page *zpool_pages_alloc(const struct zpool_geometry *g, gfp_t gfp, int node,
			       const struct zpool_run **run);
void zpool_pages_free(struct page *page, unsigned int order, unsigned int nr_pages);
void zpool_pages_abandon(struct page *page, unsigned int nr_pages);
void zpool_pages_mark(void *base, size_t bytes, size_t stride, const void *slab,
		      unsigned int tag);
void zpool_pages_unmark(void *base, size_t bytes, size_t stride);

/* Only zpool combines PG_private with a reference count of 0. */
static __always_inline bool zpool_page_is_ours(struct page *page)
{
	return PagePrivate(page) && !page_ref_count(page);
}

static __always_inline unsigned int zpool_page_tag(const struct page *page)
{
	return (page_private(page) - 1) & ZPOOL_TAG_MASK;
}

#endif /* _KZPOOL_PAGES_H */
