/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Object sizes for the benchmark and the torture test.
 *
 * The 48 class sizes are written down here a second time on purpose: both
 * modules are clients and see nothing of the allocator but its public header,
 * so a slip in the allocator's own arithmetic cannot hide in theirs.
 */
#ifndef _KZPOOL_BENCH_SIZES_H
#define _KZPOOL_BENCH_SIZES_H

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/prandom.h>
#include <linux/types.h>

#include <zpool/zpool.h>

/* 8 to 64 B in steps of 8, then four to the doubling up to 64 KiB. */
#define SIZES_NR_CLASSES	48
#define SIZES_NR_SMALL		8
#define SIZES_SMALL_MAX		64

/* The class that serves @size, 1 to ZPOOL_MAX_SIZE. */
static inline unsigned long sizes_class_of(size_t size)
{
	unsigned long last = size - 1, top;

	if (size <= SIZES_SMALL_MAX)
		return last >> 3;
	/* Two bits below the top one tell which quarter of the doubling. */
	top = __fls(last);
	return SIZES_NR_SMALL + 4 * (top - 6) + (last >> (top - 2)) - 4;
}

static inline size_t sizes_class_size(unsigned int class)
{
	unsigned int step;

	if (class < SIZES_NR_SMALL)
		return 8 * (class + 1);
	step = class - SIZES_NR_SMALL;
	return (size_t)(5 + step % 4) << (4 + step / 4);
}

/* A number below @ceil; the slight bias to small ones is of no matter here. */
static inline u32 sizes_below(struct rnd_state *rnd, u32 ceil)
{
	return prandom_u32_state(rnd) % ceil;
}

/*
 * A size above 2^@from and up to 2^@to: each doubling is equally likely, and
 * so is each size within one. That is log-uniform as near as integers need.
 */
static inline size_t sizes_log_uniform(struct rnd_state *rnd,
				       unsigned int from, unsigned int to)
{
	u32 base = 1U << (from + sizes_below(rnd, to - from));

	return base + 1 + sizes_below(rnd, base);
}

#endif /* _KZPOOL_BENCH_SIZES_H */
