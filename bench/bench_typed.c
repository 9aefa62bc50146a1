// SPDX-License-Identifier: GPL-2.0
/*
 * Contender `zpool_cache`: a typed cache of zpool for the one size of a load,
 * beside `kmem_cache`. It is there for all loads of its size, as the class is
 * that serves `zpool`, so that its magazines have as much time to grow. It plays
 * in a set of its own: in one set with `zpool` the two would share one budget,
 * and each would be shown slower than it is alone.
 */
#include <linux/errno.h>
#include <linux/gfp.h>

#include <zpool/zpool.h>

#include "bench.h"

static struct zpool_cache *typed_cache;
static size_t typed_size;		/* of its objects */

static bool available(const struct bench_load *load)
{
	return load->size && load->size <= ZPOOL_MAX_SIZE;
}

static void teardown(void)
{
	zpool_cache_destroy(typed_cache);
	typed_cache = NULL;
}

static int prepare(const struct bench_load *load)
{
	if (typed_cache && typed_size == load->size)
		return 0;
	teardown();
	typed_cache = zpool_cache_create("kzpool_bench", load->size, 0, 0, NULL);
	typed_size = load->size;
	return typed_cache ? 0 : -ENOMEM;
}

static void *typed_alloc(size_t size, gfp_t gfp)
{
	return zpool_cache_alloc(typed_cache, gfp);
}

static void typed_free(void *obj, size_t size)
{
	zpool_cache_free(typed_cache, obj);
}

static unsigned int typed_alloc_bulk(size_t size, gfp_t gfp, unsigned int nr, void **objs)
{
	return zpool_cache_alloc_bulk(typed_cache, gfp, nr, objs);
}

static void typed_free_bulk(unsigned int nr, void **objs)
{
	zpool_cache_free_bulk(typed_cache, nr, objs);
}

const struct bench_contender bench_typed = {
	.name		= "zpool_cache",
	.sets		= BENCH_TYPED,
	.teardown	= teardown,
	.prepare	= prepare,
	.available	= available,
	.alloc		= typed_alloc,
	.free		= typed_free,
	.alloc_bulk	= typed_alloc_bulk,
	.free_bulk	= typed_free_bulk,
};
