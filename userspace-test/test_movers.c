// SPDX-License-Identifier: GPL-2.0
/*
 * Caches whose objects their owner moves: each answer of the callback, and what the
 * owner may do in the middle of it.
 */
#include <pthread.h>
#include <sched.h>

#include "../zpool_live.h"
#include "../zpool_report.h"
#include "compact.h"

enum what { NOTHING, OLD_FREED, NEW_FREED, NR_WHATS };

static struct zpool_cache *movers;
static enum zpool_move answer;
static enum what what;
static bool notifies, blocks, is_over;
static unsigned int nr_asked;
static void *asked_for, *offered;
static void *beside[2];			/* when asked for one, the other is freed */

static void construct(void *obj)
{
	memset(obj, 0x5c, SIZE);
}

static void *free_new_elsewhere(void *unused)
{
	shim_thread_start(1, 3);
	zpool_cache_free(movers, offered);
	shim_thread_idle();
	return NULL;
}

static void *other_than(void *objs[2], void *obj)
{
	return objs[0] == obj ? objs[1] : objs[0];
}

static enum zpool_move move(void *old, void *new, size_t size, void *arg)
{
	pthread_t thread;

	nr_asked++;
	asked_for = old;
	offered = new;
	if (blocks) {
		__atomic_store_n(&is_over, false, __ATOMIC_SEQ_CST);
		while (!__atomic_load_n(&is_over, __ATOMIC_SEQ_CST))
			sched_yield();
	}
	if (answer == ZPOOL_MOVE_DONE)
		memcpy(new, old, size);
	else
		memset(new, 0x77, size);
	if (notifies)
		zpool_cache_move_notify(movers, old);
	if (beside[0])
		zpool_cache_free(movers, other_than(beside, old));
	beside[0] = NULL;
	if (what == OLD_FREED)
		zpool_cache_free(movers, old);
	if (what == NEW_FREED) {
		construct(new);
		if (pthread_create(&thread, NULL, free_new_elsewhere, NULL))
			shim_bug("no thread");
		pthread_join(thread, NULL);
	}
	return answer;
}

/* Two slabs, of which each has one object in use. */
static void make_movers(void *objs[2])
{
	unsigned int per_slab, i;
	void *all[256];

	movers = zpool_cache_create("movers", SIZE, 0, 0, construct);
	if (!movers || zpool_cache_set_move(movers, move, NULL))
		shim_bug("no cache whose objects move");
	per_slab = movers->geometry.best.nr_objects;
	if (2 * per_slab > ARRAY_SIZE(all))
		shim_bug("large slabs");
	for (i = 0; i < 2 * per_slab; i++)
		all[i] = zpool_cache_alloc_node(movers, GFP_KERNEL | __GFP_NOFAIL, 0);
	objs[0] = all[0];
	objs[1] = NULL;
	for (i = 1; i < 2 * per_slab; i++) {
		if (!objs[1] && zpool_slab_of(all[i]) != zpool_slab_of(objs[0]))
			objs[1] = all[i];
		else
			zpool_cache_free(movers, all[i]);
	}
	if (!objs[1])
		shim_bug("one slab only");
	/* Free in a magazine is used in its slab. */
	zpool_cache_drain(movers);
	nr_asked = 0;
}

static const struct {
	unsigned int reports, left;	/* left in use of the one that was asked for */
	bool is_new;			/* at its new place */
} expected[][NR_WHATS] = {
	[ZPOOL_MOVE_DONE]	= { { 0, 1, true }, { 1, 1, true }, { 0, 0 } },
	[ZPOOL_MOVE_NEVER]	= { { 0, 1 }, { 0, 0 }, { 1, 1 } },
	[ZPOOL_MOVE_LATER]	= { { 0, 1 }, { 0, 0 }, { 1, 1 } },
	[ZPOOL_MOVE_UNNEEDED]	= { { 0, 0 }, { 1, 0 }, { 1, 0 } },
	[ZPOOL_MOVE_UNKNOWN]	= { { 0, 1 }, { 0, 0 }, { 1, 1 } },
	{ { 1, 1 }, { 1, 0 }, { 2, 1 } },	/* none of these */
};

static bool one_answer(void)
{
	long reports = atomic_long_read(&zpool_reports);
	unsigned long left;
	void *objs[2], *fresh;
	bool ok;

	make_movers(objs);
	zpool_compact_all();
	left = nr_in_use(movers) - 1;
	reports = atomic_long_read(&zpool_reports) - reports;
	ok = nr_asked == 1 && left == expected[answer][what].left &&
	     reports == expected[answer][what].reports && !zpool_check_all();
	if (!ok)
		printf("# answer %u, %u: asked %u times, %lu left, %ld reports\n", answer, what,
		       nr_asked, left, reports);
	/* Whatever was left is as constructed, but for what is in use. */
	zpool_cache_free(movers, other_than(objs, asked_for));
	if (left)
		zpool_cache_free(movers, expected[answer][what].is_new ? offered : asked_for);
	fresh = zpool_cache_alloc_node(movers, GFP_KERNEL | __GFP_NOFAIL, 0);
	ok &= nr_in_use(movers) == 1;
	zpool_cache_free(movers, fresh);
	zpool_cache_destroy(movers);
	return ok;
}

static void all_answers(void)
{
	bool ok = true;

	start();
	for (answer = 0; answer < ARRAY_SIZE(expected); answer++)
		for (what = 0; what < NR_WHATS; what++)
			ok &= one_answer();
	what = NOTHING;
	stop(ok, "each answer, with each object freed or not");
}

static void asks(unsigned int times)
{
	nr_asked = 0;
	while (times--)
		zpool_compact_all();
}

static void asked_again(void)
{
	bool ok = true;
	void *objs[2];

	start();
	make_movers(objs);
	answer = ZPOOL_MOVE_NEVER;
	asks(3);
	/* Of both slabs. */
	ok &= nr_asked <= 2;
	zpool_cache_move_notify(movers, objs[0]);
	zpool_cache_move_notify(movers, objs[1]);
	answer = ZPOOL_MOVE_LATER;
	asks(20);
	ok &= nr_asked <= 6 && nr_asked >= 3;
	zpool_cache_move_notify(movers, objs[0]);
	zpool_cache_move_notify(movers, objs[1]);
	/* That it may move was said before the answer that it may not. */
	answer = ZPOOL_MOVE_NEVER;
	notifies = true;
	asks(5);
	ok &= nr_asked >= 5;
	notifies = false;
	zpool_cache_free(movers, objs[0]);
	zpool_cache_free(movers, objs[1]);
	zpool_cache_destroy(movers);
	stop(ok, "never and later are kept to until told otherwise");
}

/* Not to a magazine: else the slab would stay for it. */
static void frees_come_home(void)
{
	void *objs[2], *more;
	struct zpool_slab *slab;
	bool ok;

	start();
	make_movers(objs);
	answer = ZPOOL_MOVE_DONE;
	more = zpool_cache_alloc_node(movers, GFP_KERNEL | __GFP_NOFAIL, 0);
	slab = zpool_slab_of(more);
	if (slab != zpool_slab_of(objs[0]))
		swap(objs[0], objs[1]);
	beside[0] = objs[0];
	beside[1] = more;
	zpool_compact_range(page_to_pfn(virt_to_page(slab->base)), slab->nr_pages);
	ok = nr_asked == 1 && nr_slabs(movers) == 1 && nr_in_use(movers) == 2;
	zpool_cache_free(movers, offered);
	zpool_cache_free(movers, objs[1]);
	zpool_cache_destroy(movers);
	stop(ok, "what is freed in a slab that is being emptied comes home at once");
}

/* As zpool_kfree_rcu() marks it until the grace period is over. */
static void waiting_is_left_alone(void)
{
	void *objs[2];
	unsigned int i;
	bool ok;

	start();
	make_movers(objs);
	answer = ZPOOL_MOVE_DONE;
	for (i = 0; i < 2; i++)
		zpool_live_set_rcu(zpool_slab_of(objs[i]), objs[i]);
	zpool_compact_all();
	ok = !nr_asked && !zpool_live_set_rcu(zpool_slab_of(objs[0]), objs[0]);
	zpool_cache_free(movers, objs[0]);
	zpool_cache_free(movers, objs[1]);
	ok &= !nr_in_use(movers);
	zpool_cache_destroy(movers);
	stop(ok, "nobody is asked for what waits to be freed");
}

static void *compact_elsewhere(void *unused)
{
	shim_thread_start(2, 5);
	zpool_compact_all();
	shim_thread_idle();
	return NULL;
}

static bool is_destroyed;

static void *destroy_elsewhere(void *objs)
{
	shim_thread_start(3, 6);
	zpool_cache_destroy(movers);
	__atomic_store_n(&is_destroyed, true, __ATOMIC_SEQ_CST);
	shim_thread_idle();
	return NULL;
}

static void destroy_waits(void)
{
	pthread_t compactor, destroyer;
	bool was_early = false;
	void *objs[2];
	unsigned int i;

	start();
	make_movers(objs);
	answer = ZPOOL_MOVE_UNNEEDED;
	blocks = true;
	is_over = true;
	is_destroyed = false;
	if (pthread_create(&compactor, NULL, compact_elsewhere, NULL))
		shim_bug("no thread");
	while (__atomic_load_n(&is_over, __ATOMIC_SEQ_CST))
		sched_yield();
	zpool_cache_free(movers, other_than(objs, asked_for));
	if (pthread_create(&destroyer, NULL, destroy_elsewhere, NULL))
		shim_bug("no thread");
	for (i = 0; i < 2000; i++) {
		was_early |= __atomic_load_n(&is_destroyed, __ATOMIC_SEQ_CST);
		sched_yield();
	}
	blocks = false;
	__atomic_store_n(&is_over, true, __ATOMIC_SEQ_CST);
	pthread_join(compactor, NULL);
	pthread_join(destroyer, NULL);
	stop(!was_early, "the end of a cache waits for a callback");
}

int main(void)
{
	set_up();
	all_answers();
	asked_again();
	frees_come_home();
	waiting_is_left_alone();
	destroy_waits();
	return tap_end();
}
