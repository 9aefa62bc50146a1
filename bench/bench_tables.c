// SPDX-License-Identifier: GPL-2.0
/*
 * Random sizes, slots and orders, drawn before the clock starts.
 *
 * From a fixed seed, so that every contender, every boot and every machine
 * plays the same sequence. One table of each sort: they belong to the load
 * that is being run, and the next load draws its own.
 */
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "bench.h"
#include "sizes.h"

#define SEED	20240101

static struct bench_tables {
	u32 sizes[BENCH_NR_SIZES];
	u32 slots[BENCH_NR_SIZES];
	u32 order[BENCH_MAX_BATCH];
} *tables;

int bench_tables_init(void)
{
	tables = vmalloc(sizeof(*tables));
	return tables ? 0 : -ENOMEM;
}

void bench_tables_fini(void)
{
	vfree(tables);
	tables = NULL;
}

/**
 * bench_sizes() - the table of sizes, filled anew
 * @spread: BENCH_TOKIO: 1 to 5 KiB in turn; BENCH_LOG_UNIFORM: see
 *	sizes_log_uniform(); BENCH_UNIFORM: each size equally likely;
 *	BENCH_IN_STEPS: four steps of a quarter of @max_size; BENCH_FIXED:
 *	@max_size only
 * @min_size: for the two uniform ones; for the first of them
 *	a power of two, and not itself among the sizes
 * @max_size: the largest; for BENCH_LOG_UNIFORM a power of two
 */
const u32 *bench_sizes(enum bench_spread spread, size_t min_size, size_t max_size)
{
	u32 *sizes = tables->sizes;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, SEED);
	for (i = 0; i < BENCH_NR_SIZES; i++)
		switch (spread) {
		case BENCH_TOKIO:
			sizes[i] = SZ_1K + i % SZ_4K;
			break;
		case BENCH_LOG_UNIFORM:
			sizes[i] = sizes_log_uniform(&rnd, ilog2(min_size), ilog2(max_size));
			break;
		case BENCH_UNIFORM:
			sizes[i] = min_size + sizes_below(&rnd, max_size - min_size + 1);
			break;
		case BENCH_IN_STEPS:
			sizes[i] = max_size / 4 * (1 + i % 4);
			break;
		case BENCH_FIXED:
			sizes[i] = max_size;
			break;
		}
	return sizes;
}

/* The table of slots, filled anew. */
const u32 *bench_slots(void)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, SEED + 1);
	for (i = 0; i < BENCH_NR_SIZES; i++)
		tables->slots[i] = sizes_below(&rnd, BENCH_NR_SLOTS);
	return tables->slots;
}

/* A random permutation of 0 to @nr - 1. */
const u32 *bench_order(unsigned int nr)
{
	u32 *order = tables->order;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, SEED + 2);
	for (i = 0; i < nr; i++) {
		unsigned int at = sizes_below(&rnd, i + 1);

		order[i] = order[at];
		order[at] = i;
	}
	return order;
}
