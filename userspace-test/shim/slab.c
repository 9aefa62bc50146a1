// SPDX-License-Identifier: GPL-2.0
/* kmalloc and kmem_cache: whole pages for each object, poisoned behind its end. */
#include <sanitizer/asan_interface.h>

#include "shim.h"

/* The kernel's KMALLOC_MAX_CACHE_SIZE: above it, compound pages. */
#define MAX_SLAB_BYTES	(2 * PAGE_SIZE)

struct kmem_cache {
	const char *name;
	unsigned int size;
	void (*ctor)(void *obj);
	long nr_objects;
};

/* kmalloc's buckets: powers of two, above MAX_SLAB_BYTES whole pages. */
size_t kmalloc_size_roundup(size_t size)
{
	if (!size)
		return 0;
	return size > MAX_SLAB_BYTES ? PAGE_SIZE << get_order(size) :
				       max(roundup_pow_of_two(size), 8UL);
}

static void *get_object(struct kmem_cache *cache, size_t size, gfp_t gfp, int nid)
{
	struct page *page;

	shim_assert_may_alloc(gfp, cache ? cache->name : "kmalloc");
	if (shim_fails(SHIM_KMALLOC, gfp))
		return NULL;
	page = shim_page_get(nid, gfp, get_order(size));
	page->size = size;
	page->cache = cache;
	if (size <= MAX_SLAB_BYTES) {
		SetPageSlab(page);
	} else {
		SetPageHead(page);
		SetPageLargeKmalloc(page);
	}
	ASAN_UNPOISON_MEMORY_REGION(page_address(page), size);
	memset(page_address(page), want_init_on_alloc(gfp) ? 0 : 0xb5, size);
	shim_usage_add(&shim_out.kmallocs, 1);
	return page_address(page);
}

/* The page of an object, which must be one of @cache. */
static struct page *object_page(const struct kmem_cache *cache, const void *p)
{
	struct page *page = virt_addr_valid(p) ? virt_to_page(p) : NULL;

	if (!page || !(PageSlab(page) || PageLargeKmalloc(page)) ||
	    page_address(page) != p || page->cache != cache)
		shim_bug("%p given to %s is none of its objects", p,
			 cache ? cache->name : "kfree");
	return page;
}

static void put_object(const struct kmem_cache *cache, const void *p)
{
	shim_assert_may_alloc(0, cache ? cache->name : "kfree");
	shim_page_put(object_page(cache, p));
	shim_usage_add(&shim_out.kmallocs, -1);
}

void *kmalloc_node(size_t size, gfp_t gfp, int nid)
{
	return size ? get_object(NULL, kmalloc_size_roundup(size), gfp, nid) : ZERO_SIZE_PTR;
}

void kfree(const void *p)
{
	if (!ZERO_OR_NULL_PTR(p))
		put_object(NULL, p);
}

void kfree_sensitive(const void *p)
{
	if (!ZERO_OR_NULL_PTR(p))
		memzero_explicit((void *)p, ksize(p));
	kfree(p);
}

size_t ksize(const void *p)
{
	return ZERO_OR_NULL_PTR(p) ? 0 : object_page(NULL, p)->size;
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	size_t old = ksize(p);
	void *new;

	if (size && size <= old)
		return (void *)p;
	new = kmalloc(size, gfp);
	if (new) {
		if (size)
			memcpy(new, p, old);
		kfree(p);
	}
	return new;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, unsigned int flags,
				     void (*ctor)(void *obj))
{
	struct kmem_cache *cache = kmalloc(sizeof(*cache), GFP_KERNEL);

	if (cache)
		*cache = (struct kmem_cache) {
			.name = name,
			.size = size,
			.ctor = ctor,
		};
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	if (cache && cache->nr_objects)
		shim_bug("%s destroyed with %ld objects in use", cache->name,
			 cache->nr_objects);
	kfree(cache);
}

void *kmem_cache_alloc_node(struct kmem_cache *cache, gfp_t gfp, int nid)
{
	void *p = get_object(cache, cache->size, gfp, nid);

	if (p && cache->ctor)
		cache->ctor(p);
	if (p)
		shim_usage_add(&cache->nr_objects, 1);
	return p;
}

void kmem_cache_free(struct kmem_cache *cache, void *p)
{
	put_object(cache, p);
	shim_usage_add(&cache->nr_objects, -1);
}
