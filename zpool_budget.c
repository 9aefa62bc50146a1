// SPDX-License-Identifier: GPL-2.0
/* The byte accounts: see zpool_budget.h. */
#include <linux/compiler.h>

#include "zpool_budget.h"

struct zpool_budget zpool_budget;

/**
 * zpool_budget_claim() - ask for bytes that may lie idle
 * @bytes: how many
 * @limit: what the sum of all claims may reach with this one
 *
 * Return: true when they are the caller's, until zpool_budget_return().
 */
bool zpool_budget_claim(size_t bytes, unsigned long limit)
{
	long claimed = atomic_long_add_return(bytes, &zpool_budget.claimed);

	if (claimed <= (long)limit)
		return true;
	atomic_long_sub(bytes, &zpool_budget.claimed);
	return false;
}

/**
 * zpool_budget_return() - give a claim back
 * @bytes: how many
 */
void zpool_budget_return(size_t bytes)
{
	atomic_long_sub(bytes, &zpool_budget.claimed);
}

/**
 * zpool_budget_share() - let a claim count as made for depots
 * @bytes: how many
 *
 * Half of the limit is for them, whatever CPUs have claimed for themselves: a
 * CPU that frees what another allocates lives by the depot alone.
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
 * zpool_budget_set_limit() - change what may lie idle
 * @bytes: the new limit; claims above it stand until they are returned
 */
void zpool_budget_set_limit(unsigned long bytes)
{
	WRITE_ONCE(zpool_budget.limit, bytes);
}
