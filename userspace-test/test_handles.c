// SPDX-License-Identifier: GPL-2.0
/*
 * Handles by themselves: memory that is missing, more of them than ever, those that
 * have ended, and those that are none.
 */
#include <pthread.h>

#include "../zpool_budget.h"
#include "../zpool_descriptor.h"
#include "../zpool_report.h"
#include "compact.h"

/* Each allocation that a handle's takes. Return: false when @nth is more than there are. */
static bool fail_alloc(enum shim_fault kind, unsigned long nth, size_t size)
{
	struct zpool_handle *h;
	unsigned long failed;

	start();
	shim_fail_nth(kind, nth, false);
	h = zpool_handle_alloc(size, GFP_KERNEL);
	failed = shim_fail_stop();
	if (!h && !failed)
		shim_bug("no handle, and nothing failed");
	zpool_handle_free(h);
	h = zpool_handle_alloc(size, GFP_KERNEL);
	if (!h)
		shim_bug("no handle");
	zpool_handle_free(h);
	if (zpool_check_all())
		shim_bug("broken");
	world_stop();
	if (world_leaks())
		shim_bug("%s, after failure %lu of kind %u", world_leaks(), nth, kind);
	return failed;
}

static void failures_leave_nothing(void)
{
	unsigned long nth, sum = 0;
	int kind;

	for (kind = 0; kind < SHIM_NR_FAULTS; kind++) {
		for (nth = 1; fail_alloc(kind, nth, SIZE); nth++)
			sum++;
		for (nth = 1; fail_alloc(kind, nth, ZPOOL_MAX_SIZE + 1); nth++)
			sum++;
	}
	tap_ok(sum > 8, "%lu failures leave nothing behind", sum);
}

/*
 * Many handles: the directory grows, chunks go and come.
 */

#define NR_MANY	(70 * ZPOOL_CHUNK_DESCRIPTORS)

static struct zpool_handle *many[NR_MANY];
static bool is_over;

static void *pin_while_it_grows(void *unused)
{
	shim_thread_start(1, 7);
	while (!READ_ONCE(is_over)) {
		unsigned int i = shim_below(NR);
		u8 *p = zpool_handle_pin(handles[i]);

		if (!p || *p != values[i])
			shim_bug("handle %u has other contents", i);
		zpool_handle_unpin(handles[i]);
	}
	shim_thread_idle();
	return NULL;
}

static void make_many(void)
{
	unsigned int i;

	for (i = 0; i < NR_MANY; i++)
		many[i] = zpool_handle_alloc(8, GFP_KERNEL | __GFP_NOFAIL);
}

static void end_many(void)
{
	unsigned int i;

	for (i = 0; i < NR_MANY; i++)
		zpool_handle_free(many[i]);
	zpool_drain_all();
}

/* Return: how many of those that were freed are taken for handles. */
static unsigned int nr_accepted(struct zpool_handle **stale)
{
	unsigned int i, nr = 0;

	for (i = 0; i < NR_MANY; i++) {
		nr += !!zpool_handle_pin(stale[i]);
		nr += !!zpool_handle_size(stale[i]);
		zpool_handle_unpin(stale[i]);
		zpool_handle_free(stale[i]);
	}
	return nr;
}

static void directory_grows(void)
{
	static struct zpool_handle *stale[NR_MANY];
	unsigned int i, nr = 0, round;
	long before, after;
	pthread_t thread;

	start();
	for (i = 0; i < NR; i++)
		make(i);
	is_over = false;
	if (pthread_create(&thread, NULL, pin_while_it_grows, NULL))
		shim_bug("no thread");
	make_many();
	for (round = 0; round < 3; round++) {
		memcpy(stale, many, sizeof(stale));
		end_many();
		before = atomic_long_read(&zpool_budget.metadata);
		zpool_descriptor_trim();
		after = atomic_long_read(&zpool_budget.metadata);
		if (before - after < 60 * (long)ZPOOL_CHUNK_BYTES)
			shim_bug("only %ld bytes of descriptors went", before - after);
		nr += nr_accepted(stale);
		make_many();
		nr += nr_accepted(stale);
		for (i = 0; i < NR_MANY; i++)
			if (zpool_handle_size(many[i]) != 8)
				shim_bug("a handle is stale that is none");
	}
	WRITE_ONCE(is_over, true);
	pthread_join(thread, NULL);
	end_many();
	verify_all();
	end_all();
	stop(!nr, "the directory grows, chunks go and come, stale handles never");
}

static void try_all(struct zpool_handle *h, unsigned int *nr)
{
	*nr += !!zpool_handle_size(h);
	zpool_handle_free(h);
	zpool_handle_unpin(h);
	*nr += !!zpool_handle_pin(h);
}

/* Numbers that were never given out; the small ones lead to the descriptor that none has. */
static void garbage_is_refused(void)
{
	unsigned int i, nr = 0;
	long reports;

	start();
	make_sparse();
	make_many();
	end_many();
	zpool_descriptor_trim();
	reports = atomic_long_read(&zpool_reports);
	zpool_handle_free(NULL);
	if (zpool_handle_pin(NULL) || atomic_long_read(&zpool_reports) != reports)
		shim_bug("NULL is taken for a handle");
	for (i = 0; i < 20000; i++)
		try_all((void *)((u64)shim_random() << 32 | shim_random()), &nr);
	for (i = 1; i < 100000; i += shim_below(2) ? 1 : 31)
		try_all((void *)(unsigned long)i, &nr);
	for (i = 0; i < NR; i += 4) {
		zpool_handle_free((void *)((unsigned long)handles[i] + 1));
		zpool_handle_free((void *)((unsigned long)handles[i] + (1UL << 32)));
	}
	verify_all();
	make_many();
	end_many();
	zpool_descriptor_trim();
	verify_all();
	end_all();
	stop(!nr && atomic_long_read(&zpool_reports) > reports + 40000,
	     "what is no handle is told, and does no harm");
}

int main(void)
{
	set_up();
	failures_leave_nothing();
	directory_grows();
	garbage_is_refused();
	return tap_end();
}
