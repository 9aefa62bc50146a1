/* SPDX-License-Identifier: GPL-2.0 */
/*
 * REAL: what a test may ask of its world. Nothing of this exists in a kernel.
 *
 *   cpu.c   fake CPUs, interrupts at any basic block
 *   rcu.c   grace periods
 *   lock.c  locks and their order
 *   mm.c    pages
 *   slab.c  the kernel's own kmalloc
 *   log.c   messages, and the end of a test that found a bug
 */
#ifndef _SHIM_SHIM_H
#define _SHIM_SHIM_H

#include "lock.h"
#include "mm.h"
#include "slab.h"

/*
 * What may come over a thread inside the product's code, on average once in
 * @period basic blocks. Interrupts come with interrupts on only, NMIs
 * anywhere, moves to another CPU where preemption is on.
 */
struct shim_chaos {
	unsigned int period;		/* 0: nothing happens */
	void (*irq)(void *arg);
	void (*nmi)(void *arg);
	void *arg;
	bool moves;
	bool yields;			/* gives other threads a turn */
};

void shim_thread_start(int cpu, u64 seed);
void shim_thread_move(int cpu);
void shim_thread_idle(void);
u32 shim_random(void);
u32 shim_below(u32 ceil);
void shim_chaos_start(const struct shim_chaos *chaos);
const struct shim_chaos *shim_chaos_stop(void);
void shim_interrupt(void (*fn)(void *arg), void *arg);
void shim_nmi(void (*fn)(void *arg), void *arg);

/* Allocations that fail. */
enum shim_fault { SHIM_PAGES, SHIM_KMALLOC, SHIM_PERCPU, SHIM_NR_FAULTS };

void shim_fail_nth(enum shim_fault kind, unsigned long nth, bool all_later);
void shim_fail_one_in(enum shim_fault kind, u32 chance);
unsigned long shim_fail_stop(void);		/* how many failed since it began */
bool shim_fails(enum shim_fault kind, gfp_t gfp);

/* Memory that is scarce. */
void shim_node_exhaust(int nid, bool exhausted);
void shim_strays_one_in(u32 chance);		/* pages that somebody looks at */
void shim_reserves_one_in(u32 chance);		/* pages from emergency reserves; 0: never */

/* From here to there this thread reclaims: it allocates nothing and takes no mutex. */
void shim_reclaim_start(void);
void shim_reclaim_stop(void);

/* CPUs and nodes that come and go. */
void shim_cpu_kill(int cpu);
void shim_cpu_revive(int cpu);
void shim_node_set_memory(int nid, bool has);

/* What is out. */
struct shim_usage {
	long pages;				/* alloc_pages_node() */
	long kmallocs;				/* kmalloc and kmem_cache objects */
	long percpu;
	long leak_checked;			/* pages that kmemleak knows of */
};

struct shim_usage shim_usage(void);
void shim_usage_add(long *counter, long n);
extern struct shim_usage shim_out;

/* The log. */
void shim_log_dump(void);

#endif /* _SHIM_SHIM_H */
