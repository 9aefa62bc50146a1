// SPDX-License-Identifier: GPL-2.0
/* Allocations that fail on demand, and the count of what is out. */
#include "shim.h"

static struct {
	unsigned long nth;	/* the one that fails; 0: none */
	unsigned long seen;
	bool all_later;
	u32 chance;		/* one in so many; 0: none */
	unsigned long failed;
} faults[SHIM_NR_FAULTS];

struct shim_usage shim_out;

void shim_usage_add(long *counter, long n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

struct shim_usage shim_usage(void)
{
	return (struct shim_usage) {
		.pages = READ_ONCE(shim_out.pages),
		.kmallocs = READ_ONCE(shim_out.kmallocs),
		.percpu = READ_ONCE(shim_out.percpu),
		.leak_checked = READ_ONCE(shim_out.leak_checked),
	};
}

/* The @nth from now, and with @all_later each one after it. */
void shim_fail_nth(enum shim_fault kind, unsigned long nth, bool all_later)
{
	faults[kind].seen = 0;
	faults[kind].failed = 0;
	faults[kind].nth = nth;
	faults[kind].all_later = all_later;
}

void shim_fail_one_in(enum shim_fault kind, u32 chance)
{
	WRITE_ONCE(faults[kind].chance, chance);
}

unsigned long shim_fail_stop(void)
{
	unsigned long failed = 0;
	int kind;

	for (kind = 0; kind < SHIM_NR_FAULTS; kind++) {
		faults[kind].nth = 0;
		shim_fail_one_in(kind, 0);
		failed += READ_ONCE(faults[kind].failed);
		WRITE_ONCE(faults[kind].failed, 0);
	}
	return failed;
}

bool shim_fails(enum shim_fault kind, gfp_t gfp)
{
	u32 chance = READ_ONCE(faults[kind].chance);
	bool fails = chance && !shim_below(chance);

	if (faults[kind].nth) {
		unsigned long seen = ++faults[kind].seen;

		fails = seen == faults[kind].nth ||
			(seen > faults[kind].nth && faults[kind].all_later);
	}
	if (!fails || (gfp & __GFP_NOFAIL))
		return false;
	__atomic_fetch_add(&faults[kind].failed, 1, __ATOMIC_RELAXED);
	return true;
}
