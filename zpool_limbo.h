/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limbo: magazines that were taken away from CPUs, until the busy sections that
 * may still use them are over. A grace period tells; nobody need wait for it,
 * and who comes later may ask.
 *
 * Called by the layers that drain. The lock nests in none and has none under it.
 */
#ifndef _KZPOOL_LIMBO_H
#define _KZPOOL_LIMBO_H

#include <linux/list.h>
#include <linux/spinlock.h>

#include "zpool_magazine.h"

struct zpool_limbo {
	raw_spinlock_t lock;
	struct list_head magazines;
	unsigned long cookie;		/* the grace period after which all of them are ours */
};

void zpool_limbo_init(struct zpool_limbo *limbo);
void zpool_limbo_add(struct zpool_limbo *limbo, struct list_head *detached);
struct zpool_magazine *zpool_limbo_take(struct zpool_limbo *limbo);
unsigned long zpool_limbo_count(struct zpool_limbo *limbo);

static inline bool zpool_limbo_is_empty(const struct zpool_limbo *limbo)
{
	return list_empty(&limbo->magazines);
}

#endif /* _KZPOOL_LIMBO_H */
