// SPDX-License-Identifier: GPL-2.0
/*
 * Threads, each bound to a CPU, that allocate, fill, check and free objects of
 * all sizes. What they find wrong is kept for the command that ends them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <zpool/zpool.h>

#include "press.h"

/* Places for objects of a thread; half of them are taken, about 1 MiB. */
#define PLACES	256
/* Small enough that `churn 100000` is a mistake. */
#define MAX_THREADS	64

struct place {
	void *p;
	size_t size;
	u64 seed;
};

struct churner {
	struct task_struct *task;
	unsigned int number;
	struct rnd_state rnd;
	unsigned long ops, nulls, errors;
	struct place places[PLACES];
};

static struct churner *churners[MAX_THREADS];
static unsigned int nr_churners;

static void fill_place(struct churner *c, struct place *place)
{
	place->size = sizes_log_uniform(&c->rnd, 3, 16);
	place->p = zpool_kmalloc(place->size, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!place->p) {
		c->nulls++;
		return;
	}
	place->seed = pattern_seed(c->number, c->ops);
	pattern_fill(place->p, place->size, place->seed);
}

static void empty_place(struct churner *c, struct place *place)
{
	if (place->p && !pattern_is_intact(place->p, place->size, place->seed)) {
		pr_err("thread %u: %zu bytes at %p are not what they were\n", c->number,
		       place->size, place->p);
		c->errors++;
	}
	zpool_kfree(place->p);
	place->p = NULL;
}

static int churn(void *arg)
{
	struct churner *c = arg;
	unsigned int i;

	while (!kthread_should_stop()) {
		struct place *place = &c->places[sizes_below(&c->rnd, PLACES)];

		if (place->p)
			empty_place(c, place);
		else
			fill_place(c, place);
		c->ops++;
		cond_resched();
	}
	for (i = 0; i < PLACES; i++)
		empty_place(c, &c->places[i]);
	return 0;
}

static int start_one(unsigned int number)
{
	struct churner *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	unsigned int cpu = cpumask_first(cpu_online_mask), i;

	if (!c)
		return -ENOMEM;
	for (i = number % num_online_cpus(); i; i--)
		cpu = cpumask_next(cpu, cpu_online_mask);
	c->number = number;
	prandom_seed_state(&c->rnd, number + 1);
	c->task = kthread_run_on_cpu(churn, c, cpu, "kzpool_churn/%u");
	if (IS_ERR(c->task)) {
		int err = PTR_ERR(c->task);

		kvfree(c);
		return err;
	}
	churners[nr_churners++] = c;
	return 0;
}

static int start(unsigned int nr)
{
	unsigned int i;
	int err = 0;

	if (nr_churners)
		return -EBUSY;
	for (i = 0; i < nr && !err; i++)
		err = start_one(i);
	if (err)
		press_churn_stop();
	else
		press_say("churn %u: they run", nr);
	return err;
}

/* Ends them, adds up, and says so. */
static int stop(void)
{
	unsigned long ops = 0, nulls = 0, errors = 0;
	unsigned int nr = nr_churners;

	while (nr_churners) {
		struct churner *c = churners[--nr_churners];

		kthread_stop(c->task);
		ops += c->ops;
		nulls += c->nulls;
		errors += c->errors;
		kvfree(c);
	}
	press_say("churn 0: %u threads, %lu operations, %lu got NULL, %lu errors", nr, ops,
		  nulls, errors);
	return errors ? -EIO : 0;
}

int press_churn(const unsigned int *args)
{
	if (args[0] > MAX_THREADS)
		return -EINVAL;
	return args[0] ? start(args[0]) : stop();
}

void press_churn_stop(void)
{
	if (nr_churners)
		stop();
}
