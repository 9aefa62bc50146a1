// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_fragmentation.h.
 *
 * "free_KiB" is what compaction could free now; "held_KiB" what it could not: all
 * of the slabs that it found something in that does not move (when it last tried),
 * or where nothing moves at all, the room in slabs that are in use.
 *
 * With debug=U, who asked for the objects that hold it. Each of the objects in a
 * slab is charged with its share of the room there. One slab is looked at under a
 * hold of its lock.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "zpool_cache.h"
#include "zpool_debug.h"
#include "zpool_fragmentation.h"
#include "zpool_isolate.h"

static unsigned long kib(unsigned long bytes)
{
	return bytes >> 10;
}

static const char *movable(const struct zpool_cache *cache)
{
	if (!cache->mover)
		return "-";
	return cache->mover->is_of_handles ? "handle" : READ_ONCE(cache->move) ? "callback" : "no";
}

static unsigned long sum_moves(const struct zpool_cache *cache, enum zpool_moved first,
			       enum zpool_moved last)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = first; i <= last; i++)
		sum += READ_ONCE(cache->moves[i]);
	return sum;
}

static void show_slabs(struct seq_file *m, struct zpool_cache *cache, int nid)
{
	struct zpool_slabs *slabs = &cache->nodes[nid]->slabs;
	size_t slab_bytes = cache->geometry.best.nr_pages * PAGE_SIZE;
	unsigned long nr_on[ZPOOL_NR_PLACES], nr_slabs, held, flags;
	unsigned int place;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	memcpy(nr_on, slabs->nr_on, sizeof(nr_on));
	nr_slabs = slabs->nr_slabs;
	held = cache->mover ? slabs->nr_hindered_pages * PAGE_SIZE :
			      slabs->nr_room * cache->geometry.stride;
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	if (!nr_slabs)
		return;
	seq_printf(m, "%-31s %4d %8s %7lu", cache->name, nid, movable(cache), nr_slabs);
	for (place = ZPOOL_LAST_TENTH; place >= ZPOOL_TENTH; place--)
		seq_printf(m, " %6lu", nr_on[place]);
	seq_printf(m, " %6lu %5lu %8lu %5lu %8lu %8lu %9lu %9lu\n", nr_on[ZPOOL_FULL],
		   nr_on[ZPOOL_EMPTY], nr_on[ZPOOL_HINDERED], nr_on[ZPOOL_APART],
		   cache->mover ? kib(zpool_isolate_surplus(slabs) * slab_bytes) : 0, kib(held),
		   sum_moves(cache, ZPOOL_MOVED, ZPOOL_NOT_NEEDED),
		   sum_moves(cache, ZPOOL_REFUSED, ZPOOL_PINNED));
}

/*
 * Sites.
 */

#define NR_SITES	256U		/* that are told apart */
#define MOST_PROBES	8U		/* to find one: a slab's lock is held */
#define NR_SHOWN	16U

struct site {
	unsigned long address;		/* 0: all others */
	unsigned long nr_objects;
	unsigned long bytes;		/* of room that they hold */
};

struct sites {
	struct site all[NR_SITES + 1];	/* the last: those that found no place */
};

static struct site *find_site(struct sites *sites, unsigned long address)
{
	unsigned int i, at = (u32)address * GOLDEN_RATIO_32 >> 24;

	for (i = 0; i < MOST_PROBES; i++, at = (at + 1) % NR_SITES) {
		struct site *site = &sites->all[at];

		if (!site->address)
			site->address = address;
		if (site->address == address)
			return site;
	}
	return &sites->all[NR_SITES];
}

static void charge(const struct zpool_slab *slab, void *arg)
{
	size_t room = (size_t)slab->nr_free * slab->home->geometry->stride;
	unsigned int i, nr_used = slab->nr_objects - slab->nr_free;

	for_each_clear_bit(i, slab->free, slab->nr_objects) {
		unsigned long address = READ_ONCE(slab->sites[i]);
		struct site *site;

		if (!address)
			continue;
		site = find_site(arg, address);
		site->nr_objects++;
		site->bytes += room / nr_used;
	}
}

/* Of what moves, only what was found not to. */
static void charge_all(struct sites *sites, struct zpool_cache *cache, struct zpool_slabs *slabs)
{
	unsigned int place, last = cache->mover ? ZPOOL_HINDERED : ZPOOL_APART;
	unsigned long nr;

	for (place = ZPOOL_HINDERED; place <= last; place++)
		for (nr = READ_ONCE(slabs->nr_on[place]); nr; nr--) {
			if (!zpool_slabs_visit(slabs, place, charge, sites))
				break;
			cond_resched();
		}
}

/* The one that holds the most, and not again. Return: false when none is left. */
static bool show_worst(struct seq_file *m, struct sites *sites)
{
	struct site *worst = &sites->all[0];
	unsigned int i;

	for (i = 0; i <= NR_SITES; i++)
		if (sites->all[i].bytes > worst->bytes)
			worst = &sites->all[i];
	if (!worst->bytes)
		return false;
	seq_printf(m, "%9lu %9lu ", worst->nr_objects, kib(worst->bytes));
	if (worst->address)
		seq_printf(m, "%pS\n", (void *)worst->address);
	else
		seq_puts(m, "others\n");
	worst->bytes = 0;
	return true;
}

static void show_sites(struct seq_file *m)
{
	struct sites *sites = kzalloc(sizeof(*sites), GFP_KERNEL);
	struct zpool_cache *cache;
	unsigned int i;
	int nid;

	if (!sites)
		return;
	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		for_each_node(nid)
			charge_all(sites, cache, &cache->nodes[nid]->slabs);
	mutex_unlock(&zpool_caches_lock);
	seq_puts(m, "# objects  held_KiB site\n");
	for (i = 0; i < NR_SHOWN && show_worst(m, sites); i++)
		;
	kfree(sites);
}

/**
 * zpool_fragmentation_show() - a row for each cache and node
 * @m: where to
 *
 * Slabs by how full they are: less than one tenth, then by tenths; full, empty,
 * those that hold something that does not move ("fixed"), and those of what exceeds
 * the budget, where some is free ("apart").
 *
 * Context: process; takes zpool_caches_lock.
 * Return: 0.
 */
int zpool_fragmentation_show(struct seq_file *m)
{
	struct zpool_cache *cache;
	int nid;

	seq_puts(m, "kzpool fragmentation version 1\n");
	seq_puts(m, "# name                          node  movable   slabs    0-9  10-19  20-29  30-39  40-49  50-59  60-69  70-79  80-89  90-99   full empty    fixed apart free_KiB held_KiB     moved   refused\n");
	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		for_each_node(nid)
			show_slabs(m, cache, nid);
	mutex_unlock(&zpool_caches_lock);
	if (zpool_debug & ZPOOL_DEBUG_SITES)
		show_sites(m);
	return 0;
}
