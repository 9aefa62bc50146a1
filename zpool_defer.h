/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work put off until the context allows it.
 *
 * The page allocator and kmalloc take locks that sleep on PREEMPT_RT, and that
 * an NMI must not wait for. What such a caller may not do itself goes on a
 * lock-free list of its CPU and is done by an irq_work there: in the next interrupt,
 * or on PREEMPT_RT in the CPU's irq_work thread. (One irq_work for all CPUs may run
 * on two at once, and irq_work_sync() then waits for one of them only.)
 *
 * Used by the slab layer for dead slabs and by the kmalloc family for the
 * kernel's own objects. Calls nothing of ours.
 */
#ifndef _KZPOOL_DEFER_H
#define _KZPOOL_DEFER_H

#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

struct zpool_deferral {
	struct llist_head list;
	struct irq_work work;
	void (*fn)(struct llist_node *node);
};

void zpool_defer_init(struct zpool_deferral __percpu *deferral,
		      void (*fn)(struct llist_node *node));
void zpool_defer(struct zpool_deferral __percpu *deferral, struct llist_node *node);
void zpool_defer_sync(struct zpool_deferral __percpu *deferral);

/* May this context, which is none of an NMI, call the page allocator and kmalloc? */
static inline bool zpool_pages_allowed(void)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible();
}

#endif /* _KZPOOL_DEFER_H */
