// SPDX-License-Identifier: GPL-2.0
/* See zpool_defer.h. */
#include <linux/compiler.h>

#include "zpool_defer.h"

/* The irq_work's side; not to be called. */
void zpool_defer_run(struct irq_work *work)
{
	struct zpool_deferral *deferral = container_of(work, struct zpool_deferral, work);
	struct llist_node *node, *next;

	llist_for_each_safe(node, next, llist_del_all(&deferral->list))
		deferral->fn(node);
}

/**
 * zpool_defer() - put something off
 * @deferral: what is to be done; irq_work_sync() of its work waits for it
 * @node: to whom
 *
 * Context: any.
 */
void zpool_defer(struct zpool_deferral *deferral, struct llist_node *node)
{
	if (llist_add(node, &deferral->list))
		irq_work_queue(&deferral->work);
}
