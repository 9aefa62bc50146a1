// SPDX-License-Identifier: GPL-2.0
/*
 * The table of extra threads, and their start and end.
 *
 * Each runs beside the threads of the CPUs, on whichever CPU, and does its
 * step again and again. It counts what it has done in its context's ops, which
 * the verdict tells under its name. Where it cannot work, that is said, and
 * the run goes on without.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "torture.h"

#define MAX_THREADS	16
#define MAX_CYCLES	1000000
/* Contexts of CPUs count from 0. */
#define FIRST_ID	0x80000000U
/* How soon a thread that has nothing left to do sees that it shall end. */
#define IDLE_MS		100

static unsigned int hotplug;
module_param(hotplug, uint, 0444);
MODULE_PARM_DESC(hotplug, "how often a CPU is taken offline and brought back (default 0); the run lasts until that is done");

static unsigned int readers = 1;
module_param(readers, uint, 0444);
MODULE_PARM_DESC(readers, "threads that read kzpool's files in debugfs, 0 to 16 (default 1)");

static unsigned int params = 1;
module_param(params, uint, 0444);
MODULE_PARM_DESC(params, "a thread that changes kzpool's parameters, 0 or 1 (default 1)");

static unsigned int caches = 1;
module_param(caches, uint, 0444);
MODULE_PARM_DESC(caches, "threads that create, shrink and destroy typed caches, 0 to 16 (default 1)");

static unsigned int movers = 2;
module_param(movers, uint, 0444);
MODULE_PARM_DESC(movers, "threads that use a typed cache whose objects move, 0 to 16 (default 2)");

static unsigned int compact = 1;
module_param(compact, uint, 0444);
MODULE_PARM_DESC(compact, "a thread that has kzpool compact, 0 or 1 (default 1)");

/* A new thread is a line here; in the middle of a step it may sleep, by torture_pause(). */
static const struct extra {
	const char *name;
	unsigned int *wanted;	/* its parameter; 0 = do without */
	unsigned int max;	/* that the parameter may be */
	bool is_goal;		/* one thread, which ends after so many ops; else so many threads */
	int (*prepare)(void);	/* before the first thread; an error: cannot work here */
	void (*step)(struct torture_ctx *ctx);
	void (*finish)(struct torture_ctx *ctx);	/* puts things back as they were */
} extras[] = {
	{ "hotplug", &hotplug, MAX_CYCLES, true, torture_hotplug_prepare,
	  torture_hotplug_step, torture_hotplug_finish },
	{ "readers", &readers, MAX_THREADS, false, torture_readers_prepare,
	  torture_readers_step, NULL },
	{ "params", &params, 1, false, torture_params_prepare,
	  torture_params_step, torture_params_finish },
	{ "caches", &caches, MAX_THREADS, false, NULL,
	  torture_caches_step, NULL },
	{ "movers", &movers, MAX_THREADS, false, NULL,
	  torture_movers_step, torture_movers_finish },
	{ "compact", &compact, 1, false, torture_compact_prepare,
	  torture_compact_step, NULL },
};

struct extra_thread {
	struct list_head list;
	const struct extra *extra;
	struct task_struct *task;
	struct torture_ctx ctx;
};

static LIST_HEAD(threads);	/* of insmod's thread only */

/* Sleeps up to @ms, less where the thread shall end; true if it shall. */
bool torture_pause(unsigned int ms)
{
	if (!kthread_should_stop())
		schedule_timeout_interruptible(msecs_to_jiffies(ms));
	return kthread_should_stop();
}

static bool is_done(const struct extra_thread *thread)
{
	return thread->extra->is_goal &&
		READ_ONCE(thread->ctx.ops) >= *thread->extra->wanted;
}

static int thread_runs(void *arg)
{
	struct extra_thread *thread = arg;
	const struct extra *extra = thread->extra;

	while (!kthread_should_stop() && !is_done(thread) && !torture_has_failed())
		extra->step(&thread->ctx);
	if (extra->finish)
		extra->finish(&thread->ctx);
	while (!torture_pause(IDLE_MS))
		;
	return 0;
}

static int add_thread(const struct extra *extra, unsigned int nr)
{
	struct extra_thread *thread = kzalloc(sizeof(*thread), GFP_KERNEL);
	struct task_struct *task;

	if (!thread)
		return -ENOMEM;
	thread->extra = extra;
	torture_ctx_init(&thread->ctx, TORTURE_EXTRA,
			 FIRST_ID + (extra - extras) * MAX_THREADS + nr, NULL, 0);
	task = kthread_run(thread_runs, thread, "kzpool_%s/%u", extra->name, nr);
	if (IS_ERR(task)) {
		kfree(thread);
		return PTR_ERR(task);
	}
	thread->task = task;
	list_add(&thread->list, &threads);
	return 0;
}

/* Are the parameters in their ranges? */
int torture_extras_check(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extras); i++) {
		const struct extra *extra = &extras[i];

		if (*extra->wanted <= extra->max)
			continue;
		pr_err("%s=%u is out of range, allowed are 0 to %u\n",
		       extra->name, *extra->wanted, extra->max);
		return -EINVAL;
	}
	return 0;
}

static int start_extra(const struct extra *extra)
{
	unsigned int nr, nr_threads = extra->is_goal ? 1 : *extra->wanted;
	int err = 0;

	if (!*extra->wanted)
		return 0;
	if (extra->prepare)
		err = extra->prepare();
	if (err) {
		pr_info("%s: not possible here (error %d), goes on without\n",
			extra->name, err);
		return 0;
	}
	for (nr = 0; nr < nr_threads && !err; nr++)
		err = add_thread(extra, nr);
	return err;
}

int torture_extras_start(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(extras) && !err; i++)
		err = start_extra(&extras[i]);
	return err;
}

/* Has each that has a goal reached it? */
bool torture_extras_are_done(void)
{
	struct extra_thread *thread;

	list_for_each_entry(thread, &threads, list)
		if (thread->extra->is_goal && !is_done(thread))
			return false;
	return true;
}

/* Also after torture_extras_start() has failed; the contexts stay for the verdict. */
void torture_extras_stop(void)
{
	struct extra_thread *thread;

	list_for_each_entry(thread, &threads, list)
		kthread_stop(thread->task);
}

void torture_extras_destroy(void)
{
	struct extra_thread *thread, *next;

	list_for_each_entry_safe(thread, next, &threads, list) {
		list_del(&thread->list);
		kfree(thread);
	}
}

/* " name=count" of each, into @buf. */
void torture_extras_print(char *buf, size_t size)
{
	struct extra_thread *thread;
	size_t length = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extras); i++) {
		u64 ops = 0;

		list_for_each_entry(thread, &threads, list)
			if (thread->extra == &extras[i])
				ops += thread->ctx.ops;
		length += scnprintf(buf + length, size - length, " %s=%llu",
				    extras[i].name, ops);
	}
}
