/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which node each CPU fills from, and where an object is at home.
 *
 * A CPU fills from its own node or, if that has no memory that the kernel may
 * use, from the nearest that has. What it frees and another node owns goes
 * home; with one node there is nothing to ask, and a static key removes the
 * question.
 *
 * Rejected: to follow numa_mem_id(), which is the CPU's own node on x86 even
 * where that node has no memory: such a CPU would never fill a magazine.
 *
 * Kept up to date by the hotplug layer; asked by the layers above.
 */
#ifndef _KZPOOL_NODE_H
#define _KZPOOL_NODE_H

#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/topology.h>

#include "zpool_head.h"

/* True where more than one node is possible: then a free looks where it belongs. */
DECLARE_STATIC_KEY_FALSE(zpool_numa);

/* The nodes that some online CPU fills from. */
extern nodemask_t zpool_fed_nodes;

void zpool_node_start(void);
bool zpool_node_update(void);
void zpool_node_feed(unsigned int cpu);
bool zpool_node_choose(int *node, gfp_t gfp, const char *name);

/* Preemption is off: where an object belongs is asked of a CPU that stays. */
static __always_inline bool zpool_is_remote(const struct page *page)
{
	return static_branch_likely(&zpool_numa) &&
	       unlikely(page_to_nid(page) != __this_cpu_read(zpool_cpu.node));
}

static inline bool zpool_node_is_fed(int nid)
{
	return node_isset(nid, zpool_fed_nodes);
}

#endif /* _KZPOOL_NODE_H */
