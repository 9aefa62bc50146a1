// SPDX-License-Identifier: GPL-2.0
/*
 * The rounds in turn, their number of pairs, and their medians.
 *
 * One load after the other; the first round of every contender is a warm-up,
 * whose objects are checked and whose time does not count. Nor does that of the
 * last one, whose objects are checked again and weighed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "bench.h"

/* Rounds that were preempted are repeated so often, then counted as they are. */
#define MAX_TRIES	10

static struct bench_round counted[BENCH_MAX_CONTENDERS][BENCH_MAX_ROUNDS];
static s64 held_bytes[BENCH_MAX_CONTENDERS];
static u64 nr_failed;

/* Allocations that returned NULL since the module was loaded. */
u64 bench_nr_failed(void)
{
	return nr_failed;
}

void bench_add_failed(u64 nr)
{
	nr_failed += nr;
}

/* The objects are looked at, and so are not to be written over. */
static int checked(const struct bench_contender *contender,
		   const struct bench_load *load, unsigned int pairs,
		   struct bench_round *round)
{
	struct bench_load untouched = *load;

	untouched.touch = false;
	return bench_play_round(bench_check(contender, load->batch), &untouched, pairs, round);
}

/* Where another task took a CPU in the middle the time is not ours: once more. */
static int undisturbed(const struct bench_contender *contender,
		       const struct bench_load *load, unsigned int pairs,
		       struct bench_round *round)
{
	unsigned int tries = MAX_TRIES;
	int err;

	do {
		cond_resched();
		err = bench_play_round(contender, load, pairs, round);
	} while (!err && round->preempted && --tries);
	return err;
}

/* A round of contender @nr, checked or timed. */
static int run_round(unsigned int nr, const struct bench_load *load,
		     unsigned int pairs, bool is_timed, struct bench_round *round)
{
	s64 free_before = bench_free_bytes();
	int err;

	*round = (struct bench_round){ };
	if (is_timed) {
		err = undisturbed(bench_contenders[nr], load, pairs, round);
	} else {
		err = checked(bench_contenders[nr], load, pairs, round);
		round->peak_bytes = held_bytes[nr] + free_before - bench_least_free_bytes();
	}
	held_bytes[nr] += free_before - bench_free_bytes();
	round->held_bytes = held_bytes[nr];
	return err;
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* The times of @nr rounds, the shortest first. */
static const u64 *sorted_ns(const struct bench_round *rounds, unsigned int nr)
{
	static u64 ns[BENCH_MAX_ROUNDS];
	unsigned int i;

	for (i = 0; i < nr; i++)
		ns[i] = max(1ULL, rounds[i].ns);
	sort(ns, nr, sizeof(*ns), compare_u64, NULL);
	return ns;
}

static bool takes_part(unsigned int nr, unsigned int set,
		       const struct bench_load *load)
{
	const struct bench_contender *contender = bench_contenders[nr];

	return (contender->sets & set) && contender->available(load) &&
	       (load->nr_cpus == 1 || !contender->one_cpu) &&
	       (!load->play->in_bulk || contender->alloc_bulk);
}

static void finish(unsigned int nr_prepared, unsigned int set,
		   const struct bench_load *load)
{
	unsigned int nr;

	for (nr = 0; nr < nr_prepared; nr++)
		if (takes_part(nr, set, load) && bench_contenders[nr]->finish)
			bench_contenders[nr]->finish();
}

static int prepare(unsigned int set, const struct bench_load *load)
{
	unsigned int nr;
	int err;

	for (nr = 0; nr < bench_nr_contenders; nr++) {
		const struct bench_contender *contender = bench_contenders[nr];

		if (!takes_part(nr, set, load) || !contender->prepare)
			continue;
		err = contender->prepare(load);
		if (err) {
			pr_err("cannot prepare %s for %s: %d\n", contender->name,
			       load->name, err);
			finish(nr, set, load);
			return err;
		}
	}
	return 0;
}

static int run_rounds(unsigned int set, const struct bench_load *load,
		      struct bench_effort effort, struct bench_result *results)
{
	struct bench_round round;
	unsigned int nr, turn;
	bool is_timed;
	int err;

	for (turn = 0; turn <= effort.rounds + 1; turn++)
		for (nr = 0; nr < bench_nr_contenders; nr++) {
			is_timed = turn && turn <= effort.rounds;
			if (!takes_part(nr, set, load))
				continue;
			if (signal_pending(current))
				return -EINTR;
			err = run_round(nr, load, effort.pairs, is_timed, &round);
			if (err)
				return err;
			results[nr].failed += round.failed;
			nr_failed += round.failed;
			results[nr].peak_bytes = max(results[nr].peak_bytes, round.peak_bytes);
			if (is_timed)
				counted[nr][turn - 1] = round;
		}
	return 0;
}

/**
 * bench_compare() - run a load with all contenders of a set
 * @set: BENCH_DEMO, BENCH_INSN, BENCH_FULL or BENCH_TYPED
 * @load: the load
 * @effort: rounds and pairs a round; neither is 0
 * @results: one for each of bench_contenders[]; their rounds are there until
 *	the next call
 *
 * Return: 0, or negative: -EINTR where the caller was sent a signal.
 */
int bench_compare(unsigned int set, const struct bench_load *load,
		  struct bench_effort effort, struct bench_result *results)
{
	unsigned int nr;
	int err;

	memset(results, 0, bench_nr_contenders * sizeof(*results));
	err = prepare(set, load);
	if (err)
		return err;
	err = run_rounds(set, load, effort, results);
	finish(bench_nr_contenders, set, load);

	for (nr = 0; nr < bench_nr_contenders && !err; nr++) {
		struct bench_result *result = &results[nr];
		const u64 *ns;

		if (!takes_part(nr, set, load))
			continue;
		result->ran = true;
		ns = sorted_ns(counted[nr], effort.rounds);
		result->ns = ns[effort.rounds / 2];
		result->quiet_ns = ns[effort.rounds / 4];
		result->pairs = effort.pairs;
		result->held_bytes = held_bytes[nr];
		result->rounds = counted[nr];
	}
	return err;
}

/**
 * bench_choose_pairs() - how many pairs make a round as long as it should be
 * @set: see bench_compare()
 * @load: the load
 * @least: pairs of a trial; always a multiple of it is chosen
 * @round_ms: how long a round of the slowest contender should last
 * @pairs: set to the number
 *
 * A trial, since an emulated machine is a hundred times slower than a real one.
 *
 * Return: as bench_compare().
 */
int bench_choose_pairs(unsigned int set, const struct bench_load *load,
		       unsigned int least, unsigned int round_ms, unsigned int *pairs)
{
	const struct bench_effort trial = { .rounds = 3, .pairs = least };
	struct bench_result results[BENCH_MAX_CONTENDERS];
	u64 slowest = 1, turns;
	unsigned int nr;
	int err;

	err = bench_compare(set, load, trial, results);
	if (err)
		return err;
	for (nr = 0; nr < bench_nr_contenders; nr++)
		slowest = max(slowest, results[nr].ns);
	turns = div64_u64((u64)round_ms * NSEC_PER_MSEC, slowest);
	*pairs = least * clamp_t(u64, turns, 1, BENCH_MAX_PAIRS / least);
	return 0;
}

/* Prepares the contenders of @set; what that takes counts as held by them. */
int bench_setup(unsigned int set)
{
	unsigned int nr;
	int err = bench_tables_init();

	for (nr = 0; nr < bench_nr_contenders && !err; nr++) {
		const struct bench_contender *contender = bench_contenders[nr];
		s64 free_before = bench_free_bytes();

		held_bytes[nr] = 0;
		if (!(contender->sets & set) || !contender->setup)
			continue;
		err = contender->setup();
		if (err)
			pr_err("cannot prepare %s: %d\n", contender->name, err);
		held_bytes[nr] = free_before - bench_free_bytes();
	}
	if (err)
		bench_teardown(set);
	return err;
}

/* A contender that was never set up has nothing to give back. */
void bench_teardown(unsigned int set)
{
	unsigned int nr;

	for (nr = 0; nr < bench_nr_contenders; nr++) {
		const struct bench_contender *contender = bench_contenders[nr];

		if ((contender->sets & set) && contender->teardown)
			contender->teardown();
	}
	bench_tables_fini();
}
