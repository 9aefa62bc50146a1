// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that nobody looks into. They are linked through themselves, so that
 * holding any number of them takes no other memory.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <zpool/zpool.h>

#include "press.h"

/* Where there is no memory, NULL is the answer: nobody shall be killed for it. */
#define GFP_HELD	(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* Of sparse and one. */
static struct press_chain held;

/* Of a pointer's size at least. */
void press_chain_push(struct press_chain *chain, void *obj)
{
	*(void **)obj = chain->top;
	chain->top = obj;
	chain->nr++;
}

static void *pop(struct press_chain *chain)
{
	void **obj = chain->top;

	if (obj) {
		chain->top = *obj;
		chain->nr--;
	}
	return obj;
}

static bool alloc(struct press_chain *chain, size_t size, gfp_t gfp)
{
	void *p = zpool_kmalloc(max(size, sizeof(void *)), gfp);

	if (p)
		press_chain_push(chain, p);
	return p;
}

void press_chain_free(struct press_chain *chain)
{
	void *p;

	while ((p = pop(chain))) {
		zpool_kfree(p);
		cond_resched();
	}
}

/*
 * burst: much in use at once, on every CPU, then nothing.
 */

static int alloc_share(struct press_chain *chain, size_t bytes)
{
	unsigned int class;
	unsigned long i;

	for (class = 0; class < SIZES_NR_CLASSES; class++)
		for (i = press_plan_nr(bytes, class); i; i--) {
			if (!alloc(chain, sizes_class_size(class), GFP_HELD))
				return -ENOMEM;
			cond_resched();
		}
	return 0;
}

/* First all allocate, then all free, so that none lives by what another has freed. */
static int burst_on_all(struct press_chain *chains, size_t bytes, unsigned long *nr)
{
	unsigned int cpu;
	int err = 0;

	for_each_online_cpu(cpu) {
		err = set_cpus_allowed_ptr(current, cpumask_of(cpu)) ?:
		      alloc_share(&chains[cpu], bytes);
		*nr += chains[cpu].nr;
		if (err)
			break;
	}
	for_each_online_cpu(cpu) {
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		press_chain_free(&chains[cpu]);
	}
	return err;
}

int press_burst(const unsigned int *args)
{
	struct press_chain *chains = kcalloc(nr_cpu_ids, sizeof(*chains), GFP_KERNEL);
	cpumask_var_t allowed;
	unsigned long nr = 0;
	int err = -ENOMEM;

	if (chains && alloc_cpumask_var(&allowed, GFP_KERNEL)) {
		cpumask_copy(allowed, current->cpus_ptr);
		err = burst_on_all(chains, (size_t)args[0] * SZ_1M / num_online_cpus(), &nr);
		set_cpus_allowed_ptr(current, allowed);
		free_cpumask_var(allowed);
	}
	kfree(chains);
	if (!err)
		press_say("burst %u: %lu objects on %u CPUs", args[0], nr, num_online_cpus());
	return err;
}

/*
 * sparse: slabs that few objects keep.
 */

static void thin_out(struct press_chain *chain, unsigned int keep)
{
	unsigned long i;
	void *p;

	for (i = 0; (p = pop(chain)); i++) {
		if (i % keep)
			zpool_kfree(p);
		else
			press_chain_push(&held, p);
		cond_resched();
	}
}

int press_sparse(const unsigned int *args)
{
	unsigned int size = args[0], nr = args[1], keep = args[2];
	struct press_chain chain = {};

	if (!keep)
		return -EINVAL;
	while (chain.nr < nr && alloc(&chain, size, GFP_HELD))
		cond_resched();
	if (chain.nr < nr) {
		press_chain_free(&chain);
		return -ENOMEM;
	}
	thin_out(&chain, keep);
	press_say("sparse %u %u %u: %u are kept", size, nr, keep, DIV_ROUND_UP(nr, keep));
	return 0;
}

int press_one(const unsigned int *args)
{
	if (!alloc(&held, args[0], GFP_HELD))
		return -ENOMEM;
	press_say("one %u: usable %zu", args[0], zpool_ksize(held.top));
	return 0;
}

/*
 * exhaust: all the memory there is, for a moment.
 */

void press_chain_exhaust(struct press_chain *chain)
{
	while (alloc(chain, PAGE_SIZE, GFP_ATOMIC | __GFP_NOWARN))
		cond_resched();
}

int press_exhaust(const unsigned int *args)
{
	struct press_chain chain = {};
	unsigned long nr;

	press_chain_exhaust(&chain);
	nr = chain.nr;
	press_chain_free(&chain);
	press_say("exhaust: %lu objects of %lu bytes", nr, PAGE_SIZE);
	return 0;
}

void press_held_drop(void)
{
	press_chain_free(&held);
}
