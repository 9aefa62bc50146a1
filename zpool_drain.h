/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Draining: what lies in magazines goes back to the slabs, what lies in empty
 * slabs to the page allocator. All of a cache, of a dead CPU, of a node that
 * no CPU fills from any more.
 */
#ifndef _KZPOOL_DRAIN_H
#define _KZPOOL_DRAIN_H

#include "zpool_cache.h"

bool zpool_cache_is_in_limbo(struct zpool_cache *cache);
size_t zpool_cache_detach(struct zpool_cache *cache, unsigned int cpu, enum zpool_share share);
void zpool_cache_bring_home(struct zpool_cache *cache);
unsigned long zpool_magazine_flush(struct zpool_cache *cache, struct zpool_magazine *mag);
void zpool_cache_flush(struct zpool_cache *cache, struct list_head *list);
void zpool_cache_drain(struct zpool_cache *cache);
void zpool_drain_limbo(void);
void zpool_drain_all(void);
void zpool_drain_depots(void);
void zpool_drain_cpu(unsigned int cpu);
void zpool_drain_node(int nid);

#endif /* _KZPOOL_DRAIN_H */
