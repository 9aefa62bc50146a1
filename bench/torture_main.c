// SPDX-License-Identifier: GPL-2.0
/*
 * kzpool_torture: random operations on zpool from everywhere at once.
 *
 * insmod runs a thread, a softirq and a hardirq on every online CPU for so
 * many seconds, and some extra threads beside them; then it frees everything
 * and prints one verdict line. It succeeds on PASS and fails with -EIO on FAIL.
 * With the same seed each context draws the same random numbers again; how the
 * contexts interleave is the machine's affair. torture.h tells how the rest is
 * cut.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <zpool/zpool.h>

#include "torture.h"

#define MAX_SECONDS	3600
#define MAX_LIVE	65536
/* How soon a failure or a signal ends the run. */
#define POLL_MS		100

static unsigned int seconds = 10;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long to run, 1 to 3600 (default 10)");

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "seed of all random numbers (default 0: a random one, printed)");

static unsigned int live = 256;
module_param(live, uint, 0444);
MODULE_PARM_DESC(live, "objects a CPU in process context, 1 to 65536 (default 256)");

static bool leak;
module_param(leak, bool, 0444);
MODULE_PARM_DESC(leak, "leave an object of 64 bytes in use at the end, to see what unloading kzpool says (default off)");

static int check_parameters(void)
{
	if (!seconds || seconds > MAX_SECONDS) {
		pr_err("seconds=%u is out of range, allowed are 1 to %u\n",
		       seconds, MAX_SECONDS);
		return -EINVAL;
	}
	if (!live || live > MAX_LIVE) {
		pr_err("live=%u is out of range, allowed are 1 to %u\n",
		       live, MAX_LIVE);
		return -EINVAL;
	}
	return torture_extras_check();
}

/* Returns when the time is up and all goals are reached, a check has failed, or a signal came. */
static void run(void)
{
	unsigned long end = jiffies + seconds * HZ;

	while ((time_before(jiffies, end) || !torture_extras_are_done()) &&
	       !torture_has_failed() && !signal_pending(current))
		msleep_interruptible(POLL_MS);
}

/* The extra threads end first: they bring back the CPUs, whose threads free their objects. */
static int run_all(void)
{
	unsigned long start_jiffies = jiffies;
	struct torture_ctx *any_ctx = torture_cpu_ctx(cpumask_first(cpu_possible_mask),
						      TORTURE_PROCESS);
	int err = torture_cpus_start();

	if (!err) {
		err = torture_extras_start();
		if (!err)
			run();
		torture_extras_stop();
		torture_cpus_stop();
	}
	torture_drain_shared(any_ctx);
	torture_rcu_drain(any_ctx);
	if (!err)
		err = torture_verdict(seed, (jiffies - start_jiffies) / HZ);
	torture_extras_destroy();
	return err;
}

static int torture(void)
{
	int err = torture_cpus_create(live);

	if (!err)
		err = run_all();
	torture_cpus_destroy();
	return err;
}

static int __init torture_init(void)
{
	int err = check_parameters();

	if (err)
		return err;
	while (!seed)
		seed = get_random_u32();
	torture_check_init(seed);
	torture_ops_init(seed);
	torture_files_init();
	err = torture_types_create();
	if (err)
		return err;
	pr_info("seed=%u for %u seconds on %u CPUs, %u objects each\n", seed,
		seconds, num_online_cpus(), live);
	err = torture();
	torture_types_destroy();
	if (leak && !zpool_kmalloc(64, GFP_KERNEL))
		return -ENOMEM;
	return err;
}
module_init(torture_init);

static void __exit torture_exit(void)
{
}
module_exit(torture_exit);

MODULE_DESCRIPTION("Torture test of the zpool allocator");
MODULE_LICENSE("GPL");
