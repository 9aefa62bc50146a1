// SPDX-License-Identifier: GPL-2.0
/*
 * Contender `kmem_cache`: a cache of the kernel's own for the one size of a
 * load, as who cares for speed would make. It is made for each load and
 * destroyed after it. The cache is declared fit for copies to user space, since
 * SLUB never merges such a cache with others of its size, on any kernel.
 */
#include <linux/slab.h>

#include "bench.h"

static struct kmem_cache *own_cache;

static bool available(const struct bench_load *load)
{
	return load->size && load->size <= KMALLOC_MAX_SIZE;
}

static int prepare(const struct bench_load *load)
{
	own_cache = kmem_cache_create_usercopy("kzpool_bench", load->size, 0, 0,
					       0, load->size, NULL);
	return own_cache ? 0 : -ENOMEM;
}

static void finish(void)
{
	kmem_cache_destroy(own_cache);
	own_cache = NULL;
}

static void *own_alloc(size_t size, gfp_t gfp)
{
	return kmem_cache_alloc(own_cache, gfp);
}

static void own_free(void *obj, size_t size)
{
	kmem_cache_free(own_cache, obj);
}

/* All of them or none; how that is told differs between kernels. */
static unsigned int own_alloc_bulk(size_t size, gfp_t gfp, unsigned int nr, void **objs)
{
	return kmem_cache_alloc_bulk(own_cache, gfp, nr, objs) ? nr : 0;
}

static void own_free_bulk(unsigned int nr, void **objs)
{
	kmem_cache_free_bulk(own_cache, nr, objs);
}

const struct bench_contender bench_own = {
	.name		= "kmem_cache",
	.sets		= BENCH_FULL | BENCH_TYPED,
	.prepare	= prepare,
	.finish		= finish,
	.available	= available,
	.alloc		= own_alloc,
	.free		= own_free,
	.alloc_bulk	= own_alloc_bulk,
	.free_bulk	= own_free_bulk,
};
