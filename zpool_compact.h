/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compaction: objects of sparse slabs are moved into dense ones of the same cache
 * and node, and the slabs that are empty then go back.
 *
 * Sibling of adapt, shrink and degrade; called by the worker, debugfs and the
 * hotplug layer.
 */
#ifndef _KZPOOL_COMPACT_H
#define _KZPOOL_COMPACT_H

#include "zpool_cache.h"

struct zpool_compact {
	/* Parameters, read at each turn. */
	unsigned int frag_pct;		/* of a cache's slabs could go: then it is compacted */
	unsigned int batch;		/* objects to be moved in a pass, about */

	/* Counts, written under the lock of compaction. */
	unsigned long passes;
	unsigned long slabs_emptied;
	unsigned long moves[ZPOOL_NR_MOVED];
};

extern struct zpool_compact zpool_compact;

unsigned int zpool_compact_turn(bool is_scarce);
void zpool_compact_all(void);
int zpool_compact_named(const char *name);
void zpool_compact_range(unsigned long start_pfn, unsigned long nr_pages);

#endif /* _KZPOOL_COMPACT_H */
