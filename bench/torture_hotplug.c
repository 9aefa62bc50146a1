// SPDX-License-Identifier: GPL-2.0
/*
 * An extra thread: takes random CPUs away and brings them back, several at a
 * time, but never the last one nor one that cannot go. Once a CPU is gone,
 * nothing may lie in its magazines. At the end all are back.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "sizes.h"
#include "torture.h"

#define MAX_PAUSE_MS	100
/* CPUs are refused now and then, where others use them; but not for ever. */
#define MAX_REFUSALS	100
/* What a CPU had is given a while to come home. */
#define MAX_LOOKS	20

static struct cpumask gone;	/* those that we took */
static char text[16384];	/* of the file with the CPUs */

#ifdef CONFIG_HOTPLUG_CPU
static bool can_go(unsigned int cpu)
{
	const struct device *dev = get_cpu_device(cpu);

	return cpu_online(cpu) && num_online_cpus() > 1 && dev && !dev->offline_disabled;
}

static int take(unsigned int cpu)
{
	return remove_cpu(cpu);
}
#else
static bool can_go(unsigned int cpu)
{
	return false;
}

static int take(unsigned int cpu)
{
	return -EOPNOTSUPP;
}
#endif

/* A random one of those that may come or go; nr_cpu_ids if there is none. */
static unsigned int pick(struct torture_ctx *ctx)
{
	unsigned int cpu, picked = nr_cpu_ids, nr = 0;

	for_each_possible_cpu(cpu)
		if ((cpumask_test_cpu(cpu, &gone) || can_go(cpu)) &&
		    !sizes_below(&ctx->rnd, ++nr))
			picked = cpu;
	return picked;
}

int torture_hotplug_prepare(void)
{
	unsigned int cpu;

	cpumask_clear(&gone);
	for_each_online_cpu(cpu)
		if (can_go(cpu))
			return 0;
	return -EOPNOTSUPP;
}

/* What the file says to lie in the magazines of @cpu; 0 if it says nothing. */
static unsigned long magazine_bytes(unsigned int cpu)
{
	unsigned long bytes, found = 0;
	char *rest = text, *line, name[16] = "";
	unsigned int row;

	if (torture_file_read(TORTURE_DEBUGFS "cpus", text, sizeof(text), PAGE_SIZE) < 0)
		return 0;
	while ((line = strsep(&rest, "\n"))) {
		if (*line == '#')
			sscanf(line, "# cpu node %*s %*s %15s", name);
		else if (sscanf(line, "%u %*d %*u %*u %lu", &row, &bytes) == 2 && row == cpu)
			found = bytes;
	}
	return strcmp(name, "magazine_bytes") ? 0 : found;
}

static void check_drained(struct torture_ctx *ctx, unsigned int cpu)
{
	unsigned long bytes = magazine_bytes(cpu);
	unsigned int looks;

	for (looks = 1; bytes && looks < MAX_LOOKS && !torture_pause(MAX_PAUSE_MS); looks++)
		bytes = magazine_bytes(cpu);
	if (bytes)
		torture_fail(ctx, NULL, "magazines of a CPU that is gone", cpu, 0, bytes);
}

/* False if that was refused. */
static bool bring_back(struct torture_ctx *ctx, unsigned int cpu)
{
	if (add_cpu(cpu) < 0)
		return false;
	cpumask_clear_cpu(cpu, &gone);
	WRITE_ONCE(ctx->ops, ctx->ops + 1);
	return true;
}

static bool take_away(struct torture_ctx *ctx, unsigned int cpu)
{
	if (take(cpu))
		return false;
	cpumask_set_cpu(cpu, &gone);
	check_drained(ctx, cpu);
	return true;
}

void torture_hotplug_step(struct torture_ctx *ctx)
{
	unsigned int refusals, cpu = pick(ctx);
	bool come = cpu < nr_cpu_ids && cpumask_test_cpu(cpu, &gone), done = false;

	for (refusals = 0; cpu < nr_cpu_ids && !done && refusals < MAX_REFUSALS; refusals++) {
		done = come ? bring_back(ctx, cpu) : take_away(ctx, cpu);
		if (torture_pause(sizes_below(&ctx->rnd, MAX_PAUSE_MS)))
			return;
	}
	if (!done)
		torture_fail(ctx, NULL, come ? "a CPU does not come back" :
			     "a CPU does not go", cpu, 0, 0);
}

void torture_hotplug_finish(struct torture_ctx *ctx)
{
	unsigned int cpu, refusals = 0;

	for_each_cpu(cpu, &gone)
		while (!bring_back(ctx, cpu) && refusals++ < MAX_REFUSALS)
			schedule_timeout_uninterruptible(msecs_to_jiffies(MAX_PAUSE_MS));
	if (!cpumask_empty(&gone))
		torture_fail(ctx, NULL, "a CPU does not come back",
			     cpumask_first(&gone), 0, 0);
}
