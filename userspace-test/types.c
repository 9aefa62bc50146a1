// SPDX-License-Identifier: GPL-2.0
/* See types.h. */
#include "../zpool_budget.h"
#include "../zpool_check.h"
#include "../zpool_node.h"
#include "../zpool_stats.h"
#include "owned.h"
#include "types.h"

static struct type types[] = {
	{ "tiny", 20, 8 },
	{ "line", 100, 64, ZPOOL_HWCACHE_ALIGN },
	{ "page", 3000, 4096 },
	{ "huge", 40000, 16 },
	{ "ctor-small", 200, 8, 0, true },
	{ "ctor-large", 5000, 64, 0, true },
	{ "move-small", 120, 8, 0, true, true },
	{ "move-large", 2000, 64, 0, true, true },
};

#define NR_MOVING	2		/* the last ones */
#define NR_STAYING	(ARRAY_SIZE(types) - NR_MOVING)

static long nr_general[ZPOOL_NR_CLASSES], nr_handles[ZPOOL_NR_CLASSES];

/* Constructors run under no lock; each cache has the one of its size. */
#define CONSTRUCTOR(size)					\
static void construct_##size(void *obj)				\
{								\
	shim_assert_unlocked("constructor");			\
	memset(obj, CONSTRUCTED, size);				\
}

CONSTRUCTOR(120)
CONSTRUCTOR(200)
CONSTRUCTOR(2000)
CONSTRUCTOR(5000)

static void (*constructor(const struct type *type))(void *obj)
{
	if (!type->ctor)
		return NULL;
	switch (type->size) {
	case 120:
		return construct_120;
	case 200:
		return construct_200;
	case 2000:
		return construct_2000;
	default:
		return construct_5000;
	}
}

void types_create(void)
{
	struct type *type;

	for (type = types; type < types + ARRAY_SIZE(types); type++) {
		type->cache = zpool_cache_create(type->name, type->size, type->align,
						 type->flags, constructor(type));
		if (!type->cache)
			shim_bug("%s: not created", type->name);
		if (type->moves && zpool_cache_set_move(type->cache, owned_move, type))
			shim_bug("%s: cannot move", type->name);
	}
}

void types_destroy(void)
{
	struct type *type;

	for (type = types; type < types + ARRAY_SIZE(types); type++)
		zpool_cache_destroy(type->cache);
}

struct type *types_any(void)
{
	return &types[shim_below(NR_STAYING)];
}

struct type *types_any_moving(void)
{
	return &types[NR_STAYING + shim_below(NR_MOVING)];
}

struct zpool_cache *types_any_cache(void)
{
	return types[shim_below(ARRAY_SIZE(types))].cache;
}

/* The sizes are written down a second time here, so that no slip in the first can hide. */
static size_t next_size(size_t size)
{
	return size + (size < 64 ? 8 : roundup_pow_of_two(size + 1) / 8);
}

size_t types_roundup(size_t size)
{
	size_t usable = 8;

	while (usable < ALIGN(size, ZPOOL_MIN_ALIGN))
		usable = next_size(usable);
	return usable;
}

static unsigned int class_of(size_t usable)
{
	unsigned int class = 0;
	size_t size = 8;

	for (; size < usable; size = next_size(size))
		class++;
	if (size != usable || class >= ZPOOL_NR_CLASSES)
		shim_bug("no class has %zu bytes", usable);
	return class;
}

void types_count(struct type *type, size_t usable, long n)
{
	shim_usage_add(type ? &type->nr : &nr_general[class_of(usable)], n);
}

void types_count_handle(size_t size, long n)
{
	shim_usage_add(&nr_handles[class_of(types_roundup(size))], n);
}

static long nr_out(const struct zpool_cache *cache)
{
	const struct type *type;

	if (cache->mover && cache->mover->is_of_handles)
		return READ_ONCE(nr_handles[class_of(cache->geometry.size)]);
	for (type = types; type < types + ARRAY_SIZE(types); type++)
		if (type->cache == cache)
			return READ_ONCE(type->nr);
	return READ_ONCE(nr_general[zpool_tag_class(cache->tag)]);
}

/*
 * A CPU's pair holds nothing of another node, its remote magazine nothing of
 * its own, and neither anything of the emergency reserves.
 * With init_on_free it is zero, but for the word that the list of frees from
 * NMI may have run through.
 */
static void check_magazine(struct zpool_cache *cache, const struct zpool_magazine *mag,
			   int cpu, bool remote)
{
	u32 i;

	for (i = 1; i <= mag->count; i++) {
		struct page *page = virt_to_page(mag->objs[i]);

		if ((page_to_nid(page) == per_cpu_ptr(&zpool_cpu, cpu)->node) == remote)
			shim_bug("an object of node %d in a magazine of CPU %d",
				 page_to_nid(page), cpu);
		if (zpool_page_slab(page)->apart == ZPOOL_EMERGENCY)
			shim_bug("an object of the emergency reserves in a magazine");
		if (shim_init_on_free && !cache->ctor &&
		    memchr_inv(mag->objs[i] + 8, 0, cache->geometry.size - 8))
			shim_bug("%s: a free object is not zero", cache->name);
	}
}

/* Full magazines lie where their objects are at home, and where somebody comes for them. */
static void check_depot(struct zpool_depot *depot, int nid)
{
	struct zpool_magazine *mag;
	u32 i;

	list_for_each_entry(mag, &depot->full, list) {
		if (!zpool_node_is_fed(nid))
			shim_bug("a full magazine for node %d, which feeds nobody", nid);
		for (i = 1; i <= mag->count; i++)
			if (page_to_nid(virt_to_page(mag->objs[i])) != nid)
				shim_bug("an object of node %d in the depot of %d",
					 page_to_nid(virt_to_page(mag->objs[i])), nid);
	}
}

static size_t list_capacity(struct list_head *list)
{
	struct zpool_magazine *mag;
	size_t sum = 0;

	list_for_each_entry(mag, list, list)
		sum += mag->capacity;
	return sum;
}

/* What the magazines and empty slabs of a cache must have claimed of the budget. */
static size_t claims(struct zpool_cache *cache)
{
	size_t capacity = 0, bytes = 0;
	struct zpool_slab *slab;
	int cpu, nid;

	for_each_possible_cpu(cpu) {
		struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);
		struct zpool_magazine *remote = per_cpu_ptr(cache->tails, cpu)->remote;

		check_magazine(cache, head->loaded, cpu, false);
		check_magazine(cache, head->previous, cpu, false);
		check_magazine(cache, remote, cpu, true);
		capacity += head->loaded->capacity + head->previous->capacity +
			    remote->capacity;
	}
	for_each_node(nid) {
		struct zpool_cache_node *node = cache->nodes[nid];

		check_depot(&node->depot, nid);
		capacity += list_capacity(&node->depot.full) +
			    list_capacity(&node->depot.empty);
		capacity += list_capacity(&node->limbo.magazines);
		list_for_each_entry(slab, &node->slabs.on[ZPOOL_EMPTY], list)
			bytes += slab->nr_pages * PAGE_SIZE;
	}
	return bytes + capacity * cache->geometry.stride;
}

void types_check(void)
{
	const char *broken = zpool_check_all();
	struct zpool_cache *cache;
	size_t claimed = 0, pages = 0;

	if (broken)
		shim_bug("zpool_check_all: %s", broken);
	shim_assert_outermost("&slabs->lock");
	list_for_each_entry(cache, &zpool_caches, list) {
		struct zpool_usage u = {};

		zpool_stats_add_cache(&u, cache);
		if (u.in_use_bytes != nr_out(cache) * cache->geometry.stride)
			shim_bug("%s: %lu bytes in use, should be %ld objects of %u",
				 cache->name, u.in_use_bytes, nr_out(cache),
				 cache->geometry.stride);
		claimed += claims(cache);
		pages += u.held_bytes / PAGE_SIZE;
	}
	if (claimed != (size_t)atomic_long_read(&zpool_budget.claimed))
		shim_bug("%ld bytes claimed, should be %zu",
			 atomic_long_read(&zpool_budget.claimed), claimed);
	if (pages != (size_t)shim_usage().pages)
		shim_bug("%zu pages held, %ld are out", pages, shim_usage().pages);
	if (pages != (size_t)shim_usage().leak_checked)
		shim_bug("%zu pages held, kmemleak knows of %ld", pages,
			 shim_usage().leak_checked);
}
