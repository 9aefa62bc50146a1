// SPDX-License-Identifier: GPL-2.0
/*
 * The set `demo`: the loads that people ask about, side by side in one table.
 *
 * An op is a pair: an allocation, where the load says so a memset of the
 * object, and the free; one object is alive at a time. `tokio` is the load by
 * which the runtimes Tokio and Zokio were compared, 1 to 5 KiB in turn. Its
 * memset takes most of the time, so it is shown bare and with memset.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "bench.h"

#define DEMO_ROUNDS	9
/* A round of the slowest contender; at most 8 s in all. */
#define DEMO_ROUND_MS	20

static const struct demo_load {
	const char *name;
	enum bench_spread spread;
	size_t min_size, max_size;	/* see bench_sizes() */
	bool touch;
} demo_loads[] = {
	{ .name = "tokio 1-5K", .spread = BENCH_TOKIO, .max_size = SZ_1K + SZ_4K - 1 },
	{ .name = "tokio+memset", .spread = BENCH_TOKIO, .max_size = SZ_1K + SZ_4K - 1,
	  .touch = true },
	{ .name = "fixed 64B", .spread = BENCH_FIXED, .max_size = 64 },
	{ .name = "mixed 8B-64K", .spread = BENCH_LOG_UNIFORM, .min_size = 8,
	  .max_size = SZ_64K },
	{ .name = "large 8-64K", .spread = BENCH_LOG_UNIFORM, .min_size = SZ_8K,
	  .max_size = SZ_64K },
	{ .name = "large steps", .spread = BENCH_IN_STEPS, .max_size = SZ_64K },
	{ .name = "large 16K", .spread = BENCH_FIXED, .max_size = SZ_16K },
	{ .name = "large 64K", .spread = BENCH_FIXED, .max_size = SZ_64K },
};

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

static int run_load(const struct demo_load *demo, struct bench_effort effort)
{
	struct bench_result results[BENCH_MAX_CONTENDERS];
	const struct bench_load load = {
		.name		= demo->name,
		.play		= &bench_play_one,
		.max_size	= demo->max_size,
		.sizes		= bench_sizes(demo->spread, demo->min_size, demo->max_size),
		.batch		= 1,
		.touch		= demo->touch,
		.nr_cpus	= 1,
	};
	unsigned int nr;
	int err;

	if (!effort.pairs) {
		err = bench_choose_pairs(BENCH_DEMO, &load, BENCH_NR_SIZES,
					 effort.round_ms, &effort.pairs);
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
	unsigned int i;
	int err;

	if (!effort.rounds)
		effort.rounds = DEMO_ROUNDS;
	if (!effort.round_ms)
		effort.round_ms = DEMO_ROUND_MS;

	err = bench_setup(BENCH_DEMO);
	if (err)
		return err;
	print_header(effort);
	for (i = 0; i < ARRAY_SIZE(demo_loads) && !err; i++)
		err = run_load(&demo_loads[i], effort);
	bench_teardown(BENCH_DEMO);
	return err;
}
