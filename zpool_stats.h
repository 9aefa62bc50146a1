/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a cache has and did, added up from the counters that each layer keeps
 * at no cost to the fast path. For debugfs and for tests.
 */
#ifndef _KZPOOL_STATS_H
#define _KZPOOL_STATS_H

#include "zpool_cache.h"

/* Sums over what was asked for. Bytes are of whole objects. */
struct zpool_usage {
	unsigned long allocs, frees;		/* operations served */
	unsigned long misses;			/* of these and of the failed ones, past the CPU's pair */
	unsigned long refills, flushes;		/* batches between pair and slabs */
	unsigned long nr_slabs, slabs_freed;

	unsigned long reserve_allocs;		/* of allocs: what the reserve gave */

	/* When no call is going on: held == in_use + magazine + remote + depot + reserve +
	 * slab_free + tail */
	unsigned long held_bytes;
	unsigned long in_use_bytes;		/* allocs - frees; as a signed number below 0
						 * while something freed twice is not found */
	unsigned long magazine_bytes;
	unsigned long remote_bytes;
	unsigned long depot_bytes;
	unsigned long reserve_bytes;
	unsigned long slab_free_bytes;
	unsigned long tail_bytes;
};

void zpool_stats_add_cpu(struct zpool_usage *sum, struct zpool_cache *cache,
			 unsigned int cpu);
void zpool_stats_add_cache(struct zpool_usage *sum, struct zpool_cache *cache);
void zpool_stats_add_node(struct zpool_usage *sum, struct zpool_cache *cache, int nid);
unsigned long zpool_stats_percpu(size_t offset);

#endif /* _KZPOOL_STATS_H */
