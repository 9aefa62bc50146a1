/* SPDX-License-Identifier: GPL-2.0 */
/* REAL: a thread as the shim's own files see it. */
#ifndef _SHIM_THREAD_H
#define _SHIM_THREAD_H

#include "lock.h"

/* More than the product ever holds. */
#define SHIM_MAX_HELD	4

struct shim_thread {
	int cpu;
	unsigned int preempt;		/* nesting; above 0 the CPU's mutex is ours */
	unsigned int irqs_off;		/* nesting */
	unsigned int depth;		/* of interrupts, soft and hard */
	unsigned int hardirq;
	unsigned int nmi;
	unsigned int nmis;		/* since interrupts went off */
	unsigned int stays;		/* nesting of migrate_disable() */
	unsigned int reads;		/* nesting of rcu_read_lock() */
	unsigned int phase;		/* in which the outermost began */
	bool runs_callbacks;		/* of RCU */
	unsigned int nr_mutexes;	/* held */
	bool reclaims;			/* interrupts do not */
	struct irq_work *awaited;	/* pending elsewhere */
	struct irq_work *works;		/* for when interrupts are on */

	raw_spinlock_t *held[SHIM_MAX_HELD];
	unsigned int nr_held;

	u64 random;
	unsigned long countdown;	/* basic blocks until something happens */
	const struct shim_chaos *chaos;
};

extern __thread struct shim_thread shim_me;

/* Has nobody preemption off there now? Wait until nobody has. */
bool shim_cpu_is_idle(int cpu);
void shim_cpu_wait(int cpu);

void shim_assert_no_reclaim(const char *what);
void shim_softirq(void (*fn)(void *arg), void *arg);
void shim_rcu_poll(void);

#endif /* _SHIM_THREAD_H */
