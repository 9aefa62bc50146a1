// SPDX-License-Identifier: GPL-2.0
/*
 * An extra thread: takes random CPUs away and brings them back, several at a
 * time, but never the last one nor one that cannot go. Once a CPU is gone,
 * nothing may lie in its magazines. At the end all are back.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "sizes.h"
#include "torture.h"

#define MAX_PAUSE_MS	100
/* CPUs are refused now and then, where others use them; but not for ever. */
#define MAX_REFUSALS	100

static struct cpumask gone;	/* those that we took */
static char text[65536];	/* of the file with the CPUs */

#ifdef CONFIG_HOTPLUG_CPU
static bool can_go(unsigned int cpu)
{
	return cpu_online(cpu) && num_online_cpus() > 1 && cpu_is_hotpluggable(cpu);
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

/* At once: a change of the budget would drain all CPUs, the dead as well. */
static void check_drained(struct torture_ctx *ctx, unsigned int cpu)
{
	unsigned long bytes = magazine_bytes(cpu);

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

/* One CPU, a step further round its cycle. */
static bool move_one(struct torture_ctx *ctx)
{
	unsigned int cpu = pick(ctx);

	if (cpu >= nr_cpu_ids)
		return false;
	return cpumask_test_cpu(cpu, &gone) ? bring_back(ctx, cpu) : take_away(ctx, cpu);
}

void torture_hotplug_step(struct torture_ctx *ctx)
{
	unsigned int refusals = 0;
	bool moved, ends;

	do {
		moved = move_one(ctx);
		ends = torture_pause(sizes_below(&ctx->rnd, MAX_PAUSE_MS));
	} while (!moved && !ends && ++refusals < MAX_REFUSALS);
	if (refusals == MAX_REFUSALS)
		torture_fail(ctx, NULL, "no CPU comes or goes", 0, 0, 0);
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
