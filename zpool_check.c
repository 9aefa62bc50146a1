// SPDX-License-Identifier: GPL-2.0
/* The invariants, see zpool_check.h. */
#include <linux/bitmap.h>
#include <linux/printk.h>

#include "zpool_check.h"
#include "zpool_stats.h"

/* The first condition that fails is what the function returns. */
#define HOLDS(condition) do {							\
	if (!(condition)) {							\
		pr_err("kzpool: %s: broken: %s\n", __func__, #condition);	\
		return #condition;						\
	}									\
} while (0)

static const char *check_run(const struct zpool_geometry *g, const struct zpool_run *run)
{
	HOLDS(run->nr_objects >= 1);
	HOLDS(run->nr_objects <= ZPOOL_RUN_MAX_OBJECTS);
	HOLDS(run->nr_pages <= 1U << run->order);
	HOLDS((size_t)run->nr_objects * g->stride <= run->nr_pages * PAGE_SIZE);
	HOLDS(zpool_run_tail(g, run) < PAGE_SIZE || run->nr_objects == ZPOOL_RUN_MAX_OBJECTS);
	HOLDS(PAGE_SIZE << run->order >= g->align);
	return NULL;
}

const char *zpool_check_geometry(const struct zpool_geometry *g)
{
	HOLDS(g->size >= 1 && g->size <= g->stride);
	HOLDS(g->stride % g->align == 0);
	HOLDS(g->align >= ZPOOL_MIN_ALIGN);
	HOLDS(g->least.order <= g->best.order);
	HOLDS(!g->apart.nr_objects || g->apart.nr_objects > g->best.nr_objects);
	return check_run(g, &g->least) ?: check_run(g, &g->best) ?:
	       g->apart.nr_objects ? check_run(g, &g->apart) : NULL;
}

/* nr_free == weight of free[]; each page that starts an object says whose. */
const char *zpool_check_slab(const struct zpool_slab *slab)
{
	const struct zpool_slabs *home = slab->home;
	struct page *page = virt_to_page(slab->base);
	unsigned int i;

	HOLDS(slab->nr_free == bitmap_weight(slab->free, slab->nr_objects));
	HOLDS(slab->nr_free <= slab->nr_objects);
	for (i = 0; i < slab->nr_pages; i++)
		HOLDS(!page_ref_count(page + i));
	for (i = 0; i < slab->nr_objects; i++) {
		page = virt_to_page(zpool_slab_object(slab, i));
		HOLDS(zpool_page_is_ours(page));
		HOLDS(zpool_page_slab(page) == slab);
		HOLDS(zpool_page_tag(page) ==
		      (slab->apart || want_init_on_free() ? ZPOOL_TAG_HEADER : home->tag));
		HOLDS(page_to_nid(page) == home->node);
	}
	return NULL;
}

/* Where it is, by how much is free. */
static const char *check_place(const struct zpool_slab *slab, enum zpool_place place)
{
	HOLDS(slab->place == place);
	if (place == ZPOOL_ISOLATED)
		return NULL;
	HOLDS((place == ZPOOL_EMPTY) == (slab->nr_free == slab->nr_objects && !slab->apart));
	HOLDS((place == ZPOOL_FULL) == (!slab->nr_free || slab->apart == ZPOOL_EMERGENCY));
	HOLDS((place == ZPOOL_APART) == (slab->nr_free && slab->apart == ZPOOL_BEYOND));
	HOLDS(place != ZPOOL_HINDERED || slab->is_hindered);
	if (place >= ZPOOL_TENTH && place <= ZPOOL_LAST_TENTH) {
		HOLDS(!slab->is_hindered);
		HOLDS(10 * slab->nr_free / slab->nr_objects == place - ZPOOL_TENTH);
	}
	return NULL;
}

static const char *check_list(struct zpool_slabs *slabs, enum zpool_place place,
			      struct zpool_slabs *sum)
{
	struct zpool_slab *slab;
	const char *broken;

	list_for_each_entry(slab, &slabs->on[place], list) {
		HOLDS(slab->home == slabs);
		broken = check_place(slab, place) ?: zpool_check_slab(slab);
		if (broken)
			return broken;
		sum->nr_on[place]++;
		sum->nr_slabs++;
		sum->nr_empty_pages += place == ZPOOL_EMPTY ? slab->nr_pages : 0;
		sum->nr_hindered_pages += place == ZPOOL_HINDERED ? slab->nr_pages : 0;
		sum->nr_pages += slab->nr_pages;
		sum->nr_objects += slab->nr_objects;
		sum->nr_free += slab->nr_free;
		sum->nr_room += place < ZPOOL_EMPTY ? slab->nr_free : 0;
	}
	HOLDS(slabs->nr_on[place] == sum->nr_on[place]);
	HOLDS(!(slabs->serving >> place & 1) == (place >= ZPOOL_FULL || !sum->nr_on[place]));
	return NULL;
}

/* The sums are those over the lists. */
const char *zpool_check_slabs(struct zpool_slabs *slabs)
{
	struct zpool_slabs sum = {};
	const char *broken;
	unsigned int place;

	for (place = 0; place < ZPOOL_NR_PLACES; place++) {
		broken = check_list(slabs, place, &sum);
		if (broken)
			return broken;
	}
	HOLDS(slabs->nr_slabs == sum.nr_slabs);
	HOLDS(slabs->nr_empty_pages == sum.nr_empty_pages);
	HOLDS(slabs->nr_hindered_pages == sum.nr_hindered_pages);
	HOLDS(slabs->nr_pages == sum.nr_pages);
	HOLDS(slabs->nr_objects == sum.nr_objects);
	HOLDS(slabs->nr_free == sum.nr_free);
	HOLDS(slabs->nr_room == sum.nr_room);
	return NULL;
}

/* Every object is one of the cache's and is taken in its slab. */
const char *zpool_check_magazine(struct zpool_cache *cache,
				 const struct zpool_magazine *mag)
{
	u32 i;

	HOLDS(mag->count <= mag->capacity);
	if (mag == zpool_no_magazine)
		return NULL;
	HOLDS((unsigned long)mag->objs[0] & ZPOOL_LABEL);
	for (i = 1; i <= mag->count; i++) {
		struct page *page = virt_to_page(mag->objs[i]);
		struct zpool_slab *slab;

		HOLDS(zpool_page_is_ours(page));
		slab = zpool_page_slab(page);
		HOLDS(slab->home->owner == cache);
		HOLDS(zpool_slab_index(slab, mag->objs[i]) >= 0);
		HOLDS(!test_bit(zpool_slab_index(slab, mag->objs[i]), slab->free));
	}
	return NULL;
}

/* Full ones have objects, empty ones none; the sums are those over the lists. */
const char *zpool_check_depot(struct zpool_cache *cache, struct zpool_depot *depot)
{
	unsigned long nr_full = 0, nr_empty = 0, nr_objects = 0;
	struct zpool_magazine *mag;
	const char *broken;

	list_for_each_entry(mag, &depot->full, list) {
		HOLDS(mag->count);
		broken = zpool_check_magazine(cache, mag);
		if (broken)
			return broken;
		nr_full++;
		nr_objects += mag->count;
	}
	list_for_each_entry(mag, &depot->empty, list) {
		HOLDS(!mag->count);
		nr_empty++;
	}
	HOLDS(depot->nr_full == nr_full);
	HOLDS(depot->nr_empty == nr_empty);
	HOLDS(depot->nr_objects == nr_objects);
	return NULL;
}

/* Its layers, and that the statistics add up. */
const char *zpool_check_cache(struct zpool_cache *cache)
{
	const char *broken = zpool_check_geometry(&cache->geometry);
	struct zpool_usage u = {}, nodes = {};
	unsigned int cpu;
	int nid;

	for_each_possible_cpu(cpu) {
		struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);
		struct zpool_cpu_tail *tail = per_cpu_ptr(cache->tails, cpu);

		HOLDS(!tail->capacity || tail->capacity >= ZPOOL_LEAST_CAPACITY);
		HOLDS(tail->capacity <= ZPOOL_MOST_CAPACITY);
		broken = broken ?: zpool_check_magazine(cache, head->loaded);
		broken = broken ?: zpool_check_magazine(cache, head->previous);
		broken = broken ?: zpool_check_magazine(cache, tail->remote);
	}
	for_each_node(nid) {
		broken = broken ?: zpool_check_depot(cache, &cache->nodes[nid]->depot);
		broken = broken ?: zpool_check_slabs(&cache->nodes[nid]->slabs);
	}
	if (broken)
		return broken;
	zpool_stats_add_cache(&u, cache);
	HOLDS(u.held_bytes == u.in_use_bytes + u.magazine_bytes + u.remote_bytes +
			      u.depot_bytes + u.reserve_bytes + u.slab_free_bytes + u.tail_bytes);
	for_each_node(nid)
		zpool_stats_add_node(&nodes, cache, nid);
	HOLDS(nodes.held_bytes == u.held_bytes);
	HOLDS(nodes.in_use_bytes == u.in_use_bytes);
	HOLDS(nodes.magazine_bytes == u.magazine_bytes);
	HOLDS(nodes.remote_bytes == u.remote_bytes);
	return NULL;
}

/* Every cache there is. */
const char *zpool_check_all(void)
{
	struct zpool_cache *cache;
	const char *broken = NULL;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		broken = broken ?: zpool_check_cache(cache);
	mutex_unlock(&zpool_caches_lock);
	return broken;
}
