// SPDX-License-Identifier: GPL-2.0
/* See world.h. */
#include "../zpool_adapt.h"
#include "../zpool_budget.h"
#include "../zpool_cache.h"
#include "../zpool_compact.h"
#include "../zpool_degrade.h"
#include "../zpool_descriptor.h"
#include "../zpool_drain.h"
#include "../zpool_handle.h"
#include "../zpool_kmalloc.h"
#include "../zpool_nmi.h"
#include "../zpool_node.h"
#include "../zpool_pressure.h"
#include "../zpool_refill.h"
#include "../zpool_shrink.h"
#include "../zpool_worker.h"
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
	zpool_nmi_start();
	zpool_kmalloc_start();
	zpool_pressure_init(&zpool_pressure);
	zpool_head_start();
	zpool_fed_nodes = NODE_MASK_NONE;	/* as loaded */
	zpool_node_start();
	zpool_budget_set_limit(budget);
	err = zpool_cache_start();
	if (err)
		zpool_slab_stop();
	else
		zpool_adapt_start();
	return err;
}

/*
 * As zpool_hotplug.c does it, with a lock in the place of cpu_hotplug_lock.
 */

static DEFINE_MUTEX(hotplug_lock);

/* Another thread may be draining the same cache meanwhile. */
static void check_drained(struct zpool_cache *cache, int cpu)
{
	struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

	if (READ_ONCE(head->loaded) != zpool_no_magazine ||
	    READ_ONCE(head->previous) != zpool_no_magazine ||
	    READ_ONCE(per_cpu_ptr(cache->tails, cpu)->remote) != zpool_no_magazine)
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

/* Nobody makes a pass here but the tests themselves. */
int zpool_worker_start(void)
{
	return 0;
}

void zpool_worker_stop(void)
{
}

/* What the worker does now and then, as if some seconds had gone by. */
void world_adapt(void)
{
	mutex_lock(&zpool_adapt_lock);
	zpool_adapt_pass(1 + shim_below(8000));
	mutex_unlock(&zpool_adapt_lock);
}

static u64 now_ms = 1;
static bool was_pressed;

bool world_was_pressed(void)
{
	return READ_ONCE(was_pressed);
}

/* The lock orders passes and levels, and here time as well. */
static void degrade(unsigned int later_ms)
{
	mutex_lock(&zpool_adapt_lock);
	now_ms += later_ms;
	zpool_degrade(now_ms);
	zpool_adapt_grant();
	mutex_unlock(&zpool_adapt_lock);
	zpool_refill_all();
}

void world_press(void)
{
	unsigned long nr = shim_below(8) ? shim_below(32) : ULONG_MAX;
	enum zpool_level level = 1 + shim_below(ZPOOL_NR_LEVELS - 1);

	switch (shim_below(8)) {
	case 0:
		shim_reclaim_start();
		zpool_shrink_all();
		shim_reclaim_stop();
		break;
	case 1:
		synchronize_rcu();
		synchronize_rcu();
		zpool_shrink_bring_home();
		break;
	case 2:
		WRITE_ONCE(was_pressed, true);
		zpool_pressure_note(&zpool_pressure, level, READ_ONCE(now_ms));
		degrade(1);
		break;
	case 3:
		degrade(shim_below(2 * zpool_pressure.hold_ms));
		break;
	default:
		shim_reclaim_start();
		zpool_shrink_scan(shim_below(nr_node_ids), &nr);
		shim_reclaim_stop();
	}
}

void world_relax(void)
{
	degrade(zpool_pressure.hold_ms);
	if (zpool_level())
		shim_bug("level %u when all is calm", zpool_level());
	WRITE_ONCE(was_pressed, false);
}

/* One of those that there are, by name. */
static void compact_any_named(void)
{
	unsigned int nr = shim_below(32);
	char name[ZPOOL_NAME_BYTES] = "";
	struct zpool_cache *cache;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		if (READ_ONCE(cache->mover) && (!*name || nr--))
			strscpy(name, cache->name, sizeof(name));
	mutex_unlock(&zpool_caches_lock);
	if (*name && zpool_compact_named(name))
		shim_bug("%s cannot be compacted", name);
}

/* Some memory of a node is to go offline. */
static void compact_any_range(void)
{
	unsigned long nr = 1 + shim_below(shim_below(4) ? 256 : SHIM_NODE_PAGES);
	unsigned long start = shim_below(SHIM_NODE_PAGES - nr + 1);

	zpool_compact_range(shim_below(nr_node_ids) * SHIM_NODE_PAGES + start, nr);
}

void world_compact(void)
{
	switch (shim_below(16)) {
	case 0 ... 5:
		zpool_compact_turn(shim_below(2));
		break;
	case 6 ... 8:
		zpool_compact_all();
		break;
	case 9 ... 10:
		compact_any_named();
		break;
	case 11 ... 12:
		compact_any_range();
		break;
	case 13:
		zpool_descriptor_trim();
		break;
	default:
		zpool_handle_prepare();
	}
}

/* Mostly near one end of the range or the other. */
static void set_any(unsigned int *value, unsigned int least, unsigned int most)
{
	static const unsigned int parts[] = { 1, 10, 1000, 100000 };
	unsigned int part = (most - least) / parts[shim_below(ARRAY_SIZE(parts))];
	unsigned int off = shim_below(part + 1);

	WRITE_ONCE(*value, shim_below(2) ? least + off : most - off);
}

/* The ranges are those of zpool_params.c. */
void world_change_policy(void)
{
	struct zpool_policy *p = &zpool_policy;

	mutex_lock(&zpool_adapt_lock);
	set_any(&p->interval_ms, 10, 3600000);
	set_any(&p->grow_hit_pct, 2, 100);
	set_any(&p->shrink_hit_pct, 1, p->grow_hit_pct - 1);
	set_any(&p->grow_pressure_pct, 1, 100);
	set_any(&p->grow_factor_pct, 101, 400);
	set_any(&p->shrink_idle_ms, 1, 86400000);
	set_any(&p->shrink_factor_pct, 1, 99);
	set_any(&p->decay_ms, 0, 86400000);
	zpool_budget_grant(shim_below(2) ? 0 : WORLD_BUDGET);
	mutex_unlock(&zpool_adapt_lock);
}

/* As after a load without parameters. */
void world_reset_policy(void)
{
	struct zpool_policy *p = &zpool_policy;

	mutex_lock(&zpool_adapt_lock);
	WRITE_ONCE(p->interval_ms, 1000);
	WRITE_ONCE(p->grow_hit_pct, 90);
	WRITE_ONCE(p->grow_pressure_pct, 80);
	WRITE_ONCE(p->grow_factor_pct, 150);
	WRITE_ONCE(p->shrink_hit_pct, 30);
	WRITE_ONCE(p->shrink_idle_ms, 60000);
	WRITE_ONCE(p->shrink_factor_pct, 70);
	WRITE_ONCE(p->decay_ms, 20000);
	mutex_unlock(&zpool_adapt_lock);
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
	zpool_nmi_sync();
	zpool_slab_sync();
}

void world_stop(void)
{
	world_settle();
	zpool_refill_stop();
	zpool_handle_stop();
	zpool_drain_all();
	zpool_cache_stop();
	zpool_slab_stop();
}

/* What the shrinker would still count, and what the kernel was told. */
static long pages_left(void)
{
	long sum = 0;
	int nid;

	for_each_node(nid)
		sum += atomic_long_read(&zpool_budget.on_node[nid]) + shim_pgdat[nid].reclaimable;
	return sum;
}

const char *world_leaks(void)
{
	static char told[160];
	struct shim_usage now = shim_usage();
	long claimed = atomic_long_read(&zpool_budget.claimed);
	long metadata = atomic_long_read(&zpool_budget.metadata);

	if (now.pages == before.pages && now.kmallocs == before.kmallocs &&
	    now.percpu == before.percpu &&
	    now.leak_checked == before.leak_checked && !claimed && !metadata && !pages_left())
		return NULL;
	snprintf(told, sizeof(told),
		 "left behind: %ld pages, %ld kmallocs, %ld percpu, %ld in kmemleak, claimed %ld, metadata %ld, reclaimable %ld",
		 now.pages - before.pages, now.kmallocs - before.kmallocs,
		 now.percpu - before.percpu, now.leak_checked - before.leak_checked,
		 claimed, metadata, pages_left());
	return told;
}
