// SPDX-License-Identifier: GPL-2.0
/*
 * The timed loops, the rounds in turn, and their medians.
 *
 * A round is timed as a whole, never a pair: reading the clock costs more
 * than a pair, in UML by far. The loops are not inlined and reach the
 * allocator through a pointer, so that the compiler cannot see both ends of a
 * pair and every contender pays the same for the harness.
 *
 * All of this runs in one thread, one load after the other.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "bench.h"

/* Rounds that were preempted are repeated so often, then counted as they are. */
#define MAX_TRIES	10

static u64 round_ns[BENCH_MAX_CONTENDERS][BENCH_MAX_ROUNDS];
static s64 held_bytes[BENCH_MAX_CONTENDERS];
static void *batch_objs[BENCH_MAX_BATCH];
static u64 nr_failed;

/* Allocations that returned NULL since the module was loaded. */
u64 bench_nr_failed(void)
{
	return nr_failed;
}

/* One object alive. Both loops return how many allocations failed. */
static noinline unsigned int churn_one(const struct bench_contender *contender,
				       const struct bench_load *load,
				       unsigned int pairs)
{
	unsigned int i, failed = 0;

	for (i = 0; i < pairs; i++) {
		size_t size = load->sizes[i % BENCH_NR_SIZES];
		void *obj = contender->alloc(size, GFP_KERNEL);

		if (unlikely(!obj)) {
			failed++;
			continue;
		}
		if (load->touch)
			memset(obj, (u8)i, size);
		contender->free(obj, size);
	}
	return failed;
}

/* A batch alive, freed in the order in which it was allocated. */
static noinline unsigned int churn_batch(const struct bench_contender *contender,
					 const struct bench_load *load,
					 unsigned int pairs)
{
	unsigned int i, done, failed = 0;
	size_t size = load->max_size;

	for (done = 0; done < pairs; done += load->batch) {
		for (i = 0; i < load->batch; i++)
			batch_objs[i] = contender->alloc(size, GFP_KERNEL);
		for (i = 0; i < load->batch; i++)
			if (likely(batch_objs[i]))
				contender->free(batch_objs[i], size);
			else
				failed++;
	}
	return failed;
}

/*
 * Free pages of the machine, to the page: those that CPUs keep on lists of
 * their own, which may be megabytes, are as free as the others.
 */
static s64 zone_free_pages(struct zone *zone)
{
	s64 pages = zone_page_state_snapshot(zone, NR_FREE_PAGES);
	unsigned int cpu;

	for_each_online_cpu(cpu)
		pages += per_cpu_ptr(zone->per_cpu_pageset, cpu)->count;
	return pages;
}

static s64 free_bytes(void)
{
	s64 pages = 0;
	int node, i;

	for_each_online_node(node)
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &NODE_DATA(node)->node_zones[i];

			if (populated_zone(zone))
				pages += zone_free_pages(zone);
		}
	return pages * PAGE_SIZE;
}

static u64 time_round(const struct bench_contender *contender,
		      const struct bench_load *load, unsigned int pairs, u64 *failed)
{
	u64 start = ktime_get_ns();

	if (load->sizes)
		*failed += churn_one(contender, load, pairs);
	else
		*failed += churn_batch(contender, load, pairs);
	return ktime_get_ns() - start;
}

/*
 * One round of contender @nr; returns its time in ns. Where another task took
 * the CPU in the middle of it the time is not ours, and the round is repeated.
 */
static u64 run_round(unsigned int nr, const struct bench_load *load,
		     unsigned int pairs, u64 *failed)
{
	s64 free_before = free_bytes();
	unsigned int tries = MAX_TRIES;
	unsigned long preempted;
	u64 ns;

	do {
		cond_resched();
		preempted = current->nivcsw;
		ns = time_round(bench_contenders[nr], load, pairs, failed);
	} while (current->nivcsw != preempted && --tries);
	held_bytes[nr] += free_before - free_bytes();
	return ns;
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 median(u64 *values, unsigned int nr)
{
	sort(values, nr, sizeof(*values), compare_u64, NULL);
	return values[nr / 2];
}

static bool takes_part(unsigned int nr, unsigned int set,
		       const struct bench_load *load)
{
	const struct bench_contender *contender = bench_contenders[nr];

	return (contender->sets & set) && contender->available(load->max_size);
}

/**
 * bench_compare() - run a load with all contenders of a set
 * @set: BENCH_DEMO or BENCH_INSN
 * @load: the load
 * @effort: rounds and pairs a round; neither is 0
 * @results: one for each of bench_contenders[]
 *
 * The first round of each contender is a warm-up and not counted in the time.
 *
 * Return: 0, or -EINTR where the caller was sent a signal.
 */
int bench_compare(unsigned int set, const struct bench_load *load,
		  struct bench_effort effort, struct bench_result *results)
{
	unsigned int nr, turn;

	memset(results, 0, bench_nr_contenders * sizeof(*results));
	for (turn = 0; turn <= effort.rounds; turn++)
		for (nr = 0; nr < bench_nr_contenders; nr++) {
			u64 ns;

			if (!takes_part(nr, set, load))
				continue;
			if (signal_pending(current))
				return -EINTR;
			ns = run_round(nr, load, effort.pairs, &results[nr].failed);
			if (turn)
				round_ns[nr][turn - 1] = ns;
		}

	for (nr = 0; nr < bench_nr_contenders; nr++) {
		struct bench_result *result = &results[nr];

		if (!takes_part(nr, set, load))
			continue;
		result->ran = true;
		result->ns = max(1ULL, median(round_ns[nr], effort.rounds));
		result->pairs = effort.pairs;
		result->held_bytes = held_bytes[nr];
		nr_failed += result->failed;
	}
	return 0;
}

/* Prepares the contenders of @set; what that takes counts as held by them. */
int bench_setup(unsigned int set)
{
	unsigned int nr;
	int err;

	for (nr = 0; nr < bench_nr_contenders; nr++) {
		const struct bench_contender *contender = bench_contenders[nr];
		s64 free_before = free_bytes();

		held_bytes[nr] = 0;
		if (!(contender->sets & set) || !contender->setup)
			continue;
		err = contender->setup();
		if (err) {
			pr_err("cannot prepare %s: %d\n", contender->name, err);
			bench_teardown(set);
			return err;
		}
		held_bytes[nr] = free_before - free_bytes();
	}
	return 0;
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
}
