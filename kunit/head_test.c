// SPDX-License-Identifier: GPL-2.0
/*
 * The pair of magazines that a CPU has: how it goes on when one of them is empty or
 * full, which of them it gives away, and that nothing is lost. Tests zpool_head.c;
 * what it learns of thrashing is in thrash_test.c.
 */
#include "magazine.h"

static void install(struct kunit *test, struct zpool_magazine *mag)
{
	struct fixture *f = test->priv;

	enter(test);
	zpool_head_install(&f->head, &f->depot, mag);
	zpool_cpu_exit();
}

static struct zpool_magazine *put_own(struct kunit *test, struct zpool_magazine *mag)
{
	struct fixture *f = test->priv;

	enter(test);
	mag = zpool_head_put_own(&f->head, mag);
	zpool_cpu_exit();
	return mag;
}

static void detach(struct kunit *test, struct list_head *detached)
{
	struct fixture *f = test->priv;

	enter(test);
	zpool_cpu_detach(this_cpu_ptr(&zpool_cpu), &f->head, &f->tail, ZPOOL_ALL, detached);
	zpool_cpu_exit();
}

/*
 * Refill, and room.
 */

static void refill_swaps_first(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *previous;

	set_pair(test, 0, 1);
	previous = f->head.previous;
	KUNIT_EXPECT_TRUE(test, refill(test));
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, previous);
	KUNIT_EXPECT_PTR_EQ(test, pop(test), object(test, 100));
	KUNIT_EXPECT_EQ(test, f->tail.misses, 0UL);
}

static void refill_exchanges_at_the_depot(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *full = magazine(test, CAPACITY, 200, 5);
	struct zpool_magazine *loaded, *previous;

	set_pair(test, 0, 0);
	loaded = f->head.loaded;
	previous = f->head.previous;
	zpool_depot_put(&f->depot, full);
	KUNIT_EXPECT_TRUE(test, refill(test));
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, full);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, loaded);
	KUNIT_EXPECT_EQ(test, f->depot.nr_full, 0UL);
	KUNIT_EXPECT_EQ(test, f->depot.nr_empty, 1UL);
	KUNIT_EXPECT_EQ(test, f->tail.misses, 1UL);
	KUNIT_EXPECT_PTR_EQ(test, zpool_depot_take(&f->depot), previous);
	discard(previous);
}

/* No objects anywhere: what can hold some is loaded, for those from the slabs. */
static void refill_finds_nothing(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *empty = magazine(test, CAPACITY, 0, 0);

	f->head.previous = empty;
	KUNIT_EXPECT_FALSE(test, refill(test));
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, empty);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, zpool_no_magazine);
	KUNIT_EXPECT_FALSE(test, refill(test));
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, empty);
	KUNIT_EXPECT_EQ(test, f->tail.misses, 2UL);
}

static void make_room_swaps_first(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *previous;

	set_pair(test, CAPACITY, CAPACITY - 1);
	previous = f->head.previous;
	KUNIT_EXPECT_TRUE(test, make_room(test));
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, previous);
	KUNIT_EXPECT_EQ(test, push(test, 50), ZPOOL_PUSHED);
	KUNIT_EXPECT_EQ(test, f->tail.misses, 0UL);
}

static void make_room_exchanges_at_the_depot(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *empty = magazine(test, CAPACITY, 0, 0);
	struct zpool_magazine *loaded;

	set_pair(test, CAPACITY, CAPACITY);
	loaded = f->head.loaded;
	zpool_depot_put(&f->depot, empty);
	KUNIT_EXPECT_TRUE(test, make_room(test));
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, empty);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, loaded);
	KUNIT_EXPECT_EQ(test, f->depot.nr_full, 1UL);
	KUNIT_EXPECT_EQ(test, f->depot.nr_empty, 0UL);
	KUNIT_EXPECT_EQ(test, f->depot.nr_objects, (unsigned long)CAPACITY);
	KUNIT_EXPECT_EQ(test, f->tail.misses, 1UL);
}

static void make_room_finds_none(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *loaded;

	set_pair(test, CAPACITY, CAPACITY);
	loaded = f->head.loaded;
	KUNIT_EXPECT_FALSE(test, make_room(test));
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, loaded);
	KUNIT_EXPECT_EQ(test, f->tail.misses, 1UL);
}

/* Whatever the pair has no place for goes to the depot, none of it is lost. */
static void install_pushes_through(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *mags[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mags); i++) {
		mags[i] = magazine(test, CAPACITY, 20 * i, i % 2 ? CAPACITY : 0);
		install(test, mags[i]);
		KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, mags[i]);
		KUNIT_EXPECT_PTR_EQ(test, f->head.previous,
				    i ? mags[i - 1] : zpool_no_magazine);
	}
	KUNIT_EXPECT_EQ(test, f->depot.nr_full, 1UL);
	KUNIT_EXPECT_EQ(test, f->depot.nr_empty, 1UL);
	KUNIT_EXPECT_PTR_EQ(test, zpool_depot_take(&f->depot), mags[1]);
	KUNIT_EXPECT_PTR_EQ(test, zpool_depot_take(&f->depot), mags[0]);
	discard(mags[0]);
	discard(mags[1]);
}

/*
 * A magazine of its own, larger than one of the pair.
 */

/* What goes on as it was, in its order: objects @first, @first + 1 ... */
static void expect_objects(struct kunit *test, const struct zpool_magazine *mag,
			   unsigned int first, unsigned int nr)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, mag->count, nr);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_PTR_EQ(test, mag->objs[i + 1], object(test, first + i));
}

static void a_larger_own_replaces_loaded(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *own = magazine(test, CAPACITY + 1, 0, 0);
	struct zpool_magazine *loaded, *previous;

	set_pair(test, CAPACITY, 3);
	loaded = f->head.loaded;
	previous = f->head.previous;
	KUNIT_EXPECT_PTR_EQ(test, put_own(test, own), loaded);
	KUNIT_EXPECT_EQ(test, loaded->count, 0U);
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, own);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, previous);
	KUNIT_EXPECT_PTR_EQ(test, own->objs[0], (void *)ZPOOL_LABEL);
	expect_objects(test, own, 0, CAPACITY);
	expect_objects(test, previous, 100, 3);
	KUNIT_EXPECT_EQ(test, push(test, 50), ZPOOL_PUSHED);
	discard(loaded);
}

/* Loaded is as large: it stays in the pair, and what replaces previous is loaded. */
static void a_larger_own_replaces_previous(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *own = magazine(test, CAPACITY, 0, 0);
	struct zpool_magazine *loaded, *previous;

	set_pair(test, CAPACITY, 0);
	loaded = f->head.loaded;
	discard(f->head.previous);
	previous = magazine(test, CAPACITY - 1, 100, CAPACITY - 1);
	f->head.previous = previous;
	KUNIT_EXPECT_PTR_EQ(test, put_own(test, own), previous);
	KUNIT_EXPECT_EQ(test, previous->count, 0U);
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, own);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, loaded);
	expect_objects(test, own, 100, CAPACITY - 1);
	expect_objects(test, loaded, 0, CAPACITY);
	discard(previous);
}

static void an_own_that_is_not_larger_is_not_needed(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *own = magazine(test, CAPACITY, 0, 0);
	struct zpool_magazine *loaded, *previous;

	set_pair(test, 5, 3);
	loaded = f->head.loaded;
	previous = f->head.previous;
	KUNIT_EXPECT_PTR_EQ(test, put_own(test, own), own);
	KUNIT_EXPECT_EQ(test, own->count, 0U);
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, loaded);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, previous);
	expect_objects(test, loaded, 0, 5);
	expect_objects(test, previous, 100, 3);
	discard(own);
}

/* The first two find no magazine, and that is no magazine to get rid of. */
static void an_own_takes_the_place_of_none(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *first = magazine(test, CAPACITY, 0, 0);
	struct zpool_magazine *second = magazine(test, CAPACITY, 0, 0);

	KUNIT_EXPECT_PTR_EQ(test, put_own(test, first), zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, first);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, zpool_no_magazine);
	push(test, 7);
	KUNIT_EXPECT_PTR_EQ(test, put_own(test, second), zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, second);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, first);
	expect_objects(test, first, 7, 1);
}

/*
 * The small.
 */

/* Less than half of what is wanted is not worth an exchange. */
static void small_ones_stay_in_the_depot(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *half = magazine(test, CAPACITY / 2, 0, 0);

	set_pair(test, CAPACITY, CAPACITY);
	zpool_depot_put(&f->depot, magazine(test, CAPACITY / 2 - 1, 0, 0));
	KUNIT_EXPECT_FALSE(test, make_room(test));
	KUNIT_EXPECT_EQ(test, f->depot.nr_empty, 1UL);
	zpool_depot_put(&f->depot, half);
	KUNIT_EXPECT_TRUE(test, make_room(test));
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, half);
	KUNIT_EXPECT_EQ(test, f->depot.nr_empty, 1UL);
	KUNIT_EXPECT_EQ(test, f->depot.nr_full, 1UL);
}

/* The smaller of an empty pair goes to the depot, or retires when it is small. */
static void expect_exchange(struct kunit *test, unsigned int capacity, bool retires)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *retired, *smaller = magazine(test, capacity, 0, 0);
	struct zpool_magazine *larger = magazine(test, CAPACITY, 0, 0);

	discard_pair(&f->head);
	f->head.loaded = smaller;
	f->head.previous = larger;
	zpool_depot_put(&f->depot, magazine(test, CAPACITY, 0, 1));
	enter(test);
	zpool_head_refill(&f->head, &f->tail, &f->depot, &retired);
	zpool_cpu_exit();
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, larger);
	KUNIT_EXPECT_PTR_EQ(test, retired, retires ? smaller : NULL);
	KUNIT_EXPECT_EQ(test, f->depot.nr_empty, retires ? 0UL : 1UL);
	if (retired)
		discard(retired);
}

static void small_ones_retire(struct kunit *test)
{
	expect_exchange(test, CAPACITY / 2 - 1, true);
	expect_exchange(test, CAPACITY / 2, false);
}

/*
 * What leaves it.
 */

/*
 * What was claimed for depots is in depots: a CPU that takes such a magazine gives
 * one of its own for it, and both change labels if they are alike.
 */
static void labels_are_traded(struct kunit *test)
{
	static const struct { unsigned int capacity; bool shared, own_is_shared, traded; } rows[] = {
		{ CAPACITY, true, false, true }, { CAPACITY, true, true, false },
		{ CAPACITY, false, false, false }, { CAPACITY, false, true, false },
		{ CAPACITY + 1, true, false, false },
	};
	struct fixture *f = test->priv;
	unsigned int i, way;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (way = 0; way < 2; way++) {
			unsigned int count = way ? CAPACITY : 0;
			struct zpool_magazine *own, *mag = magazine(test, rows[i].capacity, 200,
								    way ? 0 : 1);

			set_pair(test, count, count);
			own = f->head.previous;
			if (rows[i].own_is_shared)
				zpool_magazine_share(own);
			if (rows[i].shared)
				zpool_magazine_share(mag);
			zpool_depot_put(&f->depot, mag);
			KUNIT_EXPECT_TRUE(test, way ? make_room(test) : refill(test));
			KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, mag);
			KUNIT_EXPECT_EQ_MSG(test, zpool_magazine_is_shared(mag),
					    rows[i].shared && !rows[i].traded, "row %u", i);
			KUNIT_EXPECT_EQ_MSG(test, zpool_magazine_is_shared(own),
					    rows[i].own_is_shared || rows[i].traded, "row %u", i);
			f->head.loaded->objs[0] = (void *)((unsigned long)mag->objs[0] &
							   ~ZPOOL_LABEL_SHARED);
			own->objs[0] = (void *)((unsigned long)own->objs[0] & ~ZPOOL_LABEL_SHARED);
			discard(zpool_depot_take(&f->depot));
		}
	}
}

/* Half of a full pair's older magazine goes, in batches; what stays is loaded. */
static void spill_keeps_half(struct kunit *test)
{
	static const unsigned int capacities[] = { 4, 12, 28, 60, 124, 252 };
	struct fixture *f = test->priv;
	unsigned int c;

	for (c = 0; c < ARRAY_SIZE(capacities); c++) {
		unsigned int capacity = capacities[c], nr, i;
		struct zpool_magazine *loaded, *previous;
		void *objs[ZPOOL_BATCH];

		discard_pair(&f->head);
		loaded = magazine(test, capacity, 0, capacity);
		previous = magazine(test, capacity, 256, capacity);
		f->head.loaded = loaded;
		f->head.previous = previous;

		nr = spill(test, objs);
		KUNIT_EXPECT_EQ(test, nr, min(capacity / 2, ZPOOL_BATCH));
		KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, previous);
		KUNIT_EXPECT_PTR_EQ(test, f->head.previous, loaded);
		KUNIT_EXPECT_EQ(test, previous->count, capacity - nr);
		KUNIT_EXPECT_EQ(test, loaded->count, capacity);
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_PTR_EQ(test, objs[i], object(test, 256 + previous->count + i));
	}
}

static void spill_takes_from_whichever_has(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *objs[ZPOOL_BATCH];

	set_pair(test, CAPACITY, 0);
	KUNIT_EXPECT_EQ(test, spill(test, objs), CAPACITY / 2);
	KUNIT_EXPECT_EQ(test, f->head.loaded->count, CAPACITY / 2);
	KUNIT_EXPECT_PTR_EQ(test, pop(test), object(test, CAPACITY / 2 - 1));
}

/* Each magazine is collected as it is, once, and the CPU is left with none. */
static void detach_leaves_nothing(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *mag, *next;
	unsigned int nr = 0, sum = 0;
	LIST_HEAD(list);

	set_pair(test, 3, 2);
	f->tail.remote = magazine(test, 4, 200, 4);
	detach(test, &list);
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, f->tail.remote, zpool_no_magazine);
	detach(test, &list);
	list_for_each_entry_safe(mag, next, &list, list) {
		KUNIT_EXPECT_PTR_NE(test, mag, zpool_no_magazine);
		nr++;
		sum += mag->count;
		discard(mag);
	}
	KUNIT_EXPECT_EQ(test, nr, 3U);
	KUNIT_EXPECT_EQ(test, sum, 3U + 2 + 4);
	KUNIT_EXPECT_NULL(test, pop(test));
	KUNIT_EXPECT_EQ(test, push(test, 0), ZPOOL_NO_ROOM);
}

/* Within the busy section there is no second one, on this CPU. */
static void busy_section_does_not_nest(struct kunit *test)
{
	bool nested;

	enter(test);
	nested = zpool_cpu_enter();
	if (nested)
		zpool_cpu_exit();
	zpool_cpu_exit();
	KUNIT_EXPECT_FALSE(test, nested);
	enter(test);
	zpool_cpu_exit();
}

/*
 * Who interrupts a busy section is led to heads where nothing is and nothing stays,
 * however often that happens, and who was interrupted goes on with its own.
 */
static void an_interrupt_is_led_past_the_heads(struct kunit *test)
{
	const size_t size = 64;		/* a slab has more than a batch of them */
	unsigned int tag = ZPOOL_TAG_CLASS(zpool_size_class(size));
	struct zpool_cpu_head __percpu *heads = &zpool_cpu.heads[tag].own;
	void *first = zpool_kmalloc(size, GFP_KERNEL), *in_between;
	struct zpool_cpu_head *own, *none, *again;
	unsigned long outer, inner;
	bool is_none, entered;

	outer = zpool_head_begin();
	own = zpool_head_at(heads, outer);
	inner = zpool_head_begin();
	none = zpool_head_at(heads, inner);
	zpool_head_end(inner);
	entered = zpool_cpu_enter();
	in_between = zpool_kmalloc(size, GFP_ATOMIC | __GFP_NOWARN);
	if (in_between)
		zpool_kfree(in_between);
	again = zpool_head_at(heads, outer);
	is_none = none->loaded == zpool_no_magazine && none->previous == zpool_no_magazine &&
		  !none->allocs && !none->frees;
	zpool_head_end(outer);

	KUNIT_EXPECT_FALSE(test, entered);
	KUNIT_EXPECT_PTR_NE(test, none, own);
	KUNIT_EXPECT_PTR_EQ(test, again, own);
	KUNIT_EXPECT_TRUE(test, is_none);
	KUNIT_EXPECT_PTR_NE(test, own->loaded, zpool_no_magazine);
	KUNIT_EXPECT_NOT_NULL(test, in_between);
	outer = zpool_head_begin();
	zpool_head_end(outer);
	KUNIT_EXPECT_EQ(test, outer & ZPOOL_BUSY, 0UL);
	zpool_kfree(first);
}

static struct kunit_case head_cases[] = {
	KUNIT_CASE(an_interrupt_is_led_past_the_heads),
	KUNIT_CASE(refill_swaps_first),
	KUNIT_CASE(refill_exchanges_at_the_depot),
	KUNIT_CASE(refill_finds_nothing),
	KUNIT_CASE(make_room_swaps_first),
	KUNIT_CASE(make_room_exchanges_at_the_depot),
	KUNIT_CASE(make_room_finds_none),
	KUNIT_CASE(install_pushes_through),
	KUNIT_CASE(a_larger_own_replaces_loaded),
	KUNIT_CASE(a_larger_own_replaces_previous),
	KUNIT_CASE(an_own_that_is_not_larger_is_not_needed),
	KUNIT_CASE(an_own_takes_the_place_of_none),
	KUNIT_CASE(small_ones_stay_in_the_depot),
	KUNIT_CASE(small_ones_retire),
	KUNIT_CASE(labels_are_traded),
	KUNIT_CASE(spill_keeps_half),
	KUNIT_CASE(spill_takes_from_whichever_has),
	KUNIT_CASE(detach_leaves_nothing),
	KUNIT_CASE(busy_section_does_not_nest),
	{}
};

static struct kunit_suite head_suite = {
	.name = "zpool_head",
	.init = begin,
	.exit = end,
	.test_cases = head_cases,
};

kunit_test_suite(head_suite);
