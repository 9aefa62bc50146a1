// SPDX-License-Identifier: GPL-2.0
/*
 * The contenders that only forward a call, and the list of all of them.
 *
 * The thin wrappers give every allocator the same type, and so the same
 * indirect call; what they cost is a jump, and the same for each.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <zpool/zpool.h>

#include "bench.h"

static bool is_pooled(const struct bench_load *load)
{
	return load->max_size <= ZPOOL_MAX_SIZE;
}

static void *zpool_alloc(size_t size, gfp_t gfp)
{
	return zpool_kmalloc(size, gfp);
}

static void zpool_free_plain(void *obj, size_t size)
{
	zpool_kfree(obj);
}

static void zpool_free_sized(void *obj, size_t size)
{
	zpool_kfree_sized(obj, size);
}

static unsigned int zpool_alloc_bulk(size_t size, gfp_t gfp, unsigned int nr, void **objs)
{
	return zpool_kmalloc_bulk(size, gfp, nr, objs);
}

static void zpool_free_bulk(unsigned int nr, void **objs)
{
	zpool_kfree_bulk(nr, objs);
}

static const struct bench_contender zpool_plain = {
	.name		= "zpool",
	.sets		= BENCH_DEMO | BENCH_INSN | BENCH_FULL | BENCH_BURST,
	.available	= is_pooled,
	.alloc		= zpool_alloc,
	.free		= zpool_free_plain,
	.alloc_bulk	= zpool_alloc_bulk,
	.free_bulk	= zpool_free_bulk,
};

static const struct bench_contender zpool_sized = {
	.name		= "zpool_sized",
	.sets		= BENCH_DEMO | BENCH_INSN | BENCH_FULL,
	.available	= is_pooled,
	.alloc		= zpool_alloc,
	.free		= zpool_free_sized,
};

static bool fits_kmalloc(const struct bench_load *load)
{
	return load->max_size <= KMALLOC_MAX_SIZE;
}

static void *kmalloc_alloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp);
}

static void kmalloc_free(void *obj, size_t size)
{
	kfree(obj);
}

static const struct bench_contender kmalloc_plain = {
	.name		= "kmalloc",
	.sets		= BENCH_DEMO | BENCH_INSN | BENCH_FULL | BENCH_BURST,
	.available	= fits_kmalloc,
	.alloc		= kmalloc_alloc,
	.free		= kmalloc_free,
};

/* Whole runs of pages, as who needs no allocator asks for them. */
static void *pages_alloc(size_t size, gfp_t gfp)
{
	return (void *)__get_free_pages(gfp, get_order(size));
}

static void pages_free(void *obj, size_t size)
{
	free_pages((unsigned long)obj, get_order(size));
}

static const struct bench_contender pages_plain = {
	.name		= "pages",
	.sets		= BENCH_FULL,
	.available	= fits_kmalloc,
	.alloc		= pages_alloc,
	.free		= pages_free,
};

const struct bench_contender *const bench_contenders[] = {
	&zpool_plain,
	&zpool_sized,
	&kmalloc_plain,
	&bench_typed,
	&bench_own,
	&pages_plain,
	&bench_fixed,
	&bench_floor,
};

const unsigned int bench_nr_contenders = ARRAY_SIZE(bench_contenders);

static_assert(ARRAY_SIZE(bench_contenders) <= BENCH_MAX_CONTENDERS);
