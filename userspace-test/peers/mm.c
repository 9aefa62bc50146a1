// SPDX-License-Identifier: GPL-2.0
/*
 * Pages and the kernel's kmalloc, made for speed. Pages come from an arena that is
 * mapped once, by a buddy allocator under one lock: they have a struct page of 64
 * bytes in a flat map, as in a kernel, and what comes back stays in the arena.
 * kmalloc serves metadata only (magazines, headers of slabs): a free list for each
 * power of two, naturally aligned as the kernel's.
 */
#include <sys/mman.h>

#include "../shim/list.h"
#include "../shim/shim.h"

#define NR_PAGES	SHIM_NODE_PAGES
#define MAX_ORDER	10U
#define NOT_FREE	0xff

struct page shim_pages[NR_PAGES] __aligned(L1_CACHE_BYTES);
struct pglist_data shim_pgdat[MAX_NUMNODES];
unsigned long shim_linear_map;
void *high_memory;

static struct list_head runs[MAX_ORDER + 1];	/* free ones, by order */
static struct list_head links[NR_PAGES];	/* on runs, of the first page */
static u8 free_order[NR_PAGES];			/* of the free run that begins here */
static DEFINE_RAW_SPINLOCK(runs_lock);

static void put_run(unsigned long pfn, unsigned int order)
{
	for (; order < MAX_ORDER; order++) {
		unsigned long buddy = pfn ^ 1UL << order;

		if (free_order[buddy] != order)
			break;
		list_del(&links[buddy]);
		free_order[buddy] = NOT_FREE;
		pfn = min(pfn, buddy);
	}
	free_order[pfn] = order;
	list_add(&links[pfn], &runs[order]);
}

/* Return: the first page, or NULL. */
static struct page *take_run(unsigned int order)
{
	unsigned int larger = order;
	unsigned long pfn;

	while (larger <= MAX_ORDER && list_empty(&runs[larger]))
		larger++;
	if (larger > MAX_ORDER)
		return NULL;
	pfn = runs[larger].next - links;
	list_del(&links[pfn]);
	free_order[pfn] = NOT_FREE;
	while (larger-- > order) {
		unsigned long half = pfn + (1UL << larger);

		free_order[half] = larger;
		list_add(&links[half], &runs[larger]);
	}
	return pfn_to_page(pfn);
}

static __attribute__((constructor)) void map_arena(void)
{
	size_t bytes = NR_PAGES * PAGE_SIZE, align = PAGE_SIZE << MAX_ORDER;
	void *map = mmap(NULL, bytes + align, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned long pfn;
	unsigned int order;

	if (map == MAP_FAILED)
		shim_bug("no memory for the arena");
	shim_linear_map = ALIGN((unsigned long)map, align);
	high_memory = (void *)(shim_linear_map + bytes);
	for (order = 0; order <= MAX_ORDER; order++)
		INIT_LIST_HEAD(&runs[order]);
	memset(free_order, NOT_FREE, sizeof(free_order));
	for (pfn = 0; pfn < NR_PAGES; pfn++)
		shim_pages[pfn].head = &shim_pages[pfn];
	for (pfn = NR_PAGES; pfn; pfn -= 1UL << MAX_ORDER)
		put_run(pfn - (1UL << MAX_ORDER), MAX_ORDER);
}

static struct page *get_pages(unsigned int order)
{
	struct page *page;

	raw_spin_lock(&runs_lock);
	page = take_run(order);
	raw_spin_unlock(&runs_lock);
	return page;
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	struct page *page = get_pages(order);

	if (!page)
		return NULL;
	set_page_count(page, 1);
	shim_usage_add(&shim_out.pages, 1L << order);
	return page;
}

void __free_pages(struct page *page, unsigned int order)
{
	unsigned int i;

	for (i = 0; i < 1U << order; i++)
		set_page_count(page + i, 0);
	raw_spin_lock(&runs_lock);
	put_run(page_to_pfn(page), order);
	raw_spin_unlock(&runs_lock);
	shim_usage_add(&shim_out.pages, -(1L << order));
}

void split_page(struct page *page, unsigned int order)
{
	unsigned int i;

	for (i = 1; i < 1U << order; i++)
		set_page_count(page + i, 1);
}

/*
 * kmalloc.
 */

static struct bucket {
	raw_spinlock_t lock;
	void *first;			/* the first word of each is the next */
} __aligned(L1_CACHE_BYTES) buckets[PAGE_SHIFT + 1];	/* of 1 << i bytes */

size_t kmalloc_size_roundup(size_t size)
{
	return size ? max(roundup_pow_of_two(size), 8UL) : 0;
}

/* A page, or more for one large object. */
static void *new_page(size_t size)
{
	struct page *page = get_pages(get_order(size));

	if (!page)
		return NULL;
	page->size = size;
	SetPageSlab(page);
	return page_address(page);
}

static void *cut_page(struct bucket *bucket, size_t size)
{
	void *p = new_page(size);
	size_t offset;

	for (offset = PAGE_SIZE - size; p && offset; offset -= size) {
		*(void **)(p + offset) = bucket->first;
		bucket->first = p + offset;
	}
	return p;
}

static void *take_object(size_t size)
{
	struct bucket *bucket = &buckets[ilog2(size)];
	void *p;

	raw_spin_lock(&bucket->lock);
	p = bucket->first;
	if (p)
		bucket->first = *(void **)p;
	else
		p = cut_page(bucket, size);
	raw_spin_unlock(&bucket->lock);
	return p;
}

void *kmalloc_node(size_t size, gfp_t gfp, int nid)
{
	void *p;

	if (!size)
		return ZERO_SIZE_PTR;
	size = kmalloc_size_roundup(size);
	p = size > PAGE_SIZE ? new_page(size) : take_object(size);
	if (!p)
		return NULL;
	shim_usage_add(&shim_out.kmallocs, 1);
	return want_init_on_alloc(gfp) ? memset(p, 0, size) : p;
}

void kfree(const void *obj)
{
	void *p = (void *)obj;
	struct bucket *bucket;
	size_t size;

	if (ZERO_OR_NULL_PTR(p))
		return;
	shim_usage_add(&shim_out.kmallocs, -1);
	size = ksize(p);
	if (size > PAGE_SIZE) {
		ClearPageSlab(virt_to_page(p));
		raw_spin_lock(&runs_lock);
		put_run(page_to_pfn(virt_to_page(p)), get_order(size));
		raw_spin_unlock(&runs_lock);
		return;
	}
	bucket = &buckets[ilog2(size)];
	raw_spin_lock(&bucket->lock);
	*(void **)p = bucket->first;
	bucket->first = p;
	raw_spin_unlock(&bucket->lock);
}

size_t ksize(const void *p)
{
	return ZERO_OR_NULL_PTR(p) ? 0 : virt_to_page(p)->size;
}

/* No load does it. */
void kfree_sensitive(const void *p)
{
	shim_bug("kfree_sensitive()");
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	shim_bug("krealloc()");
}

struct kmem_cache {
	unsigned int size;
};

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *obj))
{
	struct kmem_cache *cache = kmalloc(sizeof(*cache), GFP_KERNEL);

	if (cache)
		cache->size = size;
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	kfree(cache);
}

void *kmem_cache_alloc_node(struct kmem_cache *cache, gfp_t gfp, int nid)
{
	return kmalloc_node(cache->size, gfp, nid);
}

void kmem_cache_free(struct kmem_cache *cache, void *p)
{
	kfree(p);
}
