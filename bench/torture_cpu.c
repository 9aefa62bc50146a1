// SPDX-License-Identifier: GPL-2.0
/*
 * One CPU under torture: a bound thread, which now and then forbids itself to
 * sleep, and in its midst two timers that do the same to objects of their own,
 * one in softirq and one in hardirq context. So the allocator's fast path is
 * interrupted anywhere, by callers of itself.
 *
 * The threads are the kernel's own kind of per-CPU threads: when a CPU goes,
 * its thread is parked, and when it comes, woken or created. The timers of a
 * CPU are started and stopped by its thread, since a pinned hrtimer runs where
 * it was started. The objects of a CPU that is gone stay, but for those that
 * others have swapped out.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smpboot.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "../zpool_compat.h"
#include "sizes.h"
#include "torture.h"

/* Objects of each context that cannot sleep: few, so that most steps find one. */
#define ATOMIC_LIVE	24
/* Steps in one go. A timer fires at most once a tick, an hrtimer far oftener. */
#define PROCESS_STEPS	64
#define ATOMIC_STEPS	8
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

struct torture_cpu {
	unsigned int cpu;
	struct completion walked;	/* the thread has been through all classes */
	struct torture_ctx ctx[TORTURE_EXTRA];
	struct timer_list timer;
	struct hrtimer hrtimer;
	struct torture_obj *descs;	/* outlive the thread: others may hold them */
	struct torture_obj **objs;
};

static struct torture_cpu *cpus;	/* nr_cpu_ids of them, those possible in use */

/*
 * What forbids sleeping in ATOMIC context. On PREEMPT_RT it has to be a raw
 * lock; elsewhere lockdep would hold us to the rules of PREEMPT_RT under one.
 */
#ifdef CONFIG_PREEMPT_RT
static DEFINE_PER_CPU(raw_spinlock_t, locks);
#define lock_init	raw_spin_lock_init
#define lock		raw_spin_lock
#define unlock		raw_spin_unlock
#else
static DEFINE_PER_CPU(spinlock_t, locks);
#define lock_init	spin_lock_init
#define lock		spin_lock
#define unlock		spin_unlock
#endif

static void steps(struct torture_cpu *cpu, enum torture_place place, unsigned int nr)
{
	while (nr--)
		torture_step(&cpu->ctx[place]);
}

/*
 * Time between interrupts, in units of what four CPUs stand: many may be
 * emulated by few, and would do nothing else.
 */
static unsigned int slowdown(void)
{
	return DIV_ROUND_UP(num_possible_cpus(), 4);
}

static void softirq_fires(struct timer_list *timer)
{
	struct torture_cpu *cpu = container_of(timer, struct torture_cpu, timer);

	steps(cpu, TORTURE_SOFTIRQ, SOFTIRQ_STEPS);
	mod_timer(timer, jiffies + slowdown());
}

static ktime_t hardirq_interval(struct torture_cpu *cpu)
{
	u64 ns = HARDIRQ_MIN_NS + sizes_below(&cpu->ctx[TORTURE_HARDIRQ].rnd,
					      HARDIRQ_MAX_NS - HARDIRQ_MIN_NS);

	return ns_to_ktime(ns * slowdown());
}

static enum hrtimer_restart hardirq_fires(struct hrtimer *timer)
{
	struct torture_cpu *cpu = container_of(timer, struct torture_cpu, hrtimer);

	steps(cpu, TORTURE_HARDIRQ, HARDIRQ_STEPS);
	hrtimer_forward_now(timer, hardirq_interval(cpu));
	return HRTIMER_RESTART;
}

/* With preemption off, with interrupts off, or with a lock held. */
static void atomic_section(struct torture_cpu *cpu)
{
	unsigned long flags;

	switch (sizes_below(&cpu->ctx[TORTURE_ATOMIC].rnd, 3)) {
	case 0:
		preempt_disable();
		steps(cpu, TORTURE_ATOMIC, ATOMIC_STEPS);
		preempt_enable();
		break;
	case 1:
		local_irq_save(flags);
		steps(cpu, TORTURE_ATOMIC, ATOMIC_STEPS);
		local_irq_restore(flags);
		break;
	default:
		lock(per_cpu_ptr(&locks, cpu->cpu));
		steps(cpu, TORTURE_ATOMIC, ATOMIC_STEPS);
		unlock(per_cpu_ptr(&locks, cpu->cpu));
	}
}

/*
 * The thread.
 */

static void start_interrupts(unsigned int nr)
{
	struct torture_cpu *cpu = &cpus[nr];

	timer_setup(&cpu->timer, softirq_fires, TIMER_PINNED);
	cpu->timer.expires = jiffies + 1;
	add_timer_on(&cpu->timer, nr);

	hrtimer_setup(&cpu->hrtimer, hardirq_fires, CLOCK_MONOTONIC, HARDIRQ_MODE);
	hrtimer_start(&cpu->hrtimer, hardirq_interval(cpu), HARDIRQ_MODE);
}

static void stop_interrupts(unsigned int nr)
{
	hrtimer_cancel(&cpus[nr].hrtimer);
	timer_shutdown_sync(&cpus[nr].timer);
}

/* Where the kernel is told to fail only the tasks that are marked: this is one. */
static void mark_for_fault_injection(void)
{
#ifdef CONFIG_FAULT_INJECTION
	current->make_it_fail = 1;
#endif
}

static void thread_begins(unsigned int nr)
{
	mark_for_fault_injection();
	start_interrupts(nr);
	torture_walk(&cpus[nr].ctx[TORTURE_PROCESS]);
	complete_all(&cpus[nr].walked);
}

static int thread_should_run(unsigned int nr)
{
	return true;
}

static void thread_runs(unsigned int nr)
{
	steps(&cpus[nr], TORTURE_PROCESS, PROCESS_STEPS);
	atomic_section(&cpus[nr]);
	cond_resched();
}

/* A CPU that is not there has been parked, and its thread runs on another one. */
static void thread_ends(unsigned int nr, bool is_online)
{
	enum torture_place place;

	if (is_online)
		stop_interrupts(nr);
	for (place = 0; place < TORTURE_EXTRA; place++)
		torture_drain(&cpus[nr].ctx[place]);
}

static struct task_struct * __percpu *tasks;

static struct smp_hotplug_thread thread = {
	.thread_comm		= "kzpool_tort/%u",
	.setup			= thread_begins,
	.thread_should_run	= thread_should_run,
	.thread_fn		= thread_runs,
	.park			= stop_interrupts,
	.unpark			= start_interrupts,
	.cleanup		= thread_ends,
};

/*
 * All of them.
 */

/* Prepares CPU @nr with @live objects in process context. */
static int init_cpu(struct torture_cpu *cpu, unsigned int nr, unsigned int live)
{
	unsigned int i, nr_descs = live + (TORTURE_EXTRA - 1) * ATOMIC_LIVE;
	struct torture_obj **objs;
	enum torture_place place;

	cpu->cpu = nr;
	init_completion(&cpu->walked);
	lock_init(per_cpu_ptr(&locks, nr));
	cpu->descs = kvcalloc(nr_descs, sizeof(*cpu->descs), GFP_KERNEL);
	cpu->objs = kvcalloc(nr_descs, sizeof(*cpu->objs), GFP_KERNEL);
	if (!cpu->descs || !cpu->objs)
		return -ENOMEM;
	for (i = 0; i < nr_descs; i++)
		cpu->objs[i] = &cpu->descs[i];

	objs = cpu->objs;
	for (place = 0; place < TORTURE_EXTRA; place++) {
		unsigned int nr_objs = place == TORTURE_PROCESS ? live : ATOMIC_LIVE;

		torture_ctx_init(&cpu->ctx[place], place, TORTURE_EXTRA * nr + place, objs,
				 nr_objs);
		objs += nr_objs;
	}
	return 0;
}

/* Every possible CPU, with @live objects in process context: any may come. */
int torture_cpus_create(unsigned int live)
{
	unsigned int nr;
	int err;

	tasks = alloc_percpu(struct task_struct *);
	cpus = kvcalloc(nr_cpu_ids, sizeof(*cpus), GFP_KERNEL);
	if (!tasks || !cpus)
		return -ENOMEM;
	thread.store = tasks;
	for_each_possible_cpu(nr) {
		err = init_cpu(&cpus[nr], nr, live);
		if (err)
			return err;
	}
	return 0;
}

/* Also after torture_cpus_create() has failed; when all objects are freed. */
void torture_cpus_destroy(void)
{
	unsigned int nr;

	for_each_possible_cpu(nr) {
		if (!cpus)
			break;
		kvfree(cpus[nr].descs);
		kvfree(cpus[nr].objs);
	}
	kvfree(cpus);
	free_percpu(tasks);
	cpus = NULL;
	tasks = NULL;
}

/* Returns when all CPUs that are there have been through all classes. */
int torture_cpus_start(void)
{
	int err = smpboot_register_percpu_thread(&thread);
	unsigned int nr;

	if (err)
		return err;
	for_each_online_cpu(nr)
		while (!wait_for_completion_timeout(&cpus[nr].walked, HZ) && cpu_online(nr))
			;
	return 0;
}

void torture_cpus_stop(void)
{
	smpboot_unregister_percpu_thread(&thread);
}

/* Of a possible CPU; any of its places. */
struct torture_ctx *torture_cpu_ctx(unsigned int cpu, enum torture_place place)
{
	return &cpus[cpu].ctx[place];
}
