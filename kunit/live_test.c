// SPDX-License-Identifier: GPL-2.0
/* The states of objects that may move: each of them, and each step from it. */
#include <linux/slab.h>

#include "../zpool_live.h"
#include "common.h"

#define FREE	ZPOOL_LIVE_FREE
#define USED	ZPOOL_LIVE_USED
#define OLD	ZPOOL_LIVE_OLD
#define NEW	ZPOOL_LIVE_NEW
#define FREED	ZPOOL_LIVE_FREED
#define RCU	ZPOOL_LIVE_RCU
#define NEVER	ZPOOL_LIVE_NEVER
#define LATER	ZPOOL_LIVE_LATER

/* A slab of which only notes are used, but for where its objects are. */
static struct {
	struct zpool_geometry geometry;
	struct zpool_slabs slabs;
	struct zpool_slab *slab;
	void *objs[4];
} f;

static u32 *note(unsigned int i)
{
	return &f.slab->notes[i];
}

static int begin(struct kunit *test)
{
	zpool_test_begin(test);
	KUNIT_EXPECT_EQ(test, zpool_geometry_init(&f.geometry, PAGE_SIZE / 16, 1), 0);
	f.geometry.has_notes = true;
	zpool_slabs_init(&f.slabs, &f.geometry, NULL, &f, ZPOOL_TAG_HEADER, numa_mem_id());
	f.slab = zpool_slab_create(&f.geometry, ZPOOL_NOT_APART, GFP_KERNEL | __GFP_THISNODE, f.slabs.node);
	if (!f.slab)
		return -ENOMEM;
	zpool_slabs_add(&f.slabs, f.slab, f.objs, 4, ZPOOL_MOVING);
	return 0;
}

static void end(struct kunit *test)
{
	zpool_slabs_free(f.objs, 4, ZPOOL_MOVING, NULL);
	KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f.slabs), 0UL);
	zpool_test_end_quiet(test);
}

static void all_are_free_to_begin_with(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < f.slab->nr_objects; i++)
		KUNIT_EXPECT_EQ(test, *note(i), 0U + FREE);
}

/* Whatever it was before; and of no other object. */
static void used(struct kunit *test)
{
	*note(1) = 0;
	zpool_live_set_used(f.slab, f.objs[2]);
	KUNIT_EXPECT_EQ(test, *note(2), 0U + USED);
	KUNIT_EXPECT_EQ(test, *note(1), 0U + FREE);
	KUNIT_EXPECT_EQ(test, *note(3), 0U + FREE);
}

static const struct {
	u32 before;
	enum zpool_live_free result;
	u32 after;
} frees[] = {
	{ FREE,				ZPOOL_LIVE_TWICE,	FREE },
	{ USED,				ZPOOL_LIVE_GO_ON,	FREE },
	{ USED | RCU,			ZPOOL_LIVE_GO_ON,	FREE },
	{ USED | NEVER,			ZPOOL_LIVE_GO_ON,	FREE },
	{ USED | 2 * LATER,		ZPOOL_LIVE_GO_ON,	FREE },
	{ OLD,				ZPOOL_LIVE_LEFT,	OLD | FREED },
	{ OLD | LATER,			ZPOOL_LIVE_LEFT,	OLD | FREED | LATER },
	{ OLD | RCU,			ZPOOL_LIVE_LEFT,	OLD | FREED | RCU },
	{ NEW,				ZPOOL_LIVE_LEFT,	NEW | FREED },
	{ OLD | FREED,			ZPOOL_LIVE_TWICE,	OLD | FREED },
	{ NEW | FREED,			ZPOOL_LIVE_TWICE,	NEW | FREED },
};

static void a_free(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(frees); i++) {
		*note(1) = frees[i].before;
		KUNIT_EXPECT_EQ_MSG(test, (unsigned int)zpool_live_free(f.slab, f.objs[1]),
				    (unsigned int)frees[i].result, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, *note(1), frees[i].after, "case %u", i);
		KUNIT_EXPECT_EQ(test, *note(0), 0U + FREE);
	}
}

static const struct {
	u32 before;
	bool result;
} rcus[] = {
	{ FREE, false }, { USED, true }, { USED | RCU, false }, { USED | NEVER, true },
	{ OLD, true }, { OLD | FREED, false }, { OLD | RCU, false }, { OLD | 2 * LATER, true },
	{ NEW, true }, { NEW | FREED, false }, { NEW | RCU, false },
};

/* What is to be freed once is to be freed no second time. */
static void a_free_after_a_grace_period(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rcus); i++) {
		*note(1) = rcus[i].before;
		KUNIT_EXPECT_EQ_MSG(test, zpool_live_set_rcu(f.slab, f.objs[1]), rcus[i].result,
				    "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, *note(1), rcus[i].before | (rcus[i].result ? RCU : 0),
				    "case %u", i);
	}
}

static void only_never_is_fixed(struct kunit *test)
{
	*note(1) = USED | RCU | 3 * LATER;
	KUNIT_EXPECT_FALSE(test, zpool_live_is_fixed(f.slab, 1));
	*note(1) = USED | NEVER;
	KUNIT_EXPECT_TRUE(test, zpool_live_is_fixed(f.slab, 1));
	KUNIT_EXPECT_FALSE(test, zpool_live_is_fixed(f.slab, 2));
}

static const struct {
	u32 before;
	bool result;
	u32 after;
} begins[] = {
	{ FREE, false, FREE },
	{ USED, true, OLD },
	{ USED | LATER, true, OLD | LATER },
	{ USED | 2 * LATER, true, OLD | 2 * LATER },
	{ USED | RCU, false, USED | RCU },
	{ USED | NEVER, false, USED | NEVER },
	{ OLD, false, OLD },
	{ NEW, false, NEW },
};

static void a_move_begins(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(begins); i++) {
		*note(1) = begins[i].before;
		*note(2) = FREE;
		KUNIT_EXPECT_EQ_MSG(test, zpool_live_begin_move(note(1), note(2)),
				    begins[i].result, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, *note(1), begins[i].after, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, *note(2), begins[i].result ? 0U + NEW : 0U + FREE,
				    "case %u", i);
	}
}

static const struct {
	u32 before, next, after;
} ends[] = {
	{ OLD,			USED,			USED },
	{ OLD,			USED | NEVER,		USED | NEVER },
	{ OLD | LATER,		USED | 2 * LATER,	USED | 2 * LATER },
	{ OLD | LATER,		FREE,			FREE },
	{ OLD | FREED,		USED | NEVER,		FREE },
	{ OLD | FREED | RCU,	USED,			FREE },
	{ OLD | RCU,		USED,			USED | RCU },
	{ OLD | RCU,		FREE,			USED | RCU },
	{ NEW,			USED,			USED },
	{ NEW,			FREE,			FREE },
	{ NEW | FREED,		USED,			FREE },
	{ NEW | RCU,		USED,			USED | RCU },
	{ NEW | RCU,		FREE,			USED | RCU },
};

static void a_move_ends(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		*note(1) = ends[i].before;
		KUNIT_EXPECT_EQ_MSG(test, zpool_live_end_move(note(1), ends[i].next),
				    ends[i].before, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, *note(1), ends[i].after, "case %u", i);
	}
}

/* Marks go, all else stays. */
static void the_owner_may_be_asked_again(struct kunit *test)
{
	*note(1) = USED | NEVER | RCU | 3 * LATER;
	*note(2) = USED | NEVER;
	zpool_live_unmark(f.slab, f.objs[1]);
	KUNIT_EXPECT_EQ(test, *note(1), 0U + (USED | RCU));
	KUNIT_EXPECT_EQ(test, *note(2), 0U + (USED | NEVER));
}

/* Also while its owner is about to say never. */
static void asked_meanwhile(struct kunit *test)
{
	*note(1) = OLD | LATER;
	zpool_live_unmark(f.slab, f.objs[1]);
	KUNIT_EXPECT_EQ(test, zpool_live_end_move(note(1), USED | NEVER) & OLD, 0U + OLD);
	KUNIT_EXPECT_EQ(test, *note(1), 0U + USED);
	KUNIT_ASSERT_TRUE(test, zpool_live_begin_move(note(1), note(2)));
	zpool_live_end_move(note(2), ZPOOL_LIVE_FREE);
	zpool_live_end_move(note(1), USED | NEVER);
	KUNIT_EXPECT_EQ(test, *note(1), 0U + (USED | NEVER));
}

static struct kunit_case live_cases[] = {
	KUNIT_CASE(all_are_free_to_begin_with),
	KUNIT_CASE(used),
	KUNIT_CASE(a_free),
	KUNIT_CASE(a_free_after_a_grace_period),
	KUNIT_CASE(only_never_is_fixed),
	KUNIT_CASE(a_move_begins),
	KUNIT_CASE(a_move_ends),
	KUNIT_CASE(the_owner_may_be_asked_again),
	KUNIT_CASE(asked_meanwhile),
	{}
};

static struct kunit_suite live_suite = {
	.name = "zpool_live",
	.init = begin,
	.exit = end,
	.test_cases = live_cases,
};

kunit_test_suite(live_suite);
