// SPDX-License-Identifier: GPL-2.0
/*
 * What a pair of alloc and free takes of the CPU, of the kmalloc family, whatever
 * else runs there: the time that the scheduler has counted for the task that does
 * it. Where the guest's clock counts instructions and there is one CPU, those are
 * its own instructions, interrupts included.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/sched.h>

#include <zpool/zpool.h>

#include "compact.h"

#define PAIRS_BYTES	64

/* The scheduler counts when it is asked for another task. */
static u64 runtime_ns(void)
{
	yield();
	return current->se.sum_exec_runtime;
}

/* NULL only fails the command. */
static unsigned int run(unsigned int nr)
{
	unsigned int i, failed = 0;

	for (i = 0; i < nr; i++) {
		void *p = zpool_kmalloc(PAIRS_BYTES, GFP_KERNEL);

		failed += !p;
		zpool_kfree(p);
		if (!(i % 1024))
			cond_resched();
	}
	return failed;
}

/* In hundredths. */
int compact_pairs(const unsigned int *args)
{
	u64 ns;

	if (!args[0])
		return -EINVAL;
	run(1024);
	ns = runtime_ns();
	if (run(args[0]))
		return -ENOMEM;
	ns = div_u64((runtime_ns() - ns) * 100, args[0]);
	compact_say("pairs %u: %llu", args[0], ns);
	return 0;
}
