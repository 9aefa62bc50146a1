// SPDX-License-Identifier: GPL-2.0
/*
 * Threads, each bound to a CPU, that hold an item, look at it, give it other
 * contents and let it go, all the time. No item is of two threads, so that it can
 * be told afterwards what each must hold.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "compact.h"
#include "sizes.h"

#define MAX_THREADS	8

static struct toucher {
	struct task_struct *task;
	struct rnd_state rnd;
	unsigned long ops, errors;
} touchers[MAX_THREADS];

static unsigned int nr_touchers, nr_wanted;

static int touch(void *arg)
{
	struct toucher *t = arg;
	unsigned long nr_own = compact_nr / nr_wanted;

	while (!kthread_should_stop()) {
		unsigned long i = sizes_below(&t->rnd, nr_own) * nr_wanted + (t - touchers);

		t->errors += !compact_touch_item(i);
		WRITE_ONCE(t->ops, t->ops + 1);
		cond_resched();
	}
	return 0;
}

/* As far apart as there are CPUs. */
static unsigned int cpu_of(unsigned int number)
{
	return cpumask_nth(number * num_online_cpus() / nr_wanted % num_online_cpus(),
			   cpu_online_mask);
}

static int start_one(void)
{
	struct toucher *t = &touchers[nr_touchers];

	*t = (struct toucher) {};
	prandom_seed_state(&t->rnd, nr_touchers + 1);
	t->task = kthread_run_on_cpu(touch, t, cpu_of(nr_touchers), "kzpool_touch/%u");
	if (IS_ERR(t->task))
		return PTR_ERR(t->task);
	nr_touchers++;
	return 0;
}

static int start(unsigned int nr)
{
	int err = 0;

	if (nr_touchers || compact_nr < nr)
		return -EBUSY;
	nr_wanted = nr;
	while (nr_touchers < nr && !err)
		err = start_one();
	if (err)
		compact_touch_stop();
	else
		compact_say("touch %u: they run", nr);
	return err;
}

/* Ends them, adds up, and says so. */
static int stop(void)
{
	unsigned long ops = 0, errors = 0;
	unsigned int nr = nr_touchers;

	while (nr_touchers) {
		struct toucher *t = &touchers[--nr_touchers];

		kthread_stop(t->task);
		ops += t->ops;
		errors += t->errors;
	}
	compact_say("touch 0: %u threads, %lu times, %lu errors", nr, ops, errors);
	return errors ? -EIO : 0;
}

int compact_touch(const unsigned int *args)
{
	if (args[0] > MAX_THREADS)
		return -EINVAL;
	return args[0] ? start(args[0]) : stop();
}

void compact_touch_stop(void)
{
	if (nr_touchers)
		stop();
}
