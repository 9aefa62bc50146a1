// SPDX-License-Identifier: GPL-2.0
/*
 * Grace periods, and what waits for them. One grace period is going on at a
 * time; what comes meanwhile waits for the next. CPUs on which nobody has
 * preemption off are found by trying their mutexes, others come by here.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "shim.h"
#include "thread.h"

struct waiter {
	struct waiter *next;
	struct rcu_head *head;
	void *p;			/* of kvfree_call_rcu(), else NULL */
};

struct queue {
	struct waiter *first, **end;
};

static struct queue later, waiting, done;	/* for the next grace period, this one, none */
static DECLARE_BITMAP(missing, NR_CPUS);	/* CPUs that were not seen idle in this one */
static unsigned long nr_queued, nr_done;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Callbacks run one after the other, whoever runs them. */
static pthread_mutex_t runner = PTHREAD_MUTEX_INITIALIZER;

static void append(struct queue *q, struct waiter *first, struct waiter **end)
{
	if (!q->first)
		q->end = &q->first;
	*q->end = first;
	q->end = end;
}

static void move_all(struct queue *to, struct queue *from)
{
	if (from->first)
		append(to, from->first, from->end);
	from->first = NULL;
}

static void start_period(void)
{
	move_all(&waiting, &later);
	if (waiting.first)
		bitmap_set(missing, 0, nr_cpu_ids);
}

static bool is_anybody_missing(void)
{
	return bitmap_weight(missing, nr_cpu_ids);
}

static void look_around(void)
{
	unsigned int cpu;

	pthread_mutex_lock(&lock);
	for_each_set_bit(cpu, missing, nr_cpu_ids)
		if (shim_cpu_is_idle(cpu))
			__clear_bit(cpu, missing);
	if (!is_anybody_missing()) {
		move_all(&done, &waiting);
		start_period();
	}
	pthread_mutex_unlock(&lock);
}

static struct waiter *next_done(void)
{
	struct waiter *w;

	pthread_mutex_lock(&lock);
	w = done.first;
	if (w)
		done.first = w->next;
	pthread_mutex_unlock(&lock);
	return w;
}

static void call(void *arg)
{
	struct rcu_head *head = arg;

	head->func(head);
}

static void run_done(void)
{
	struct waiter *w;

	if (shim_me.runs_callbacks || pthread_mutex_trylock(&runner))
		return;
	shim_me.runs_callbacks = true;
	while ((w = next_done())) {
		if (w->p)
			kfree(w->p);
		else
			shim_softirq(call, w->head);
		free(w);
		__atomic_fetch_add(&nr_done, 1, __ATOMIC_SEQ_CST);
	}
	shim_me.runs_callbacks = false;
	pthread_mutex_unlock(&runner);
}

/* Preemption is on. Not each time, so that a grace period may last. */
void shim_rcu_poll(void)
{
	if (READ_ONCE(nr_queued) == READ_ONCE(nr_done) || shim_me.runs_callbacks ||
	    shim_me.depth || shim_me.reads || shim_below(4))
		return;
	look_around();
	run_done();
}

static void queue(struct rcu_head *head, void *p)
{
	struct waiter *w = malloc(sizeof(*w));

	if (shim_me.nmi)
		shim_bug("call_rcu in NMI");
	shim_assert_unlocked("call_rcu");
	*w = (struct waiter) { .head = head, .p = p };
	pthread_mutex_lock(&lock);
	append(&later, w, &w->next);
	__atomic_fetch_add(&nr_queued, 1, __ATOMIC_SEQ_CST);
	if (!is_anybody_missing() && !waiting.first)
		start_period();
	pthread_mutex_unlock(&lock);
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	head->next = NULL;
	head->func = func;
	queue(head, NULL);
}

/* The kernel's own writes there as well, where it finds no memory. */
void kvfree_call_rcu(struct rcu_head *head, void *p)
{
	head->next = NULL;
	head->func = NULL;
	queue(head, p);
}

/*
 * Readers that may be preempted, and grace periods that one may ask about.
 */

static unsigned long readers[2];		/* those who began in an even and in an odd phase */
static unsigned long phase;
static pthread_mutex_t phase_lock = PTHREAD_MUTEX_INITIALIZER;
bool shim_rcu_misses = true;
static unsigned long nr_started, nr_over;	/* calls of synchronize_rcu(); the last that is over */

void rcu_read_lock(void)
{
	if (shim_me.reads++)
		return;
	shim_me.phase = __atomic_load_n(&phase, __ATOMIC_SEQ_CST) % 2;
	__atomic_fetch_add(&readers[shim_me.phase], 1, __ATOMIC_SEQ_CST);
}

void rcu_read_unlock(void)
{
	if (!shim_me.reads)
		shim_bug("rcu_read_unlock() without rcu_read_lock()");
	if (!--shim_me.reads)
		__atomic_fetch_sub(&readers[shim_me.phase], 1, __ATOMIC_SEQ_CST);
}

void shim_assert_reads(void)
{
	if (!shim_me.reads)
		shim_bug("a list read under RCU outside of a section");
}

/* Twice, for who has looked at the phase and is not counted yet. (As in the kernel's SRCU.) */
static void wait_for_readers(void)
{
	unsigned int i;

	pthread_mutex_lock(&phase_lock);
	for (i = 0; i < 2; i++) {
		unsigned long old = __atomic_fetch_add(&phase, 1, __ATOMIC_SEQ_CST) % 2;

		while (__atomic_load_n(&readers[old], __ATOMIC_SEQ_CST))
			sched_yield();
	}
	pthread_mutex_unlock(&phase_lock);
}

static void note_over(unsigned long nr)
{
	unsigned long over = __atomic_load_n(&nr_over, __ATOMIC_SEQ_CST);

	while (over < nr && !__atomic_compare_exchange_n(&nr_over, &over, nr, false,
							 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

void synchronize_rcu(void)
{
	unsigned long nr = __atomic_add_fetch(&nr_started, 1, __ATOMIC_SEQ_CST);
	int cpu;

	might_sleep();
	for_each_possible_cpu(cpu)
		shim_cpu_wait(cpu);
	wait_for_readers();
	note_over(nr);
}

/* The next one that starts would do, but the kernel's own misses one now and then. */
unsigned long get_state_synchronize_rcu(void)
{
	return __atomic_load_n(&nr_started, __ATOMIC_SEQ_CST) + 1 +
	       (shim_rcu_misses && !shim_below(4));
}

bool poll_state_synchronize_rcu(unsigned long cookie)
{
	return __atomic_load_n(&nr_over, __ATOMIC_SEQ_CST) >= cookie;
}

/* All that was queued before has been called. */
void rcu_barrier(void)
{
	unsigned long wanted = __atomic_load_n(&nr_queued, __ATOMIC_SEQ_CST);

	might_sleep();
	if (shim_me.runs_callbacks)
		shim_bug("rcu_barrier in a callback");
	while ((long)(__atomic_load_n(&nr_done, __ATOMIC_SEQ_CST) - wanted) < 0) {
		synchronize_rcu();
		look_around();
		run_done();
		sched_yield();
	}
}
