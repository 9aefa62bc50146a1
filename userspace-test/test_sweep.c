// SPDX-License-Identifier: GPL-2.0
/*
 * Failure sweep: a whole life of the allocator, in which the first, second,
 * third ... allocation of the kernel's memory fails, alone or with all that
 * follow, until the life ends before its turn comes. Each time everything
 * must add up in the middle, and nothing be left in the end.
 */
#include <zpool/zpool.h>

#include "../zpool_cache.h"
#include "../zpool_check.h"
#include "../zpool_drain.h"
#include "../zpool_supply.h"
#include "tap.h"
#include "world.h"

#define NR_OBJECTS	800
#define NR_TYPES	3

static void *objects[NR_OBJECTS];
static unsigned int nr_objects;
static const char *broken;

static void check(void)
{
	broken = broken ?: zpool_check_all();
}

static void keep(void *p, size_t size)
{
	if (!p)
		return;
	memset(p, 0x5a, size);
	objects[nr_objects++] = p;
}

static void construct(void *obj)
{
	shim_assert_unlocked("constructor");
	memset(obj, 0, 48);
}

static void create_types(struct zpool_cache **types)
{
	types[0] = zpool_cache_create("small", 48, 0, 0, construct);
	types[1] = zpool_cache_create("aligned", 3000, 4096, 0, NULL);
	types[2] = zpool_cache_create("large", 50000, 0, ZPOOL_HWCACHE_ALIGN, NULL);
}

/* However many there are, each of them is good. */
static void allocate_bulk(struct zpool_cache **types)
{
	void *objs[70];
	unsigned int got;

	got = zpool_kmalloc_bulk(500, GFP_KERNEL, ARRAY_SIZE(objs), objs);
	while (got)
		keep(objs[--got], 500);
	if (types[1])
		got = zpool_cache_alloc_bulk(types[1], GFP_KERNEL, ARRAY_SIZE(objs), objs);
	while (got)
		keep(objs[--got], 3000);
}

/* A few of each class, and enough of some that magazines overflow. */
static void allocate(struct zpool_cache **types)
{
	unsigned int class, i;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		for (i = 0; i < 2; i++)
			keep(zpool_kmalloc(zpool_class_size(class), GFP_KERNEL),
			     zpool_class_size(class));
	for (i = 0; i < 200; i++)
		keep(zpool_kmalloc(2000, GFP_ATOMIC), 2000);
	for (i = 0; i < NR_TYPES * 20; i++)
		if (types[i % NR_TYPES])
			keep(zpool_cache_alloc(types[i % NR_TYPES], GFP_NOWAIT), 48);
	keep(zpool_kmalloc(100000, GFP_KERNEL), 100000);
	for (i = 0; i < 20; i++)
		keep(zpool_kmalloc_node(1000, GFP_KERNEL, i % MAX_NUMNODES), 1000);
	allocate_bulk(types);
}

/* What an interrupt does that came in the middle of a busy section. */
static void nested(void *unused)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		keep(zpool_kmalloc(300, GFP_ATOMIC), 300);
	for (i = 0; i < 10 && nr_objects; i++)
		zpool_kfree(objects[--nr_objects]);
}

static void interrupt(void)
{
	unsigned int nr = nr_objects;

	if (!zpool_cpu_enter())
		shim_bug("busy for no reason");
	shim_interrupt(nested, NULL);
	zpool_cpu_exit();
	while (nr_objects > nr)
		zpool_kfree(objects[--nr_objects]);
}

static void reallocate(void)
{
	size_t size = 24;
	void *p = NULL, *new;

	for (; size < 200000; size = size * 3 / 2) {
		new = zpool_krealloc(p, size, GFP_KERNEL | __GFP_ZERO);
		if (!new)
			break;
		p = new;
	}
	zpool_kfree(p);
}

/* __GFP_NOFAIL asks until it gets. */
static void insist(void)
{
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		void *p = zpool_kmalloc(zpool_class_size(class), GFP_KERNEL | __GFP_NOFAIL);

		if (!p)
			shim_bug("__GFP_NOFAIL failed");
		keep(p, zpool_class_size(class));
	}
}

/* From CPUs of both nodes. */
static void free_some(unsigned int left)
{
	while (nr_objects > left) {
		shim_thread_move(nr_objects % NR_CPUS);
		nr_objects--;
		if (nr_objects % 5 || zpool_ksize(objects[nr_objects]) < sizeof(struct rcu_head))
			zpool_kfree(objects[nr_objects]);
		else
			zpool_kfree_call_rcu(objects[nr_objects], objects[nr_objects]);
	}
	world_settle();
	shim_thread_move(0);
}

/* @may_insist: memory comes back. Return: false when even the start failed. */
static bool live(bool may_insist)
{
	struct zpool_cache *types[NR_TYPES];
	unsigned int i;

	if (world_start(WORLD_BUDGET))
		return false;
	create_types(types);
	allocate(types);
	check();
	interrupt();
	reallocate();
	free_some(nr_objects / 2);
	check();
	zpool_drain_all();
	check();
	zpool_cache_prefill(zpool_general[10], 100000);
	if (may_insist)
		insist();
	free_some(0);
	check();
	for (i = 1; i < NR_TYPES; i++)
		zpool_cache_destroy(types[i]);
	check();			/* the end will find the first one */
	world_stop();
	return true;
}

static void sweep(enum shim_fault kind, bool all_later, const char *name)
{
	unsigned long nth = 0, nr_started = 0, failed;
	const char *leaks;

	do {
		shim_fail_nth(kind, ++nth, all_later);
		broken = NULL;
		nr_started += live(!all_later);
		failed = shim_fail_stop();
		leaks = world_leaks();
	} while (failed && !broken && !leaks);
	tap_ok(!broken && !leaks && nr_started, "%s %s: %lu points, %lu lives%s%s", name,
	       all_later ? "from the nth on" : "the nth alone", nth, nr_started,
	       broken || leaks ? ", broken: " : "", broken ?: leaks ?: "");
}

int main(void)
{
	static const char *const names[] = {
		[SHIM_PAGES] = "pages", [SHIM_KMALLOC] = "kmalloc", [SHIM_PERCPU] = "percpu",
	};
	int kind;

	for (kind = 0; kind < SHIM_NR_FAULTS; kind++) {
		sweep(kind, false, names[kind]);
		sweep(kind, true, names[kind]);
	}
	return tap_end();
}
