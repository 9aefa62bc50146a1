// SPDX-License-Identifier: GPL-2.0
/*
 * Level 2 of pressure: who is sparse is served by a larger class that has room,
 * until its slabs have drained or the pressure is over.
 *
 * The sizes are such that every architecture has classes for them: whatever
 * alignment its kmalloc promises, they are multiples of it.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "../zpool_log.h"
#include "common.h"

/*
 * 384 may be served by 512 alone, 320 by 384 and by 448; 512 by none, since each
 * larger one is aligned to less.
 */
#define SPARSE		384U
#define LARGER		512U

/* One in four is more than a slab of any page size has of them. */
#define NR		800U
#define NR_LOADS	4U

/* Objects of a class, some of them freed again: those are NULL. */
struct load {
	size_t size;
	unsigned int nr;
	void *objs[NR];
};

static struct load loads[NR_LOADS];

static struct zpool_cache *class_of(size_t size)
{
	return zpool_general[zpool_size_class(size)];
}

static struct zpool_cache *serving(size_t size)
{
	return zpool_serving[zpool_size_class(size)];
}

static unsigned int capacity_on(size_t size, unsigned int cpu)
{
	return per_cpu_ptr(class_of(size)->tails, cpu)->capacity;
}

static unsigned long nr_in_use(size_t size)
{
	return zpool_test_usage(class_of(size)).in_use_bytes / size;
}

/* Of @nr objects the @nth, the 2 * @nth and so on are kept. Return: how many. */
static unsigned int load_class(struct kunit *test, struct load *load, size_t size,
			       unsigned int nr, unsigned int nth)
{
	unsigned int i, kept = 0;

	load->size = size;
	load->nr = nr;
	for (i = 0; i < nr; i++) {
		load->objs[i] = zpool_test_alloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, load->objs[i]);
		memset(load->objs[i], 0xff, size);
	}
	for (i = 0; i < nr; i++) {
		if (i % nth == nth - 1) {
			kept++;
			continue;
		}
		zpool_kfree(load->objs[i]);
		load->objs[i] = NULL;
	}
	return kept;
}

static void unload(struct load *load)
{
	while (load->nr)
		zpool_kfree(load->objs[--load->nr]);
}

static void end(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < NR_LOADS; i++)
		unload(&loads[i]);
	zpool_test_end_scarce(test);
}

/* A quarter of one in use, half of the larger: level 2. */
static void merge(struct kunit *test)
{
	load_class(test, &loads[0], SPARSE, NR, 4);
	load_class(test, &loads[1], LARGER, NR, 2);
	zpool_test_press(ZPOOL_MERGE);
	KUNIT_ASSERT_PTR_EQ(test, serving(SPARSE), class_of(LARGER));
	EXPECT_SOUND(test, zpool_check_all());
}

/* Of the larger class, aligned as the smaller, counted there. */
static void expect_larger(struct kunit *test, void *p, bool is_zero)
{
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, zpool_ksize(p), (size_t)LARGER);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_pooled(p));
	KUNIT_EXPECT_TRUE(test, zpool_test_is_aligned(p, SPARSE & -SPARSE));
	if (is_zero)
		KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0, LARGER));
	memset(p, 0xff, LARGER);
}

static void free_sized(const void *p)
{
	zpool_kfree_sized(p, SPARSE);
}

/* However it is asked for and freed: the accounts are those of who serves. */
static void the_larger_class_serves(struct kunit *test)
{
	static void (*const frees[])(const void *p) = {
		zpool_kfree, free_sized, zpool_kfree_sensitive,
	};
	unsigned int i;

	merge(test);
	for (i = 0; i < 8 * ARRAY_SIZE(frees); i++) {
		void *p;

		switch (i % 8) {
		case 0:
			p = zpool_test_alloc(SPARSE, GFP_KERNEL);
			break;
		case 1:
			p = zpool_test_alloc(SPARSE - 60, GFP_ATOMIC);
			break;
		case 2:
			p = zpool_kzalloc(SPARSE, GFP_KERNEL);
			break;
		case 3:
			p = zpool_kcalloc(3, SPARSE / 3, GFP_KERNEL);
			break;
		case 4:
			p = zpool_kmalloc_node(SPARSE, GFP_KERNEL, zpool_this_nid());
			break;
		case 5:
			p = zpool_kmalloc_node(SPARSE, GFP_KERNEL | __GFP_ZERO, zpool_this_nid());
			break;
		case 6:
			p = zpool_krealloc(NULL, SPARSE, GFP_KERNEL | __GFP_ZERO);
			break;
		default:
			p = zpool_kmalloc_array(2, SPARSE / 2, GFP_KERNEL);
		}
		expect_larger(test, p, i % 8 == 2 || i % 8 == 3 || i % 8 == 5 || i % 8 == 6);
		KUNIT_EXPECT_EQ(test, nr_in_use(LARGER), NR / 2 + 1UL);
		KUNIT_EXPECT_EQ(test, nr_in_use(SPARSE), NR / 4 + 0UL);
		frees[i / 8](p);
		KUNIT_EXPECT_EQ(test, nr_in_use(LARGER), NR / 2 + 0UL);
	}
	EXPECT_SOUND(test, zpool_check_all());
}

static void the_larger_class_serves_bulk(struct kunit *test)
{
	static void *objs[100];
	unsigned int round, i;

	merge(test);
	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, zpool_kmalloc_bulk(SPARSE, round ? GFP_KERNEL | __GFP_ZERO :
							 GFP_KERNEL, 100, objs), 100U);
		KUNIT_EXPECT_EQ(test, nr_in_use(LARGER), NR / 2 + 100UL);
		for (i = 0; i < 100; i++)
			expect_larger(test, objs[i], round);
		zpool_kfree_bulk(100, objs);
		KUNIT_EXPECT_EQ(test, nr_in_use(LARGER), NR / 2 + 0UL);
	}
}

/* What it has lies in the magazines of the larger class, not in its own. */
static void who_is_merged_has_no_magazines(struct kunit *test)
{
	unsigned int cpu;

	merge(test);
	for_each_possible_cpu(cpu) {
		KUNIT_EXPECT_EQ(test, capacity_on(SPARSE, cpu), 0U);
		KUNIT_EXPECT_EQ(test, capacity_on(LARGER, cpu), class_of(LARGER)->capacity / 2);
	}
	unload(&loads[0]);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(class_of(SPARSE)).magazine_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(class_of(SPARSE)).depot_bytes, 0UL);
	zpool_kfree(zpool_test_alloc(SPARSE, GFP_KERNEL));
	KUNIT_EXPECT_NE(test, zpool_test_usage(class_of(LARGER)).magazine_bytes, 0UL);
}

/* What is older goes home to its own slabs, each way, and those to the kernel. */
static void older_objects_drain_their_slabs(struct kunit *test)
{
	struct load *load = &loads[0];
	unsigned int i, left = NR / 4;

	merge(test);
	for (i = 0; i < NR; i++) {
		if (!load->objs[i])
			continue;
		KUNIT_EXPECT_EQ(test, zpool_ksize(load->objs[i]), (size_t)SPARSE);
		KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(load->objs[i], 0xff, SPARSE));
		if (i % 8 == 3)
			free_sized(load->objs[i]);
		else
			zpool_kfree_bulk(1, &load->objs[i]);
		load->objs[i] = NULL;
		KUNIT_EXPECT_EQ(test, nr_in_use(SPARSE), (unsigned long)--left);
	}
	KUNIT_EXPECT_EQ(test, left, 0U);
	EXPECT_SOUND(test, zpool_check_all());
	zpool_test_later(500);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(class_of(SPARSE)).nr_slabs, 0UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(LARGER), NR / 2 + 0UL);
}

/* In place while there is room, else to wherever that size is served. */
static void krealloc_knows_both(struct kunit *test)
{
	void *older, *p;

	merge(test);
	older = zpool_krealloc(loads[0].objs[3], SPARSE - 20, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, older, loads[0].objs[3]);
	zpool_test_write_pattern(older, SPARSE);
	p = zpool_krealloc(older, SPARSE + 50, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	loads[0].objs[3] = NULL;
	KUNIT_EXPECT_EQ(test, zpool_ksize(p), zpool_kmalloc_size_roundup(SPARSE + 50));
	KUNIT_EXPECT_TRUE(test, zpool_test_has_pattern(p, SPARSE));
	KUNIT_EXPECT_EQ(test, nr_in_use(SPARSE), NR / 4 - 1UL);
	zpool_kfree(p);

	/* There is more room than was asked for, and it is zero. */
	p = zpool_krealloc(NULL, SPARSE - 30, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_PTR_EQ(test, zpool_krealloc(p, LARGER, GFP_KERNEL | __GFP_ZERO), p);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0, LARGER));
	zpool_kfree(p);
}

/*
 * Who is merged with whom.
 */

/* Though there is room for all of them. */
static void the_dense_are_not_merged(struct kunit *test)
{
	load_class(test, &loads[0], SPARSE, NR / 4, 1);
	load_class(test, &loads[1], LARGER, NR, 2);
	zpool_test_press(ZPOOL_MERGE);
	KUNIT_EXPECT_PTR_EQ(test, serving(SPARSE), class_of(SPARSE));
	KUNIT_EXPECT_EQ(test, (unsigned int)class_of(SPARSE)->throttle, 1U);
}

/* As many must be free there as are in use here. */
static void without_room_nobody_is_merged(struct kunit *test)
{
	load_class(test, &loads[0], SPARSE, NR, 4);
	load_class(test, &loads[1], LARGER, NR, 1);
	zpool_test_press(ZPOOL_MERGE);
	KUNIT_EXPECT_PTR_EQ(test, serving(SPARSE), class_of(SPARSE));
}

static void nothing_is_merged_with_nothing(struct kunit *test)
{
	unsigned int class;

	zpool_test_press(ZPOOL_MERGE);
	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		KUNIT_EXPECT_PTR_EQ(test, zpool_serving[class], zpool_general[class]);
}

/* At a later turn others have room. What lies in magazines by then goes home. */
static void who_becomes_sparse_is_merged_later(struct kunit *test)
{
	unsigned int i;

	load_class(test, &loads[0], SPARSE, NR, 4);
	load_class(test, &loads[1], LARGER, NR, 1);
	load_class(test, &loads[2], 320, NR / 4, 1);	/* dense: SPARSE serves nobody */
	zpool_test_press(ZPOOL_MERGE);
	for (i = 0; i < NR; i += 2) {
		zpool_kfree(loads[1].objs[i]);
		loads[1].objs[i] = NULL;
	}
	zpool_cache_drain(class_of(LARGER));
	zpool_kfree(zpool_test_alloc(SPARSE, GFP_KERNEL));
	KUNIT_EXPECT_NE(test, zpool_test_usage(class_of(SPARSE)).magazine_bytes, 0UL);
	zpool_test_later(500);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(class_of(SPARSE)).magazine_bytes, 0UL);
	KUNIT_EXPECT_PTR_EQ(test, serving(SPARSE), class_of(LARGER));
	KUNIT_EXPECT_EQ(test, capacity_on(SPARSE, 0), 0U);
}

/* Each larger one is aligned to less. */
static void a_power_of_two_is_not_merged(struct kunit *test)
{
	load_class(test, &loads[0], 512, NR, 4);
	load_class(test, &loads[1], 640, NR, 2);
	load_class(test, &loads[2], 768, NR, 2);
	load_class(test, &loads[3], 1024, NR, 2);
	zpool_test_press(ZPOOL_MERGE);
	KUNIT_EXPECT_PTR_EQ(test, serving(512), class_of(512));
	KUNIT_EXPECT_PTR_EQ(test, serving(1024), class_of(1024));
	KUNIT_EXPECT_PTR_EQ(test, serving(768), class_of(1024));
}

static void the_smallest_that_has_room_serves(struct kunit *test)
{
	load_class(test, &loads[0], 320, NR, 4);
	load_class(test, &loads[1], 384, NR, 2);
	load_class(test, &loads[2], 448, NR, 2);
	zpool_test_press(ZPOOL_MERGE);
	KUNIT_EXPECT_PTR_EQ(test, serving(320), class_of(384));
	KUNIT_EXPECT_PTR_EQ(test, serving(384), class_of(384));
}

/* Its slabs are to drain. */
static void who_is_merged_does_not_serve(struct kunit *test)
{
	load_class(test, &loads[0], 320, NR, 8);
	load_class(test, &loads[1], 384, NR, 4);
	load_class(test, &loads[2], 448, NR, 1);
	load_class(test, &loads[3], 512, NR, 2);
	zpool_test_press(ZPOOL_MERGE);
	KUNIT_EXPECT_PTR_EQ(test, serving(384), class_of(512));
	KUNIT_EXPECT_PTR_EQ(test, serving(320), class_of(320));
}

/* Nor is who serves merged later, or the one would fill slabs that the other drains. */
static void who_serves_is_not_merged(struct kunit *test)
{
	unsigned int i;

	load_class(test, &loads[0], 320, NR, 8);
	load_class(test, &loads[1], 384, NR, 4);
	load_class(test, &loads[2], 512, NR, 1);
	zpool_test_press(ZPOOL_MERGE);
	KUNIT_EXPECT_PTR_EQ(test, serving(320), class_of(384));
	for (i = 0; i < NR; i += 2) {
		zpool_kfree(loads[2].objs[i]);
		loads[2].objs[i] = NULL;
	}
	zpool_cache_drain(class_of(512));
	zpool_test_later(500);
	KUNIT_EXPECT_PTR_EQ(test, serving(320), class_of(384));
	KUNIT_EXPECT_PTR_EQ(test, serving(384), class_of(384));
}

/* Who has room for one of two has none for the other: the larger comes first. */
static void room_is_given_once(struct kunit *test)
{
	load_class(test, &loads[0], 384, NR, 4);
	load_class(test, &loads[1], 448, NR, 4);
	load_class(test, &loads[2], 512, NR * 3 / 4, 2);
	zpool_test_press(ZPOOL_MERGE);
	KUNIT_EXPECT_PTR_EQ(test, serving(448), class_of(512));
	KUNIT_EXPECT_PTR_EQ(test, serving(384), class_of(384));
}

/* Nobody serves with more than half on top, aligned to less, or is merged itself. */
static void expect_fitting(struct kunit *test, unsigned int class)
{
	struct zpool_cache *cache = zpool_serving[class];
	size_t size = zpool_class_size(class), larger;

	KUNIT_ASSERT_NOT_NULL(test, cache);
	larger = cache->geometry.size;
	KUNIT_EXPECT_GE(test, larger, size);
	KUNIT_EXPECT_LE_MSG(test, 2 * larger, 3 * size, "%zu", size);
	KUNIT_EXPECT_EQ_MSG(test, larger % (size & -size), 0UL, "%zu", size);
	KUNIT_EXPECT_PTR_EQ_MSG(test, zpool_serving[zpool_tag_class(cache->tag)],
				cache, "%zu", size);
}

static void the_waste_is_bounded(struct kunit *test)
{
	static void *objs[ZPOOL_NR_CLASSES][24];
	unsigned int class, i, merged = 0;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		KUNIT_ASSERT_EQ(test, zpool_kmalloc_bulk(zpool_class_size(class), GFP_KERNEL,
							 24, objs[class]), 24U);
	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		for (i = 0; i < 24; i++)
			if (i % 4)
				zpool_kfree(objs[class][i]);
	zpool_test_press(ZPOOL_MERGE);
	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		expect_fitting(test, class);
		merged += zpool_serving[class] != zpool_general[class];
		for (i = 0; i < 24; i += 4)
			zpool_kfree(objs[class][i]);
	}
	KUNIT_EXPECT_GE(test, merged, 5U);
	EXPECT_SOUND(test, zpool_check_all());
}

/*
 * The end of it.
 */

/* Whose objects are whose does not depend on the level. */
static void recovery_undoes_it(struct kunit *test)
{
	void *during, *after;

	merge(test);
	during = zpool_test_alloc(SPARSE, GFP_KERNEL);
	zpool_test_later(ZPOOL_TEST_HOLD_MS - 1);
	KUNIT_EXPECT_PTR_EQ(test, serving(SPARSE), class_of(LARGER));
	zpool_test_later(1);
	KUNIT_EXPECT_PTR_EQ(test, serving(SPARSE), class_of(SPARSE));
	KUNIT_EXPECT_EQ(test, capacity_on(SPARSE, 0), class_of(SPARSE)->capacity);
	after = zpool_test_alloc(SPARSE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, during);
	KUNIT_ASSERT_NOT_NULL(test, after);
	KUNIT_EXPECT_EQ(test, zpool_ksize(during), (size_t)LARGER);
	KUNIT_EXPECT_EQ(test, zpool_ksize(after), (size_t)SPARSE);
	zpool_kfree_sized(during, SPARSE);
	zpool_kfree(after);
	KUNIT_EXPECT_EQ(test, nr_in_use(LARGER), NR / 2 + 0UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(SPARSE), NR / 4 + 0UL);
	EXPECT_SOUND(test, zpool_check_all());
}

/* A lower level is the end of it, a higher one goes on from there. */
static void other_levels_undo_it(struct kunit *test)
{
	merge(test);
	zpool_test_press(ZPOOL_FALL_BACK);
	KUNIT_EXPECT_NULL(test, serving(SPARSE));
	KUNIT_EXPECT_NULL(test, serving(LARGER));
	zpool_test_later(ZPOOL_TEST_HOLD_MS - 1);
	zpool_test_press(ZPOOL_TRIM);
	KUNIT_EXPECT_NULL(test, serving(SPARSE));
	zpool_test_later(1);
	KUNIT_EXPECT_PTR_EQ(test, serving(SPARSE), class_of(SPARSE));
	KUNIT_EXPECT_PTR_EQ(test, serving(LARGER), class_of(LARGER));

	zpool_test_press(ZPOOL_FALL_BACK);
	zpool_test_later(1000);
	zpool_test_press(ZPOOL_MERGE);
	KUNIT_EXPECT_NULL(test, serving(SPARSE));
	zpool_test_later(ZPOOL_TEST_HOLD_MS - 1000);
	KUNIT_EXPECT_PTR_EQ(test, serving(SPARSE), class_of(LARGER));
	KUNIT_EXPECT_PTR_EQ(test, serving(LARGER), class_of(LARGER));
	zpool_test_press(ZPOOL_TRIM);
	zpool_test_later(1000);
	KUNIT_EXPECT_PTR_EQ(test, serving(SPARSE), class_of(SPARSE));
}

/* Once, however many turns there are. */
static void merges_are_logged(struct kunit *test)
{
	struct zpool_event event;
	unsigned int found = 0;
	u32 nr = 0;

	merge(test);
	zpool_test_later(500);
	zpool_test_press(ZPOOL_MERGE);
	while (zpool_log_get(&nr, &event)) {
		if (event.action != ZPOOL_MERGED || event.before != SPARSE)
			continue;
		found++;
		KUNIT_EXPECT_STREQ(test, event.cache, class_of(SPARSE)->name);
		KUNIT_EXPECT_EQ(test, event.cpu, -1);
		KUNIT_EXPECT_EQ(test, event.after, LARGER);
		KUNIT_EXPECT_STREQ(test, zpool_signal_name(event.signal), "no-pages");
	}
	KUNIT_EXPECT_EQ(test, found, 1U);
}

static struct kunit_case merge_cases[] = {
	KUNIT_CASE(the_larger_class_serves),
	KUNIT_CASE(the_larger_class_serves_bulk),
	KUNIT_CASE(who_is_merged_has_no_magazines),
	KUNIT_CASE(older_objects_drain_their_slabs),
	KUNIT_CASE(krealloc_knows_both),
	KUNIT_CASE(the_dense_are_not_merged),
	KUNIT_CASE(without_room_nobody_is_merged),
	KUNIT_CASE(nothing_is_merged_with_nothing),
	KUNIT_CASE(who_becomes_sparse_is_merged_later),
	KUNIT_CASE(a_power_of_two_is_not_merged),
	KUNIT_CASE(the_smallest_that_has_room_serves),
	KUNIT_CASE(who_is_merged_does_not_serve),
	KUNIT_CASE(who_serves_is_not_merged),
	KUNIT_CASE(room_is_given_once),
	KUNIT_CASE(the_waste_is_bounded),
	KUNIT_CASE(recovery_undoes_it),
	KUNIT_CASE(other_levels_undo_it),
	KUNIT_CASE(merges_are_logged),
	{}
};

static struct kunit_suite merge_suite = {
	.name = "zpool_merge",
	.init = zpool_test_begin_scarce,
	.exit = end,
	.test_cases = merge_cases,
};

kunit_test_suite(merge_suite);
