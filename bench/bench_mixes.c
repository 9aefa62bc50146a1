// SPDX-License-Identifier: GPL-2.0
/*
 * The loads of many sizes, as the sets `insn` and `bench` name and play them.
 *
 *   tokio     1 to 5 KiB in turn, one object alive: the load by which the
 *             runtimes Tokio and Zokio were compared, bare or with its memset
 *   fixed     64 B, one alive, in the same loop
 *   mixed     8 B to 64 KiB, log-uniform, one alive
 *   large     8 to 64 KiB, log-uniform, one alive
 *   replace   random replacement in 512 slots, see bench_replace.c; each size
 *             of the range equally likely
 */
#include <linux/kernel.h>
#include <linux/sizes.h>

#include "bench.h"

const struct bench_mix bench_mixes[] = {
	{ .name = "tokio", .play = &bench_play_one, .spread = BENCH_TOKIO,
	  .max_size = SZ_1K + SZ_4K - 1 },
	{ .name = "tokio_memset", .play = &bench_play_one, .spread = BENCH_TOKIO,
	  .max_size = SZ_1K + SZ_4K - 1, .touch = true },
	{ .name = "fixed", .play = &bench_play_one, .spread = BENCH_FIXED,
	  .max_size = 64 },
	{ .name = "mixed", .play = &bench_play_one, .spread = BENCH_LOG_UNIFORM,
	  .min_size = 8, .max_size = SZ_64K },
	{ .name = "large", .play = &bench_play_one, .spread = BENCH_LOG_UNIFORM,
	  .min_size = SZ_8K, .max_size = SZ_64K },
	{ .name = "replace_16_1k", .play = &bench_play_replace, .spread = BENCH_UNIFORM,
	  .min_size = 16, .max_size = SZ_1K },
	{ .name = "replace_1k_5k", .play = &bench_play_replace, .spread = BENCH_UNIFORM,
	  .min_size = SZ_1K, .max_size = SZ_1K + SZ_4K },
	{ .name = "replace_16_64k", .play = &bench_play_replace, .spread = BENCH_UNIFORM,
	  .min_size = 16, .max_size = SZ_64K },
};

const unsigned int bench_nr_mixes = ARRAY_SIZE(bench_mixes);

/* The load of @mix on one CPU; it draws the tables, so it is the one to run next. */
struct bench_load bench_mix_load(const struct bench_mix *mix)
{
	bool replaces = mix->play == &bench_play_replace;

	return (struct bench_load){
		.name		= mix->name,
		.play		= mix->play,
		.size		= mix->spread == BENCH_FIXED ? mix->max_size : 0,
		.max_size	= mix->max_size,
		.sizes		= bench_sizes(mix->spread, mix->min_size, mix->max_size),
		.slots		= replaces ? bench_slots() : NULL,
		.batch		= replaces ? BENCH_NR_SLOTS : 1,
		.touch		= mix->touch,
		.nr_cpus	= 1,
	};
}
