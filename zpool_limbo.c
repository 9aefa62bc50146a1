// SPDX-License-Identifier: GPL-2.0
/* See zpool_limbo.h. */
#include <linux/rcupdate.h>

#include "zpool_limbo.h"

void zpool_limbo_init(struct zpool_limbo *limbo)
{
	raw_spin_lock_init(&limbo->lock);
	INIT_LIST_HEAD(&limbo->magazines);
	limbo->cookie = 0;
}

/**
 * zpool_limbo_add() - leave magazines that their CPU may still use
 * @limbo: where
 * @detached: from zpool_cpu_detach(); empty afterwards
 *
 * What is there already waits as long as these do.
 *
 * Context: any with interrupts on; begins a grace period.
 */
void zpool_limbo_add(struct zpool_limbo *limbo, struct list_head *detached)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&limbo->lock, flags);
	list_splice_tail_init(detached, &limbo->magazines);
	limbo->cookie = get_state_synchronize_rcu();
	raw_spin_unlock_irqrestore(&limbo->lock, flags);
	start_poll_synchronize_rcu();
}

/**
 * zpool_limbo_take() - take a magazine that nobody uses any more
 * @limbo: from where
 *
 * Context: any but NMI.
 * Return: a magazine that is the caller's, or NULL: there is none, or it is too early.
 */
struct zpool_magazine *zpool_limbo_take(struct zpool_limbo *limbo)
{
	struct zpool_magazine *mag = NULL;
	unsigned long flags;

	if (zpool_limbo_is_empty(limbo))
		return NULL;
	raw_spin_lock_irqsave(&limbo->lock, flags);
	if (poll_state_synchronize_rcu(limbo->cookie))
		mag = list_first_entry_or_null(&limbo->magazines, struct zpool_magazine, list);
	if (mag)
		list_del_init(&mag->list);
	raw_spin_unlock_irqrestore(&limbo->lock, flags);
	return mag;
}

/**
 * zpool_limbo_count() - objects that are there
 * @limbo: where
 */
unsigned long zpool_limbo_count(struct zpool_limbo *limbo)
{
	struct zpool_magazine *mag;
	unsigned long flags, nr = 0;

	if (zpool_limbo_is_empty(limbo))
		return 0;
	raw_spin_lock_irqsave(&limbo->lock, flags);
	list_for_each_entry(mag, &limbo->magazines, list)
		nr += READ_ONCE(mag->count);
	raw_spin_unlock_irqrestore(&limbo->lock, flags);
	return nr;
}
