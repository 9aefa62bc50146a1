/* SPDX-License-Identifier: GPL-2.0 */
/*
 * REAL: the kernel's own object allocators, each object in pages of its own,
 * so that an overflow or a use after free is seen at the first byte. The
 * pages look as the kernel's do: PG_slab up to two pages, above a compound
 * page of large kmalloc.
 */
#ifndef _SHIM_SLAB_H
#define _SHIM_SLAB_H

#include "mm.h"

#ifndef ARCH_KMALLOC_MINALIGN
#define ARCH_KMALLOC_MINALIGN	8UL
#endif
#define ZERO_SIZE_PTR		((void *)16)
#define ZERO_OR_NULL_PTR(p)	((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)

void *kmalloc_node(size_t size, gfp_t gfp, int nid) __alloc_size(1);
void *krealloc(const void *p, size_t size, gfp_t gfp) __alloc_size(2);
void kfree(const void *p);
void kfree_sensitive(const void *p);
size_t ksize(const void *p);
size_t kmalloc_size_roundup(size_t size);

#define kmalloc(size, gfp)		kmalloc_node(size, gfp, NUMA_NO_NODE)
#define kzalloc(size, gfp)		kmalloc(size, (gfp) | __GFP_ZERO)
#define kzalloc_node(size, gfp, nid)	kmalloc_node(size, (gfp) | __GFP_ZERO, nid)

#define kcalloc(n, size, gfp)		kmalloc((n) * (size), (gfp) | __GFP_ZERO)
#define kmalloc_array(n, size, gfp)	kmalloc((n) * (size), gfp)
#define kvzalloc(size, gfp)		kzalloc(size, gfp)
#define kvfree(p)			kfree(p)
#define kcalloc_node(n, size, gfp, nid)	kmalloc_node((n) * (size), (gfp) | __GFP_ZERO, nid)

#define SLAB_TYPESAFE_BY_RCU	0	/* here memory stays what it was for long enough */

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, unsigned int flags,
				     void (*ctor)(void *obj));
void kmem_cache_destroy(struct kmem_cache *cache);
void *kmem_cache_alloc_node(struct kmem_cache *cache, gfp_t gfp, int nid);
void kmem_cache_free(struct kmem_cache *cache, void *p);

#endif /* _SHIM_SLAB_H */
