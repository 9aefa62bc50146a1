// SPDX-License-Identifier: GPL-2.0
/*
 * Fake CPUs, and what may happen on one at any moment.
 *
 * The product is compiled with -fsanitize-coverage=trace-pc, so each of its
 * basic blocks begins with a call to __sanitizer_cov_trace_pc(). That is where
 * interrupts and NMIs come in, threads move to other CPUs or are made to wait:
 * in the middle of a busy section as well as anywhere else, drawn from the
 * thread's own random numbers, so a single thread repeats exactly.
 *
 * Nothing of the shim or of a test is compiled that way: neither is ever
 * interrupted half way.
 */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "shim.h"
#include "thread.h"

/* The deepest that interrupts nest: a softirq, a hardirq in it. */
#define MAX_DEPTH	2

#define WORK_PENDING	1
#define WORK_BUSY	2

__thread struct shim_thread shim_me;

/* With it softirqs may be preempted, and irq_works are done by a thread. */
#define IS_RT	IS_ENABLED(CONFIG_PREEMPT_RT)

#define ALL_NODES	((nodemask_t) { (1UL << MAX_NUMNODES) - 1 })

unsigned int nr_node_ids = MAX_NUMNODES, nr_cpu_ids = NR_CPUS;
u64 shim_now_ns;
nodemask_t node_states[NR_NODE_STATES] = {
	[0 ... NR_NODE_STATES - 1] = ALL_NODES
};
static bool offline[NR_CPUS];

static pthread_mutex_t cpus[NR_CPUS] = {
	[0 ... NR_CPUS - 1] = PTHREAD_MUTEX_INITIALIZER
};

/* Random numbers: xorshift, one state a thread. */
u32 shim_random(void)
{
	u64 x = shim_me.random ?: 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	shim_me.random = x;
	return x >> 32;
}

u32 shim_below(u32 ceil)
{
	return shim_random() % ceil;
}

/*
 * Preemption.
 */

int shim_cpu(void)
{
	return shim_me.cpu;
}

int shim_this_cpu(void)
{
	if (!shim_me.preempt)
		shim_bug("this CPU's data used with preemption on");
	return shim_me.cpu;
}

static int any_online(void);

/*
 * Who reads under RCU or has a mutex goes elsewhere, since somebody may wait for that; others
 * wait. (Who must stay would have kept a real CPU from dying.)
 */
static void leave_dead_cpu(void)
{
	if (shim_me.reads || shim_me.nr_mutexes)
		shim_me.cpu = any_online();
	sched_yield();
}

void preempt_disable(void)
{
	if (shim_me.preempt++)
		return;
	pthread_mutex_lock(&cpus[shim_me.cpu]);
	while (unlikely(!shim_is_online(shim_me.cpu))) {
		pthread_mutex_unlock(&cpus[shim_me.cpu]);
		leave_dead_cpu();
		pthread_mutex_lock(&cpus[shim_me.cpu]);
	}
}

static void run_works(void);

void preempt_enable(void)
{
	if (!shim_me.preempt)
		shim_bug("preempt_enable() without preempt_disable()");
	if (--shim_me.preempt)
		return;
	pthread_mutex_unlock(&cpus[shim_me.cpu]);
	if (shim_me.irqs_off)
		return;
	run_works();
	shim_rcu_poll();
}

bool shim_cpu_is_idle(int cpu)
{
	if (!shim_is_online(cpu))
		return true;
	if (pthread_mutex_trylock(&cpus[cpu]))
		return false;
	pthread_mutex_unlock(&cpus[cpu]);
	return true;
}

void shim_cpu_wait(int cpu)
{
	while (!shim_cpu_is_idle(cpu))
		sched_yield();
}

/* Preempted, but here again. */
void migrate_disable(void)
{
	shim_me.stays++;
}

void migrate_enable(void)
{
	if (!shim_me.stays--)
		shim_bug("migrate_enable() without migrate_disable()");
}

/* Interrupts and NMIs have preemption off as well. */
bool preemptible(void)
{
	return !shim_me.preempt && !shim_me.irqs_off;
}

void might_sleep(void)
{
	if (!preemptible() || shim_me.reads)
		shim_bug("sleeps where it must not");
}

void cond_resched(void)
{
	might_sleep();
	sched_yield();
}

void schedule_timeout_uninterruptible(long jiffies)
{
	cond_resched();
}

void shim_thread_start(int cpu, u64 seed)
{
	shim_me = (struct shim_thread) {
		.cpu = cpu,
		.random = (seed + 1) * 0x9e3779b97f4a7c15,
	};
}

void shim_thread_move(int cpu)
{
	if (shim_me.preempt || shim_me.stays)
		shim_bug("moved to another CPU with preemption off");
	if (!shim_is_online(cpu))
		shim_bug("moved to CPU %d, which is dead", cpu);
	shim_me.cpu = cpu;
}

void set_cpus_allowed_ptr(void *task, const struct shim_cpu_set *set)
{
	shim_thread_move(set ? set->cpu : 0);
}

/*
 * CPUs and nodes that come and go.
 */

bool shim_is_online(int cpu)
{
	return !__atomic_load_n(&offline[cpu], __ATOMIC_SEQ_CST);
}

unsigned int shim_nr_online(void)
{
	unsigned int cpu, nr = 0;

	for_each_online_cpu(cpu)
		nr++;
	return nr;
}

/* Who sits there now does not run until it is back. */
void shim_cpu_kill(int cpu)
{
	if (shim_me.cpu == cpu)
		shim_bug("CPU %d killed by a thread on it", cpu);
	pthread_mutex_lock(&cpus[cpu]);
	__atomic_store_n(&offline[cpu], true, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&cpus[cpu]);
}

void shim_cpu_revive(int cpu)
{
	__atomic_store_n(&offline[cpu], false, __ATOMIC_SEQ_CST);
}

void shim_node_set_memory(int nid, bool has)
{
	int state;

	for (state = N_MEMORY; state <= N_NORMAL_MEMORY; state++) {
		if (has)
			node_set(nid, node_states[state]);
		else
			node_clear(nid, node_states[state]);
	}
}

/*
 * Interrupts.
 */

bool irqs_disabled(void)
{
	return shim_me.irqs_off;
}

bool in_hardirq(void)
{
	return shim_me.hardirq;
}

bool in_task(void)
{
	return !shim_me.depth && !shim_me.nmi;
}

bool in_nmi(void)
{
	return shim_me.nmi;
}

/* A hard interrupt: with interrupts off, on a CPU that stays. */
void shim_interrupt(void (*fn)(void *arg), void *arg)
{
	unsigned long flags = shim_irq_save();

	shim_me.depth++;
	shim_me.hardirq++;
	fn(arg);
	shim_me.hardirq--;
	shim_me.depth--;
	shim_irq_restore(flags);
}

/* A soft interrupt: another one may come in it. */
void shim_softirq(void (*fn)(void *arg), void *arg)
{
	if (!IS_RT)
		preempt_disable();
	shim_me.depth++;
	shim_me.stays++;
	fn(arg);
	shim_me.stays--;
	shim_me.depth--;
	if (!IS_RT)
		preempt_enable();
}

static void call_work(void *arg)
{
	struct irq_work *work = arg;
	int busy = WORK_BUSY;

	__atomic_fetch_add(&work->running, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&work->state, ~WORK_PENDING, __ATOMIC_SEQ_CST);
	work->func(work);
	__atomic_fetch_sub(&work->running, 1, __ATOMIC_SEQ_CST);
	__atomic_compare_exchange_n(&work->state, &busy, 0, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Interrupts are on again, or a thread gets the CPU. */
static bool may_run(const struct irq_work *work, bool waits)
{
	if (shim_me.irqs_off || shim_me.nmi)
		return false;
	return work->hard || !IS_RT || (preemptible() && (waits || !shim_below(4)));
}

static struct irq_work *next_work(bool waits)
{
	struct irq_work **place = &shim_me.works, *work;

	for (; (work = *place); place = &work->next) {
		if (may_run(work, waits)) {
			*place = work->next;
			break;
		}
	}
	return work;
}

static void run_some_works(bool waits)
{
	struct irq_work *work;

	while ((work = next_work(waits))) {
		if (IS_RT && !work->hard)
			call_work(work);
		else
			shim_interrupt(call_work, work);
	}
}

/* The thread that does them may be a while in coming. */
static void run_works(void)
{
	run_some_works(false);
}

/* This thread has nothing to do: those that wait for its CPU have. */
void shim_thread_idle(void)
{
	run_some_works(true);
}

/* Return: false when it is pending already. */
bool irq_work_queue(struct irq_work *work)
{
	if (__atomic_fetch_or(&work->state, WORK_PENDING | WORK_BUSY,
			      __ATOMIC_SEQ_CST) & WORK_PENDING) {
		if (READ_ONCE(work->by) != &shim_me)
			shim_me.awaited = work;
		return false;
	}
	WRITE_ONCE(work->by, &shim_me);
	work->next = shim_me.works;
	shim_me.works = work;
	run_works();
	return true;
}

/*
 * What a thread of the CPU does here may be done on two at once, since the fake
 * thread moves about with what it was left: so it is waited for both.
 */
void irq_work_sync(struct irq_work *work)
{
	might_sleep();
	while (__atomic_load_n(&work->state, __ATOMIC_SEQ_CST) ||
	       (!work->hard && __atomic_load_n(&work->running, __ATOMIC_SEQ_CST))) {
		shim_thread_idle();
		sched_yield();
	}
}

unsigned long shim_irq_save(void)
{
	preempt_disable();
	return shim_me.irqs_off++;
}

void shim_irq_restore(unsigned long flags)
{
	shim_me.irqs_off = flags;
	if (!flags)
		shim_me.nmis = 0;
	run_works();
	preempt_enable();
}

/*
 * Time goes by on all CPUs alike: another one with interrupts on does what it
 * was asked to before this one has many more NMIs. It may wait for a lock that
 * is held here, hence not for ever.
 */
static void await_work(void)
{
	struct irq_work *work = shim_me.awaited;
	unsigned int tries = 40;

	shim_me.awaited = NULL;
	while (work && tries-- && __atomic_load_n(&work->state, __ATOMIC_SEQ_CST) & WORK_PENDING)
		usleep(50);
}

/* Locks that the interrupted code holds are none of the NMI's. */
void shim_nmi(void (*fn)(void *arg), void *arg)
{
	unsigned int nr_held = shim_me.nr_held;

	preempt_disable();
	shim_me.nr_held = 0;
	shim_me.nmi++;
	fn(arg);
	shim_me.nmi--;
	await_work();
	shim_me.nr_held = nr_held;
	run_works();
	preempt_enable();
}

/*
 * Chaos.
 */

void shim_chaos_start(const struct shim_chaos *chaos)
{
	shim_me.chaos = chaos;
	shim_me.countdown = chaos && chaos->period ? 1 + shim_below(2 * chaos->period) : 0;
}

/* Return: what to hand to shim_chaos_start() to go on. */
const struct shim_chaos *shim_chaos_stop(void)
{
	const struct shim_chaos *chaos = shim_me.chaos;

	shim_chaos_start(NULL);
	return chaos;
}

/* Others run meanwhile; now and then long enough for a drain of everything. */
static void dawdle(void)
{
	if (shim_below(16))
		sched_yield();
	else
		usleep(500);
}

static int any_online(void)
{
	int cpu;

	do
		cpu = shim_below(nr_cpu_ids);
	while (!shim_is_online(cpu));
	return cpu;
}

/*
 * What an NMI frees waits until interrupts are on: so many come until then. (A test
 * has more of them than any machine, with a dozen frees in each.)
 */
#define MOST_NMIS	8

static void happen(const struct shim_chaos *chaos)
{
	bool irq = chaos->irq && !shim_me.irqs_off && !shim_me.nmi &&
		   shim_me.depth < MAX_DEPTH;

	switch (shim_below(4)) {
	case 0:
		if (irq && !shim_me.hardirq)
			shim_interrupt(chaos->irq, chaos->arg);
		break;
	case 1:
		/* With RT it is another task's, which may sleep where a reader must not. */
		if (irq && !shim_me.depth && !(IS_RT && shim_me.reads))
			shim_softirq(chaos->irq, chaos->arg);
		break;
	case 2:
		if (chaos->nmi && !shim_me.nmi && (!shim_me.irqs_off || shim_me.nmis++ < MOST_NMIS))
			shim_nmi(chaos->nmi, chaos->arg);
		break;
	default:
		if (chaos->moves && !shim_me.preempt && !shim_me.stays)
			shim_me.cpu = any_online();
		if (chaos->yields)
			dawdle();
	}
}

/* With chaos off, countdown starts at 0 and never comes back to it. */
void __sanitizer_cov_trace_pc(void)
{
	const struct shim_chaos *chaos = shim_me.chaos;

	if (likely(--shim_me.countdown))
		return;
	shim_me.countdown = 1 + shim_below(2 * chaos->period);
	happen(chaos);
}
