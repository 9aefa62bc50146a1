/* SPDX-License-Identifier: GPL-2.0 */
/*
 * REAL: RCU. Readers are who has preemption off, and who says so and may be
 * preempted; so a grace period has passed when each CPU's mutex was free once,
 * and who read before has stopped. Callbacks run after one, in the order
 * in which they were queued, in softirq context of whichever thread turns
 * preemption on (rcu.c); what kvfree_call_rcu() frees, in process context.
 */
#ifndef _SHIM_RCU_H
#define _SHIM_RCU_H

#include "cpu.h"

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

typedef void (*rcu_callback_t)(struct rcu_head *head);

void rcu_read_lock(void);
void rcu_read_unlock(void);
void shim_assert_reads(void);

extern bool shim_rcu_misses;		/* a cookie misses a grace period now and then */

/* Ordered by the dependency, which C11 has no word for that ThreadSanitizer knows. */
#define rcu_dereference_raw(p)		__atomic_load_n(&(p), __ATOMIC_ACQUIRE)

void synchronize_rcu(void);
unsigned long get_state_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long cookie);
#define start_poll_synchronize_rcu()	get_state_synchronize_rcu()
#define synchronize_rcu_tasks()		synchronize_rcu()
#define synchronize_rcu_expedited()	synchronize_rcu()
void call_rcu(struct rcu_head *head, rcu_callback_t func);
void kvfree_call_rcu(struct rcu_head *head, void *p);
void rcu_barrier(void);

#endif /* _SHIM_RCU_H */
