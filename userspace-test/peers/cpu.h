/* SPDX-License-Identifier: GPL-2.0 */
/*
 * REAL: the test shim's CPUs, locks and RCU once more, made for speed. A CPU is
 * one thread's own area: what turns preemption or interrupts off is a barrier for
 * the compiler, locks spin, and a grace period asks the kernel (cpu.c).
 *
 * Given to the compiler before anything else: it defines the guards of the headers
 * that it replaces. The rest of ../shim is as the tests have it.
 */
#ifndef _PEERS_CPU_H
#define _PEERS_CPU_H

#define _SHIM_CPU_H
#define _SHIM_LOCK_H
#define _SHIM_RCU_H
#define _SHIM_WAIT_H

#define NR_CPUS			64
#define MAX_NUMNODES		1
#define SHIM_NODE_PAGES		(1UL << 18)	/* the arena: 1 GiB of address space */

#include <pthread.h>
#include <sched.h>

#include "../shim/node.h"

/* This thread is that CPU from now on; no other may be. */
void shim_cpu_become(unsigned int cpu);

/* Preemption and interrupts: nothing comes between. */
#define preempt_disable()		barrier()
#define preempt_enable()		barrier()
#define preemptible()			true
#define irqs_disabled()			false
#define in_nmi()			false
#define in_hardirq()			false
#define in_task()			true
#define might_sleep()			((void)0)
#define cond_resched()			((void)0)
#define migrate_disable()		barrier()
#define migrate_enable()		barrier()

static inline void schedule_timeout_uninterruptible(long jiffies)
{
	sched_yield();
}

#define num_possible_cpus()		nr_cpu_ids
#define num_online_cpus()		nr_cpu_ids
#define cpu_online(cpu)			true
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < (__typeof__(cpu))nr_cpu_ids; (cpu)++)
#define for_each_online_cpu(cpu)	for_each_possible_cpu(cpu)
#define numa_mem_id()			0

/* Time. */
#define NSEC_PER_MSEC			1000000UL
u64 ktime_get_ns(void);
#define ktime_get_seconds()		((long long)(ktime_get_ns() / 1000000000))

/* Where compaction of handles runs: nothing is compacted here. */
#define current				NULL
#define cpu_possible_mask		NULL
#define cpumask_of(n)			NULL
#define set_cpus_allowed_ptr(task, set)	((void)0)

/*
 * Per-CPU data: a template in a section of its own, and a copy for each CPU
 * (../shim/percpu.c). As in the kernel, a thread knows how far away its copy is.
 */
#define SHIM_TEMPLATE			__attribute__((section("shim_templates")))
#define DECLARE_PER_CPU_ALIGNED(type, name) \
	extern SHIM_TEMPLATE __aligned(L1_CACHE_BYTES) type name
#define DEFINE_PER_CPU_ALIGNED(type, name) \
	SHIM_TEMPLATE __aligned(L1_CACHE_BYTES) type name
#define DEFINE_PER_CPU(type, name)	DEFINE_PER_CPU_ALIGNED(type, name)

extern unsigned long shim_offsets[NR_CPUS];
extern __thread unsigned long shim_this_offset;

void *shim_percpu(const void *place, int cpu);
void *shim_alloc_percpu(size_t size);
void free_percpu(void *place);

#define per_cpu_ptr(p, cpu)	((__typeof__(p))((uintptr_t)(p) + shim_offsets[cpu]))
#define this_cpu_ptr(p)		((__typeof__(p))((uintptr_t)(p) + shim_this_offset))
#define raw_cpu_ptr(p)		this_cpu_ptr(p)
#define __this_cpu_read(name)	READ_ONCE(*this_cpu_ptr(&(name)))
#define raw_cpu_read(name)	__this_cpu_read(name)
#define __this_cpu_write(name, v)	WRITE_ONCE(*this_cpu_ptr(&(name)), v)
#define __this_cpu_inc(name)	__this_cpu_write(name, __this_cpu_read(name) + 1)
#define __this_cpu_or(name, v)	__this_cpu_write(name, __this_cpu_read(name) | (v))
#define __this_cpu_and(name, v)	__this_cpu_write(name, __this_cpu_read(name) & (v))
#define this_cpu_inc(name)	__this_cpu_inc(name)
#define alloc_percpu(type)	((type *)shim_alloc_percpu(sizeof(type)))

/* What an interrupt of its own would do is done at once. */
struct irq_work {
	void (*func)(struct irq_work *work);
};

#define IRQ_WORK_INIT(fn)		{ .func = fn }
#define IRQ_WORK_INIT_HARD(fn)		{ .func = fn }
#define irq_work_sync(work)		((void)(work))

static inline bool irq_work_queue(struct irq_work *work)
{
	work->func(work);
	return true;
}

/*
 * Locks. Who holds one may lose its CPU, unlike in a kernel: after a while who
 * waits gives up its own.
 */
typedef struct raw_spinlock {
	bool is_held;
} raw_spinlock_t;

struct mutex {
	pthread_mutex_t mutex;
};

#define DEFINE_MUTEX(name)		struct mutex name = { PTHREAD_MUTEX_INITIALIZER }
#define DEFINE_RAW_SPINLOCK(name)	raw_spinlock_t name
#define raw_spin_lock_init(lock)	((void)((lock)->is_held = false))
#define lockdep_assert_held(lock)	((void)(lock))
#define shim_assert_unlocked(what)	((void)0)

#define SPINS	100U

static inline bool raw_spin_trylock(raw_spinlock_t *lock)
{
	return !__atomic_exchange_n(&lock->is_held, true, __ATOMIC_ACQUIRE);
}

static inline void raw_spin_lock(raw_spinlock_t *lock)
{
	unsigned int i;

	while (unlikely(!raw_spin_trylock(lock))) {
		for (i = 0; i < SPINS && READ_ONCE(lock->is_held); i++)
			cpu_relax();
		if (i == SPINS)
			sched_yield();
	}
}

static inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	__atomic_store_n(&lock->is_held, false, __ATOMIC_RELEASE);
}

#define raw_spin_lock_irqsave(lock, flags)	((flags) = 0, raw_spin_lock(lock))
#define raw_spin_unlock_irqrestore(lock, flags)	((void)(flags), raw_spin_unlock(lock))

static inline void mutex_lock(struct mutex *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

static inline bool mutex_trylock(struct mutex *lock)
{
	return !pthread_mutex_trylock(&lock->mutex);
}

static inline void mutex_unlock(struct mutex *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

/* RCU: see cpu.c. */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

typedef void (*rcu_callback_t)(struct rcu_head *head);

extern __thread unsigned int *shim_reads;	/* how deep this thread is in sections */

static inline void rcu_read_lock(void)
{
	WRITE_ONCE(*shim_reads, *shim_reads + 1);
	barrier();
}

static inline void rcu_read_unlock(void)
{
	barrier();
	WRITE_ONCE(*shim_reads, *shim_reads - 1);
}

#define shim_assert_reads()		((void)0)
#define rcu_dereference_raw(p)		__atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define start_poll_synchronize_rcu()	get_state_synchronize_rcu()
#define synchronize_rcu_tasks()		synchronize_rcu()
#define synchronize_rcu_expedited()	synchronize_rcu()

void shim_rcu_start(void);
void synchronize_rcu(void);
unsigned long get_state_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long cookie);
void call_rcu(struct rcu_head *head, rcu_callback_t func);
void kvfree_call_rcu(struct rcu_head *head, void *p);
#define rcu_barrier()			((void)0)	/* nothing is ever queued */

#define wait_var_event(var, condition)	do { while (!(condition)) sched_yield(); } while (0)
#define wake_up_var(var)		((void)(var))

/*
 * What a kernel decides by code that it patches: there is one node, and nothing is
 * zeroed unless somebody asks.
 */
#undef static_branch_likely
#undef static_branch_unlikely
#define static_branch_likely(key)	false
#define static_branch_unlikely(key)	false

#include "../shim/mm.h"

#undef want_init_on_alloc
#undef want_init_on_free
#define want_init_on_alloc(gfp)		((gfp) & __GFP_ZERO)
#define want_init_on_free()		false
#define kmemleak_alloc(p, size, min_count, gfp)	((void)0)
#define kmemleak_free(p)		((void)0)
#define shim_assert_may_alloc(gfp, what)	((void)0)

#endif /* _PEERS_CPU_H */
