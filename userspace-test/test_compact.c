// SPDX-License-Identifier: GPL-2.0
/*
 * Compaction of handles, case by case: what comes in the middle of a move, what
 * stays where it is, and what is left behind.
 */
#include "compact.h"

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

int main(void)
{
	set_up();
	sparse_becomes_dense();
	pins_cancel();
	pins_hold();
	frees_in_the_middle();
	pinned_stays();
	moves_leave_zeroes();
	without_room();
	return tap_end();
}
