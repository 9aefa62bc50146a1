/* SPDX-License-Identifier: GPL-2.0 */
/*
 * REAL: fake CPUs. Threads sit on them and move between them; a CPU is a
 * mutex, held by the one thread that has preemption off there. So per-CPU data
 * are what they are in the kernel: safe in a preempt-off section against all
 * but interrupts, which come in the same thread (cpu.c). A grace period has
 * passed when each mutex was free once.
 */
#ifndef _SHIM_CPU_H
#define _SHIM_CPU_H

#include "node.h"

int shim_cpu(void);			/* where this thread is, perhaps no longer */
int shim_this_cpu(void);		/* the same, but it must be settled */

/* Preemption and interrupts. */
void preempt_disable(void);
void preempt_enable(void);
unsigned long shim_irq_save(void);
void shim_irq_restore(unsigned long flags);
bool preemptible(void);
bool irqs_disabled(void);
bool in_nmi(void);
bool in_hardirq(void);
bool in_task(void);
void might_sleep(void);
void cond_resched(void);
void schedule_timeout_uninterruptible(long jiffies);
void migrate_disable(void);
void migrate_enable(void);

/* CPUs. */
#define num_possible_cpus()		nr_cpu_ids
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < (__typeof__(cpu))nr_cpu_ids; (cpu)++)
#define for_each_online_cpu(cpu)	for_each_possible_cpu(cpu) if (shim_is_online(cpu))
#define num_online_cpus()		shim_nr_online()
#define cpu_online(cpu)			shim_is_online(cpu)
#define numa_mem_id()			cpu_to_node(shim_cpu())

bool shim_is_online(int cpu);
unsigned int shim_nr_online(void);

/* No test may depend on the time: it stands still, unless a test moves it. */
extern u64 shim_now_ns;

#define NSEC_PER_MSEC			1000000UL
#define ktime_get_ns()			shim_now_ns
#define ktime_get_seconds()		((long long)(shim_now_ns / 1000000000))

/* A set of CPUs is one of them, or NULL for all; only the thread itself is moved. */
struct shim_cpu_set {
	int cpu;
};

#define current				NULL
#define cpu_possible_mask		((const struct shim_cpu_set *)NULL)
#define cpumask_of(n)			(&(const struct shim_cpu_set) { n })

void set_cpus_allowed_ptr(void *task, const struct shim_cpu_set *set);

/*
 * Per-CPU data: the symbol names a template that nobody uses, as in the
 * kernel; a CPU's copy lies at the same place in that CPU's area. A dynamic
 * per-CPU pointer is such a place behind the template.
 */
#define SHIM_TEMPLATE			__attribute__((section("shim_templates")))
#define DECLARE_PER_CPU_ALIGNED(type, name) \
	extern SHIM_TEMPLATE __aligned(L1_CACHE_BYTES) type name
#define DEFINE_PER_CPU_ALIGNED(type, name) \
	SHIM_TEMPLATE __aligned(L1_CACHE_BYTES) type name
#define DEFINE_PER_CPU(type, name)	DEFINE_PER_CPU_ALIGNED(type, name)

void *shim_percpu(const void *place, int cpu);
void *shim_alloc_percpu(size_t size);
void free_percpu(void *place);

#define per_cpu_ptr(p, cpu)		((__typeof__(p))shim_percpu(p, cpu))
#define this_cpu_ptr(p)			per_cpu_ptr(p, shim_this_cpu())
#define raw_cpu_ptr(p)			per_cpu_ptr(p, shim_cpu())

/* One instruction each, which no interrupt divides. */
#define __this_cpu_read(name)		READ_ONCE(*this_cpu_ptr(&(name)))
#define raw_cpu_read(name)		READ_ONCE(*raw_cpu_ptr(&(name)))
#define __this_cpu_inc(name)		__this_cpu_write(name, __this_cpu_read(name) + 1)
#define __this_cpu_write(name, v)	WRITE_ONCE(*this_cpu_ptr(&(name)), v)
#define __this_cpu_or(name, v)		__this_cpu_write(name, __this_cpu_read(name) | (v))
#define __this_cpu_and(name, v)		__this_cpu_write(name, __this_cpu_read(name) & (v))
#define this_cpu_inc(name)		((void)__atomic_fetch_add(raw_cpu_ptr(&(name)), 1, \
								  __ATOMIC_RELAXED))
#define alloc_percpu(type)		((type *)shim_alloc_percpu(sizeof(type)))

struct shim_thread;

/*
 * Work that an NMI leaves to the next moment with interrupts on; with
 * CONFIG_PREEMPT_RT and unless hard, to a thread, which comes when preemption
 * is on.
 */
struct irq_work {
	int state;
	int running;
	void (*func)(struct irq_work *work);
	bool hard;
	struct shim_thread *by;		/* on whose CPU it is queued */
	struct irq_work *next;
};

#define IRQ_WORK_INIT(fn)		{ .func = fn }
#define IRQ_WORK_INIT_HARD(fn)		{ .func = fn, .hard = true }
#define DEFINE_IRQ_WORK(name, fn)	struct irq_work name = IRQ_WORK_INIT(fn)

bool irq_work_queue(struct irq_work *work);
void irq_work_sync(struct irq_work *work);

#endif /* _SHIM_CPU_H */
