// SPDX-License-Identifier: GPL-2.0
/* The byte accounts: see zpool_budget.h. */
#include <linux/compiler.h>

#include "zpool_budget.h"

struct zpool_budget zpool_budget;

/**
 * zpool_budget_claim() - ask for bytes that may lie idle
 * @bytes: how many
 * @limit: what the sum of all claims may reach with this one; the caller
 *         passes less than zpool_budget.limit to leave room for others
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
 * zpool_budget_set_limit() - change what may lie idle
 * @bytes: the new limit; claims above it stand until they are returned
 */
void zpool_budget_set_limit(unsigned long bytes)
{
	WRITE_ONCE(zpool_budget.limit, bytes);
}
