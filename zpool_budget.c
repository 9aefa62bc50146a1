// SPDX-License-Identifier: GPL-2.0
/* The byte accounts: see zpool_budget.h. */
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "zpool_budget.h"

struct zpool_budget zpool_budget;

/* A peak that another CPU raises at the same time is the higher one. */
static void note_peak(long claimed)
{
	long peak = atomic_long_read(&zpool_budget.peak);

	while (unlikely(claimed > peak) &&
	       !atomic_long_try_cmpxchg(&zpool_budget.peak, &peak, claimed))
		;
}

/**
 * zpool_budget_claim() - ask for bytes that may lie idle
 * @bytes: how many
 * @limit: what the sum of all claims may reach with this one
 * @nid: where they will lie
 *
 * Return: true when they are the caller's, until zpool_budget_return().
 */
bool zpool_budget_claim(size_t bytes, unsigned long limit, int nid)
{
	long claimed = atomic_long_add_return(bytes, &zpool_budget.claimed);

	if (claimed <= (long)limit) {
		note_peak(claimed);
		atomic_long_add(bytes, &zpool_budget.on_node[nid]);
		return true;
	}
	atomic_long_sub(bytes, &zpool_budget.claimed);
	return false;
}

/**
 * zpool_budget_return() - give a claim back
 * @bytes: how many
 * @nid: as then
 */
void zpool_budget_return(size_t bytes, int nid)
{
	atomic_long_sub(bytes, &zpool_budget.claimed);
	atomic_long_sub(bytes, &zpool_budget.on_node[nid]);
}

/**
 * zpool_budget_move() - let a claim count for another node
 * @bytes: how many
 * @from: where they were claimed
 * @to: where they lie now
 */
void zpool_budget_move(size_t bytes, int from, int to)
{
	if (from == to)
		return;
	atomic_long_sub(bytes, &zpool_budget.on_node[from]);
	atomic_long_add(bytes, &zpool_budget.on_node[to]);
}

/**
 * zpool_budget_share() - let a claim count as made for depots
 * @bytes: how many
 *
 * Up to half of the limit is for them, and three eighths of it are nothing that
 * credit is given for. What CPUs have claimed all the same, as newcomers or since
 * the worker let them, is not to be had. A CPU that frees what another allocates
 * lives by the depot alone.
 *
 * Return: true when it may, until zpool_budget_unshare().
 */
bool zpool_budget_share(size_t bytes)
{
	long shared = atomic_long_add_return(bytes, &zpool_budget.shared);

	if (shared <= (long)(READ_ONCE(zpool_budget.limit) / 2))
		return true;
	atomic_long_sub(bytes, &zpool_budget.shared);
	return false;
}

/**
 * zpool_budget_unshare() - the reverse of zpool_budget_share()
 * @bytes: as then
 */
void zpool_budget_unshare(size_t bytes)
{
	atomic_long_sub(bytes, &zpool_budget.shared);
}

/**
 * zpool_budget_spend() - buy something out of the credit
 * @least: how many it must be, not 0
 * @most: how many are wanted
 * @price: bytes that each costs
 * @part: what is left divided by this goes to one buyer at most
 *
 * Credit is leave to claim soon, not a claim: two who spend
 * at once may take a little too much.
 *
 * Return: how many were bought, or 0.
 */
unsigned int zpool_budget_spend(unsigned int least, unsigned int most, size_t price,
				unsigned int part)
{
	long credit = atomic_long_read(&zpool_budget.credit);
	unsigned int nr;

	nr = min_t(unsigned long, most, max(credit, 0L) / part / price);
	if (nr < least)
		return 0;
	atomic_long_sub(nr * price, &zpool_budget.credit);
	return nr;
}

/**
 * zpool_budget_grant() - give out credit, in the place of what is left of the last
 * @bytes: how much
 */
void zpool_budget_grant(unsigned long bytes)
{
	atomic_long_set(&zpool_budget.credit, bytes);
	smp_store_release(&zpool_budget.grants, zpool_budget.grants + 1);
}

/**
 * zpool_budget_set_limit() - change what may lie idle
 * @bytes: the new limit; claims above it stand until they are returned
 */
void zpool_budget_set_limit(unsigned long bytes)
{
	WRITE_ONCE(zpool_budget.limit, bytes);
}

static void tell(int nid, long pages)
{
	if (pages)
		mod_node_page_state(NODE_DATA(nid), NR_KERNEL_MISC_RECLAIMABLE, pages);
}

/**
 * zpool_budget_tell_idle() - tell the kernel how much it could have back
 * @nid: where; a node that is or was online
 * @pages: that lie idle there
 */
void zpool_budget_tell_idle(int nid, unsigned long pages)
{
	tell(nid, pages - atomic_long_xchg(&zpool_budget.told[nid], pages));
}

/**
 * zpool_budget_tell_freed() - some of that is free memory by now
 * @nid: where
 * @pages: how many
 */
void zpool_budget_tell_freed(int nid, unsigned long pages)
{
	long told = atomic_long_read(&zpool_budget.told[nid]), less;

	do {
		less = min_t(unsigned long, told, pages);
	} while (less && !atomic_long_try_cmpxchg(&zpool_budget.told[nid], &told, told - less));
	tell(nid, -less);
}
