// SPDX-License-Identifier: GPL-2.0
/*
 * CPUs that are threads, and grace periods. A reader is who is in a busy section
 * (the flag in zpool_cpu says so) or in one of rcu_read_lock(). Both mark it by a
 * plain store, so that they cost nothing; in return a grace period has the kernel
 * put a barrier into each running thread, membarrier(2), an interrupt of each other
 * CPU: a reader that began before it is seen then, and one that begins later sees
 * what was unlinked. Then each CPU is waited for until it is seen outside of a
 * section, once. That x86 keeps stores in order, and loads before later stores, is
 * relied upon: a mark that is gone means a section that is over.
 */
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../zpool_head.h"
#include "../shim/shim.h"

unsigned int nr_node_ids = MAX_NUMNODES, nr_cpu_ids = NR_CPUS;
nodemask_t node_states[NR_NODE_STATES] = { [0 ... NR_NODE_STATES - 1] = { 1 } };
unsigned long shim_offsets[NR_CPUS];
__thread unsigned long shim_this_offset;
__thread unsigned int *shim_reads;

static struct {
	unsigned int reads;
} __aligned(L1_CACHE_BYTES) readers[NR_CPUS];

static unsigned long nr_started, nr_over;	/* grace periods; the last that is over */

/* Before main(), as the areas are made. */
static __attribute__((constructor)) void find_areas(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < NR_CPUS; cpu++)
		shim_offsets[cpu] = (uintptr_t)shim_percpu(&zpool_cpu, cpu) -
				    (uintptr_t)&zpool_cpu;
	shim_cpu_become(0);
}

/* For each process anew. */
void shim_rcu_start(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		shim_bug("no membarrier(2) here");
}

void shim_cpu_become(unsigned int cpu)
{
	if (cpu >= NR_CPUS)
		shim_bug("there is no CPU %u", cpu);
	shim_this_offset = shim_offsets[cpu];
	shim_reads = &readers[cpu].reads;
}

u64 ktime_get_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static bool is_reading(unsigned int cpu)
{
	return READ_ONCE(readers[cpu].reads) ||
	       READ_ONCE(per_cpu_ptr(&zpool_cpu, cpu)->offset) & ZPOOL_BUSY;
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
	unsigned int cpu;

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		shim_bug("membarrier(2) fails");
	for_each_possible_cpu(cpu)
		while (is_reading(cpu))
			sched_yield();
	note_over(nr);
}

/* The next that starts; the worker's next pass begins with one (zpool.c). */
unsigned long get_state_synchronize_rcu(void)
{
	return __atomic_load_n(&nr_started, __ATOMIC_SEQ_CST) + 1;
}

bool poll_state_synchronize_rcu(unsigned long cookie)
{
	return __atomic_load_n(&nr_over, __ATOMIC_SEQ_CST) >= cookie;
}

/* No load frees after a grace period, and no slab has notes. */
void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	shim_bug("call_rcu()");
}

void kvfree_call_rcu(struct rcu_head *head, void *p)
{
	shim_bug("kvfree_call_rcu()");
}

/* For ../shim/fault.c: nothing fails by chance. */
u32 shim_below(u32 ceil)
{
	return 0;
}
