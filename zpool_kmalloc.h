/* SPDX-License-Identifier: GPL-2.0 */
/* What the kmalloc family's files share; the family itself is in <zpool/zpool.h>. */
#ifndef _KZPOOL_KMALLOC_H
#define _KZPOOL_KMALLOC_H

#include "zpool_alloc.h"

/* Requests for memory that a pool cannot promise. */
#define ZPOOL_NOT_POOLED	(__GFP_ACCOUNT | __GFP_DMA | __GFP_DMA32)

static __always_inline bool zpool_is_pooled(size_t size, gfp_t gfp)
{
	return size - 1 < ZPOOL_MAX_SIZE && !(gfp & ZPOOL_NOT_POOLED);
}

bool zpool_is_foreign(const void *p, const char *what, void *caller);
size_t zpool_usable_size(const struct page *page);
void zpool_kfree_from(const void *p, void *caller);
void zpool_kmalloc_start(void);
void zpool_kmalloc_sync(void);

#endif /* _KZPOOL_KMALLOC_H */
