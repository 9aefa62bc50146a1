// SPDX-License-Identifier: GPL-2.0
/*
 * The set `insn`: what a pair costs, for every class size and batch.
 *
 * Meant for QEMU with -icount shift=0, where the guest's clock ticks once an
 * instruction: then the figures are instructions a pair, the same on every
 * machine. Whole pairs are counted, slow paths included. Interrupts stay on;
 * a round is far shorter than the interval between two timer ticks (some
 * 0.5 of 4 ms), so that the median of the rounds has none in it.
 *
 * One row each: insn,<load>,<size>,<contender>,<ns a pair>
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/math64.h>

#include "bench.h"
#include "sizes.h"

/* Together about 4e9 instructions: a minute at the speed of emulation. */
#define INSN_ROUNDS	5
#define INSN_PAIRS	4000

static const struct {
	const char *name;
	unsigned int batch;
} insn_batches[] = {
	{ "batch1", 1 },
	{ "batch10", 10 },
	{ "batch100", 100 },
};

static void print_rows(const struct bench_load *load,
		       const struct bench_result *results)
{
	unsigned int nr;

	for (nr = 0; nr < bench_nr_contenders; nr++) {
		const struct bench_result *result = &results[nr];

		if (!result->ran)
			continue;
		pr_info("insn,%s,%zu,%s,%llu\n", load->name, load->max_size,
			bench_contenders[nr]->name,
			div_u64(result->ns + result->pairs / 2, result->pairs));
		if (result->failed)
			pr_err("insn,%s,%zu,%s: %llu allocations failed\n",
			       load->name, load->max_size,
			       bench_contenders[nr]->name, result->failed);
	}
}

static int run_size(size_t size, struct bench_effort effort)
{
	struct bench_result results[BENCH_MAX_CONTENDERS];
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(insn_batches); i++) {
		struct bench_load load = {
			.name		= insn_batches[i].name,
			.max_size	= size,
			.batch		= insn_batches[i].batch,
		};

		effort.pairs = roundup(effort.pairs, load.batch);
		err = bench_compare(BENCH_INSN, &load, effort, results);
		if (err)
			return err;
		print_rows(&load, results);
	}
	return 0;
}

/* Runs @sizes, or every class size where there are none. */
int bench_insn_run(struct bench_effort effort, const unsigned int *sizes,
		   unsigned int nr_sizes)
{
	unsigned int i, nr = nr_sizes ?: SIZES_NR_CLASSES;
	int err;

	if (!effort.rounds)
		effort.rounds = INSN_ROUNDS;
	if (!effort.pairs)
		effort.pairs = INSN_PAIRS;

	err = bench_setup(BENCH_INSN);
	if (err)
		return err;
	for (i = 0; i < nr && !err; i++)
		err = run_size(nr_sizes ? sizes[i] : sizes_class_size(i), effort);
	bench_teardown(BENCH_INSN);
	return err;
}
