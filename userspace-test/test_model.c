// SPDX-License-Identifier: GPL-2.0
/*
 * One thread, all that can come over it: interrupts, NMIs, moves between CPUs
 * in the middle of the allocator's code; allocations that fail, nodes that are
 * full, emergency reserves, budgets that change, drains, misuse. The same
 * $SEED and $STEPS give the same run.
 */
#include <stdlib.h>

#include "../zpool_budget.h"
#include "../zpool_cache.h"
#include "../zpool_compact.h"
#include "../zpool_debug.h"
#include "../zpool_drain.h"
#include "../zpool_nmi.h"
#include "../zpool_node.h"
#include "../zpool_supply.h"
#include "../zpool_report.h"
#include "../zpool_stats.h"
#include "model.h"
#include "owned.h"
#include "tap.h"
#include "world.h"

#define NR_QUIET	400		/* steps from check to check */

static struct model model;
static unsigned int nr_steps;		/* for each world */
static unsigned long bound;		/* the largest budget since the last drain */

static const struct shim_chaos chaos = {
	.period = 60,
	.irq = model_interrupt,
	.nmi = model_interrupt,
	.arg = &model,
	.moves = true,
};

/*
 * Misuse, with nothing else going on: one report each, and nothing changes.
 */

static void free_twice(struct model_object *o)
{
	model_free(o);
	zpool_kfree(o->p);
}

/* Below another one in a magazine: found when that is emptied. */
static void free_twice_below(struct model_object *o)
{
	void *other = zpool_kmalloc(zpool_ksize(o->p), GFP_KERNEL);

	model_free(o);
	zpool_kfree(other);
	zpool_kfree(o->p);
	zpool_drain_all();
}

/* On two CPUs: the slab has gone when the second one empties its magazine. */
static void free_twice_elsewhere(struct model_object *o)
{
	void *p = zpool_kmalloc(ZPOOL_MAX_SIZE / 2 + 1, GFP_KERNEL);
	unsigned long limit = zpool_budget.limit;
	int cpu = shim_below(NR_CPUS);

	model_give(&model, o);
	shim_thread_move(cpu);
	zpool_kfree(p);
	shim_thread_move((cpu + 1) % NR_CPUS);
	zpool_kfree(p);
	zpool_budget_set_limit(0);
	zpool_drain_all();
	zpool_budget_set_limit(limit);
}

static void free_to_wrong_cache(struct model_object *o)
{
	struct type *type = types_any();

	while (type == o->type)
		type = types_any();
	zpool_cache_free(type->cache, o->p);
	model_give(&model, o);
}

static void free_as_too_large(struct model_object *o)
{
	size_t usable = zpool_ksize(o->p);

	model_release(o);
	zpool_kfree_sized(o->p, usable + 1);
}

/* A page like those of buffer heads, which set PG_private as well. */
static void free_private_page(struct model_object *o)
{
	struct page *page = alloc_pages_node(0, GFP_KERNEL, 0);

	model_give(&model, o);
	SetPagePrivate(page);
	set_page_private(page, (unsigned long)o);
	zpool_kfree(page_address(page));
	ClearPagePrivate(page);
	set_page_private(page, 0);
	__free_page(page);
}

static void free_no_memory(struct model_object *o)
{
	void *const ends[] = {
		o, (void *)(shim_linear_map - 8), high_memory, (void *)-4095,
	};

	model_give(&model, o);
	zpool_kfree(ends[shim_below(ARRAY_SIZE(ends))]);
}

/* Return: false when an answer has freed it already. */
static bool free_owned_twice(struct model_object *o)
{
	void *p = owned_release(o->owned);

	if (!p)
		return false;
	zpool_cache_free(o->type->cache, p);
	zpool_cache_free(o->type->cache, p);
	return true;
}

static void misuse(void)
{
	static void (*const kinds[])(struct model_object *o) = {
		free_twice, free_twice_below, free_twice_elsewhere, free_to_wrong_cache,
		free_as_too_large, free_private_page, free_no_memory,
	};
	long reports = atomic_long_read(&zpool_reports);
	unsigned int kind = shim_below(ARRAY_SIZE(kinds));
	struct model_object o;

	if (!model_take(&model, &o))
		return;
	if (o.kind == MODEL_FOREIGN) {
		model_give(&model, &o);
		return;
	}
	if (o.kind == MODEL_OWNED) {
		if (!free_owned_twice(&o))
			return;
	} else if (o.kind == MODEL_HANDLE) {
		kind = ARRAY_SIZE(kinds);
		if (!handle_misuse(&model, &o)) {
			model_give(&model, &o);
			return;
		}
	} else {
		kinds[kind](&o);
	}
	if (atomic_long_read(&zpool_reports) - reports != 1)
		shim_bug("misuse %u was reported %ld times", kind,
			 atomic_long_read(&zpool_reports) - reports);
}

/*
 * The world around.
 */

static void change_budget(void)
{
	static const unsigned long limits[] = { 0, 4096, 64 << 10, 1 << 20, WORLD_BUDGET };
	unsigned long limit = limits[shim_below(ARRAY_SIZE(limits))];

	zpool_budget_set_limit(limit);
	bound = max(bound, limit);
	if (shim_below(2))
		return;
	shim_chaos_stop();
	zpool_drain_all();
	shim_chaos_start(&chaos);
	bound = limit;
}

static void check(void)
{
	world_settle();
	types_check();
	if (atomic_long_read(&zpool_budget.claimed) > (long)bound)
		shim_bug("%ld bytes claimed of %lu",
			 atomic_long_read(&zpool_budget.claimed), bound);
}

/*
 * Never all of it fails for good: somebody may have asked with __GFP_NOFAIL.
 * One node may be full, another have no memory; there are three.
 */
static void change_memory(void)
{
	int nid = shim_below(nr_node_ids), other;

	shim_fail_one_in(shim_below(SHIM_NR_FAULTS), shim_below(2) ? 2 + shim_below(8) : 0);
	for_each_node(other)
		shim_node_exhaust(other, other == nid && nr_node_ids > 1 && shim_below(2));
	shim_reserves_one_in(shim_below(2) ? 1 + shim_below(8) : 0);
	shim_strays_one_in(shim_below(2) ? 20 : 0);
}

static void recover_memory(void)
{
	int nid;

	shim_fail_stop();
	for_each_node(nid)
		shim_node_exhaust(nid, false);
	shim_reserves_one_in(0);
	shim_strays_one_in(0);
}

static void prefill(void)
{
	zpool_cache_prefill(zpool_general[shim_below(ZPOOL_NR_CLASSES)], shim_below(1 << 20));
}

/* A full node: others help out, except for who asked for this one only. */
static void fill_node(void)
{
	size_t size = 1 + shim_below(ZPOOL_MAX_SIZE);
	void *here, *anywhere;
	int nid = numa_mem_id();

	if (nr_node_ids == 1)
		return;
	shim_chaos_stop();
	recover_memory();
	world_plug_all();
	shim_node_exhaust(nid, true);
	here = zpool_kmalloc(size, GFP_KERNEL | __GFP_THISNODE);
	if (here && page_to_nid(virt_to_page(here)) != nid)
		shim_bug("__GFP_THISNODE got memory of another node");
	anywhere = zpool_kmalloc(size, GFP_ATOMIC);
	if (!anywhere)
		shim_bug("no memory, though another node has some");
	zpool_kfree(here);
	zpool_kfree(anywhere);
	shim_node_exhaust(nid, false);
	shim_chaos_start(&chaos);
}

/* Each byte that it says went back was held before. */
static void shrink(void)
{
	struct zpool_cache *cache = types_any_cache();
	struct zpool_usage before = {}, after = {};
	size_t back;

	shim_chaos_stop();
	/* What was put off comes home at any lock, also between the two. */
	rcu_barrier();
	zpool_nmi_sync();
	zpool_slab_sync();
	zpool_stats_add_cache(&before, cache);
	back = zpool_cache_shrink(cache);
	zpool_stats_add_cache(&after, cache);
	if (before.held_bytes - after.held_bytes != back)
		shim_bug("shrink from %lu to %lu bytes gave %zu back", before.held_bytes,
			 after.held_bytes, back);
	shim_chaos_start(&chaos);
}

/* On a CPU that stays, since the one that dies must be another. */
static void plug(void)
{
	shim_chaos_stop();
	if (shim_below(2))
		world_plug_cpu();
	else
		world_plug_memory();
	shim_chaos_start(&chaos);
}

/* Passes, now and then with other parameters; enough of them that things grow old. */
static void adapt(void)
{
	unsigned int i, nr = shim_below(8) ? 1 : 32;

	if (!shim_below(4))
		world_change_policy();
	else if (!shim_below(4))
		world_reset_policy();
	for (i = 0; i < nr; i++)
		world_adapt();
}

static void event(void)
{
	switch (shim_below(20)) {
	case 0:
		change_budget();
		break;
	case 1:
		change_memory();
		break;
	case 2:
		recover_memory();
		break;
	case 3:
		prefill();
		break;
	case 4:
		zpool_drain_all();
		break;
	case 5:
		fill_node();
		break;
	case 6:
		shrink();
		break;
	case 7 ... 8:
		plug();
		break;
	case 9 ... 12:
		adapt();
		break;
	case 13:
		zpool_cache_reserve(types_any_cache(), shim_below(2) ? shim_below(64) : 0);
		break;
	case 14 ... 18:
		world_press();
		break;
	default:
		zpool_cache_drain(types_any_cache());
	}
}

static void run(u64 seed)
{
	unsigned int i;

	shim_thread_start(0, seed);
	model = (struct model) {};
	bound = WORLD_BUDGET;
	world_reset_policy();
	shim_chaos_start(&chaos);
	for (i = 0; i < nr_steps; i++) {
		model_step(&model);
		if (!shim_below(100))
			event();
		if (!shim_below(50))
			world_compact();
		if (shim_below(NR_QUIET))
			continue;
		shim_chaos_stop();
		check();
		recover_memory();
		world_plug_all();
		world_relax();
		misuse();
		shim_chaos_start(&chaos);
	}
	recover_memory();
	model_free_all(&model);
	shim_chaos_stop();
	world_plug_all();
	world_relax();
	check();
}

static unsigned long nr_unmoved(void)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = ZPOOL_MOVED + 1; i < ZPOOL_NR_MOVED; i++)
		sum += zpool_compact.moves[i];
	return sum;
}

static void run_world(u64 seed, const char *name)
{
	unsigned long moved = zpool_compact.moves[ZPOOL_MOVED], unmoved = nr_unmoved();
	const char *leaks;

	printf("# SEED=%llu, %s\n", (unsigned long long)seed, name);
	if (world_start(WORLD_BUDGET))
		shim_bug("no memory to start with");
	types_create();
	run(seed);
	types_destroy();
	world_stop();
	leaks = world_leaks();
	tap_ok(!leaks, "seed %llu, %s: %u steps, %lu allocations, %lu failed, %lu moved, %lu not%s%s",
	       (unsigned long long)seed, name, nr_steps, model.nr_allocs, model.nr_null,
	       zpool_compact.moves[ZPOOL_MOVED] - moved, nr_unmoved() - unmoved,
	       leaks ? ", " : "", leaks ?: "");
}

int main(void)
{
	u64 seed = strtoull(getenv("SEED") ?: "1", NULL, 0);

	nr_steps = strtoul(getenv("STEPS") ?: "3000", NULL, 0);
	run_world(seed, "three nodes");
	shim_init_on_alloc = true;
	run_world(seed + 1, "init_on_alloc");
	shim_init_on_alloc = false;
	shim_init_on_free = true;
	run_world(seed + 2, "init_on_free");
	shim_init_on_free = false;
	zpool_debug = ZPOOL_DEBUG_MOVE;
	run_world(seed + 4, "debug=M");
	zpool_debug = 0;
	nr_node_ids = 1;
	zpool_numa.enabled = false;
	run_world(seed + 3, "one node");
	return tap_end();
}
