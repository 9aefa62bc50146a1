// SPDX-License-Identifier: GPL-2.0
/*
 * kzpool_bench: loads to measure zpool by, against kmalloc and a floor.
 *
 * insmod runs the set that is asked for on one CPU, prints its rows and
 * returns; the module then stays loaded and does nothing more. This file has
 * the parameters and the frame; bench.h tells how the rest is cut.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/utsname.h>

#include "bench.h"
#include "sizes.h"

static char *set = "demo";
module_param(set, charp, 0444);
MODULE_PARM_DESC(set, "loads to run: demo, insn or all (default demo)");

static unsigned int rounds;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "rounds a contender, 1 to 99 (default 0: as the set has it)");

static unsigned int pairs;
module_param(pairs, uint, 0444);
MODULE_PARM_DESC(pairs, "pairs a round, up to 10000000 (default 0: as the set has it)");

static unsigned int sizes[SIZES_NR_CLASSES];
static unsigned int nr_sizes;
module_param_array(sizes, uint, &nr_sizes, 0444);
MODULE_PARM_DESC(sizes, "sizes for insn, in bytes, 1 to 65536 (default: every class size)");

/* The sets that parameter @set names, or 0. */
static unsigned int wanted_sets(void)
{
	if (!strcmp(set, "demo"))
		return BENCH_DEMO;
	if (!strcmp(set, "insn"))
		return BENCH_INSN;
	if (!strcmp(set, "all"))
		return BENCH_DEMO | BENCH_INSN;
	return 0;
}

static int check_parameters(void)
{
	unsigned int i;

	if (!wanted_sets()) {
		pr_err("set=%s is unknown, allowed are demo, insn, all\n", set);
		return -EINVAL;
	}
	if (rounds > BENCH_MAX_ROUNDS) {
		pr_err("rounds=%u is out of range, allowed are 0 to %u\n",
		       rounds, BENCH_MAX_ROUNDS);
		return -EINVAL;
	}
	if (pairs > BENCH_MAX_PAIRS) {
		pr_err("pairs=%u is out of range, allowed are 0 to %u\n",
		       pairs, BENCH_MAX_PAIRS);
		return -EINVAL;
	}
	for (i = 0; i < nr_sizes; i++)
		if (!sizes[i] || sizes[i] > ZPOOL_MAX_SIZE) {
			pr_err("sizes=%u is out of range, allowed are 1 to %lu\n",
			       sizes[i], ZPOOL_MAX_SIZE);
			return -EINVAL;
		}
	return 0;
}

static int run_sets(void)
{
	const struct bench_effort effort = { .rounds = rounds, .pairs = pairs };
	int err = 0;

	pr_info("set %s on Linux %s, CPU %u of %u\n", set, utsname()->release,
		raw_smp_processor_id(), num_online_cpus());
	if (wanted_sets() & BENCH_DEMO)
		err = bench_demo_run(effort);
	if (!err && wanted_sets() & BENCH_INSN)
		err = bench_insn_run(effort, sizes, nr_sizes);
	if (err)
		pr_err("set %s stopped: %d\n", set, err);
	else
		pr_info("set %s done, %llu allocations failed\n", set, bench_nr_failed());
	return err;
}

/* The caller of insmod stays on the first CPU for as long as we measure. */
static int __init bench_init(void)
{
	cpumask_var_t allowed;
	int err;

	err = check_parameters();
	if (err)
		return err;
	if (!alloc_cpumask_var(&allowed, GFP_KERNEL))
		return -ENOMEM;
	cpumask_copy(allowed, &current->cpus_mask);
	err = set_cpus_allowed_ptr(current, cpumask_of(cpumask_first(cpu_online_mask)));
	if (!err) {
		err = run_sets();
		set_cpus_allowed_ptr(current, allowed);
	}
	free_cpumask_var(allowed);
	return err;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Benchmark of the zpool allocator against kmalloc");
MODULE_LICENSE("GPL");
