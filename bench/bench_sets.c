// SPDX-License-Identifier: GPL-2.0
/*
 * The sets `bench` and `cross`: every load over sizes from 64 B to 64 KiB,
 * with every contender that serves it.
 *
 * One row for each round, from 1 on, the warm-up (round 0) left out:
 *
 *   row,<load>,<size>,<batch>,<cpus>,<contender>,<round>,<ns a pair>,<held bytes>
 *
 * with size 0 where the sizes differ, and at the end rows,<their number>. They
 * are printed between loads, never while one is timed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
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
	{ "batch", &bench_play_batch, 100 },
	{ "shuffled", &bench_play_shuffled, 100 },
	{ "batch", &bench_play_batch, 1000 },
	{ "shuffled", &bench_play_shuffled, 1000 },
};

static unsigned int nr_rows;

static void print_rows(const struct bench_load *load, const char *contender,
		       const struct bench_result *result, unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		const struct bench_round *round = &result->rounds[i];
		u32 hundredth;
		u64 whole = div_u64_rem(div_u64(100 * round->ns, result->pairs),
					100, &hundredth);

		pr_info("row,%s,%zu,%u,%u,%s,%u,%llu.%02u,%lld\n", load->name,
			load->size, load->batch, load->nr_cpus, contender, i + 1,
			whole, hundredth, round->held_bytes);
		nr_rows++;
	}
	if (result->failed)
		pr_err("%s of %zu B, %s: %llu allocations failed\n", load->name,
		       load->size, contender, result->failed);
	cond_resched();
}

static int run_load(const struct bench_load *load, struct bench_effort effort,
		    unsigned int least)
{
	struct bench_result results[BENCH_MAX_CONTENDERS];
	unsigned int nr;
	int err;

	if (!bench_fits(load))
		return 0;
	if (!effort.pairs) {
		err = bench_choose_pairs(BENCH_FULL, load, least, effort.round_ms,
					 &effort.pairs);
		if (err)
			return err;
	}
	effort.pairs = roundup(effort.pairs, least);
	err = bench_compare(BENCH_FULL, load, effort, results);
	if (err)
		return err;
	for (nr = 0; nr < bench_nr_contenders; nr++)
		if (results[nr].ran)
			print_rows(load, bench_contenders[nr]->name, &results[nr],
				   effort.rounds);
	return 0;
}

static int run_batches(size_t size, struct bench_effort effort)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(full_batches) && !err; i++) {
		const struct full_batch *batch = &full_batches[i];
		const struct bench_load load = {
			.name		= batch->name,
			.play		= batch->play,
			.size		= size,
			.max_size	= size,
			.order		= bench_order(batch->batch),
			.batch		= batch->batch,
			.nr_cpus	= 1,
		};

		err = run_load(&load, effort, LOCAL_PAIRS);
	}
	return err;
}

static int run_mixes(struct bench_effort effort)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < bench_nr_mixes && !err; i++) {
		const struct bench_load load = bench_mix_load(&bench_mixes[i]);

		err = run_load(&load, effort, BENCH_NR_SIZES);
	}
	return err;
}

/*
 * Two CPUs.
 */

/* Another CPU than the first, of its node or of another; nr_cpu_ids if none. */
static unsigned int second_cpu(bool same_node)
{
	unsigned int first = cpumask_first(cpu_online_mask), cpu;

	for_each_online_cpu(cpu)
		if (cpu != first && (cpu_to_node(cpu) == cpu_to_node(first)) == same_node)
			return cpu;
	return nr_cpu_ids;
}

static int run_on_two(struct bench_load *load, unsigned int other,
		      struct bench_effort effort, unsigned int least)
{
	load->nr_cpus = 2;
	load->cpus[0] = cpumask_first(cpu_online_mask);
	load->cpus[1] = other;
	return run_load(load, effort, least);
}

static int run_cross(size_t size, struct bench_effort effort, bool same_node)
{
	struct bench_load load = {
		.name		= same_node ? "cross_node" : "cross_nodes",
		.play		= &bench_play_cross,
		.size		= size,
		.max_size	= size,
		.batch		= BENCH_CROSS_BATCH,
	};

	return run_on_two(&load, second_cpu(same_node), effort, CROSS_PAIRS);
}

/* Replacement on two CPUs of one node, which swap objects meanwhile. */
static int run_swaps(struct bench_effort effort)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < bench_nr_mixes && !err; i++) {
		struct bench_load load = bench_mix_load(&bench_mixes[i]);

		if (load.slots)
			err = run_on_two(&load, second_cpu(true), effort, BENCH_NR_SIZES);
	}
	return err;
}

/* The number of CPUs that may play; says what is left out where it is one. */
static bool has_other_cpu(struct bench_effort effort, bool same_node)
{
	if (effort.cpus > 1 && second_cpu(same_node) < nr_cpu_ids)
		return true;
	if (effort.cpus > 1)
		pr_info("skipped: loads on two CPUs of %s, there are no such two\n",
			same_node ? "one node" : "two nodes");
	return false;
}

static int run_two_cpus(struct bench_effort effort, struct bench_sizes sizes, bool mixes)
{
	unsigned int same_node, i;
	int err = 0;

	for (same_node = 0; same_node < 2; same_node++) {
		if (!has_other_cpu(effort, same_node))
			continue;
		for (i = 0; i < sizes.nr && !err; i++)
			if (sizes.sizes[i])
				err = run_cross(sizes.sizes[i], effort, same_node);
		if (!err && same_node && mixes)
			err = run_swaps(effort);
	}
	return err;
}

/* Runs the sizes asked for, or those of full_sizes and then the mixes. */
int bench_full_run(struct bench_effort effort, struct bench_sizes sizes, bool cross_only)
{
	bool mixes = bench_is_wanted(sizes, 0);
	unsigned int i;
	int err;

	if (!effort.rounds)
		effort.rounds = FULL_ROUNDS;
	if (!effort.round_ms)
		effort.round_ms = FULL_ROUND_MS;
	if (!sizes.nr)
		sizes = (struct bench_sizes){ full_sizes, ARRAY_SIZE(full_sizes) };

	err = bench_setup(BENCH_FULL);
	if (err)
		return err;
	pr_info("one row for each of %u rounds, contenders in turn, after one warm-up round each\n",
		effort.rounds);
	nr_rows = 0;
	for (i = 0; i < sizes.nr && !err && !cross_only; i++)
		if (sizes.sizes[i])
			err = run_batches(sizes.sizes[i], effort);
	if (!err && mixes && !cross_only)
		err = run_mixes(effort);
	if (!err)
		err = run_two_cpus(effort, sizes, mixes);
	pr_info("rows,%u\n", nr_rows);
	bench_teardown(BENCH_FULL);
	return err;
}
