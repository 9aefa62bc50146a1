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
#include <linux/string.h>
#include <linux/utsname.h>

#include "bench.h"
#include "sizes.h"

static char *set = "demo";
module_param(set, charp, 0444);
MODULE_PARM_DESC(set, "loads to run: demo, insn, bench, cross, typed, burst, all (the first three) or load (default demo)");

static unsigned int rounds;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "rounds a contender, 1 to 99, or of load, to 1000000 (default 0: as the set has it)");

static unsigned int pairs;
module_param(pairs, uint, 0444);
MODULE_PARM_DESC(pairs, "pairs a round, up to 10000000 (default 0: as the set has it)");

static unsigned int round_ms;
module_param(round_ms, uint, 0444);
MODULE_PARM_DESC(round_ms, "where pairs=0, how long a round should last, 1 to 1000 ms; not for insn and burst (default 0: as the set has it)");

static unsigned int sizes[SIZES_NR_CLASSES];
static unsigned int nr_sizes;
module_param_array(sizes, uint, &nr_sizes, 0444);
MODULE_PARM_DESC(sizes, "sizes for all sets but demo, in bytes, 1 to 65536, or 0 for the loads of many sizes, not for load (default: what the set has; 64 for load)");

static unsigned int cpus = BENCH_MAX_CPUS;
module_param(cpus, uint, 0444);
MODULE_PARM_DESC(cpus, "CPUs to run on, 1 to 4; loads on more, two or four, are left out (default 4)");

static unsigned int cpu[BENCH_MAX_LOAD_CPUS];
static unsigned int nr_cpu = 1;
module_param_array(cpu, uint, &nr_cpu, 0444);
MODULE_PARM_DESC(cpu, "CPUs of load, one after the other (default 0)");

static unsigned int caches;
module_param(caches, uint, 0444);
MODULE_PARM_DESC(caches, "typed caches that load makes first and that stay until the module goes, 0 to 64 (default 0)");

static unsigned int live = 100;
module_param(live, uint, 0444);
MODULE_PARM_DESC(live, "objects alive at once in load, 1 to 65536 (default 100)");

static unsigned int load_ms;
module_param(load_ms, uint, 0444);
MODULE_PARM_DESC(load_ms, "how long load goes on, 0 to 3600000 ms, once its rounds are done (default 0)");

static const struct {
	const char *name;
	bool demo, insn, bench, cross, typed, burst, load;
} known_sets[] = {
	{ "demo", .demo = true },
	{ "insn", .insn = true },
	{ "bench", .bench = true },
	{ "cross", .cross = true },
	{ "typed", .typed = true },
	{ "burst", .burst = true },
	{ "all", .demo = true, .insn = true, .bench = true },
	{ "load", .load = true },
};

/* The entry of known_sets[] that parameter @set names; negative if none. */
static int wanted_set(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(known_sets); i++)
		if (!strcmp(set, known_sets[i].name))
			return i;
	return -EINVAL;
}

static int check_range(const char *name, unsigned int value, unsigned int least,
		       unsigned int most)
{
	if (value >= least && value <= most)
		return 0;
	pr_err("%s=%u is out of range, allowed are %u to %u\n", name, value, least, most);
	return -EINVAL;
}

static int check_parameters(void)
{
	int err, which = wanted_set();
	unsigned int i;
	bool is_load;

	if (which < 0) {
		pr_err("set=%s is unknown, allowed are demo, insn, bench, cross, typed, burst, all, load\n",
		       set);
		return -EINVAL;
	}
	is_load = known_sets[which].load;
	err = check_range("rounds", rounds, 0, is_load ? BENCH_MAX_SAWS : BENCH_MAX_ROUNDS) ?:
	      check_range("pairs", pairs, 0, BENCH_MAX_PAIRS) ?:
	      check_range("round_ms", round_ms, 0, BENCH_MAX_ROUND_MS) ?:
	      check_range("cpus", cpus, 1, BENCH_MAX_CPUS) ?:
	      check_range("caches", caches, 0, BENCH_MAX_CACHES) ?:
	      check_range("live", live, 1, BENCH_MAX_LIVE) ?:
	      check_range("load_ms", load_ms, 0, BENCH_MAX_LOAD_MS);
	for (i = 0; i < nr_sizes && !err; i++)
		err = check_range("sizes", sizes[i], is_load, ZPOOL_MAX_SIZE);
	for (i = 0; i < nr_cpu && !err; i++)
		err = check_range("cpu", cpu[i], 0, nr_cpu_ids - 1);
	return err;
}

bool bench_is_wanted(struct bench_sizes wanted, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < wanted.nr; i++)
		if (wanted.sizes[i] == size)
			return true;
	return !wanted.nr;
}

static int run_load(struct bench_sizes asked)
{
	static const unsigned int small[] = { 64 };
	const struct bench_saw saw = {
		.sizes = asked.nr ? asked : (struct bench_sizes){ small, ARRAY_SIZE(small) },
		.cpus = cpu, .nr_cpus = nr_cpu, .nr_caches = caches,
		.live = live, .rounds = rounds, .ms = load_ms,
	};

	return bench_load_run(&saw);
}

/* What was measured with memory missing or in two hands is worth nothing. */
static int verdict(void)
{
	if (bench_nr_spoilt())
		pr_err("%llu objects were written to by somebody else\n", bench_nr_spoilt());
	pr_info("set %s done, %llu allocations failed\n", set, bench_nr_failed());
	if (bench_nr_spoilt())
		return -EIO;
	return bench_nr_failed() ? -ENOMEM : 0;
}

static int run_sets(void)
{
	const struct bench_effort effort = {
		.rounds = rounds, .pairs = pairs, .round_ms = round_ms, .cpus = cpus,
	};
	const struct bench_sizes asked = { sizes, nr_sizes };
	int which = wanted_set(), err = 0;

	pr_info("set %s on Linux %s, CPU %u of %u\n", set, utsname()->release,
		raw_smp_processor_id(), num_online_cpus());
	if (known_sets[which].demo)
		err = bench_demo_run(effort);
	if (!err && known_sets[which].insn)
		err = bench_insn_run(effort, asked);
	if (!err && (known_sets[which].bench || known_sets[which].cross))
		err = bench_full_run(effort, asked, known_sets[which].cross);
	if (!err && known_sets[which].typed)
		err = bench_typed_run(effort, asked);
	if (!err && known_sets[which].burst)
		err = bench_burst_run(effort, asked);
	if (known_sets[which].load)
		err = run_load(asked);
	if (err) {
		pr_err("set %s stopped: %d\n", set, err);
		return err;
	}
	return verdict();
}

/* The caller of insmod stays on the first CPU for as long as we measure; load has its own. */
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
	if (err)
		bench_load_end();
	free_cpumask_var(allowed);
	return err;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	bench_load_end();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Benchmark of the zpool allocator against kmalloc");
MODULE_LICENSE("GPL");
