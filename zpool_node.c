// SPDX-License-Identifier: GPL-2.0
/* See zpool_node.h. */
#include <linux/cpumask.h>
#include <linux/numa.h>

#include "zpool_node.h"
#include "zpool_report.h"

DEFINE_STATIC_KEY_FALSE(zpool_numa);
nodemask_t zpool_fed_nodes;

/* Memory that can only be moved about is none to allocate from. */
static int nearest_memory(int nid)
{
	int near = first_node(node_states[N_NORMAL_MEMORY]), other;

	if (nid == NUMA_NO_NODE || node_state(nid, N_NORMAL_MEMORY))
		return nid == NUMA_NO_NODE ? near : nid;
	for_each_node_state(other, N_NORMAL_MEMORY)
		if (node_distance(nid, other) < node_distance(nid, near))
			near = other;
	return near;
}

/**
 * zpool_node_update() - look anew where each CPU fills from
 *
 * What a CPU holds of the node that it filled from before is not wrong, but in
 * the wrong place: where something has changed, the caller drains.
 *
 * Context: process; CPUs and nodes do not come or go meanwhile.
 * Return: true when a CPU fills from another node than before.
 */
bool zpool_node_update(void)
{
	nodemask_t fed = NODE_MASK_NONE;
	bool changed = false;
	unsigned int cpu;
	int nid;

	for_each_possible_cpu(cpu) {
		struct zpool_cpu *c = per_cpu_ptr(&zpool_cpu, cpu);

		nid = nearest_memory(cpu_to_node(cpu));
		changed |= c->node != nid;
		WRITE_ONCE(c->node, nid);
		if (cpu_online(cpu))
			node_set(nid, fed);
	}
	for_each_node(nid) {
		if (node_isset(nid, fed))
			node_set(nid, zpool_fed_nodes);
		else
			node_clear(nid, zpool_fed_nodes);
	}
	return changed;
}

/**
 * zpool_node_feed() - a CPU is about to come online
 * @cpu: which
 */
void zpool_node_feed(unsigned int cpu)
{
	int nid = nearest_memory(cpu_to_node(cpu));

	WRITE_ONCE(per_cpu_ptr(&zpool_cpu, cpu)->node, nid);
	node_set(nid, zpool_fed_nodes);
}

/**
 * zpool_node_choose() - where to look for what a caller wants on a node
 * @node: what he gave; replaced by the nearest node with memory, or by
 *        NUMA_NO_NODE, which is any, with a report, where it is none
 * @gfp: as given; with __GFP_THISNODE there is no other
 * @name: of the call, for the report
 *
 * The page allocator complains of a node that is not online.
 *
 * Return: false when there can be nothing.
 */
bool zpool_node_choose(int *node, gfp_t gfp, const char *name)
{
	if (*node == NUMA_NO_NODE)
		return true;
	if ((unsigned int)*node >= nr_node_ids || !node_possible(*node)) {
		zpool_report("%s: there is no node %d", name, *node);
		*node = NUMA_NO_NODE;
	} else if (!node_state(*node, N_NORMAL_MEMORY)) {
		*node = nearest_memory(*node);
	} else {
		return true;
	}
	if (!(gfp & __GFP_THISNODE))
		return true;
	this_cpu_inc(zpool_cpu.failures);
	return false;
}

/* At load, before the first cache. */
void zpool_node_start(void)
{
	nodes_clear(zpool_fed_nodes);
	zpool_node_update();
	if (num_possible_nodes() > 1)
		static_branch_enable(&zpool_numa);
}
