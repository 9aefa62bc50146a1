/* SPDX-License-Identifier: GPL-2.0 */
/*
 * REAL: nodes. They lie in a row, the farther apart the more distant; CPUs are
 * spread evenly over them. A test takes a node's memory away or gives it back:
 * what is out stays where it is. A build says how many there are at most, a
 * test may have fewer.
 */
#ifndef _SHIM_NODE_H
#define _SHIM_NODE_H

#include "base.h"

#ifndef NR_CPUS
#define NR_CPUS		5
#endif
#ifndef MAX_NUMNODES
#define MAX_NUMNODES	3
#endif
#define NUMA_NO_NODE	(-1)

extern unsigned int nr_node_ids, nr_cpu_ids;	/* fixed before the first allocation */

typedef struct { unsigned long bits; } nodemask_t;

enum node_states { N_POSSIBLE, N_MEMORY, N_NORMAL_MEMORY, NR_NODE_STATES };

extern nodemask_t node_states[NR_NODE_STATES];

#define NODE_MASK_NONE			((nodemask_t) { 0 })
#define node_set(nid, mask)		((void)__atomic_fetch_or(&(mask).bits, 1UL << (nid), \
								 __ATOMIC_RELAXED))
#define nodes_clear(mask)		__atomic_store_n(&(mask).bits, 0, __ATOMIC_RELAXED)
#define node_clear(nid, mask)		((void)__atomic_fetch_and(&(mask).bits, ~(1UL << (nid)), \
								  __ATOMIC_RELAXED))
#define node_isset(nid, mask)		(READ_ONCE((mask).bits) >> (nid) & 1)
#define nodes_weight(mask)		__builtin_popcountl((mask).bits)
#define next_node(nid, mask)		shim_next_node((nid) + 1, READ_ONCE((mask).bits))
#define first_node(mask)		next_node(-1, mask)
#define for_each_node_mask(nid, mask)	for ((nid) = first_node(mask);		\
					     (nid) < MAX_NUMNODES;		\
					     (nid) = next_node(nid, mask))
#define for_each_node_state(nid, state)	for_each_node_mask(nid, node_states[state])
#define for_each_node(nid)		for ((nid) = 0; (nid) < (int)nr_node_ids; (nid)++)
#define PAGE_ALLOC_COSTLY_ORDER		3
#define for_each_online_node(nid)	for_each_node(nid)
#define node_state(nid, state)		node_isset(nid, node_states[state])
#define node_possible(nid)		((unsigned int)(nid) < nr_node_ids)
#define num_possible_nodes()		nr_node_ids
#define node_distance(a, b)		(10 + 10 * ((a) < (b) ? (b) - (a) : (a) - (b)))
#define cpu_to_node(cpu)		((int)((cpu) * nr_node_ids / nr_cpu_ids))

/* From @nid on. */
static inline int shim_next_node(int nid, unsigned long bits)
{
	while (nid < MAX_NUMNODES && !(bits >> nid & 1))
		nid++;
	return nid;
}

#endif /* _SHIM_NODE_H */
