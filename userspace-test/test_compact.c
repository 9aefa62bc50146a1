// SPDX-License-Identifier: GPL-2.0
/*
 * Compaction, case by case: what comes in the middle of a move, each answer of a
 * callback, memory that is missing, handles that are none.
 */
#include <pthread.h>
#include <sched.h>

#include "../zpool_budget.h"
#include "../zpool_cache.h"
#include "../zpool_check.h"
#include "../zpool_compact.h"
#include "../zpool_descriptor.h"
#include "../zpool_drain.h"
#include "../zpool_handle.h"
#include "../zpool_live.h"
#include "../zpool_node.h"
#include "../zpool_report.h"
#include "../zpool_stats.h"
#include "tap.h"
#include "world.h"

#define SIZE	512U
#define NR	512U

static void start(void)
{
	if (world_start(WORLD_BUDGET))
		shim_bug("no memory to start with");
}

/* @ok, and nothing broken, and nothing left behind. */
static void stop(bool ok, const char *what)
{
	const char *broken = zpool_check_all(), *leaks;

	world_stop();
	leaks = world_leaks();
	tap_ok(ok && !broken && !leaks, "%s%s%s%s%s", what, broken ? ", " : "", broken ?: "",
	       leaks ? ", " : "", leaks ?: "");
}

static unsigned long nr_in_use(const struct zpool_cache *cache)
{
	struct zpool_usage u = {};

	zpool_stats_add_cache(&u, (struct zpool_cache *)cache);
	return u.in_use_bytes / cache->geometry.stride;
}

static struct zpool_cache *find(const char *name)
{
	struct zpool_cache *cache = zpool_cache_hold(name);

	if (!cache)
		shim_bug("no cache %s", name);
	zpool_cache_release(cache);
	return cache;
}

static unsigned long nr_slabs(const struct zpool_cache *cache)
{
	unsigned long sum = 0;
	int nid;

	for_each_node(nid)
		sum += cache->nodes[nid]->slabs.nr_slabs;
	return sum;
}

/*
 * Handles.
 */

static struct zpool_handle *handles[NR];
static u8 values[NR];

static void write_value(unsigned int i, void *p)
{
	memset(p, ++values[i], SIZE);
}

static void verify(unsigned int i)
{
	u8 *p = zpool_handle_pin(handles[i]);

	if (!p || memchr_inv(p, values[i], SIZE))
		shim_bug("handle %u has other contents", i);
	zpool_handle_unpin(handles[i]);
}

static void verify_all(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		if (handles[i])
			verify(i);
}

static void make(unsigned int i)
{
	handles[i] = zpool_handle_alloc(SIZE, GFP_KERNEL | __GFP_NOFAIL);
	write_value(i, zpool_handle_pin(handles[i]));
	zpool_handle_unpin(handles[i]);
}

static void end(unsigned int i)
{
	zpool_handle_free(handles[i]);
	handles[i] = NULL;
}

/* One in four of each slab is left. (What is free in a magazine is used in its slab.) */
static void make_sparse(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		make(i);
	for (i = 0; i < NR; i++)
		if (i % 4)
			end(i);
	zpool_drain_all();
}

static void end_all(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		if (handles[i])
			end(i);
}

static bool is_dense(void)
{
	struct zpool_cache *cache = find("handle-512");
	unsigned long least = DIV_ROUND_UP(nr_in_use(cache), cache->geometry.best.nr_objects);

	return nr_slabs(cache) <= least + nr_node_ids;
}

static void sparse_becomes_dense(void)
{
	unsigned long before, moved = zpool_compact.moves[ZPOOL_MOVED];

	start();
	make_sparse();
	before = nr_slabs(find("handle-512"));
	zpool_compact_all();
	verify_all();
	moved = zpool_compact.moves[ZPOOL_MOVED] - moved;
	before -= nr_slabs(find("handle-512"));
	end_all();
	make_sparse();
	zpool_compact_all();
	before += is_dense();
	end_all();
	stop(moved && before > 1, "what is sparse becomes dense");
}

/* Comes between the steps of a move. */
static void pin_any(void *unused)
{
	unsigned int i = shim_below(NR / 4) * 4;
	void *p = zpool_handle_pin(handles[i]);

	if (memchr_inv(p, values[i], SIZE))
		shim_bug("handle %u has other contents in an interrupt", i);
	write_value(i, p);
	zpool_handle_unpin(handles[i]);
}

static void free_any(void *unused)
{
	unsigned int i = shim_below(NR);

	if (handles[i])
		end(i);
}

/* So that it is one that the compactor works on: all of them, one after the other. */
static void pin_all(void *unused)
{
	unsigned int i;

	for (i = 0; i < NR; i += 4) {
		write_value(i, zpool_handle_pin(handles[i]));
		zpool_handle_unpin(handles[i]);
	}
}

static void compact_with(void (*irq)(void *arg), unsigned int period)
{
	struct shim_chaos chaos = { .period = period, .irq = irq };

	shim_chaos_start(&chaos);
	zpool_compact_all();
	shim_chaos_stop();
}

/* What is written in the middle of a copy is there afterwards. */
static void pins_cancel(void)
{
	unsigned long pinned = zpool_compact.moves[ZPOOL_PINNED];
	unsigned int i;

	start();
	make_sparse();
	for (i = 0; i < 20; i++) {
		compact_with(i % 2 ? pin_all : pin_any, i % 2 ? 40 : 3);
		verify_all();
		if (i % 5 == 4) {
			end_all();
			make_sparse();
		}
	}
	end_all();
	stop(zpool_compact.moves[ZPOOL_PINNED] > pinned, "a pin in the middle cancels a move");
}

static void *kept_at[NR];
static bool is_kept[NR];

/* Pinned once the compactor has seen that nothing in its slab is, and not let go. */
static void pin_and_keep(void *unused)
{
	unsigned int i = shim_below(NR / 4) * 4;

	if (is_kept[i])
		return;
	is_kept[i] = true;		/* first: another interrupt may come in the call */
	kept_at[i] = zpool_handle_pin(handles[i]);
}

static void pins_hold(void)
{
	unsigned int i, round, nr = 0;
	bool ok = true;

	start();
	for (round = 0; round < 20; round++) {
		make_sparse();
		compact_with(pin_and_keep, 100);
		for (i = 0; i < NR; i++) {
			if (!is_kept[i])
				continue;
			ok &= zpool_handle_pin(handles[i]) == kept_at[i];
			zpool_handle_unpin(handles[i]);
			zpool_handle_unpin(handles[i]);
			is_kept[i] = false;
			nr++;
		}
		verify_all();
		end_all();
	}
	stop(ok && nr, "what is pinned in the middle of a pass stays there");
}

static void frees_in_the_middle(void)
{
	unsigned int i;
	bool ok = true;

	start();
	for (i = 0; i < 20; i++) {
		make_sparse();
		compact_with(free_any, 10);
		verify_all();
		end_all();
		ok &= !nr_in_use(find("handle-512"));
	}
	stop(ok, "what is freed in the middle of a move is free");
}

static void pinned_stays(void)
{
	void *at[2];
	bool stayed;

	start();
	make_sparse();
	at[0] = zpool_handle_pin(handles[0]);
	at[1] = zpool_handle_pin(handles[0]);
	zpool_handle_unpin(handles[0]);
	zpool_compact_all();
	stayed = zpool_handle_pin(handles[0]) == at[0] && at[0] == at[1];
	zpool_handle_unpin(handles[0]);
	zpool_handle_unpin(handles[0]);
	verify_all();
	end_all();
	stop(stayed, "what is pinned stays, however many pins there were");
}

/* Contents of handles that have gone are nowhere. */
static bool free_is_zero(struct zpool_cache *cache)
{
	struct zpool_slab *slab;
	int nid, place;
	u32 i;

	for_each_node(nid)
		for (place = 0; place < ZPOOL_NR_PLACES; place++)
			list_for_each_entry(slab, &cache->nodes[nid]->slabs.on[place], list)
				for (i = 0; i < slab->nr_objects; i++)
					if (test_bit(i, slab->free) &&
					    memchr_inv(zpool_slab_object(slab, i), 0, SIZE))
						return false;
	return true;
}

/* A slab that keeps something pinned stays, with what moved out of it before. */
static void moves_leave_zeroes(void)
{
	unsigned int i, round;
	bool ok = true;

	shim_init_on_free = true;
	start();
	for (round = 0; round < 20; round++) {
		make_sparse();
		compact_with(round % 2 ? pin_and_keep : pin_any, round % 2 ? 100 : 5);
		zpool_cache_drain(find("handle-512"));
		ok &= free_is_zero(find("handle-512"));
		for (i = 0; i < NR; i++) {
			if (is_kept[i])
				zpool_handle_unpin(handles[i]);
			is_kept[i] = false;
		}
		end_all();
	}
	stop(ok, "with init_on_free, where something was is zero");
	shim_init_on_free = false;
}

/* All are asked to leave, and there is no memory for it. */
static void without_room(void)
{
	static void *at[NR];
	unsigned int i;
	bool ok = true;

	start();
	for (i = 0; i < NR; i++)
		make(i);
	for (i = 0; i < NR; i++) {
		at[i] = zpool_handle_pin(handles[i]);
		zpool_handle_unpin(handles[i]);
	}
	shim_fail_nth(SHIM_PAGES, 1, true);
	zpool_compact_range(0, nr_node_ids * SHIM_NODE_PAGES);
	ok &= shim_fail_stop() > 0;
	for (i = 0; i < NR; i++) {
		ok &= i < NR / 2 ? zpool_handle_pin(handles[i]) == at[i] : true;
		if (i < NR / 2)
			zpool_handle_unpin(handles[i]);
	}
	verify_all();
	end_all();
	stop(ok, "without room all stays");
}

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

/*
 * Callbacks.
 */

enum what { NOTHING, OLD_FREED, NEW_FREED, NR_WHATS };

static struct zpool_cache *movers;
static enum zpool_move answer;
static enum what what;
static bool notifies, blocks;
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
	shim_thread_start(0, 1);
	shim_rcu_misses = false;
	nr_node_ids = 1;
	zpool_numa.enabled = false;
	sparse_becomes_dense();
	pins_cancel();
	pins_hold();
	frees_in_the_middle();
	pinned_stays();
	moves_leave_zeroes();
	without_room();
	failures_leave_nothing();
	directory_grows();
	garbage_is_refused();
	all_answers();
	asked_again();
	frees_come_home();
	waiting_is_left_alone();
	destroy_waits();
	return tap_end();
}
