// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines, depots and a CPU's pair, on a head and a depot of the test's own.
 *
 * Magazines never look at what they hold: the objects are addresses in an
 * array. Each step enters and leaves the busy section by itself, and what it
 * did is judged outside, where a failed expectation may print and sleep. The
 * CPU may change between steps, which lends no more than its slow_lock.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "common.h"

#define STRIDE		64U
#define CAPACITY	12U

struct fixture {
	struct zpool_cpu_head head;
	struct zpool_cpu_tail tail;
	struct zpool_depot depot;
	char objs[512];
};

static int begin(struct kunit *test)
{
	struct fixture *f = kzalloc(sizeof(*f), GFP_KERNEL);

	test->priv = f;
	if (!f)
		return -ENOMEM;
	zpool_head_init(&f->head);
	zpool_tail_init(&f->tail, STRIDE, CAPACITY);
	zpool_depot_init(&f->depot);
	return zpool_test_begin(test);
}

static void discard(struct zpool_magazine *mag)
{
	mag->count = 0;
	zpool_magazine_destroy(mag, STRIDE);
}

static void discard_pair(struct zpool_cpu_head *head)
{
	if (head->loaded != zpool_no_magazine)
		discard(head->loaded);
	if (head->previous != zpool_no_magazine)
		discard(head->previous);
	zpool_head_init(head);
}

/* Sums of the depot are those over its lists. */
static void expect_sound_depot(struct kunit *test)
{
	struct zpool_depot *depot = &((struct fixture *)test->priv)->depot;
	unsigned long nr_full = 0, nr_empty = 0, nr_objects = 0;
	struct zpool_magazine *mag;

	list_for_each_entry(mag, &depot->full, list) {
		KUNIT_EXPECT_NE(test, mag->count, 0U);
		nr_objects += mag->count;
		nr_full++;
	}
	list_for_each_entry(mag, &depot->empty, list) {
		KUNIT_EXPECT_EQ(test, mag->count, 0U);
		nr_empty++;
	}
	KUNIT_EXPECT_EQ(test, depot->nr_full, nr_full);
	KUNIT_EXPECT_EQ(test, depot->nr_empty, nr_empty);
	KUNIT_EXPECT_EQ(test, depot->nr_objects, nr_objects);
}

/* The magazine that stands for none must have stayed as it is. */
static void end(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *mag;

	expect_sound_depot(test);
	discard_pair(&f->head);
	if (f->tail.remote != zpool_no_magazine)
		discard(f->tail.remote);
	while ((mag = zpool_depot_take(&f->depot)))
		discard(mag);
	KUNIT_EXPECT_EQ(test, zpool_no_magazine->count, 0U);
	KUNIT_EXPECT_EQ(test, zpool_no_magazine->capacity, 0U);
	KUNIT_EXPECT_NULL(test, zpool_no_magazine->objs[0]);
	KUNIT_EXPECT_NULL(test, zpool_no_magazine->list.next);
	zpool_test_end(test);
	kfree(f);
}

static void *object(struct kunit *test, unsigned int i)
{
	return &((struct fixture *)test->priv)->objs[i];
}

/* A magazine with objects @first, @first + 1 ... */
static struct zpool_magazine *magazine(struct kunit *test, unsigned int capacity,
				       unsigned int first, unsigned int nr)
{
	struct zpool_magazine *mag;

	mag = zpool_magazine_create(STRIDE, capacity, zpool_budget.limit, NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	while (mag->count < nr) {
		mag->count++;
		mag->objs[mag->count] = object(test, first++);
	}
	return mag;
}

/* A pair whose magazines have that many objects, from 0 the one, from 100 the other. */
static void set_pair(struct kunit *test, unsigned int in_loaded, unsigned int in_previous)
{
	struct fixture *f = test->priv;

	discard_pair(&f->head);
	f->head.loaded = magazine(test, CAPACITY, 0, in_loaded);
	f->head.previous = magazine(test, CAPACITY, 100, in_previous);
}

/*
 * The operations, each in a busy section of its own.
 */

static void enter(struct kunit *test)
{
	KUNIT_ASSERT_TRUE(test, zpool_cpu_enter());
}

static void *pop(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *obj;

	enter(test);
	obj = zpool_head_pop(&f->head);
	zpool_cpu_exit();
	return obj;
}

static enum zpool_push push(struct kunit *test, unsigned int i)
{
	struct fixture *f = test->priv;
	enum zpool_push pushed;

	enter(test);
	pushed = zpool_head_push(&f->head, object(test, i));
	zpool_cpu_exit();
	return pushed;
}

static bool refill(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *retired;
	bool found;

	enter(test);
	found = zpool_head_refill(&f->head, &f->tail, &f->depot, &retired);
	zpool_cpu_exit();
	if (retired)
		discard(retired);
	return found;
}

static bool make_room(struct kunit *test)
{
	struct fixture *f = test->priv;
	bool found;

	enter(test);
	found = zpool_head_make_room(&f->head, &f->tail, &f->depot);
	zpool_cpu_exit();
	return found;
}

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

static unsigned int load(struct kunit *test, void **objs, unsigned int nr)
{
	struct fixture *f = test->priv;

	enter(test);
	nr = zpool_head_load(&f->head, objs, nr);
	zpool_cpu_exit();
	return nr;
}

static unsigned int spill(struct kunit *test, void **objs)
{
	struct fixture *f = test->priv;
	unsigned int nr;

	enter(test);
	nr = zpool_head_spill(&f->head, objs);
	zpool_cpu_exit();
	return nr;
}

static void detach(struct kunit *test, struct list_head *detached)
{
	struct fixture *f = test->priv;

	enter(test);
	zpool_cpu_detach(this_cpu_ptr(&zpool_cpu), &f->head, &f->tail, ZPOOL_ALL, detached);
	zpool_cpu_exit();
}

/*
 * One magazine.
 */

static void without_a_magazine_all_misses(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *objs[ZPOOL_BATCH] = { object(test, 0) };

	KUNIT_EXPECT_NULL(test, pop(test));
	KUNIT_EXPECT_EQ(test, push(test, 0), ZPOOL_NO_ROOM);
	KUNIT_EXPECT_FALSE(test, refill(test));
	KUNIT_EXPECT_FALSE(test, make_room(test));
	KUNIT_EXPECT_EQ(test, load(test, objs, 1), 1U);
	KUNIT_EXPECT_EQ(test, spill(test, objs), 0U);
	KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, f->head.previous, zpool_no_magazine);
	KUNIT_EXPECT_EQ(test, f->head.allocs + f->head.frees, 0UL);
	KUNIT_EXPECT_EQ(test, f->tail.misses, 2UL);
	zpool_magazine_destroy(zpool_no_magazine, STRIDE);
}

static void last_in_first_out(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i;

	set_pair(test, 0, 0);
	for (i = 0; i < CAPACITY; i++)
		KUNIT_EXPECT_EQ(test, push(test, i), ZPOOL_PUSHED);
	KUNIT_EXPECT_EQ(test, push(test, i), ZPOOL_NO_ROOM);
	KUNIT_EXPECT_EQ(test, f->head.loaded->count, CAPACITY);
	KUNIT_EXPECT_EQ(test, f->head.frees, (unsigned long)CAPACITY);
	while (i--)
		KUNIT_EXPECT_PTR_EQ(test, pop(test), object(test, i));
	KUNIT_EXPECT_NULL(test, pop(test));
	KUNIT_EXPECT_EQ(test, f->head.loaded->count, 0U);
	KUNIT_EXPECT_EQ(test, f->head.allocs, (unsigned long)CAPACITY);
}

/* The object on top is known, in a full magazine too; one below it is not looked for. */
static void second_free_of_the_last_is_seen(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i;

	set_pair(test, 0, 0);
	for (i = 0; i < CAPACITY; i++) {
		push(test, i);
		KUNIT_EXPECT_EQ(test, push(test, i), ZPOOL_TWICE);
		KUNIT_EXPECT_EQ(test, f->head.loaded->count, i + 1);
	}
	KUNIT_EXPECT_EQ(test, f->head.frees, (unsigned long)CAPACITY);
	pop(test);
	KUNIT_EXPECT_EQ(test, push(test, CAPACITY - 2), ZPOOL_TWICE);
	KUNIT_EXPECT_EQ(test, push(test, CAPACITY - 3), ZPOOL_PUSHED);
}

/* What was on top and is no more may be freed. */
static void a_popped_object_may_come_back(struct kunit *test)
{
	set_pair(test, 0, 0);
	push(test, 0);
	pop(test);
	KUNIT_EXPECT_EQ(test, push(test, 0), ZPOOL_PUSHED);
}

static void load_takes_what_fits(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *objs[CAPACITY];
	unsigned int i;

	for (i = 0; i < CAPACITY; i++)
		objs[i] = object(test, i);
	set_pair(test, 0, 0);
	KUNIT_EXPECT_EQ(test, load(test, objs, 3), 0U);
	KUNIT_EXPECT_EQ(test, load(test, objs + 3, CAPACITY - 3), 0U);
	KUNIT_EXPECT_EQ(test, load(test, objs, 1), 1U);
	KUNIT_EXPECT_EQ(test, f->head.loaded->count, CAPACITY);

	set_pair(test, CAPACITY - 2, 0);
	KUNIT_EXPECT_EQ(test, load(test, objs, 6), 4U);
	KUNIT_EXPECT_PTR_EQ(test, objs[3], object(test, 3));
	KUNIT_EXPECT_PTR_EQ(test, pop(test), object(test, 4));
	KUNIT_EXPECT_PTR_EQ(test, pop(test), object(test, 5));
	/* Objects from slabs are no frees. */
	KUNIT_EXPECT_EQ(test, f->head.frees, 0UL);
}

/* A magazine claims what it can hold, for as long as it lives. */
static void magazines_claim_budget(struct kunit *test)
{
	long metadata = zpool_test_metadata();
	struct zpool_magazine *a, *b;

	a = zpool_magazine_create(STRIDE, 4, 7 * STRIDE, NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 4L * STRIDE);
	KUNIT_EXPECT_GT(test, zpool_test_metadata(), metadata);
	KUNIT_EXPECT_NULL(test, zpool_magazine_create(STRIDE, 4, 7 * STRIDE, NUMA_NO_NODE));
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 4L * STRIDE);

	b = zpool_magazine_create(STRIDE, 4, 8 * STRIDE, NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, b->capacity, 4U);
	KUNIT_EXPECT_EQ(test, b->count, 0U);
	KUNIT_EXPECT_PTR_EQ(test, b->objs[0], (void *)ZPOOL_LABEL);
	zpool_magazine_destroy(a, STRIDE);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 4L * STRIDE);
	zpool_magazine_destroy(b, STRIDE);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata);
}

/*
 * Depot.
 */

static void depot_gives_full_ones_first(struct kunit *test)
{
	struct zpool_depot *depot = &((struct fixture *)test->priv)->depot;
	struct zpool_magazine *empty = magazine(test, CAPACITY, 0, 0);
	struct zpool_magazine *some = magazine(test, CAPACITY, 0, 3);
	struct zpool_magazine *full = magazine(test, CAPACITY, 10, CAPACITY);

	KUNIT_EXPECT_NULL(test, zpool_depot_take(depot));
	zpool_depot_put(depot, full);
	zpool_depot_put(depot, empty);
	zpool_depot_put(depot, some);
	KUNIT_EXPECT_EQ(test, depot->nr_full, 2UL);
	KUNIT_EXPECT_EQ(test, depot->nr_empty, 1UL);
	KUNIT_EXPECT_EQ(test, depot->nr_objects, CAPACITY + 3UL);
	expect_sound_depot(test);

	/* The warmest first. */
	KUNIT_EXPECT_PTR_EQ(test, zpool_depot_take(depot), some);
	KUNIT_EXPECT_PTR_EQ(test, zpool_depot_take(depot), full);
	KUNIT_EXPECT_EQ(test, depot->nr_objects, 0UL);
	KUNIT_EXPECT_PTR_EQ(test, zpool_depot_take(depot), empty);
	KUNIT_EXPECT_NULL(test, zpool_depot_take(depot));
	expect_sound_depot(test);
	discard(empty);
	discard(some);
	discard(full);
}

/*
 * The pair.
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
 * Thrashing.
 */

/* Swaps one way and the other, told by letters; between them 50 operations (-) or 51 (=). */
static unsigned int thrashes_in(struct kunit *test, const char *ways)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, CAPACITY);
	f->head.allocs = f->head.frees = 0;
	set_pair(test, CAPACITY - 1, CAPACITY - 1);
	for (; *ways; ways++) {
		if (*ways == 'u')
			KUNIT_EXPECT_TRUE(test, refill(test));
		else if (*ways == 'o')
			KUNIT_EXPECT_TRUE(test, make_room(test));
		else
			f->head.allocs += *ways == '-' ? 50 : 51;
	}
	KUNIT_EXPECT_EQ(test, f->tail.misses, 0UL);
	return f->tail.thrashes;
}

/* To and fro within fifty operations, unless it went far one way before. */
static void swaps_to_and_fro_are_thrash(struct kunit *test)
{
	static const struct { const char *ways; unsigned int thrashes; } rows[] = {
		{ "u", 0 }, { "uuuu", 0 }, { "uo", 1 }, { "uouo", 3 }, { "u-o", 1 }, { "u=o", 0 },
		{ "uuo", 1 }, { "uuuo", 0 }, { "uuuou", 1 }, { "uo=uo", 2 }, { "u-o-u-o", 3 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, thrashes_in(test, rows[i].ways), rows[i].thrashes,
				    "%s", rows[i].ways);
}

/* A pair of @capacity that thrashes by swaps, with all the credit that it may want. */
static unsigned int raised_from(struct kunit *test, unsigned int capacity)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, capacity);
	discard_pair(&f->head);
	f->head.loaded = magazine(test, capacity, 0, 1);
	f->head.previous = magazine(test, capacity, 100, 1);
	zpool_budget_grant(1 << 30);
	refill(test);
	make_room(test);
	zpool_budget_grant(0);
	return f->tail.capacity;
}

static void swaps_raise_to_thirty_two(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, raised_from(test, 20), 30U);
	KUNIT_EXPECT_TRUE(test, f->tail.is_paid);
	KUNIT_EXPECT_EQ(test, raised_from(test, 31), 46U);
	KUNIT_EXPECT_EQ(test, raised_from(test, 32), 32U);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 0U);
	KUNIT_EXPECT_EQ(test, f->tail.swaps, 2U);
}

/* Three more are wanted: one is not half of that, two are. */
static void half_a_step_is_rounded_up(struct kunit *test)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, 6);
	f->head.loaded = magazine(test, 6, 0, 1);
	f->head.previous = magazine(test, 6, 100, 1);
	zpool_budget_grant(4 * 2 * STRIDE);
	refill(test);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, 6U);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 1U);
	zpool_budget_grant(2 * 4 * 2 * STRIDE);
	refill(test);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, 8U);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 2U);
	zpool_budget_grant(0);
}

/* Half of the first step would be less than the least. */
static void who_gave_all_does_not_raise(struct kunit *test)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, 0);
	set_pair(test, 1, 1);
	zpool_budget_grant(2 * 4 * 2 * STRIDE);
	refill(test);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 1U);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, 0U);
	zpool_budget_grant(0);
}

/* An underflow that the slabs serve, @ops later an overflow. */
static unsigned int thrashes_after(struct kunit *test, unsigned int ops)
{
	struct fixture *f = test->priv;

	zpool_tail_init(&f->tail, STRIDE, CAPACITY);
	set_pair(test, 0, 0);
	KUNIT_EXPECT_FALSE(test, refill(test));
	set_pair(test, CAPACITY, CAPACITY);
	f->head.allocs = ops;
	KUNIT_EXPECT_FALSE(test, make_room(test));
	KUNIT_EXPECT_EQ(test, f->tail.misses, 2UL);
	return f->tail.thrashes;
}

/* Two visits to the depot the same way, with @ops between. */
static unsigned int thrashes_at_depot(struct kunit *test, unsigned int ops)
{
	struct fixture *f = test->priv;
	unsigned int i;

	zpool_tail_init(&f->tail, STRIDE, CAPACITY);
	for (i = 0; i < 2; i++) {
		zpool_depot_put(&f->depot, magazine(test, CAPACITY, 200, 1));
		set_pair(test, 0, 0);
		f->head.allocs = 1000 + i * ops;
		KUNIT_EXPECT_TRUE(test, refill(test));
	}
	return f->tail.thrashes;
}

/* Four pairs' worth of operations to and fro; fifty the same way, at the depot. */
static void misses_that_thrash(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, thrashes_after(test, 4 * 2 * CAPACITY), 1U);
	KUNIT_EXPECT_EQ(test, thrashes_after(test, 4 * 2 * CAPACITY + 1), 0U);
	KUNIT_EXPECT_EQ(test, thrashes_at_depot(test, 49), 1U);
	KUNIT_EXPECT_EQ(test, thrashes_at_depot(test, 50), 0U);
}

/* Who may not does not raise, nor who has not got yet what it may have. */
static void not_all_that_thrash_raise(struct kunit *test)
{
	struct fixture *f = test->priv;

	set_pair(test, 1, 1);
	zpool_budget_grant(1 << 30);
	f->tail.may_raise = false;
	refill(test);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 1U);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, CAPACITY);

	f->tail.may_raise = true;
	discard(f->head.previous);
	f->head.previous = magazine(test, CAPACITY - 1, 100, 1);
	refill(test);
	make_room(test);
	KUNIT_EXPECT_EQ(test, f->tail.thrashes, 3U);
	KUNIT_EXPECT_EQ(test, f->tail.capacity, CAPACITY);
	KUNIT_EXPECT_EQ(test, f->tail.denied, 0U);
	KUNIT_EXPECT_FALSE(test, f->tail.is_paid);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zpool_budget.credit), 1L << 30);
	zpool_budget_grant(0);
}

/* Half of a full pair's older magazine goes, in batches; what stays is loaded. */
static void spill_keeps_half(struct kunit *test)
{
	static const unsigned int capacities[] = { 4, 12, 28, 60, 124 };
	struct fixture *f = test->priv;
	unsigned int c;

	for (c = 0; c < ARRAY_SIZE(capacities); c++) {
		unsigned int capacity = capacities[c], nr, i;
		struct zpool_magazine *loaded, *previous;
		void *objs[ZPOOL_BATCH];

		discard_pair(&f->head);
		loaded = magazine(test, capacity, 0, capacity);
		previous = magazine(test, capacity, 200, capacity);
		f->head.loaded = loaded;
		f->head.previous = previous;

		nr = spill(test, objs);
		KUNIT_EXPECT_EQ(test, nr, min(capacity / 2, ZPOOL_BATCH));
		KUNIT_EXPECT_PTR_EQ(test, f->head.loaded, previous);
		KUNIT_EXPECT_PTR_EQ(test, f->head.previous, loaded);
		KUNIT_EXPECT_EQ(test, previous->count, capacity - nr);
		KUNIT_EXPECT_EQ(test, loaded->count, capacity);
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_PTR_EQ(test, objs[i], object(test, 200 + previous->count + i));
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

static struct kunit_case magazine_cases[] = {
	KUNIT_CASE(without_a_magazine_all_misses),
	KUNIT_CASE(last_in_first_out),
	KUNIT_CASE(second_free_of_the_last_is_seen),
	KUNIT_CASE(a_popped_object_may_come_back),
	KUNIT_CASE(load_takes_what_fits),
	KUNIT_CASE(magazines_claim_budget),
	KUNIT_CASE(depot_gives_full_ones_first),
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
	KUNIT_CASE(swaps_to_and_fro_are_thrash),
	KUNIT_CASE(swaps_raise_to_thirty_two),
	KUNIT_CASE(half_a_step_is_rounded_up),
	KUNIT_CASE(who_gave_all_does_not_raise),
	KUNIT_CASE(misses_that_thrash),
	KUNIT_CASE(not_all_that_thrash_raise),
	KUNIT_CASE(spill_keeps_half),
	KUNIT_CASE(spill_takes_from_whichever_has),
	KUNIT_CASE(detach_leaves_nothing),
	KUNIT_CASE(busy_section_does_not_nest),
	{}
};

static struct kunit_suite magazine_suite = {
	.name = "zpool_magazine",
	.init = begin,
	.exit = end,
	.test_cases = magazine_cases,
};

kunit_test_suite(magazine_suite);
