// SPDX-License-Identifier: GPL-2.0
/*
 * What a CPU does by itself, between passes: it raises its capacity when it thrashes
 * and there is credit, and gets magazines that are as large as there is room for.
 */
#include "adapt.h"

static unsigned long misses_of(struct zpool_cache *cache)
{
	return zpool_test_usage(cache).misses;
}

static struct zpool_cpu *this_cpu(void)
{
	return per_cpu_ptr(&zpool_cpu, here);
}

/*
 * Bursts.
 */

static void credit_raises_capacity_at_once(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-burst", SIZE);
	unsigned long raises = this_cpu()->raises, misses;
	unsigned int raised;

	zpool_budget_grant(1 << 30);
	swing(cache, WIDE, ROUNDS);
	raised = capacity_of(cache) - CAPACITY;
	KUNIT_EXPECT_GE(test, 2 * capacity_of(cache), WIDE);
	KUNIT_EXPECT_GT(test, this_cpu()->raises, raises);
	KUNIT_EXPECT_EQ(test, credit(), (1L << 30) - 2L * raised * SIZE);
	KUNIT_EXPECT_EQ(test, tail_of(cache)->denied, 0U);

	/* It has what it needs: no miss, no more credit. */
	misses = misses_of(cache);
	swing(cache, WIDE, ROUNDS);
	KUNIT_EXPECT_EQ(test, misses_of(cache), misses);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY + raised);
	zpool_cache_destroy(cache);
}

/* A third of it pays for half a step: for the first, and not for the next. */
static void credit_is_spent(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-burst", SIZE);
	const long price = 2L * SIZE, half_step = CAPACITY / 4;

	zpool_budget_grant(3 * half_step * price - 1);
	swing(cache, 20 * CAPACITY, ROUNDS);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_EQ(test, credit(), 3 * half_step * price - 1);
	KUNIT_EXPECT_GT(test, tail_of(cache)->denied, 0U);
	KUNIT_EXPECT_FALSE(test, tail_of(cache)->is_paid);

	zpool_budget_grant(3 * half_step * price);
	swing(cache, 20 * CAPACITY, ROUNDS);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY + half_step);
	KUNIT_EXPECT_EQ(test, credit(), 2 * half_step * price);
	KUNIT_EXPECT_TRUE(test, tail_of(cache)->is_paid);
	zpool_cache_destroy(cache);
}

static void without_credit_capacity_stays(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-burst", SIZE);
	unsigned long raises = this_cpu()->raises;

	swing(cache, WIDE, ROUNDS);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_GT(test, tail_of(cache)->thrashes, 0U);
	KUNIT_EXPECT_GT(test, tail_of(cache)->denied, 0U);
	KUNIT_EXPECT_EQ(test, this_cpu()->raises, raises);
	zpool_cache_destroy(cache);
}

/* Always somewhat more than it has. */
static void capacity_ends_at_the_most(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-burst", 512);
	unsigned int i;

	zpool_budget_grant(1 << 30);
	for (i = 0; i < 20; i++) {
		swing(cache, 2 * capacity_of(cache) + 8, ROUNDS);
		KUNIT_ASSERT_LE(test, capacity_of(cache), ZPOOL_MOST_CAPACITY);
	}
	KUNIT_EXPECT_EQ(test, capacity_of(cache), ZPOOL_MOST_CAPACITY);
	KUNIT_EXPECT_EQ(test, tail_of(cache)->denied, 0U);
	zpool_cache_destroy(cache);
}

/* What is allocated for good, and what is given up for good, no magazine holds. */
static void one_way_is_no_thrash(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-burst", SIZE);

	zpool_budget_grant(1 << 30);
	take(cache, 0, NR);
	KUNIT_EXPECT_GT(test, tail_of(cache)->misses, 10UL);
	KUNIT_EXPECT_EQ(test, tail_of(cache)->thrashes, 0U);
	give(cache, 0, NR);
	KUNIT_EXPECT_EQ(test, tail_of(cache)->thrashes, 0U);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	zpool_cache_destroy(cache);
}

/* Up and down with long rests in which the pair serves all. */
static void rare_turns_are_no_thrash(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-burst", SIZE);
	unsigned int i, rest = 10 * CAPACITY;

	zpool_budget_grant(1 << 30);
	fill_pair(cache);
	swing(cache, 1, rest);
	for (i = 0; i < 10; i++) {
		take(cache, 0, WIDE);
		swing(cache, 1, rest);
		give(cache, 0, WIDE);
		swing(cache, 1, rest);
	}
	KUNIT_EXPECT_GT(test, tail_of(cache)->misses, 10UL);
	KUNIT_EXPECT_EQ(test, tail_of(cache)->thrashes, 0U);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	zpool_cache_destroy(cache);
}

/*
 * Magazines: how large.
 */

/* A budget of so many objects, beside the slab that the first of them is in. */
static unsigned int first_magazine_in(struct kunit *test, unsigned int nr_objs, bool is_paid)
{
	struct zpool_cache *cache = create(test, "kunit-first", SIZE);
	unsigned int capacity;

	zpool_budget_set_limit(nr_objs * SIZE);
	tail_of(cache)->is_paid = is_paid;
	take(cache, 0, 1);
	capacity = head_of(cache)->loaded->capacity;
	give(cache, 0, 1);
	zpool_cache_destroy(cache);
	zpool_budget_set_limit(AMPLE_BUDGET);
	return capacity;
}

/* The unpaid takes a sixteenth of the room, and the least even so; the paid, all of it. */
static void the_unpaid_leaves_room_to_others(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, first_magazine_in(test, 16 * CAPACITY, false), CAPACITY);
	KUNIT_EXPECT_EQ(test, first_magazine_in(test, 16 * CAPACITY - 1, false), CAPACITY - 1);
	KUNIT_EXPECT_EQ(test, first_magazine_in(test, 16 * 5, false), 5U);
	KUNIT_EXPECT_EQ(test, first_magazine_in(test, 16, false), ZPOOL_LEAST_CAPACITY);
	KUNIT_EXPECT_EQ(test, first_magazine_in(test, ZPOOL_LEAST_CAPACITY, false),
			ZPOOL_LEAST_CAPACITY);
	KUNIT_EXPECT_EQ(test, first_magazine_in(test, ZPOOL_LEAST_CAPACITY - 1, false), 0U);

	KUNIT_EXPECT_EQ(test, first_magazine_in(test, CAPACITY, true), CAPACITY);
	KUNIT_EXPECT_EQ(test, first_magazine_in(test, CAPACITY - 1, true), CAPACITY - 1);
	KUNIT_EXPECT_EQ(test, first_magazine_in(test, ZPOOL_LEAST_CAPACITY - 1, true), 0U);
}

/* As soon as it is full, by a larger one of the CPU's own: nothing goes to the depot. */
static void a_full_small_magazine_is_replaced(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-small", SIZE);
	const struct zpool_depot *depot = &zpool_this_node(cache)->depot;
	const struct zpool_cpu_head *head = head_of(cache);

	zpool_budget_set_limit(16 * 5 * SIZE);
	take(cache, 0, 20);
	KUNIT_ASSERT_EQ(test, head->loaded->capacity, 5U);
	zpool_budget_set_limit(AMPLE_BUDGET);
	take(cache, 20, 20 + head->loaded->count);
	give(cache, 0, 5);
	KUNIT_ASSERT_EQ(test, head->loaded->count, 5U);
	give(cache, 5, 6);
	KUNIT_EXPECT_EQ(test, head->loaded->capacity, CAPACITY);
	KUNIT_EXPECT_EQ(test, head->loaded->count, 6U);
	KUNIT_EXPECT_PTR_EQ(test, head->loaded->objs[6], objs[5]);
	KUNIT_EXPECT_PTR_EQ(test, head->loaded->objs[1], objs[0]);
	KUNIT_EXPECT_EQ(test, depot->nr_full + depot->nr_empty, 0UL);
	KUNIT_EXPECT_PTR_EQ(test, head->previous, zpool_no_magazine);
	give(cache, 6, 20);
	zpool_cache_destroy(cache);
}

/* Both of the pair, one after the other, while there is room; without, they go on. */
static void a_small_pair_is_replaced(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-small", SIZE);
	const struct zpool_depot *depot = &zpool_this_node(cache)->depot;
	const struct zpool_slabs *slabs = &zpool_this_node(cache)->slabs;
	unsigned long flushes;

	tail_of(cache)->capacity = 5;
	take(cache, 0, 40);
	give(cache, 0, 8);
	KUNIT_ASSERT_EQ(test, claimed_on(cache, here), 10UL * SIZE);
	take(cache, 0, 8);
	tail_of(cache)->capacity = CAPACITY;
	close_budget();
	flushes = slabs->flushes + slabs->direct_frees;
	give(cache, 0, 7);
	KUNIT_EXPECT_EQ(test, slabs->flushes + slabs->direct_frees, flushes);
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), 10UL * SIZE);

	zpool_budget_set_limit(AMPLE_BUDGET);
	give(cache, 7, 30);
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, depot->nr_full + depot->nr_empty, 0UL);
	give(cache, 30, 40);
	zpool_cache_destroy(cache);
}

/* The same when it is empty: then the batch from the slabs is for the larger one. */
static void an_empty_small_magazine_is_replaced(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-small", SIZE);
	const struct zpool_cpu_head *head = head_of(cache);
	unsigned int nr;

	zpool_budget_set_limit(16 * 5 * SIZE);
	take(cache, 0, 1);
	KUNIT_ASSERT_EQ(test, head->loaded->capacity, 5U);
	nr = 1 + head->loaded->count;
	take(cache, 1, nr);
	zpool_budget_set_limit(AMPLE_BUDGET);
	take(cache, nr, nr + 1);
	KUNIT_EXPECT_EQ(test, head->loaded->capacity, CAPACITY);
	KUNIT_EXPECT_GT(test, head->loaded->count, 5U / 2);
	KUNIT_EXPECT_PTR_EQ(test, head->previous, zpool_no_magazine);
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), CAPACITY * (size_t)SIZE);
	give(cache, 0, nr + 1);
	zpool_cache_destroy(cache);
}

/* Rather than to the slabs, into what is too small: that has its share of the budget. */
static void without_a_better_one_it_makes_do(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-small", SIZE);
	struct zpool_cache_node *node = zpool_this_node(cache);
	const struct zpool_cpu_head *head = head_of(cache);
	struct zpool_magazine *small;
	const unsigned int end = 3 * CAPACITY;
	unsigned long flushes;
	unsigned int nr = 0;

	take(cache, 0, end);
	for (; nr < end - 1 && head->loaded->count + head->previous->count < 2 * CAPACITY; nr++)
		give(cache, nr, nr + 1);
	KUNIT_ASSERT_EQ(test, head->loaded->count + head->previous->count, 2 * CAPACITY);
	small = zpool_magazine_create(SIZE, ZPOOL_LEAST_CAPACITY, zpool_budget.limit, node->slabs.node);
	KUNIT_ASSERT_NOT_NULL(test, small);
	zpool_magazine_share(small);
	KUNIT_ASSERT_TRUE(test, zpool_budget_share(ZPOOL_LEAST_CAPACITY * SIZE));
	zpool_depot_put(&node->depot, small);
	close_budget();
	flushes = node->slabs.flushes;
	give(cache, nr, nr + 1);
	KUNIT_EXPECT_EQ(test, node->slabs.flushes, flushes);
	KUNIT_EXPECT_EQ(test, head->loaded->capacity, ZPOOL_LEAST_CAPACITY);
	KUNIT_EXPECT_EQ(test, head->loaded->count, 1U);
	KUNIT_EXPECT_EQ(test, node->depot.nr_full, 1UL);
	KUNIT_EXPECT_EQ(test, node->depot.nr_empty, 0UL);
	EXPECT_SOUND(test, zpool_check_all());
	give(cache, nr + 1, end);
	zpool_cache_destroy(cache);
}

static struct kunit_case burst_cases[] = {
	KUNIT_CASE(credit_raises_capacity_at_once),
	KUNIT_CASE(credit_is_spent),
	KUNIT_CASE(without_credit_capacity_stays),
	KUNIT_CASE(capacity_ends_at_the_most),
	KUNIT_CASE(one_way_is_no_thrash),
	KUNIT_CASE(rare_turns_are_no_thrash),
	KUNIT_CASE(the_unpaid_leaves_room_to_others),
	KUNIT_CASE(a_full_small_magazine_is_replaced),
	KUNIT_CASE(a_small_pair_is_replaced),
	KUNIT_CASE(an_empty_small_magazine_is_replaced),
	KUNIT_CASE(without_a_better_one_it_makes_do),
	{}
};

static struct kunit_suite burst_suite = {
	.name = "zpool_burst",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = burst_cases,
};

kunit_test_suite(burst_suite);
