// SPDX-License-Identifier: GPL-2.0
/*
 * Runs of pages: taken from the page allocator, marked, unmarked, given back.
 *
 * While a run is ours, all its pages have a reference count of 0; the page
 * allocator wants to see 1 on the first page of each block it gets back. What
 * is allocated above the pages that a run needs goes back at once.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/kernel.h>

#include "zpool_pages.h"

/* Flags that stand for an effort, which a run larger than needed is not worth. */
#define EFFORT		(__GFP_RECLAIM | __GFP_HIGH | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL)

/* The page allocator serves __GFP_NOFAIL up to this order without a warning. */
#define NOFAIL_ORDER	1

/* More than any run has: the order of a block at its very beginning. */
#define MAX_BLOCK_ORDER	15

unsigned long zpool_linear_bytes __read_mostly;

/* Before the first pointer into it goes out. */
static void extend_linear(const void *base, size_t bytes)
{
	unsigned long end = (unsigned long)kasan_reset_tag(base) + bytes - PAGE_OFFSET;
	unsigned long seen = READ_ONCE(zpool_linear_bytes), was;

	for (; end > seen; seen = was) {
		was = cmpxchg(&zpool_linear_bytes, seen, end);
		if (was == seen)
			break;
	}
}

/*
 * Give @nr pages back in blocks as large as their alignment within the run
 * allows: a tenth of the cost of single pages. Where the kernel keeps a tag
 * for each page (memory allocation profiling), single pages it must be.
 */
static void free_blocks(struct page *run, unsigned int first, unsigned int nr)
{
	unsigned int end = first + nr;

	while (first < end) {
		unsigned int order = first ? __ffs(first) : MAX_BLOCK_ORDER;

		order = min_t(unsigned int, order, __fls(end - first));
		if (IS_ENABLED(CONFIG_MEM_ALLOC_PROFILING))
			order = 0;
		set_page_count(run + first, 1);
		__free_pages(run + first, order);
		first += 1U << order;
	}
}

/*
 * Bring reference counts from 1 to 0. Whoever looks pages up without a lock
 * (page cache, get_user_pages_fast) may hold a stray reference for a moment;
 * it must find the count that it left.
 */
static bool freeze_pages(struct page *page, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!page_ref_freeze(page + i, 1)) {
			while (i--)
				page_ref_unfreeze(page + i, 1);
			return false;
		}
	}
	return true;
}

/* A run that somebody looks at is given back (for good when he is done); take another. */
static struct page *alloc_run(const struct zpool_run *run, gfp_t gfp, int node)
{
	unsigned int nr = 1U << run->order, i;
	bool split = run->nr_pages < nr;
	struct page *page;

	while ((page = alloc_pages_node(node, gfp, run->order))) {
		if (split)
			split_page(page, run->order);
		if (freeze_pages(page, split ? nr : 1))
			break;
		if (!split)
			__free_pages(page, run->order);
		for (i = 0; split && i < nr; i++)
			__free_page(page + i);
	}
	if (page && split)
		free_blocks(page, run->nr_pages, nr - run->nr_pages);
	return page;
}

/**
 * zpool_pages_free() - give a run back, without marks
 * @page: its first page
 * @order: as it was allocated
 * @nr_pages: as many of it as were kept
 *
 * Context: any in which pages may be freed.
 */
void zpool_pages_free(struct page *page, unsigned int order, unsigned int nr_pages)
{
	if (nr_pages < 1U << order) {
		free_blocks(page, 0, nr_pages);
	} else {
		set_page_count(page, 1);
		__free_pages(page, order);
	}
}

/**
 * zpool_pages_abandon() - leave a run, without marks, to who still uses it
 * @page: its first page
 * @nr_pages: of it
 *
 * It looks like anybody's then: with a count of 0 its memory block could
 * neither go offline nor be refused.
 */
void zpool_pages_abandon(struct page *page, unsigned int nr_pages)
{
	while (nr_pages--)
		set_page_count(page + nr_pages, 1);
}

/**
 * zpool_pages_alloc() - a run of pages for objects of a geometry
 * @g: how they are cut
 * @gfp: what may be done to get the least run, without zone or object flags
 * @node: where from; without __GFP_THISNODE the least run may come from another
 * @run: which is wanted; the least, if the node has not got that ready
 *
 * Context: as @gfp allows.
 * Return: its first page, or NULL.
 */
struct page *zpool_pages_alloc(const struct zpool_geometry *g, gfp_t gfp, int node,
			       const struct zpool_run **run)
{
	gfp_t easy = (gfp & ~EFFORT) | __GFP_NOWARN | __GFP_NORETRY |
		     __GFP_NOMEMALLOC | __GFP_THISNODE;
	struct page *page = NULL;

	if ((*run)->order > g->least.order)
		page = alloc_run(*run, easy, node);
	if (!page) {
		*run = &g->least;
		if (g->least.order > NOFAIL_ORDER)
			gfp &= ~__GFP_NOFAIL;
		page = alloc_run(*run, gfp, node);
	}
	return page;
}

/*
 * Do something to each page in which an object starts. A page in which only
 * the last object of a run ends may be among them, which does no harm.
 */
#define for_each_start(page, base, bytes, stride, offset)			\
	for ((offset) = 0;							\
	     (offset) < (bytes) && ((page) = virt_to_page((base) + (offset)));	\
	     (offset) += max_t(size_t, stride, PAGE_SIZE))

/**
 * zpool_pages_mark() - let the pages say whose they are
 * @base: address of the first object
 * @bytes: of all objects together
 * @stride: bytes from object to object
 * @slab: address of the header
 * @tag: ZPOOL_TAG_CLASS() or ZPOOL_TAG_HEADER
 */
void zpool_pages_mark(void *base, size_t bytes, size_t stride, const void *slab,
		      unsigned int tag)
{
	unsigned long private = (unsigned long)slab | tag;
	struct page *page;
	size_t offset;

	extend_linear(base, bytes);
	for_each_start(page, base, bytes, stride, offset) {
		set_page_private(page, private);
		SetPagePrivate(page);
	}
}

/**
 * zpool_pages_unmark() - the reverse of zpool_pages_mark()
 * @base: as then
 * @bytes: as then
 * @stride: as then
 */
void zpool_pages_unmark(void *base, size_t bytes, size_t stride)
{
	struct page *page;
	size_t offset;

	for_each_start(page, base, bytes, stride, offset) {
		ClearPagePrivate(page);
		set_page_private(page, 0);
	}
}
