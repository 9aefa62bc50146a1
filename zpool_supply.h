/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Supply: objects between slabs and whoever has none left.
 *
 * Called by the layers from drain up. Calls the slab and magazine layers.
 */
#ifndef _KZPOOL_SUPPLY_H
#define _KZPOOL_SUPPLY_H

#include "zpool_cache.h"

unsigned int zpool_cache_take(struct zpool_cache *cache, gfp_t gfp, int nid,
			      void **objs, unsigned int nr, enum zpool_slab_use *use);
unsigned long zpool_cache_put(struct zpool_cache *cache, void **objs, unsigned int nr);
bool zpool_cache_keep(struct zpool_cache *cache, void *obj, bool is_freed);
struct zpool_magazine *zpool_cpu_magazine(struct zpool_cache *cache, int nid,
					  unsigned int least);
struct zpool_magazine *zpool_depot_magazine(struct zpool_cache *cache, int nid);
void zpool_cache_prefill(struct zpool_cache *cache, size_t bytes);

#endif /* _KZPOOL_SUPPLY_H */
