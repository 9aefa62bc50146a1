// SPDX-License-Identifier: GPL-2.0
/*
 * The rows of the sets bench, cross, typed and burst. One for each round, from
 * 1 on, the warm-up (round 0) left out:
 *
 *   row,<load>,<size>,<batch>,<cpus>,<contender>,<round>,<ns a pair>,<held bytes>,<peak bytes>
 *
 * with size 0 where the sizes differ, and at the end of a set rows,<their
 * number>. They are printed between loads, never while one is timed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/sched.h>

#include "bench.h"

static unsigned int nr_rows;

/* A row: @ns is for @pairs together. */
void bench_row(const struct bench_load *load, const char *contender, unsigned int pairs,
	       unsigned int turn, const struct bench_round *round)
{
	u32 hundredth;
	u64 whole = div_u64_rem(div_u64(100 * round->ns, pairs), 100, &hundredth);

	pr_info("row,%s,%zu,%u,%u,%s,%u,%llu.%02u,%lld,%lld\n", load->name, load->size,
		load->batch, load->nr_cpus, contender, turn, whole, hundredth,
		round->held_bytes, round->peak_bytes);
	nr_rows++;
}

/* The peak is that of all rounds. */
static void print_rows(const struct bench_load *load, const char *contender,
		       const struct bench_result *result, unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		struct bench_round round = result->rounds[i];

		round.peak_bytes = result->peak_bytes;
		bench_row(load, contender, result->pairs, i + 1, &round);
	}
	if (result->failed)
		pr_err("%s of %zu B, %s: %llu allocations failed\n", load->name,
		       load->size, contender, result->failed);
	cond_resched();
}

/**
 * bench_rows() - run a load with all contenders of a set and print its rows
 * @set: the set
 * @load: the load
 * @effort: rounds; pairs, or how long a round should last
 * @least: the pairs are a multiple of it
 *
 * Return: 0, also where the load does not fit into memory; or as bench_compare().
 */
int bench_rows(unsigned int set, const struct bench_load *load,
	       struct bench_effort effort, unsigned int least)
{
	struct bench_result results[BENCH_MAX_CONTENDERS];
	unsigned int nr;
	int err;

	if (!bench_fits(load))
		return 0;
	if (!effort.pairs) {
		err = bench_choose_pairs(set, load, least, effort.round_ms, &effort.pairs);
		if (err)
			return err;
	}
	effort.pairs = roundup(effort.pairs, least);
	err = bench_compare(set, load, effort, results);
	if (err)
		return err;
	for (nr = 0; nr < bench_nr_contenders; nr++)
		if (results[nr].ran)
			print_rows(load, bench_contenders[nr]->name, &results[nr],
				   effort.rounds);
	return 0;
}

/* Before the first row of a set. */
int bench_rows_begin(unsigned int set, struct bench_effort effort)
{
	int err = bench_setup(set);

	if (err)
		return err;
	pr_info("one row for each of %u rounds, contenders in turn, after one warm-up round each\n",
		effort.rounds);
	nr_rows = 0;
	return 0;
}

/* After the last one, also where something has failed since. */
void bench_rows_end(unsigned int set)
{
	pr_info("rows,%u\n", nr_rows);
	bench_teardown(set);
}
