// SPDX-License-Identifier: GPL-2.0
/*
 * kzpool_torture: random operations on zpool from everywhere at once.
 *
 * insmod runs a thread, a softirq and a hardirq on every online CPU for so
 * many seconds, frees everything and prints one verdict line. It succeeds on
 * PASS and fails with -EIO on FAIL. With the same seed each context draws the
 * same random numbers again; how the contexts interleave is the machine's
 * affair. torture.h tells how the rest is cut.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
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

static struct torture_cpu *cpus;
static unsigned int nr_cpus;

/* The sums over all CPUs. */
struct totals {
	u64 process_ops, softirq_ops, hardirq_ops;
	u64 nulls, remote;
	const char *starved;	/* a context that got no pooled object, or NULL */
};

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
	return 0;
}

static int start(void)
{
	unsigned int cpu;
	int err = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		err = torture_cpu_init(&cpus[nr_cpus], cpu, live);
		if (err)
			break;
		err = torture_cpu_start(&cpus[nr_cpus++]);
		if (err)
			break;
	}
	cpus_read_unlock();
	return err;
}

static void stop(void)
{
	unsigned int i;

	for (i = 0; i < nr_cpus; i++)
		torture_cpu_stop(&cpus[i]);
	if (nr_cpus)
		torture_drain_shared(&cpus[0].process);
}

/* Returns when the time is up, a check has failed, or a signal came. */
static void run(void)
{
	unsigned long end;
	unsigned int i;

	for (i = 0; i < nr_cpus; i++)
		wait_for_completion(&cpus[i].walked);
	end = jiffies + seconds * HZ;
	while (time_before(jiffies, end) && !torture_has_failed() &&
	       !signal_pending(current))
		msleep_interruptible(POLL_MS);
}

static void add_up(struct totals *sum, const struct torture_ctx *ctx, u64 *ops)
{
	*ops += ctx->ops;
	sum->nulls += ctx->nulls;
	sum->remote += ctx->remote;
	if (!ctx->pooled)
		sum->starved = ctx->name;
}

static struct totals add_up_all(void)
{
	struct totals sum = { };
	unsigned int i;

	for (i = 0; i < nr_cpus; i++) {
		add_up(&sum, &cpus[i].process, &sum.process_ops);
		add_up(&sum, &cpus[i].softirq, &sum.softirq_ops);
		add_up(&sum, &cpus[i].hardirq, &sum.hardirq_ops);
	}
	return sum;
}

/* The one line; a run in which some context was never served proves nothing. */
static int verdict(unsigned int ran_seconds)
{
	const struct torture_failure *failure = torture_first_failure();
	struct totals sum = add_up_all();
	bool failed = torture_has_failed() || sum.starved;
	char why[160] = "";

	if (torture_has_failed())
		scnprintf(why, sizeof(why),
			  " first=%s address=0x%lx size=%zu offset=%zu expected=0x%lx found=0x%lx cpu=%u context=%s",
			  failure->what, failure->ptr, failure->size, failure->offset,
			  failure->expected, failure->found, failure->cpu,
			  failure->context);
	else if (sum.starved)
		scnprintf(why, sizeof(why), " first=never served context=%s",
			  sum.starved);
	pr_info("%s seed=%u seconds=%u ops=%llu irq_ops=%llu softirq_ops=%llu remote=%llu nulls=%llu failures=%u%s\n",
		failed ? "FAIL" : "PASS", seed, ran_seconds, sum.process_ops,
		sum.hardirq_ops, sum.softirq_ops, sum.remote, sum.nulls,
		torture_nr_failed(), why);
	return failed ? -EIO : 0;
}

static int torture(void)
{
	unsigned long start_jiffies;
	unsigned int i;
	int err;

	cpus = kcalloc(nr_cpu_ids, sizeof(*cpus), GFP_KERNEL);
	if (!cpus)
		return -ENOMEM;
	start_jiffies = jiffies;
	err = start();
	if (!err)
		run();
	stop();
	if (!err)
		err = verdict((jiffies - start_jiffies) / HZ);
	for (i = 0; i < nr_cpus; i++)
		torture_cpu_fini(&cpus[i]);
	kfree(cpus);
	return err;
}

static int __init torture_init(void)
{
	int err = check_parameters();

	if (err)
		return err;
	while (!seed)
		seed = get_random_u32();
	torture_objects_init(seed);
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
