// SPDX-License-Identifier: GPL-2.0
/*
 * Compaction: when it is worth it, how much it gains, and what it leaves alone.
 *
 * Objects of a typed cache know their number, so that a move finds who has it. All
 * on one CPU and node.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../zpool_compact.h"
#include "../zpool_debug.h"
#include "common.h"

/* Objects of a slab, and slabs of a test. */
#define NR		16U
#define SIZE		(PAGE_SIZE / NR)
#define MOST_SLABS	40U

#define NAME		"kunit-compact"

struct object {
	u32 number;
	u8 bytes[];
};

static struct object *objs[MOST_SLABS * NR];	/* by slab; NULL: not in use */
static struct zpool_cache *cache;
static enum zpool_move answer;
static struct zpool_compact before;

static void construct(void *obj)
{
	memset(obj, 0, SIZE);
}

static enum zpool_move callback(void *old, void *new, size_t size, void *arg)
{
	const struct object *obj = old;

	if (answer == ZPOOL_MOVE_DONE) {
		memcpy(new, old, size);
		objs[obj->number] = new;
	}
	return answer;
}

static struct zpool_cache *create(struct kunit *test)
{
	struct zpool_cache *made = zpool_cache_create(NAME, SIZE, 0, 0, construct);

	KUNIT_ASSERT_NOT_NULL(test, made);
	KUNIT_EXPECT_EQ(test, zpool_cache_set_move(made, callback, NULL), 0);
	return made;
}

static int begin(struct kunit *test)
{
	zpool_test_begin(test);
	zpool_test_move(zpool_test_first_cpu());
	before = zpool_compact;
	answer = ZPOOL_MOVE_DONE;
	memset(objs, 0, sizeof(objs));
	cache = create(test);
	return 0;
}

static void give(unsigned int i)
{
	if (!objs[i])
		return;
	construct(objs[i]);
	zpool_cache_free(cache, objs[i]);
	objs[i] = NULL;
}

static void end(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++)
		give(i);
	zpool_cache_destroy(cache);
	zpool_debug = 0;
	zpool_compact.frag_pct = before.frag_pct;
	zpool_compact.batch = before.batch;
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_test_end(test);
}

static struct zpool_slabs *slabs_of(struct zpool_cache *of)
{
	return &zpool_this_node(of)->slabs;
}

static void take(struct kunit *test, unsigned int i)
{
	objs[i] = zpool_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	objs[i]->number = i;
	memset(objs[i]->bytes, i, SIZE - sizeof(*objs[i]));
}

/* Slabs with so many in use each, the last perhaps with others; nothing lies idle. */
static void lay_out(struct kunit *test, unsigned int nr_slabs, unsigned int used,
		    unsigned int last)
{
	unsigned int i;

	for (i = 0; i < nr_slabs * NR; i++)
		take(test, i);
	for (i = 0; i < nr_slabs * NR; i++) {
		KUNIT_ASSERT_PTR_EQ(test, zpool_slab_of(objs[i]),
				    zpool_slab_of(objs[i / NR * NR] ?: objs[i]));
		if (i % NR >= (i / NR == nr_slabs - 1 ? last : used))
			give(i);
	}
	zpool_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 0UL + nr_slabs);
}

static void expect_contents(struct kunit *test)
{
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		if (!objs[i])
			continue;
		nr++;
		KUNIT_EXPECT_EQ(test, objs[i]->number, i);
		KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(objs[i]->bytes, i & 0xff,
							     SIZE - sizeof(*objs[i])));
	}
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, 0UL + nr * SIZE);
	EXPECT_SOUND(test, zpool_check_all());
}

static unsigned long passes(void)
{
	return zpool_compact.passes - before.passes;
}

static unsigned long emptied(void)
{
	return zpool_compact.slabs_emptied - before.slabs_emptied;
}

static unsigned long nr_moved(void)
{
	return zpool_compact.moves[ZPOOL_MOVED] - before.moves[ZPOOL_MOVED];
}

/*
 * How much is gained.
 */

/* No slab is any sparser than the others, and half of them go. */
static void equally_half_full_slabs_go(struct kunit *test)
{
	lay_out(test, 32, NR / 2, NR / 2);
	zpool_compact_all();
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 16UL);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_free, 0UL);
	KUNIT_EXPECT_EQ(test, nr_moved(), 16UL * NR / 2);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_MOVED], nr_moved());
	KUNIT_EXPECT_EQ(test, emptied(), 16UL);
	expect_contents(test);
}

/* However they are filled, no more slabs are left than must be. */
static void the_gain_is_exact(struct kunit *test)
{
	unsigned int used, i, left;

	for (used = 1; used < NR; used += 2) {
		lay_out(test, 12, used, NR - used);
		for (i = left = 0; i < 12 * NR; i++) {
			if (i % 5 == used % 5)
				give(i);
			left += !!objs[i];
		}
		KUNIT_EXPECT_EQ(test, zpool_compact_named(NAME), 0);
		KUNIT_EXPECT_EQ_MSG(test, slabs_of(cache)->nr_slabs,
				    DIV_ROUND_UP(left, NR) + 0UL, "%u", used);
		expect_contents(test);
		for (i = 0; i < 12 * NR; i++)
			give(i);
		zpool_cache_shrink(cache);
	}
}

/* One object more than the rest have room for. */
static void nothing_to_gain_costs_nothing(struct kunit *test)
{
	unsigned long idle;

	lay_out(test, 3, NR - 5, NR - 6);
	take(test, NR - 1);
	give(NR - 1);
	idle = zpool_test_usage(cache).magazine_bytes;
	KUNIT_ASSERT_NE(test, idle, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(true), 0U);
	KUNIT_EXPECT_EQ(test, passes(), 0UL);
	KUNIT_EXPECT_EQ(test, nr_moved(), 0UL);
	KUNIT_EXPECT_EQ(test, cache->compact_waits, 0U);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).magazine_bytes, idle);
	expect_contents(test);
}

/* Objects that lie in magazines are free, and seen to be so before any is moved. */
static void magazines_come_home_first(struct kunit *test)
{
	unsigned int i;

	lay_out(test, 8, NR / 2, NR / 2);
	for (i = 0; i < 4 * NR; i++)
		give(i);
	KUNIT_EXPECT_EQ(test, zpool_compact_named(NAME), 0);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 2UL);
	KUNIT_EXPECT_LE(test, nr_moved(), 2UL * NR / 2);
	expect_contents(test);
}

/* What does not move is where others are moved to. */
static void hindered_slabs_are_filled(struct kunit *test)
{
	struct object *fixed;
	unsigned int i;

	lay_out(test, 4, 4, 4);
	fixed = objs[0];
	zpool_slab_of(fixed)->notes[zpool_slab_index(zpool_slab_of(fixed), fixed)] |= 1 << 4;
	zpool_test_isolate(slabs_of(cache), zpool_slab_of(fixed));
	zpool_isolate_end(slabs_of(cache), zpool_slab_of(fixed), true);
	KUNIT_EXPECT_EQ(test, zpool_compact_named(NAME), 0);
	KUNIT_EXPECT_PTR_EQ(test, objs[0], fixed);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 1UL);
	for (i = 0; i < 4 * NR; i++)
		if (objs[i])
			KUNIT_EXPECT_PTR_EQ(test, zpool_slab_of(objs[i]), zpool_slab_of(fixed));
	expect_contents(test);
}

/*
 * When it is worth it.
 */

static void few_slabs_are_left_alone(struct kunit *test)
{
	zpool_compact.frag_pct = 0;
	lay_out(test, 14, NR / 2, NR / 2);
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 0U);
	KUNIT_EXPECT_EQ(test, passes(), 0UL);
	KUNIT_EXPECT_EQ(test, cache->compact_waits, 0U);
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(true), 0U);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 7UL);
	expect_contents(test);
}

static void enough_slabs_are_worth_it(struct kunit *test)
{
	lay_out(test, 16, NR / 2, NR / 2);
	zpool_compact.frag_pct = 51;
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 0U);
	KUNIT_EXPECT_EQ(test, passes(), 0UL);
	zpool_compact.frag_pct = 50;
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 0U);
	KUNIT_EXPECT_EQ(test, passes(), 1UL);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 8UL);
	expect_contents(test);
}

/* One slab, of many. */
static void any_gain_is_worth_it_when_memory_is_scarce(struct kunit *test)
{
	zpool_compact.frag_pct = 100;
	lay_out(test, 8, NR - 2, NR - 2);
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 0U);
	KUNIT_EXPECT_EQ(test, passes(), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(true), 0U);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 7UL);
	expect_contents(test);
}

/* The slab that makes it enough is the last of a pass. */
static void a_batch_bounds_a_pass(struct kunit *test)
{
	zpool_compact.batch = 20;
	lay_out(test, 40, NR / 2, NR / 2);
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 20U);
	KUNIT_EXPECT_TRUE(test, cache->is_compacting);
	KUNIT_EXPECT_EQ(test, nr_moved(), 24UL);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 37UL);
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 20U);
	KUNIT_EXPECT_EQ(test, nr_moved(), 48UL);
	zpool_compact.batch = 1;
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 20U);
	KUNIT_EXPECT_EQ(test, nr_moved(), 56UL);
	zpool_compact.batch = 40;
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 20U);
	/* 8 could go still. */
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 28UL);
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 0U);
	KUNIT_EXPECT_FALSE(test, cache->is_compacting);
	KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 0U);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 23UL);
	KUNIT_EXPECT_EQ(test, passes(), 5UL);
	KUNIT_EXPECT_EQ(test, zpool_compact_named(NAME), 0);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 20UL);
	expect_contents(test);
}

/* Until there is nothing more to do, what did not move is left alone. */
static void the_hindered_are_tried_again_later(struct kunit *test)
{
	struct zpool_slab *slab;

	lay_out(test, 3, 2, 2);
	slab = zpool_slab_of(objs[0]);
	zpool_test_isolate(slabs_of(cache), slab);
	zpool_isolate_end(slabs_of(cache), slab, true);
	cache->is_compacting = true;
	zpool_compact_turn(true);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 1UL);
	KUNIT_EXPECT_EQ(test, (unsigned int)slab->place, 0U + ZPOOL_HINDERED);
	KUNIT_EXPECT_FALSE(test, cache->is_compacting);
	zpool_compact_turn(true);
	KUNIT_EXPECT_EQ(test, (unsigned int)slab->place, 0U + ZPOOL_TENTH + 6);
	expect_contents(test);
}

/*
 * Waiting.
 */

/* The turn of the next pass, from this one on. After none of them there is more to do. */
static unsigned int turns_until_pass(struct kunit *test)
{
	unsigned long now = zpool_compact.passes;
	unsigned int turns = 0;

	while (zpool_compact.passes == now && turns < 200) {
		KUNIT_EXPECT_EQ(test, zpool_compact_turn(false), 0U);
		turns++;
	}
	return turns;
}

static void who_gains_nothing_waits_longer(struct kunit *test)
{
	static const unsigned int turns[] = { 1, 2, 4, 8, 16, 32, 64, 64 };
	unsigned int i;

	answer = ZPOOL_MOVE_UNKNOWN;
	lay_out(test, 16, NR / 2, NR / 2);
	for (i = 0; i < ARRAY_SIZE(turns); i++)
		KUNIT_EXPECT_EQ_MSG(test, turns_until_pass(test), turns[i], "%u", i);
	KUNIT_EXPECT_EQ(test, emptied(), 0UL);
	KUNIT_EXPECT_EQ(test, passes(), 0UL + ARRAY_SIZE(turns));

	/* Who has something new to say is asked at once. */
	zpool_cache_move_notify(cache, objs[0]);
	KUNIT_EXPECT_EQ(test, turns_until_pass(test), 1U);

	/* And when memory is scarce. */
	i = cache->compact_wait;
	KUNIT_ASSERT_NE(test, i, 0U);
	zpool_compact_turn(true);
	KUNIT_EXPECT_EQ(test, passes(), 2UL + ARRAY_SIZE(turns));
	expect_contents(test);
}

static void who_gains_waits_no_more(struct kunit *test)
{
	answer = ZPOOL_MOVE_UNKNOWN;
	lay_out(test, 16, NR / 2, NR / 2);
	KUNIT_EXPECT_EQ(test, turns_until_pass(test), 1U);
	KUNIT_EXPECT_EQ(test, turns_until_pass(test), 2U);
	answer = ZPOOL_MOVE_DONE;
	KUNIT_EXPECT_EQ(test, turns_until_pass(test), 4U);
	KUNIT_EXPECT_EQ(test, emptied(), 8UL);
	KUNIT_EXPECT_EQ(test, cache->compact_waits, 0U);
	KUNIT_EXPECT_EQ(test, cache->compact_wait, 0U);
}

/*
 * By name.
 */

static void a_certain_cache(struct kunit *test)
{
	struct zpool_cache *plain = zpool_cache_create("kunit-plain", 64, 0, 0, NULL);
	int err = 0;

	KUNIT_ASSERT_NOT_NULL(test, plain);
	EXPECT_REPORTS(test, 1, err = zpool_compact_named("kunit-nobody"));
	KUNIT_EXPECT_EQ(test, err, -ENOENT);
	EXPECT_REPORTS(test, 1, err = zpool_compact_named("kunit-plain"));
	KUNIT_EXPECT_EQ(test, err, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, atomic_read(&plain->users), 0);
	EXPECT_REPORTS(test, 1, err = zpool_compact_named("zpool-64"));
	KUNIT_EXPECT_EQ(test, err, -EOPNOTSUPP);
	EXPECT_REPORTS(test, 0, err = zpool_compact_named(NAME));
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&cache->users), 0);
	zpool_cache_destroy(plain);
}

/*
 * Memory that is to go.
 */

static void empty_range(const struct zpool_slab *slab)
{
	zpool_compact_range(page_to_pfn(virt_to_page(slab->base)), slab->nr_pages);
}

/* Nothing else is moved, and room is made if there is none. */
static void a_range_is_emptied(struct kunit *test)
{
	struct object *was[3 * NR];
	struct zpool_slab *slab;
	unsigned int i;
	void *base;

	lay_out(test, 3, NR, NR);
	memcpy(was, objs, sizeof(was));
	slab = zpool_slab_of(objs[NR]);
	base = slab->base;
	empty_range(slab);
	for (i = 0; i < 3 * NR; i++) {
		KUNIT_EXPECT_EQ(test, objs[i] == was[i], i / NR != 1);
		KUNIT_EXPECT_PTR_NE(test, zpool_slab_of(objs[i])->base, base);
	}
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 3UL);
	KUNIT_EXPECT_EQ(test, nr_moved(), 0UL + NR);
	KUNIT_EXPECT_EQ(test, emptied(), 1UL);
	expect_contents(test);
}

static void what_does_not_move_keeps_its_range(struct kunit *test)
{
	struct zpool_slab *slab;

	answer = ZPOOL_MOVE_NEVER;
	lay_out(test, 2, NR, NR);
	slab = zpool_slab_of(objs[0]);
	empty_range(slab);
	KUNIT_EXPECT_EQ(test, (unsigned int)slab->place, 0U + ZPOOL_FULL);
	KUNIT_EXPECT_TRUE(test, slab->is_hindered);
	KUNIT_EXPECT_EQ(test, emptied(), 0UL);
	expect_contents(test);
}

/* A range without any of ours, or of no page, costs no pass. */
static void a_range_of_others(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KUNIT_ASSERT_NOT_NULL(test, page);
	lay_out(test, 2, NR / 2, NR / 2);
	zpool_compact_range(page_to_pfn(page), 2);
	zpool_compact_range(page_to_pfn(virt_to_page(objs[0])), 0);
	KUNIT_EXPECT_EQ(test, passes(), 0UL);
	__free_pages(page, 1);
	expect_contents(test);
}

/* Without room, all stays as it is, where it is. No system has slabs of this order. */
static void without_room_nothing_changes(struct kunit *test)
{
	struct zpool_geometry huge = cache->geometry;
	struct zpool_slabs *slabs = slabs_of(cache);
	struct object *was[2 * NR];
	struct zpool_slab *slab;
	unsigned long held;

	huge.best.order = 20;
	huge.least.order = 20;
	lay_out(test, 2, NR, NR);
	memcpy(was, objs, sizeof(was));
	held = zpool_test_usage(cache).held_bytes;
	slab = zpool_slab_of(objs[0]);
	slabs->geometry = &huge;
	empty_range(slab);
	slabs->geometry = &cache->geometry;
	KUNIT_EXPECT_EQ(test, memcmp(was, objs, sizeof(was)), 0);
	KUNIT_EXPECT_EQ(test, nr_moved(), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, held);
	KUNIT_EXPECT_EQ(test, (unsigned int)slab->place, 0U + ZPOOL_FULL);
	KUNIT_EXPECT_FALSE(test, slab->is_hindered);
	expect_contents(test);
}

/*
 * Debugging.
 */

/* Though nothing is fragmented, all moves in the long run, and no more memory is held. */
static void debug_moves(struct kunit *test)
{
	struct object *was[4 * NR];
	unsigned int i, turns;

	lay_out(test, 4, NR, NR);
	memcpy(was, objs, sizeof(was));
	zpool_compact_turn(false);
	KUNIT_EXPECT_EQ(test, passes(), 0UL);
	zpool_debug = ZPOOL_DEBUG_MOVE;
	for (turns = 0; turns < 60; turns++) {
		zpool_compact_turn(false);
		KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_slabs, 4UL);
	}
	KUNIT_EXPECT_GE(test, nr_moved(), 8UL * NR);
	for (i = turns = 0; i < 4 * NR; i++)
		turns += was[i] != objs[i];
	KUNIT_EXPECT_NE(test, turns, 0U);
	expect_contents(test);
}

/* What is kept empty has nothing to move. */
static void debug_moves_nothing_from_nowhere(struct kunit *test)
{
	enum zpool_slab_use use = ZPOOL_DIRECT;
	unsigned int turns;
	void *obj;

	KUNIT_ASSERT_EQ(test, zpool_cache_take(cache, GFP_KERNEL, zpool_this_nid(), &obj, 1, &use),
			1U);
	zpool_slabs_free(&obj, 1, ZPOOL_DIRECT, cache);
	KUNIT_ASSERT_EQ(test, slabs_of(cache)->nr_on[ZPOOL_EMPTY], 1UL);
	zpool_debug = ZPOOL_DEBUG_MOVE;
	for (turns = 0; turns < 10; turns++)
		zpool_compact_turn(false);
	KUNIT_EXPECT_EQ(test, passes(), 0UL);
	KUNIT_EXPECT_EQ(test, slabs_of(cache)->nr_on[ZPOOL_EMPTY], 1UL);
}

static struct kunit_case compact_cases[] = {
	KUNIT_CASE(equally_half_full_slabs_go),
	KUNIT_CASE(the_gain_is_exact),
	KUNIT_CASE(nothing_to_gain_costs_nothing),
	KUNIT_CASE(magazines_come_home_first),
	KUNIT_CASE(hindered_slabs_are_filled),
	KUNIT_CASE(few_slabs_are_left_alone),
	KUNIT_CASE(enough_slabs_are_worth_it),
	KUNIT_CASE(any_gain_is_worth_it_when_memory_is_scarce),
	KUNIT_CASE(a_batch_bounds_a_pass),
	KUNIT_CASE(the_hindered_are_tried_again_later),
	KUNIT_CASE(who_gains_nothing_waits_longer),
	KUNIT_CASE(who_gains_waits_no_more),
	KUNIT_CASE(a_certain_cache),
	KUNIT_CASE(a_range_is_emptied),
	KUNIT_CASE(what_does_not_move_keeps_its_range),
	KUNIT_CASE(a_range_of_others),
	KUNIT_CASE(without_room_nothing_changes),
	KUNIT_CASE(debug_moves),
	KUNIT_CASE(debug_moves_nothing_from_nowhere),
	{}
};

static struct kunit_suite compact_suite = {
	.name = "zpool_compact",
	.init = begin,
	.exit = end,
	.test_cases = compact_cases,
};

kunit_test_suite(compact_suite);
