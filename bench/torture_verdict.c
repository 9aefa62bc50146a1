// SPDX-License-Identifier: GPL-2.0
/*
 * What a run has shown: the first failure, which ends it, and the sums over
 * all contexts, told in one line that scripts look for.
 *
 * A run in which some context was never served proves nothing and has failed
 * as well. On PREEMPT_RT a context that cannot sleep may be told NULL whenever
 * the pools have nothing ready, so there it need not be served.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/smp.h>

#include "torture.h"

/* Operations after which a context should have been served. */
#define ENOUGH_OPS	256

static const char *const place_names[TORTURE_NR_PLACES] = {
	[TORTURE_PROCESS]	= "process",
	[TORTURE_ATOMIC]	= "atomic",
	[TORTURE_SOFTIRQ]	= "softirq",
	[TORTURE_HARDIRQ]	= "hardirq",
	[TORTURE_EXTRA]		= "thread",
};

static struct {
	const char *what;
	unsigned long ptr;
	size_t size;
	size_t offset;
	unsigned long expected;
	unsigned long found;
	unsigned int cpu;
	const char *place;
} first;

static atomic_t nr_failed = ATOMIC_INIT(0);

bool torture_has_failed(void)
{
	return atomic_read(&nr_failed);
}

/* @obj: which object is wrong, if it is one; @offset: which of its bytes. */
void torture_fail(const struct torture_ctx *ctx, const struct torture_obj *obj,
		  const char *what, size_t offset, unsigned long expected,
		  unsigned long found)
{
	if (atomic_inc_return(&nr_failed) > 1)
		return;
	first.what = what;
	first.ptr = obj ? (unsigned long)obj->ptr : 0;
	first.size = obj ? obj->size : 0;
	first.offset = offset;
	first.expected = expected;
	first.found = found;
	first.cpu = raw_smp_processor_id();
	first.place = place_names[ctx->place];
}

/* Over all CPUs. */
struct totals {
	u64 ops[TORTURE_EXTRA];
	u64 pooled[TORTURE_EXTRA];
	u64 nulls[TORTURE_EXTRA];
	u64 remote;
	u64 moved;
	u64 done[TORTURE_MAX_OPS];
	const char *starved;	/* a place that got no pooled object, or NULL */
};

static bool must_be_served(enum torture_place place)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RT) ||
		(place != TORTURE_HARDIRQ && place != TORTURE_ATOMIC);
}

static void add_up(struct totals *sum, const struct torture_ctx *ctx)
{
	unsigned int i;

	sum->ops[ctx->place] += ctx->ops;
	sum->pooled[ctx->place] += ctx->pooled;
	sum->nulls[ctx->place] += ctx->nulls;
	sum->remote += ctx->remote;
	sum->moved += ctx->moved;
	for (i = 0; i < torture_nr_ops(); i++)
		sum->done[i] += ctx->done[i];
	if (ctx->ops >= ENOUGH_OPS && !ctx->pooled && must_be_served(ctx->place))
		sum->starved = place_names[ctx->place];
}

static void add_up_all(struct totals *sum)
{
	enum torture_place place;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		for (place = 0; place < TORTURE_EXTRA; place++)
			add_up(sum, torture_cpu_ctx(cpu, place));
	for (place = 0; place < TORTURE_EXTRA; place++)
		if (!sum->pooled[place] && must_be_served(place))
			sum->starved = place_names[place];
}

/* How often each operation was done: what was never done was not tested. */
static void print_ops(const struct totals *sum)
{
	char text[640] = "";
	size_t length = 0;
	unsigned int i;

	for (i = 0; i < torture_nr_ops(); i++)
		length += scnprintf(text + length, sizeof(text) - length, " %s=%llu",
				    torture_op_name(i), sum->done[i]);
	pr_info("did%s\n", text);
}

/* Says PASS or FAIL; when all contexts have ended. */
int torture_verdict(u32 seed, unsigned int seconds)
{
	struct totals sum = { };
	char why[240] = "", extras[240] = "";
	bool failed;

	add_up_all(&sum);
	print_ops(&sum);
	failed = torture_has_failed() || sum.starved;
	if (torture_has_failed())
		scnprintf(why, sizeof(why),
			  " first=%s address=0x%lx size=%zu offset=%zu expected=0x%lx found=0x%lx cpu=%u context=%s",
			  first.what, first.ptr, first.size, first.offset,
			  first.expected, first.found, first.cpu, first.place);
	else if (sum.starved)
		scnprintf(why, sizeof(why), " first=never served context=%s",
			  sum.starved);
	torture_extras_print(extras, sizeof(extras));
	pr_info("%s seed=%u seconds=%u ops=%llu irq_ops=%llu softirq_ops=%llu atomic_ops=%llu remote=%llu moved=%llu nulls=%llu irq_nulls=%llu atomic_nulls=%llu%s failures=%u%s\n",
		failed ? "FAIL" : "PASS", seed, seconds, sum.ops[TORTURE_PROCESS],
		sum.ops[TORTURE_HARDIRQ], sum.ops[TORTURE_SOFTIRQ],
		sum.ops[TORTURE_ATOMIC], sum.remote, sum.moved,
		sum.nulls[TORTURE_PROCESS] + sum.nulls[TORTURE_SOFTIRQ],
		sum.nulls[TORTURE_HARDIRQ], sum.nulls[TORTURE_ATOMIC], extras,
		atomic_read(&nr_failed), why);
	return failed ? -EIO : 0;
}
