// SPDX-License-Identifier: GPL-2.0
/* See zpool_defer.h. */
#include <linux/compiler.h>

#include "zpool_defer.h"

static void run(struct irq_work *work)
{
	struct zpool_deferral *deferral = container_of(work, struct zpool_deferral, work);
	struct llist_node *node, *next;

	llist_for_each_safe(node, next, llist_del_all(&deferral->list))
		deferral->fn(node);
}

/**
 * zpool_defer_init() - at load
 * @deferral: of each CPU
 * @fn: what is to be done to each node
 *
 * Not by an initialiser: up to 6.15, addresses in those of a module's per-CPU data
 * are not relocated.
 */
void zpool_defer_init(struct zpool_deferral __percpu *deferral,
		      void (*fn)(struct llist_node *node))
{
	const struct irq_work work = IRQ_WORK_INIT(run);
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct zpool_deferral *here = per_cpu_ptr(deferral, cpu);

		init_llist_head(&here->list);
		here->work = work;
		here->fn = fn;
	}
}

/**
 * zpool_defer() - put something off
 * @deferral: what is to be done
 * @node: to whom
 *
 * Context: any.
 */
void zpool_defer(struct zpool_deferral __percpu *deferral, struct llist_node *node)
{
	struct zpool_deferral *here;

	preempt_disable();
	here = this_cpu_ptr(deferral);
	if (llist_add(node, &here->list))
		irq_work_queue(&here->work);
	preempt_enable();
}

/**
 * zpool_defer_sync() - wait for what was put off
 * @deferral: as for zpool_defer()
 *
 * Context: process.
 */
void zpool_defer_sync(struct zpool_deferral __percpu *deferral)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(deferral, cpu)->work);
}
