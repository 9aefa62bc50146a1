// SPDX-License-Identifier: GPL-2.0
/*
 * The contenders that only forward a call, and the list of all of them.
 *
 * The thin wrappers give every allocator the same type, and so the same
 * indirect call; what they cost is a jump, and the same for each.
 */
#include <linux/kernel.h>
#include <linux/slab.h>

#include <zpool/zpool.h>

#include "bench.h"

static bool pooled_size(size_t size)
{
	return size <= ZPOOL_MAX_SIZE;
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

static const struct bench_contender zpool_plain = {
	.name		= "zpool",
	.sets		= BENCH_DEMO | BENCH_INSN,
	.available	= pooled_size,
	.alloc		= zpool_alloc,
	.free		= zpool_free_plain,
};

static const struct bench_contender zpool_sized = {
	.name		= "zpool_sized",
	.sets		= BENCH_DEMO | BENCH_INSN,
	.available	= pooled_size,
	.alloc		= zpool_alloc,
	.free		= zpool_free_sized,
};

static bool kmalloc_size(size_t size)
{
	return size <= KMALLOC_MAX_SIZE;
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
	.sets		= BENCH_DEMO | BENCH_INSN,
	.available	= kmalloc_size,
	.alloc		= kmalloc_alloc,
	.free		= kmalloc_free,
};

const struct bench_contender *const bench_contenders[] = {
	&zpool_plain,
	&zpool_sized,
	&kmalloc_plain,
	&bench_fixed,
	&bench_floor,
};

const unsigned int bench_nr_contenders = ARRAY_SIZE(bench_contenders);

static_assert(ARRAY_SIZE(bench_contenders) <= BENCH_MAX_CONTENDERS);
