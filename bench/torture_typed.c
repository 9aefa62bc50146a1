// SPDX-License-Identifier: GPL-2.0
/*
 * The typed caches that kzpool_torture uses: small and large, aligned and
 * not, with a constructor and without. An object of a cache with a
 * constructor must come out as the constructor left it, and whoever frees it
 * first puts it back into that state.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <zpool/zpool.h>

#include "torture.h"

#define SMALL_SIZE	200
#define LARGE_SIZE	5000

static void construct_small(void *obj)
{
	memset(obj, TORTURE_CONSTRUCTED, SMALL_SIZE);
}

static void construct_large(void *obj)
{
	memset(obj, TORTURE_CONSTRUCTED, LARGE_SIZE);
}

static struct torture_type types[] = {
	{ .name = "torture_tiny", .size = 20 },
	{ .name = "torture_line", .size = 100, .flags = ZPOOL_HWCACHE_ALIGN },
	{ .name = "torture_page", .size = 3000, .align = PAGE_SIZE },
	{ .name = "torture_huge", .size = 40000, .align = 16 },
	{ .name = "torture_ctor_small", .size = SMALL_SIZE, .align = 8,
	  .ctor = construct_small },
	{ .name = "torture_ctor_large", .size = LARGE_SIZE, .align = 64,
	  .ctor = construct_large },
};

unsigned int torture_nr_types(void)
{
	return ARRAY_SIZE(types);
}

const struct torture_type *torture_type(unsigned int nr)
{
	return &types[nr];
}

/* The alignment that an object of @type must have. */
size_t torture_type_align(const struct torture_type *type)
{
	if (type->flags & ZPOOL_HWCACHE_ALIGN)
		return max_t(size_t, type->align, L1_CACHE_BYTES);
	return max_t(size_t, type->align, sizeof(void *));
}

int torture_type_create(struct torture_type *type)
{
	type->cache = zpool_cache_create(type->name, type->size, type->align, type->flags,
					 type->ctor);
	return type->cache ? 0 : -ENOMEM;
}

void torture_type_destroy(struct torture_type *type)
{
	if (type->cache)
		zpool_cache_destroy(type->cache);
	type->cache = NULL;
}

int torture_types_create(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (!torture_type_create(&types[i]))
			continue;
		pr_err("cannot create cache %s\n", types[i].name);
		torture_types_destroy();
		return -ENOMEM;
	}
	return 0;
}

void torture_types_destroy(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		torture_type_destroy(&types[i]);
}
