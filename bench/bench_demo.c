// SPDX-License-Identifier: GPL-2.0
/*
 * The set `demo`: the loads that people ask about, side by side in one table.
 *
 * An op is a pair: an allocation, where the load says so a memset of the
 * object, and the free; one object is alive at a time. `tokio` is the load by
 * which the runtimes Tokio and Zokio were compared, 1 to 5 KiB in turn. Its
 * memset takes most of the time, so it is shown bare and with memset. Sizes
 * come from a table that is filled before the clock starts, from a fixed
 * seed, the same for all.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "bench.h"
#include "sizes.h"

#define DEMO_ROUNDS	9
/* A round of the slowest contender; at most 8 s in all. */
#define DEMO_ROUND_MS	20
#define DEMO_SEED	20240101

enum demo_sizes { DEMO_TOKIO, DEMO_LOG_UNIFORM, DEMO_IN_STEPS, DEMO_FIXED };

static const struct demo_load {
	const char *name;
	enum demo_sizes kind;
	size_t max_size;
	unsigned int from, to;	/* log-uniform: between these powers of two */
	bool touch;
} demo_loads[] = {
	{ .name = "tokio 1-5K", .kind = DEMO_TOKIO, .max_size = SZ_1K + SZ_4K - 1 },
	{ .name = "tokio+memset", .kind = DEMO_TOKIO, .max_size = SZ_1K + SZ_4K - 1,
	  .touch = true },
	{ .name = "fixed 64B", .kind = DEMO_FIXED, .max_size = 64 },
	{ .name = "mixed 8B-64K", .kind = DEMO_LOG_UNIFORM, .max_size = SZ_64K,
	  .from = 3, .to = 16 },
	{ .name = "large 8-64K", .kind = DEMO_LOG_UNIFORM, .max_size = SZ_64K,
	  .from = 13, .to = 16 },
	{ .name = "large steps", .kind = DEMO_IN_STEPS, .max_size = SZ_64K },
	{ .name = "large 16K", .kind = DEMO_FIXED, .max_size = SZ_16K },
	{ .name = "large 64K", .kind = DEMO_FIXED, .max_size = SZ_64K },
};

static void fill_sizes(u32 *sizes, const struct demo_load *demo)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, DEMO_SEED);
	for (i = 0; i < BENCH_NR_SIZES; i++)
		switch (demo->kind) {
		case DEMO_TOKIO:
			sizes[i] = SZ_1K + i % SZ_4K;
			break;
		case DEMO_LOG_UNIFORM:
			sizes[i] = sizes_log_uniform(&rnd, demo->from, demo->to);
			break;
		case DEMO_IN_STEPS:
			sizes[i] = SZ_16K * (1 + i % 4);
			break;
		case DEMO_FIXED:
			sizes[i] = demo->max_size;
			break;
		}
}

static void print_header(struct bench_effort effort)
{
	pr_info("medians of %u rounds, contenders in turn; an op is alloc (+ memset) + free\n",
		effort.rounds);
	pr_info("x kmalloc: speed against kmalloc, above 1 is faster\n");
	pr_info("held: fall of the machine's free memory in all of a contender's turns so far;\n");
	pr_info("      zpool and zpool_sized are one allocator and share what it holds\n");
	pr_info("%-12s | %-11s | %8s | %11s | %9s | %8s\n", "load", "contender",
		"ns/pair", "op/s", "x kmalloc", "held KiB");
}

/* The round time of the contender called "kmalloc", or 0. */
static u64 kmalloc_ns(const struct bench_result *results)
{
	unsigned int nr;

	for (nr = 0; nr < bench_nr_contenders; nr++)
		if (!strcmp(bench_contenders[nr]->name, "kmalloc"))
			return results[nr].ns;
	return 0;
}

static void print_row(const char *load, const char *contender,
		      const struct bench_result *result, u64 yardstick_ns)
{
	u64 tenth_ns = div_u64(10 * result->ns, result->pairs);
	u64 percent = div64_u64(100 * yardstick_ns, result->ns);
	u32 tenth, hundredth;
	u64 whole_ns = div_u64_rem(tenth_ns, 10, &tenth);
	u64 times = div_u64_rem(percent, 100, &hundredth);

	pr_info("%-12s | %-11s | %6llu.%u | %11llu | %6llu.%02u | %8lld\n",
		load, contender, whole_ns, tenth,
		div64_u64((u64)result->pairs * NSEC_PER_SEC, result->ns),
		times, hundredth, div_s64(result->held_bytes, SZ_1K));
	if (result->failed)
		pr_err("%s, %s: %llu allocations failed\n", load, contender,
		       result->failed);
}

/*
 * Pairs that take the slowest contender as long as a round should last, found
 * by a short trial: an emulated machine is a hundred times slower than a real
 * one. Always whole turns through the table.
 */
static int choose_pairs(const struct bench_load *load, unsigned int *pairs)
{
	const struct bench_effort trial = { .rounds = 1, .pairs = BENCH_NR_SIZES };
	struct bench_result results[BENCH_MAX_CONTENDERS];
	u64 slowest = 1, turns;
	unsigned int nr;
	int err;

	err = bench_compare(BENCH_DEMO, load, trial, results);
	if (err)
		return err;
	for (nr = 0; nr < bench_nr_contenders; nr++)
		slowest = max(slowest, results[nr].ns);
	turns = div64_u64((u64)DEMO_ROUND_MS * NSEC_PER_MSEC, slowest);
	*pairs = BENCH_NR_SIZES *
		clamp_t(u64, turns, 1, BENCH_MAX_PAIRS / BENCH_NR_SIZES);
	return 0;
}

static int run_load(const struct demo_load *demo, struct bench_effort effort,
		    u32 *sizes)
{
	struct bench_result results[BENCH_MAX_CONTENDERS];
	const struct bench_load load = {
		.name		= demo->name,
		.max_size	= demo->max_size,
		.sizes		= sizes,
		.touch		= demo->touch,
	};
	unsigned int nr;
	int err;

	fill_sizes(sizes, demo);
	if (!effort.pairs) {
		err = choose_pairs(&load, &effort.pairs);
		if (err)
			return err;
	}
	err = bench_compare(BENCH_DEMO, &load, effort, results);
	if (err)
		return err;
	for (nr = 0; nr < bench_nr_contenders; nr++)
		if (results[nr].ran)
			print_row(load.name, bench_contenders[nr]->name,
				  &results[nr], kmalloc_ns(results));
	return 0;
}

int bench_demo_run(struct bench_effort effort)
{
	u32 *sizes = kmalloc_array(BENCH_NR_SIZES, sizeof(*sizes), GFP_KERNEL);
	unsigned int i;
	int err;

	if (!sizes)
		return -ENOMEM;
	if (!effort.rounds)
		effort.rounds = DEMO_ROUNDS;

	err = bench_setup(BENCH_DEMO);
	if (err)
		goto free_sizes;
	print_header(effort);
	for (i = 0; i < ARRAY_SIZE(demo_loads) && !err; i++)
		err = run_load(&demo_loads[i], effort, sizes);
	bench_teardown(BENCH_DEMO);
free_sizes:
	kfree(sizes);
	return err;
}
