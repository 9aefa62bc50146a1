// SPDX-License-Identifier: GPL-2.0
/*
 * One CPU under torture: a bound thread, and in its midst two timers that do
 * the same to objects of their own, one in softirq and one in hardirq
 * context. So the allocator's fast path is interrupted anywhere, by callers
 * of itself.
 *
 * Timers on one CPU are started and stopped by its thread: a pinned hrtimer
 * runs where it was started.
 */
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include "../zpool_compat.h"
#include "sizes.h"
#include "torture.h"

/* Objects of each interrupt context: few, so that most steps find one. */
#define IRQ_LIVE	24
/* Steps in one go. A timer fires at most once a tick, an hrtimer far oftener. */
#define PROCESS_STEPS	64
#define SOFTIRQ_STEPS	16
#define HARDIRQ_STEPS	2
/* Time between two hard interrupts: random, so that they hit everywhere. */
#define HARDIRQ_MIN_NS	100000
#define HARDIRQ_MAX_NS	500000
/*
 * In hardirq context everywhere: PREEMPT_RT leaves only HARD timers there, and
 * elsewhere lockdep would hold a HARD one to the rules of PREEMPT_RT.
 */
#define HARDIRQ_MODE	(IS_ENABLED(CONFIG_PREEMPT_RT) ? \
			 HRTIMER_MODE_REL_PINNED_HARD : HRTIMER_MODE_REL_PINNED)

static void softirq_fires(struct timer_list *timer)
{
	struct torture_cpu *cpu = container_of(timer, struct torture_cpu, timer);
	unsigned int i;

	for (i = 0; i < SOFTIRQ_STEPS; i++)
		torture_step(&cpu->softirq);
	mod_timer(timer, jiffies + 1);
}

static ktime_t hardirq_interval(struct torture_cpu *cpu)
{
	return ns_to_ktime(HARDIRQ_MIN_NS +
			   sizes_below(&cpu->hardirq.rnd,
				       HARDIRQ_MAX_NS - HARDIRQ_MIN_NS));
}

static enum hrtimer_restart hardirq_fires(struct hrtimer *timer)
{
	struct torture_cpu *cpu = container_of(timer, struct torture_cpu, hrtimer);
	unsigned int i;

	for (i = 0; i < HARDIRQ_STEPS; i++)
		torture_step(&cpu->hardirq);
	hrtimer_forward_now(timer, hardirq_interval(cpu));
	return HRTIMER_RESTART;
}

static void start_interrupts(struct torture_cpu *cpu)
{
	timer_setup(&cpu->timer, softirq_fires, TIMER_PINNED);
	cpu->timer.expires = jiffies + 1;
	add_timer_on(&cpu->timer, cpu->cpu);

	hrtimer_setup(&cpu->hrtimer, hardirq_fires, CLOCK_MONOTONIC, HARDIRQ_MODE);
	hrtimer_start(&cpu->hrtimer, hardirq_interval(cpu), HARDIRQ_MODE);
}

static void stop_interrupts(struct torture_cpu *cpu)
{
	hrtimer_cancel(&cpu->hrtimer);
	timer_shutdown_sync(&cpu->timer);
}

static int torture_thread(void *arg)
{
	struct torture_cpu *cpu = arg;
	unsigned int i;

	start_interrupts(cpu);
	torture_walk(&cpu->process);
	complete_all(&cpu->walked);
	while (!kthread_should_stop()) {
		for (i = 0; i < PROCESS_STEPS; i++)
			torture_step(&cpu->process);
		cond_resched();
	}
	stop_interrupts(cpu);

	torture_drain(&cpu->process);
	torture_drain(&cpu->softirq);
	torture_drain(&cpu->hardirq);
	return 0;
}

/* Prepares CPU @nr with @live objects in process context. */
int torture_cpu_init(struct torture_cpu *cpu, unsigned int nr, unsigned int live)
{
	unsigned int i, nr_descs = live + 2 * IRQ_LIVE;

	cpu->cpu = nr;
	init_completion(&cpu->walked);
	cpu->descs = kvcalloc(nr_descs, sizeof(*cpu->descs), GFP_KERNEL);
	cpu->objs = kvcalloc(nr_descs, sizeof(*cpu->objs), GFP_KERNEL);
	if (!cpu->descs || !cpu->objs) {
		torture_cpu_fini(cpu);
		return -ENOMEM;
	}
	for (i = 0; i < nr_descs; i++)
		cpu->objs[i] = &cpu->descs[i];

	torture_ctx_init(&cpu->process, "process", 3 * nr, cpu->objs, live);
	cpu->process.may_sleep = true;
	torture_ctx_init(&cpu->softirq, "softirq", 3 * nr + 1, cpu->objs + live, IRQ_LIVE);
	torture_ctx_init(&cpu->hardirq, "hardirq", 3 * nr + 2,
			 cpu->objs + live + IRQ_LIVE, IRQ_LIVE);
	return 0;
}

/* Only when every CPU has stopped and the shared slots are drained. */
void torture_cpu_fini(struct torture_cpu *cpu)
{
	kvfree(cpu->descs);
	kvfree(cpu->objs);
	cpu->descs = NULL;
	cpu->objs = NULL;
}

int torture_cpu_start(struct torture_cpu *cpu)
{
	struct task_struct *task;

	task = kthread_create_on_cpu(torture_thread, cpu, cpu->cpu, "kzpool_tort/%u");
	if (IS_ERR(task))
		return PTR_ERR(task);
	cpu->task = task;
	wake_up_process(task);
	return 0;
}

/* Waits for the walk: a thread stopped before it ran would never have run. */
void torture_cpu_stop(struct torture_cpu *cpu)
{
	if (!cpu->task)
		return;
	wait_for_completion(&cpu->walked);
	kthread_stop(cpu->task);
	cpu->task = NULL;
}
