// SPDX-License-Identifier: GPL-2.0
/*
 * The set `insn`: what a pair costs, for every class size and batch, and for
 * the loads of many sizes; and what a pin and an unpin cost.
 *
 * Meant for QEMU with -icount shift=0, where the guest's clock ticks once an
 * instruction: then the figures are instructions a pair, the same on every
 * machine. Whole pairs are counted, slow paths included. Interrupts stay on,
 * as the kernel's own slow paths need them. The ticks of all CPUs count, some
 * thousand instructions each, one in a million: rounds are short and many, and
 * the figure is that of a round which a quarter of them do not exceed.
 *
 * One row each: insn,<load>,<size>,<contender>,<ns a pair>
 * with size 0 where the sizes differ.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/math64.h>

#include "bench.h"
#include "sizes.h"

/* Together about 4e9 instructions: a minute at the speed of emulation. */
#define INSN_ROUNDS	19
#define INSN_PAIRS	1600

static const struct {
	const char *name;
	unsigned int batch;
} insn_batches[] = {
	{ "batch1", 1 },
	{ "batch10", 10 },
	{ "batch100", 100 },
};

static void print_row(const struct bench_load *load, const struct bench_contender *contender,
		      const struct bench_result *result)
{
	pr_info("insn,%s,%zu,%s,%llu\n", load->name, load->size, contender->name,
		div_u64(result->quiet_ns + result->pairs / 2, result->pairs));
	if (result->failed)
		pr_err("insn,%s,%zu,%s: %llu allocations failed\n", load->name, load->size,
		       contender->name, result->failed);
}

static void print_rows(const struct bench_load *load,
		       const struct bench_result *results)
{
	unsigned int nr;

	for (nr = 0; nr < bench_nr_contenders; nr++)
		if (results[nr].ran)
			print_row(load, bench_contenders[nr], &results[nr]);
}

static int run_load(const struct bench_load *load, struct bench_effort effort)
{
	struct bench_result results[BENCH_MAX_CONTENDERS];
	int err = bench_compare(BENCH_INSN, load, effort, results);

	if (!err)
		print_rows(load, results);
	return err;
}

/* The first contender's row stands for all: zpool's. */
static int run_pin(struct bench_effort effort)
{
	struct bench_result results[BENCH_MAX_CONTENDERS];
	int err;

	effort.pairs = roundup(effort.pairs, bench_pin_load.batch);
	err = bench_compare(BENCH_INSN, &bench_pin_load, effort, results);
	if (!err)
		print_row(&bench_pin_load, bench_contenders[0], &results[0]);
	return err;
}

static int run_size(size_t size, struct bench_effort effort)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(insn_batches) && !err; i++) {
		const struct bench_load load = {
			.name		= insn_batches[i].name,
			.play		= &bench_play_batch,
			.size		= size,
			.max_size	= size,
			.batch		= insn_batches[i].batch,
			.nr_cpus	= 1,
		};

		effort.pairs = roundup(effort.pairs, load.batch);
		err = run_load(&load, effort);
	}
	return err;
}

/*
 * Whole turns through the table of sizes. Writing over the objects is no
 * business of an allocator, and is left out.
 */
static int run_mixes(struct bench_effort effort)
{
	unsigned int i;
	int err = 0;

	effort.pairs = roundup(effort.pairs, BENCH_NR_SIZES);
	for (i = 0; i < bench_nr_mixes && !err; i++) {
		const struct bench_load load = bench_mix_load(&bench_mixes[i]);

		if (!load.touch)
			err = run_load(&load, effort);
	}
	return err;
}

/* Runs the sizes asked for, or every class size and then the mixes. */
int bench_insn_run(struct bench_effort effort, struct bench_sizes sizes)
{
	unsigned int i, nr = sizes.nr ?: SIZES_NR_CLASSES;
	int err;

	if (!effort.rounds)
		effort.rounds = INSN_ROUNDS;
	if (!effort.pairs)
		effort.pairs = INSN_PAIRS;

	err = bench_setup(BENCH_INSN);
	if (err)
		return err;
	for (i = 0; i < nr && !err; i++) {
		size_t size = sizes.nr ? sizes.sizes[i] : sizes_class_size(i);

		if (size)
			err = run_size(size, effort);
	}
	if (!err && bench_is_wanted(sizes, 0))
		err = run_mixes(effort) ?: run_pin(effort);
	bench_teardown(BENCH_INSN);
	return err;
}
