/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slabs taken out of circulation, for the compactor: which those should be, and how
 * they come back. An isolated slab serves nobody and does not go, whatever becomes
 * free in it, until its isolation ends.
 *
 * Called by the compactor. Calls the slabs layer, under whose lock all of this is.
 */
#ifndef _KZPOOL_ISOLATE_H
#define _KZPOOL_ISOLATE_H

#include "zpool_slabs.h"

unsigned long zpool_isolate_surplus(struct zpool_slabs *slabs);
struct zpool_slab *zpool_isolate_sparsest(struct zpool_slabs *slabs, unsigned long *owed);
struct zpool_slab *zpool_isolate_from(struct zpool_slabs *slabs, enum zpool_place place);
bool zpool_isolate_range(struct zpool_slabs *slabs, unsigned long start_pfn,
			 unsigned long nr_pages);
struct zpool_slab *zpool_isolate_first(struct zpool_slabs *slabs);
unsigned long zpool_isolate_end(struct zpool_slabs *slabs, struct zpool_slab *slab,
				bool is_hindered);
void zpool_isolate_retry(struct zpool_slabs *slabs);

#endif /* _KZPOOL_ISOLATE_H */
