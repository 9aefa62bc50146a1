// SPDX-License-Identifier: GPL-2.0
/*
 * The sets `bench` and `typed`, on one CPU, and `cross`, on several: loads over
 * sizes from 64 B to 64 KiB, with every contender that serves them. `bench`
 * runs those of `cross` as well. Their rows: see bench_rows.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/topology.h>

#include "bench.h"

#define FULL_ROUNDS	5
#define FULL_ROUND_MS	10

/* Pairs of a trial, and what a round is a multiple of. */
#define LOCAL_PAIRS	1000
#define CROSS_PAIRS	4096	/* of BENCH_CROSS_BATCH, to be much longer than the start */

static const unsigned int full_sizes[] = {
	64, 512, SZ_1K, SZ_4K, SZ_8K, SZ_16K, SZ_64K,
};

static const struct full_batch {
	const char *name;
	const struct bench_play *play;
	unsigned int batch;
} full_batches[] = {
	{ "batch", &bench_play_batch, 1 },
	{ "batch", &bench_play_batch, 10 },
	{ "shuffled", &bench_play_shuffled, 10 },
	{ "batch", &bench_play_batch, 16 },
	{ "bulk", &bench_play_bulk, 16 },
	{ "batch", &bench_play_batch, 64 },
	{ "bulk", &bench_play_bulk, 64 },
	{ "batch", &bench_play_batch, 100 },
	{ "shuffled", &bench_play_shuffled, 100 },
	{ "batch", &bench_play_batch, 1000 },
	{ "shuffled", &bench_play_shuffled, 1000 },
	{ "hardirq", &bench_play_hardirq, 1 },
	{ "hardirq", &bench_play_hardirq, 10 },
}, typed_batches[] = {
	{ "typed", &bench_play_batch, 1 },
	{ "typed", &bench_play_batch, 10 },
	{ "typed", &bench_play_batch, 16 },
	{ "typed_bulk", &bench_play_bulk, 16 },
	{ "typed", &bench_play_batch, 64 },
	{ "typed_bulk", &bench_play_bulk, 64 },
	{ "typed", &bench_play_batch, 100 },
	{ "typed", &bench_play_batch, 1000 },
};

static bool can_play(const struct bench_play *play)
{
	return play != &bench_play_hardirq || !IS_ENABLED(CONFIG_PREEMPT_RT);
}

static int run_batch(unsigned int set, const struct full_batch *batch, size_t size,
		     struct bench_effort effort)
{
	const struct bench_load load = {
		.name		= batch->name,
		.play		= batch->play,
		.size		= size,
		.max_size	= size,
		.order		= bench_order(batch->batch),
		.batch		= batch->batch,
		.nr_cpus	= 1,
	};

	if (!can_play(batch->play))
		return 0;
	return bench_rows(set, &load, effort, roundup(LOCAL_PAIRS, batch->batch));
}

static int run_mixes(struct bench_effort effort)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < bench_nr_mixes && !err; i++) {
		const struct bench_load load = bench_mix_load(&bench_mixes[i]);

		err = bench_rows(BENCH_FULL, &load, effort, BENCH_NR_SIZES);
	}
	return err;
}

/* The sizes, then the mixes if they are asked for. */
static int run_one_cpu(struct bench_effort effort, struct bench_sizes sizes, bool mixes)
{
	unsigned int i, j;
	int err = 0;

	for (i = 0; i < sizes.nr; i++)
		for (j = 0; j < ARRAY_SIZE(full_batches) && sizes.sizes[i] && !err; j++)
			err = run_batch(BENCH_FULL, &full_batches[j], sizes.sizes[i], effort);
	if (!err && mixes)
		err = run_mixes(effort);
	return err;
}

/*
 * Several CPUs: pairs of them, of which one allocates and the other frees.
 */

static bool is_among(unsigned int cpu, const unsigned int *cpus, unsigned int nr)
{
	while (nr)
		if (cpus[--nr] == cpu)
			return true;
	return false;
}

/* The first CPU that is not among @cpus, of @node or of another; nr_cpu_ids if none. */
static unsigned int unused_cpu(const unsigned int *cpus, unsigned int nr, int node,
			       bool same_node)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (!is_among(cpu, cpus, nr) && (cpu_to_node(cpu) == node) == same_node)
			return cpu;
	return nr_cpu_ids;
}

/*
 * @nr CPUs, the first one of the machine among them: the two of each pair are
 * of one node, or of two. Their number is even; false if there are not so many.
 */
static bool find_pairs(unsigned int *cpus, unsigned int nr, bool same_node)
{
	unsigned int at;

	for (at = 0; at < nr; at += 2) {
		unsigned int cpu;

		for_each_online_cpu(cpu) {
			if (is_among(cpu, cpus, at))
				continue;
			cpus[at] = cpu;
			cpus[at + 1] = unused_cpu(cpus, at + 1, cpu_to_node(cpu), same_node);
			if (cpus[at + 1] < nr_cpu_ids)
				break;
		}
		if (cpu >= nr_cpu_ids)
			return false;
	}
	return true;
}

static int run_cross(struct bench_load load, size_t size, struct bench_effort effort)
{
	load.play = &bench_play_cross;
	load.size = size;
	load.max_size = size;
	load.batch = BENCH_CROSS_BATCH;
	return bench_rows(BENCH_FULL, &load, effort, CROSS_PAIRS);
}

/* Replacement on two CPUs of one node, which swap objects meanwhile. */
static int run_swaps(const struct bench_load *pair, struct bench_effort effort)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < bench_nr_mixes && !err; i++) {
		struct bench_load load = bench_mix_load(&bench_mixes[i]);

		if (!load.slots)
			continue;
		load.nr_cpus = pair->nr_cpus;
		memcpy(load.cpus, pair->cpus, sizeof(load.cpus));
		err = bench_rows(BENCH_FULL, &load, effort, BENCH_NR_SIZES);
	}
	return err;
}

/* What is left out is said. */
static int run_pairs(struct bench_effort effort, struct bench_sizes sizes, bool mixes,
		     unsigned int nr_cpus, bool same_node)
{
	struct bench_load load = {
		.name		= same_node ? "cross_node" : "cross_nodes",
		.nr_cpus	= nr_cpus,
	};
	unsigned int i;
	int err = 0;

	if (!find_pairs(load.cpus, nr_cpus, same_node)) {
		pr_info("skipped: loads on %u CPUs, two and two of %s, there are no such\n",
			nr_cpus, same_node ? "one node" : "two nodes");
		return 0;
	}
	for (i = 0; i < sizes.nr && !err; i++)
		if (sizes.sizes[i])
			err = run_cross(load, sizes.sizes[i], effort);
	if (!err && same_node && mixes && nr_cpus == 2)
		err = run_swaps(&load, effort);
	return err;
}

static int run_several_cpus(struct bench_effort effort, struct bench_sizes sizes, bool mixes)
{
	unsigned int nr_cpus;
	int err = 0;

	for (nr_cpus = 2; nr_cpus <= effort.cpus && !err; nr_cpus += 2)
		err = run_pairs(effort, sizes, mixes, nr_cpus, true) ?:
		      run_pairs(effort, sizes, mixes, nr_cpus, false);
	return err;
}

/*
 * The sets.
 */

static void fill_in(struct bench_effort *effort, struct bench_sizes *sizes)
{
	if (!effort->rounds)
		effort->rounds = FULL_ROUNDS;
	if (!effort->round_ms)
		effort->round_ms = FULL_ROUND_MS;
	if (!sizes->nr)
		*sizes = (struct bench_sizes){ full_sizes, ARRAY_SIZE(full_sizes) };
}

/* Runs the sizes asked for, or those of full_sizes and then the mixes. */
int bench_full_run(struct bench_effort effort, struct bench_sizes sizes, bool cross_only)
{
	bool mixes = bench_is_wanted(sizes, 0);
	int err;

	fill_in(&effort, &sizes);
	err = bench_rows_begin(BENCH_FULL, effort);
	if (err)
		return err;
	if (!cross_only)
		err = run_one_cpu(effort, sizes, mixes);
	if (!err)
		err = run_several_cpus(effort, sizes, mixes);
	bench_rows_end(BENCH_FULL);
	return err;
}

/* Caches of one size have no mixes. */
int bench_typed_run(struct bench_effort effort, struct bench_sizes sizes)
{
	unsigned int i, j;
	int err;

	fill_in(&effort, &sizes);
	err = bench_rows_begin(BENCH_TYPED, effort);
	if (err)
		return err;
	for (i = 0; i < sizes.nr; i++)
		for (j = 0; j < ARRAY_SIZE(typed_batches) && sizes.sizes[i] && !err; j++)
			err = run_batch(BENCH_TYPED, &typed_batches[j], sizes.sizes[i], effort);
	bench_rows_end(BENCH_TYPED);
	return err;
}
