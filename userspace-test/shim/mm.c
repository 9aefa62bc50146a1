// SPDX-License-Identifier: GPL-2.0
/*
 * Pages: found next-fit, so that one given back rests for a round, and checked
 * when they come back as the page allocator of a kernel with page checks on
 * does it.
 */
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include "shim.h"
#include "thread.h"

#define NR_PAGES	(MAX_NUMNODES * SHIM_NODE_PAGES)
/* The largest run that is naturally aligned: more than any order in use. */
#define MAX_RUN_BYTES	(PAGE_SIZE << 8)

enum page_use { FREE, FIRST, REST, SPLIT };

struct page shim_pages[NR_PAGES];
struct pglist_data shim_pgdat[MAX_NUMNODES];
unsigned long shim_linear_map;
void *high_memory;
bool shim_init_on_alloc, shim_init_on_free, shim_leave_pages;

static unsigned long next_pfn[MAX_NUMNODES];	/* within the node */
static bool exhausted[MAX_NUMNODES];
static u32 reserves_chance, strays_chance;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((constructor)) void map_memory(void)
{
	size_t bytes = NR_PAGES * PAGE_SIZE;
	void *map = mmap(NULL, bytes + MAX_RUN_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		shim_bug("no memory for the linear map");
	shim_linear_map = ALIGN((unsigned long)map, MAX_RUN_BYTES);
	high_memory = (void *)(shim_linear_map + bytes);
	ASAN_POISON_MEMORY_REGION((void *)shim_linear_map, bytes);
}

void shim_reclaim_start(void)
{
	shim_me.reclaims = true;
}

void shim_reclaim_stop(void)
{
	shim_me.reclaims = false;
}

void shim_assert_no_reclaim(const char *what)
{
	if (shim_me.reclaims && !shim_me.depth && !shim_me.nmi)
		shim_bug("%s by who reclaims", what);
}

/*
 * No context may sleep that must not, no lock of the product may be held. @gfp is
 * 0 for a free.
 */
void shim_assert_may_alloc(gfp_t gfp, const char *what)
{
	shim_assert_unlocked(what);
	if (gfp)
		shim_assert_no_reclaim(what);
	if (in_nmi())
		shim_bug("%s in NMI", what);
	if (IS_ENABLED(CONFIG_PREEMPT_RT) && !preemptible())
		shim_bug("%s where nothing may sleep", what);
	might_alloc(gfp);
	if (gfp & __GFP_NOFAIL && !gfpflags_allow_blocking(gfp))
		shim_bug("%s: __GFP_NOFAIL where it cannot wait", what);
}

static bool run_is_free(unsigned long pfn, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		if (shim_pages[pfn + i].use != FREE)
			return false;
	return true;
}

static struct page *take_run(int nid, unsigned int order)
{
	unsigned long size = 1UL << order, tries, pfn = ALIGN(next_pfn[nid], size);

	for (tries = SHIM_NODE_PAGES >> order; tries; tries--, pfn += size) {
		if (pfn >= SHIM_NODE_PAGES)
			pfn = 0;
		if (run_is_free(nid * SHIM_NODE_PAGES + pfn, order)) {
			next_pfn[nid] = pfn + size;
			return &shim_pages[nid * SHIM_NODE_PAGES + pfn];
		}
	}
	return NULL;
}

/* Any run of @nid, or of another node if that may be. */
static struct page *find_run(int nid, gfp_t gfp, unsigned int order, bool may_exhaust)
{
	struct page *page = NULL;
	unsigned int i;

	if (nid == NUMA_NO_NODE)
		nid = numa_mem_id();
	for (i = 0; i < nr_node_ids && !page; i++, nid = (nid + 1) % nr_node_ids) {
		if (!may_exhaust || (!exhausted[nid] && node_state(nid, N_MEMORY)))
			page = take_run(nid, order);
		if (gfp & __GFP_THISNODE)
			break;
	}
	return page;
}

static struct page *get_pages(int nid, gfp_t gfp, unsigned int order, bool may_exhaust)
{
	struct page *page;
	unsigned long i;

	pthread_mutex_lock(&lock);
	page = find_run(nid, gfp, order, may_exhaust);
	for (i = 0; page && i < 1UL << order; i++) {
		page[i] = (struct page) { .head = page + i, .use = i ? REST : FIRST };
		set_page_count(page + i, !i);
	}
	if (page)
		page->order = order;
	pthread_mutex_unlock(&lock);
	return page;
}

/*
 * As free_page_is_bad(): what is wrong with a page of a block that is freed,
 * or NULL. A block is what was allocated, or any aligned part of what was
 * split.
 */
static const char *bad_page(const struct page *page, const struct page *block,
			    unsigned int order)
{
	bool first = page == block;

	if (page->use == FREE)
		return "freed twice";
	if (page->use == SPLIT && page_to_pfn(block) & ((1UL << order) - 1))
		return "not aligned";
	if (page->use != SPLIT && (block->use != FIRST || block->order != order))
		return "not as allocated";
	if (READ_ONCE(page->flags))
		return "flags are set";
	if (page->private)
		return "private is set";
	if (page->mapping)
		return "mapping is set";
	if (page->leak_checked)
		return "kmemleak still knows of it";
	if (page_ref_count(page) != first + page->stray)
		return "reference count";
	return NULL;
}

static void put_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < 1UL << order; i++) {
		const char *bad = bad_page(page + i, page, order);

		if (bad)
			shim_bug("bad page %lu of a block of order %u: %s", i, order, bad);
	}
	for (i = 0; i < 1UL << order; i++) {
		page[i].use = FREE;
		set_page_count(page + i, 0);
	}
	ASAN_POISON_MEMORY_REGION(page_address(page), PAGE_SIZE << order);
	pthread_mutex_unlock(&lock);
}

static bool one_in(const u32 *chance)
{
	return READ_ONCE(*chance) && !shim_below(READ_ONCE(*chance));
}

/*
 * Somebody looks the page up, as the page cache does without a lock, and
 * finds out later that it is not the page he wanted. He is done with it when
 * the owner gives it back.
 */
static void visit(struct page *page)
{
	if (one_in(&strays_chance)) {
		page->stray = true;
		page->_refcount.counter++;
	}
}

/*
 * What the product calls.
 */

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	struct page *page;

	shim_assert_may_alloc(gfp, "page allocation");
	if (gfp & __GFP_NOFAIL && order > 1)
		shim_bug("__GFP_NOFAIL with order %u", order);
	if (shim_fails(SHIM_PAGES, gfp))
		return NULL;
	page = get_pages(nid, gfp, order, true);
	if (!page)
		return NULL;
	page->pfmemalloc = !(gfp & __GFP_NOMEMALLOC) && one_in(&reserves_chance);
	visit(page);
	ASAN_UNPOISON_MEMORY_REGION(page_address(page), PAGE_SIZE << order);
	if (!shim_leave_pages)
		memset(page_address(page), want_init_on_alloc(gfp) || want_init_on_free() ? 0 : 0xa5,
		       PAGE_SIZE << order);
	shim_usage_add(&shim_out.pages, 1L << order);
	return page;
}

void __free_pages(struct page *page, unsigned int order)
{
	shim_assert_may_alloc(0, "page free");
	put_pages(page, order);
	shim_usage_add(&shim_out.pages, -(1L << order));
}

/* One run becomes single pages, each with its own reference. */
void split_page(struct page *page, unsigned int order)
{
	unsigned long i;

	if (page->use != FIRST || page->order != order || PageHead(page))
		shim_bug("split_page of %p, order %u", page, order);
	pthread_mutex_lock(&lock);
	for (i = 0; i < 1UL << order; i++) {
		page[i].use = SPLIT;
		page[i].order = 0;
		if (i) {
			set_page_count(page + i, 1);
			visit(page + i);
		}
	}
	pthread_mutex_unlock(&lock);
}

/*
 * kmemleak.
 */

static size_t leak_pages[NR_PAGES];	/* of the run that begins here */

static void check_leaks(unsigned long pfn, size_t nr, bool known)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (shim_pages[pfn + i].leak_checked == known)
			shim_bug("kmemleak: page %zu of %zu %s", i, nr,
				 known ? "is known already" : "is not known");
		shim_pages[pfn + i].leak_checked = known;
	}
}

void kmemleak_alloc(const void *p, size_t size, int min_count, gfp_t gfp)
{
	unsigned long pfn = page_to_pfn(virt_to_page(p));

	shim_assert_may_alloc(gfp, "kmemleak");
	if (min_count || size & (PAGE_SIZE - 1) || (unsigned long)p & (PAGE_SIZE - 1))
		shim_bug("kmemleak: %p, %zu bytes, %d", p, size, min_count);
	pthread_mutex_lock(&lock);
	leak_pages[pfn] = size >> PAGE_SHIFT;
	check_leaks(pfn, leak_pages[pfn], true);
	pthread_mutex_unlock(&lock);
	shim_usage_add(&shim_out.leak_checked, size >> PAGE_SHIFT);
}

void kmemleak_free(const void *p)
{
	unsigned long pfn = page_to_pfn(virt_to_page(p));

	pthread_mutex_lock(&lock);
	if (!leak_pages[pfn])
		shim_bug("kmemleak: %p is not known", p);
	check_leaks(pfn, leak_pages[pfn], false);
	shim_usage_add(&shim_out.leak_checked, -(long)leak_pages[pfn]);
	leak_pages[pfn] = 0;
	pthread_mutex_unlock(&lock);
}

/*
 * What the shim's own kmalloc calls.
 */

struct page *shim_page_get(int nid, gfp_t gfp, unsigned int order)
{
	struct page *page = get_pages(nid, gfp & ~__GFP_THISNODE, order, false);
	unsigned long i;

	if (!page)
		shim_bug("the linear map is full");
	for (i = 1; i < 1UL << order; i++)
		page[i].head = page;
	return page;
}

void shim_page_put(struct page *head)
{
	WRITE_ONCE(head->flags, 0);
	put_pages(head, head->order);
}

/*
 * What tests call.
 */

void shim_node_exhaust(int nid, bool is)
{
	pthread_mutex_lock(&lock);
	exhausted[nid] = is;
	pthread_mutex_unlock(&lock);
}

void shim_strays_one_in(u32 chance)
{
	WRITE_ONCE(strays_chance, chance);
}

void shim_reserves_one_in(u32 chance)
{
	WRITE_ONCE(reserves_chance, chance);
}
