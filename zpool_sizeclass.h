/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sizes: which class serves a request, and how a run of pages is cut.
 *
 * Pure arithmetic: no locks, no memory, no state. Every layer above may call.
 *
 * Classes go in steps of 8 B to 64 B, then four per doubling to 64 KiB (80,
 * 96, 112, 128, 160, ...): jemalloc's spacing, which wastes under 20 % of any
 * size above 64 B. Powers of two alone would need a table less and waste up
 * to 50 %; eight per doubling would halve the waste again at twice the pools.
 */
#ifndef _KZPOOL_SIZECLASS_H
#define _KZPOOL_SIZECLASS_H

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/reciprocal_div.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <zpool/zpool.h>

#define ZPOOL_NR_CLASSES	48U

/*
 * An architecture whose kmalloc promises more than 8 bytes (DMA lines) gets
 * sizes rounded up first; every class that can then be chosen is a multiple
 * of that promise, since a class is either the rounded size itself or a
 * multiple of a step that is larger.
 */
#define ZPOOL_MIN_ALIGN		(ARCH_KMALLOC_MINALIGN > 8 ? ARCH_KMALLOC_MINALIGN : 8UL)

/**
 * zpool_size_class() - the class that serves a size
 * @size: bytes, 1 to ZPOOL_MAX_SIZE
 *
 * Five instructions around an fls(), no branch; a constant @size folds to a
 * constant. The upper half of a doubling from 32 on is cut in four by the two bits
 * below its top one; below, the same shift counts in steps of 8.
 *
 * Return: class, 0 to ZPOOL_NR_CLASSES - 1.
 */
static __always_inline unsigned int zpool_size_class(size_t size)
{
	unsigned long last = size - 1;
	unsigned int log;

	if (ZPOOL_MIN_ALIGN > 8)
		last |= ZPOOL_MIN_ALIGN - 1;
	log = __fls(last | 32);		/* 5 up to 64 B, 6 to 128 B, 15 to 64 KiB */
	return 4 * (log - 5) + (last >> (log - 2));
}

/**
 * zpool_class_size() - bytes that an object of a class holds
 * @class: 0 to ZPOOL_NR_CLASSES - 1
 */
static __always_inline size_t zpool_class_size(unsigned int class)
{
	unsigned int quarter;

	if (class < 8)
		return (class + 1) * 8;
	quarter = (class & 3) + 5;	/* fifth to eighth quarter of a doubling */
	return (size_t)quarter << ((class >> 2) + 2);
}

/* A run of pages cut into objects. */
struct zpool_run {
	u8  order;		/* pages are allocated as 1 << order ... */
	u16 nr_pages;		/* ... and those above nr_pages given back */
	u16 nr_objects;
};

/* The most objects in a run: the bitmap of a slab header has a bit for each. */
#define ZPOOL_RUN_MAX_OBJECTS	(PAGE_SIZE / 8)

/* How objects of one size are laid out. @best.nr_objects >= @least.nr_objects >= 1. */
struct zpool_geometry {
	u32 size;			/* bytes that the owner may use */
	u32 stride;			/* bytes from object to object */
	u32 align;
	bool has_notes;			/* a word is kept for each object, off the slab */
	struct reciprocal_value recip;	/* of stride */
	struct zpool_run best;		/* wanted */
	struct zpool_run least;		/* when memory is short: one object */
	struct zpool_run apart;		/* see enum zpool_apart; of no objects where @best has some */
};

int zpool_geometry_init(struct zpool_geometry *g, size_t size, size_t align);

/* Bytes at the end of a run in which no object fits. */
static inline size_t zpool_run_tail(const struct zpool_geometry *g,
				    const struct zpool_run *run)
{
	return run->nr_pages * PAGE_SIZE - (size_t)run->nr_objects * g->stride;
}

#endif /* _KZPOOL_SIZECLASS_H */
