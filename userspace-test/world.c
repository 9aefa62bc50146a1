// SPDX-License-Identifier: GPL-2.0
/* See world.h. */
#include "../zpool_budget.h"
#include "../zpool_cache.h"
#include "../zpool_drain.h"
#include "../zpool_kmalloc.h"
#include "../zpool_node.h"
#include "world.h"

static struct shim_usage before;
static int dead_cpu = -1;
static unsigned long nr_moves;	/* odd while CPUs go from node to node */

/* Return: 0, or -ENOMEM with nothing left behind. */
int world_start(unsigned long budget)
{
	int err;

	before = shim_usage();
	err = zpool_slab_start();
	if (err)
		return err;
	zpool_magazine_start();
	zpool_fed_nodes = NODE_MASK_NONE;	/* as loaded */
	zpool_node_start();
	zpool_budget_set_limit(budget);
	err = zpool_cache_start();
	if (err)
		zpool_slab_stop();
	return err;
}

/*
 * As zpool_hotplug.c does it, with a lock in the place of cpu_hotplug_lock.
 */

static DEFINE_MUTEX(hotplug_lock);

static void check_drained(struct zpool_cache *cache, int cpu)
{
	struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

	if (head->loaded != zpool_no_magazine || head->previous != zpool_no_magazine ||
	    *per_cpu_ptr(cache->remotes, cpu) != zpool_no_magazine)
		shim_bug("%s: CPU %d is dead and has magazines", cache->name, cpu);
}

static void revive(int cpu)
{
	zpool_node_feed(cpu);
	shim_cpu_revive(cpu);
	dead_cpu = -1;
}

static void kill(int cpu)
{
	int nid = per_cpu_ptr(&zpool_cpu, cpu)->node;
	struct zpool_cache *cache;

	shim_cpu_kill(cpu);
	dead_cpu = cpu;
	zpool_drain_cpu(cpu);
	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		check_drained(cache, cpu);
	mutex_unlock(&zpool_caches_lock);
	zpool_node_update();
	if (!zpool_node_is_fed(nid))
		zpool_drain_node(nid);
}

static void update_nodes(void)
{
	__atomic_fetch_add(&nr_moves, 1, __ATOMIC_SEQ_CST);
	if (zpool_node_update()) {
		synchronize_rcu();
		zpool_drain_all();
	}
	__atomic_fetch_add(&nr_moves, 1, __ATOMIC_SEQ_CST);
}

unsigned long world_nr_moves(void)
{
	return __atomic_load_n(&nr_moves, __ATOMIC_SEQ_CST);
}

/* One CPU dies, or the dead one comes back. Not this thread's own. */
void world_plug_cpu(void)
{
	int cpu = shim_below(NR_CPUS);

	mutex_lock(&hotplug_lock);
	if (dead_cpu >= 0)
		revive(dead_cpu);
	else if (cpu != shim_cpu())
		kill(cpu);
	mutex_unlock(&hotplug_lock);
}

/* One node loses its memory, or all have some again. */
void world_plug_memory(void)
{
	int nid = shim_below(nr_node_ids), other;

	mutex_lock(&hotplug_lock);
	for_each_node(other)
		shim_node_set_memory(other, true);
	if (nr_node_ids > 1 && shim_below(2))
		shim_node_set_memory(nid, false);
	update_nodes();
	mutex_unlock(&hotplug_lock);
}

/* All CPUs and all memory are there. */
void world_plug_all(void)
{
	int nid;

	mutex_lock(&hotplug_lock);
	if (dead_cpu >= 0)
		revive(dead_cpu);
	for_each_node(nid)
		shim_node_set_memory(nid, true);
	update_nodes();
	mutex_unlock(&hotplug_lock);
}

/* Nothing is to be put off any more. */
void world_settle(void)
{
	rcu_barrier();
	zpool_kmalloc_sync();
	zpool_slab_sync();
}

void world_stop(void)
{
	world_settle();
	zpool_drain_all();
	zpool_cache_stop();
	zpool_slab_stop();
}

const char *world_leaks(void)
{
	static char told[128];
	struct shim_usage now = shim_usage();
	long claimed = atomic_long_read(&zpool_budget.claimed);
	long metadata = atomic_long_read(&zpool_budget.metadata);

	if (now.pages == before.pages && now.kmallocs == before.kmallocs &&
	    now.percpu == before.percpu &&
	    now.leak_checked == before.leak_checked && !claimed && !metadata)
		return NULL;
	snprintf(told, sizeof(told),
		 "left behind: %ld pages, %ld kmallocs, %ld percpu, %ld in kmemleak, claimed %ld, metadata %ld",
		 now.pages - before.pages, now.kmallocs - before.kmallocs,
		 now.percpu - before.percpu, now.leak_checked - before.leak_checked,
		 claimed, metadata);
	return told;
}
