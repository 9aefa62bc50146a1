// SPDX-License-Identifier: GPL-2.0
/*
 * Passes of the worker, in the test's hands: what they do to caches of the
 * test's own, on a CPU that the test stays on.
 *
 * Time is what a pass is told. All other caches have nothing that lies idle,
 * and nobody has credit but where a test gives it.
 */
#include <linux/cpumask.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/string.h>

#include "../zpool_log.h"
#include "common.h"

/* Of an object, and of the magazines for such to begin with. */
#define SIZE		4096U
#define CAPACITY	16U
#define PAIR_BYTES	(2UL * CAPACITY * SIZE)

/* Does not fit into a pair, but into the next larger. */
#define WIDE		(2 * CAPACITY + 8)
#define ROUNDS		20U

/* What has room for two objects of the largest class, or fewer than two of a magazine. */
#define LARGE		65536U
#define LARGE_PAIR	(2UL * ZPOOL_LEAST_CAPACITY * LARGE)

#define NR		600U

static void *objs[2 * NR];	/* the second half is for swing() */
static unsigned int here;

static unsigned int other_cpu(void)
{
	unsigned int cpu, other = here;

	for_each_online_cpu(cpu)
		if (cpu != here)
			other = cpu;
	return other;
}

static int begin(struct kunit *test)
{
	zpool_test_begin_usual(test);
	zpool_adapt_counts = (struct zpool_adapt_counts) {};
	zpool_log_clear();
	atomic_long_set(&zpool_budget.peak, 0);
	here = zpool_test_first_cpu();
	return 0;
}

static struct zpool_cache *create(struct kunit *test, const char *name, unsigned int size)
{
	struct zpool_cache *cache = zpool_cache_create(name, size, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

static struct zpool_cpu_head *head_of(struct zpool_cache *cache)
{
	return per_cpu_ptr(cache->heads, here);
}

static struct zpool_cpu_tail *tail_of(struct zpool_cache *cache)
{
	return per_cpu_ptr(cache->tails, here);
}

static unsigned int capacity_of(struct zpool_cache *cache)
{
	return tail_of(cache)->capacity;
}

/* What a cache has on a CPU. */
static size_t claimed_on(struct zpool_cache *cache, unsigned int cpu)
{
	const struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

	return (size_t)(head->loaded->capacity + head->previous->capacity) *
	       cache->geometry.stride;
}

static unsigned long misses_of(struct zpool_cache *cache)
{
	return zpool_test_usage(cache).misses;
}

static struct zpool_cpu *this_cpu(void)
{
	return per_cpu_ptr(&zpool_cpu, here);
}

static long credit(void)
{
	return atomic_long_read(&zpool_budget.credit);
}

static unsigned long room(void)
{
	return zpool_budget_room(zpool_budget.limit);
}

/* What is claimed now is all that may be. */
static void close_budget(void)
{
	zpool_budget_set_limit(zpool_test_claimed());
}

/* A pass, after which all holds, and credit is for the next test to give. */
static void pass(struct kunit *test, unsigned int elapsed_ms)
{
	zpool_test_pass(elapsed_ms);
	zpool_budget_grant(0);
	EXPECT_SOUND(test, zpool_check_all());
	KUNIT_EXPECT_LE(test, (unsigned long)zpool_test_claimed(), zpool_budget.limit);
}

/*
 * Loads.
 */

static void take(struct zpool_cache *cache, unsigned int first, unsigned int end)
{
	while (first < end)
		objs[first++] = zpool_cache_alloc(cache, GFP_KERNEL | __GFP_NOFAIL);
}

static void give(struct zpool_cache *cache, unsigned int first, unsigned int end)
{
	while (first < end)
		zpool_cache_free(cache, objs[first++]);
}

/* @nr objects out and in, and again; what a test holds meanwhile is left alone. */
static void swing(struct zpool_cache *cache, unsigned int nr, unsigned int rounds)
{
	while (rounds--) {
		take(cache, NR, NR + nr);
		give(cache, NR, NR + nr);
	}
}

/* Both magazines of the pair. */
static void fill_pair(struct zpool_cache *cache)
{
	swing(cache, 2 * CAPACITY, 1);
}

/*
 * Bursts: what a CPU does by itself.
 */

static void credit_raises_capacity_at_once(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-burst", SIZE);
	unsigned long raises = this_cpu()->raises, misses;
	unsigned int raised;

	zpool_budget_grant(1 << 20);
	swing(cache, WIDE, ROUNDS);
	raised = capacity_of(cache) - CAPACITY;
	KUNIT_EXPECT_GE(test, 2 * capacity_of(cache), WIDE);
	KUNIT_EXPECT_GT(test, this_cpu()->raises, raises);
	KUNIT_EXPECT_EQ(test, credit(), (1L << 20) - 2L * raised * SIZE);
	KUNIT_EXPECT_EQ(test, tail_of(cache)->denied, 0U);

	/* It has what it needs: no miss, no more credit. */
	misses = misses_of(cache);
	swing(cache, WIDE, ROUNDS);
	KUNIT_EXPECT_EQ(test, misses_of(cache), misses);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY + raised);
	zpool_cache_destroy(cache);
}

/* A quarter of it pays for half a step: for the first, and not for the next. */
static void credit_is_spent(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-burst", SIZE);
	const long price = 2L * SIZE, half_step = CAPACITY / 4;

	zpool_budget_grant(4 * half_step * price - 1);
	swing(cache, 20 * CAPACITY, ROUNDS);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_EQ(test, credit(), 4 * half_step * price - 1);
	KUNIT_EXPECT_GT(test, tail_of(cache)->denied, 0U);
	KUNIT_EXPECT_FALSE(test, tail_of(cache)->is_paid);

	zpool_budget_grant(4 * half_step * price);
	swing(cache, 20 * CAPACITY, ROUNDS);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY + half_step);
	KUNIT_EXPECT_EQ(test, credit(), 3 * half_step * price);
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

/*
 * Passes: growth, credit.
 */

static void a_pass_raises_capacity(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-pass", SIZE);

	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY * 3 / 2);
	KUNIT_EXPECT_TRUE(test, tail_of(cache)->is_paid);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.passes, 1UL);

	/* No traffic is no evidence. */
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY * 3 / 2);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.passes, 2UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks + zpool_adapt_counts.releases, 0UL);
	zpool_cache_destroy(cache);
}

/* Each growth takes of the room that there is, in the order of the list. */
static void growth_fits_into_the_room(struct kunit *test)
{
	struct zpool_cache *caches[3];
	unsigned int i, nr_grown = 0;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		caches[i] = create(test, "kunit-pass", SIZE);
		swing(caches[i], WIDE, ROUNDS);
		zpool_cache_drain(caches[i]);
		fill_pair(caches[i]);
	}
	/* For two of the three, to the byte. */
	zpool_budget_set_limit(zpool_test_claimed() + PAIR_BYTES);
	pass(test, 1000);
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		nr_grown += capacity_of(caches[i]) > CAPACITY;
	KUNIT_EXPECT_EQ(test, nr_grown, 2U);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 2UL);
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		zpool_cache_destroy(caches[i]);
}

/* What is too little for one is saved for it, not given to the next who wants less. */
static void who_wants_less_does_not_overtake(struct kunit *test)
{
	struct zpool_cache *first = create(test, "kunit-first", SIZE);
	struct zpool_cache *next = create(test, "kunit-next", SIZE);

	tail_of(next)->capacity = ZPOOL_LEAST_CAPACITY;
	swing(first, WIDE, ROUNDS);
	swing(next, 2 * ZPOOL_LEAST_CAPACITY + 6, ROUNDS);
	zpool_cache_drain(first);
	zpool_cache_drain(next);
	fill_pair(first);
	swing(next, 2 * ZPOOL_LEAST_CAPACITY, 1);
	zpool_budget_set_limit(zpool_test_claimed() + 8 * SIZE);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(first), CAPACITY);
	KUNIT_EXPECT_EQ(test, capacity_of(next), ZPOOL_LEAST_CAPACITY);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 0UL);
	zpool_cache_destroy(next);
	zpool_cache_destroy(first);
}

/* All that is not claimed, but for an eighth of the limit. */
static void credit_is_the_room_but_a_reserve(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-pass", SIZE);
	const unsigned long reserve = 8 * SIZE;

	zpool_budget_set_limit(8 * reserve);
	zpool_test_pass(1000);
	KUNIT_EXPECT_EQ(test, credit(), 7L * reserve);
	zpool_test_pass(1000);
	KUNIT_EXPECT_EQ(test, credit(), 7L * reserve);

	zpool_budget_set_limit(AMPLE_BUDGET);
	fill_pair(cache);
	zpool_budget_set_limit((zpool_test_claimed() + SIZE) / 7 * 8);
	zpool_test_pass(1000);
	KUNIT_EXPECT_GT(test, credit(), 0L);
	KUNIT_EXPECT_EQ(test, credit() + zpool_test_claimed() + zpool_budget.limit / 8,
			zpool_budget.limit);
	zpool_budget_set_limit(zpool_test_claimed() / 7 * 8);
	zpool_test_pass(1000);
	KUNIT_EXPECT_EQ(test, credit(), 0L);
	close_budget();
	zpool_test_pass(1000);
	KUNIT_EXPECT_EQ(test, credit(), 0L);
	zpool_budget_set_limit(0);
	zpool_test_pass(1000);
	KUNIT_EXPECT_EQ(test, credit(), 0L);
	zpool_cache_destroy(cache);
}

static void there_is_credit_from_the_start(struct kunit *test)
{
	zpool_test_pass(1000);
	zpool_budget_grant(0);
	zpool_adapt_start();
	KUNIT_EXPECT_EQ(test, credit(), AMPLE_BUDGET / 8 * 7L);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.passes, 0UL);
}

/* So much that the least may be bought, and never more than a quarter. */
static void a_buyer_gets_a_quarter(struct kunit *test)
{
	static const struct { long credit; unsigned int least, most, price, bought; } rows[] = {
		{ 0, 1, 10, 100, 0 }, { -4000, 1, 10, 100, 0 }, { 399, 1, 10, 100, 0 },
		{ 400, 1, 10, 100, 1 }, { 1999, 5, 10, 100, 0 }, { 2000, 5, 10, 100, 5 },
		{ 2399, 5, 10, 100, 5 }, { 4000, 5, 10, 100, 10 }, { 1L << 30, 5, 10, 100, 10 },
		{ 1L << 30, 5, 10, 1U << 30, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		zpool_budget_grant(rows[i].credit);
		KUNIT_EXPECT_EQ_MSG(test, zpool_budget_spend(rows[i].least, rows[i].most,
							     rows[i].price),
				    rows[i].bought, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, credit(),
				    rows[i].credit - (long)rows[i].bought * rows[i].price,
				    "row %u", i);
	}
}

static void depots_share_half(struct kunit *test)
{
	zpool_budget_set_limit(100);
	KUNIT_EXPECT_FALSE(test, zpool_budget_share(51));
	KUNIT_EXPECT_TRUE(test, zpool_budget_share(50));
	KUNIT_EXPECT_EQ(test, zpool_budget_shared_room(), 0UL);
	KUNIT_EXPECT_FALSE(test, zpool_budget_share(1));
	zpool_budget_unshare(50);
	KUNIT_EXPECT_EQ(test, zpool_budget_shared_room(), 50UL);
}

/*
 * Making others pay.
 */

/* A cache that has spent the budget on a CPU and does nothing from then on. */
static struct zpool_cache *create_idle(struct kunit *test, unsigned int cpu)
{
	struct zpool_cache *cache = create(test, "kunit-idle", SIZE);

	zpool_test_move(cpu);
	fill_pair(cache);
	zpool_test_move(here);
	KUNIT_ASSERT_EQ(test, claimed_on(cache, cpu), PAIR_BYTES);
	zpool_slabs_trim(&zpool_this_node(cache)->slabs);
	return cache;
}

/* Who comes when all is spent gets room from a class that is idle, there or elsewhere. */
static void expect_idle_pays(struct kunit *test, unsigned int cpu)
{
	struct zpool_cache *idle = create_idle(test, cpu);
	struct zpool_cache *comer = create(test, "kunit-comer", SIZE);

	close_budget();
	pass(test, 1000);
	swing(comer, 2 * CAPACITY, ROUNDS);
	KUNIT_EXPECT_EQ(test, claimed_on(comer, here), 0UL);
	KUNIT_EXPECT_GT(test, tail_of(comer)->denied, 0U);
	pass(test, 2000);
	KUNIT_EXPECT_EQ(test, claimed_on(idle, cpu), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, PAIR_BYTES);
	KUNIT_EXPECT_GE(test, room(), PAIR_BYTES / 2);

	swing(comer, 2 * CAPACITY, ROUNDS);
	KUNIT_EXPECT_GT(test, claimed_on(comer, here), 0UL);
	zpool_cache_destroy(comer);
	zpool_cache_destroy(idle);
}

static void an_idle_class_pays(struct kunit *test)
{
	expect_idle_pays(test, here);
}

static void an_idle_cpu_pays(struct kunit *test)
{
	if (other_cpu() == here)
		kunit_skip(test, "one CPU");
	expect_idle_pays(test, other_cpu());
}

/* Longest idle first, and no more of them than it takes. */
static void the_coldest_pays(struct kunit *test)
{
	struct zpool_cache *coldest[2], *cold, *comer;

	coldest[0] = create_idle(test, here);
	coldest[1] = create_idle(test, here);
	pass(test, 1000);
	pass(test, 4000);
	cold = create_idle(test, here);
	pass(test, 1000);
	close_budget();
	comer = create(test, "kunit-comer", SIZE);
	swing(comer, CAPACITY, ROUNDS);
	zpool_policy.decay_ms = 0;
	pass(test, 4000);
	KUNIT_EXPECT_EQ(test, claimed_on(coldest[0], here), 0UL);
	KUNIT_EXPECT_EQ(test, claimed_on(coldest[1], here), 0UL);
	KUNIT_EXPECT_EQ(test, claimed_on(cold, here), PAIR_BYTES);
	zpool_cache_destroy(comer);
	zpool_cache_destroy(cold);
	zpool_cache_destroy(coldest[1]);
	zpool_cache_destroy(coldest[0]);
}

/* Two that are used alike keep what they have, however much they lack. */
static void equals_keep_what_they_have(struct kunit *test)
{
	struct zpool_cache *a = create_idle(test, here), *b = create_idle(test, here);
	unsigned int i;

	close_budget();
	for (i = 0; i < 10; i++) {
		swing(a, WIDE, ROUNDS);
		swing(b, WIDE, ROUNDS);
		pass(test, 1000);
		KUNIT_EXPECT_EQ(test, claimed_on(a, here), PAIR_BYTES);
		KUNIT_EXPECT_EQ(test, claimed_on(b, here), PAIR_BYTES);
	}
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.grows, 0UL);
	zpool_cache_destroy(b);
	zpool_cache_destroy(a);
}

/* Who is used a hundredth as much gives a part, and is not left without. */
static void the_lukewarm_gives_a_part(struct kunit *test)
{
	struct zpool_cache *hot = create_idle(test, here), *warm = create_idle(test, here);

	pass(test, 1000);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	swing(warm, 1, 4);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), CAPACITY * 70 / 100);
	KUNIT_EXPECT_EQ(test, claimed_on(hot, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, 2UL * 5 * SIZE);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	zpool_cache_destroy(warm);
	zpool_cache_destroy(hot);
}

/* Of the least there is no half: magazines altogether, until there is room again. */
static void who_has_least_gives_all(struct kunit *test)
{
	struct zpool_cache *hot = create_idle(test, here);
	struct zpool_cache *warm = create(test, "kunit-large", LARGE);

	swing(warm, 2 * ZPOOL_LEAST_CAPACITY, 1);
	pass(test, 1000);
	zpool_slabs_trim(&zpool_this_node(warm)->slabs);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	swing(warm, 1, 1);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), 0U);
	KUNIT_EXPECT_EQ(test, claimed_on(warm, here), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, LARGE_PAIR);

	/* Room alone is not enough: it has just paid. */
	zpool_budget_set_limit(AMPLE_BUDGET);
	pass(test, 1000);
	swing(warm, 1, 1);
	pass(test, 59000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), 0U);
	KUNIT_EXPECT_EQ(test, claimed_on(warm, here), 0UL);

	/* Nor is the wait: the reserve is not for it. */
	swing(warm, 1, 1);
	zpool_slabs_trim(&zpool_this_node(warm)->slabs);
	zpool_budget_set_limit(zpool_test_claimed() / 7 * 8);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), 0U);
	zpool_budget_set_limit(AMPLE_BUDGET);
	swing(warm, 1, 1);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), ZPOOL_LEAST_CAPACITY);
	swing(warm, 2 * ZPOOL_LEAST_CAPACITY, 1);
	KUNIT_EXPECT_EQ(test, claimed_on(warm, here), LARGE_PAIR);
	zpool_cache_destroy(warm);
	zpool_cache_destroy(hot);
}

/* Neither by a pass nor by itself does it grow, but when it is used far more. */
static void who_gave_a_part_waits(struct kunit *test)
{
	struct zpool_cache *hot = create_idle(test, here), *warm = create_idle(test, here);
	const unsigned int part = CAPACITY * 70 / 100;

	pass(test, 1000);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	swing(warm, 1, 60);
	pass(test, 1000);
	KUNIT_ASSERT_EQ(test, capacity_of(warm), part);
	KUNIT_EXPECT_FALSE(test, tail_of(warm)->may_raise);

	zpool_budget_set_limit(AMPLE_BUDGET);
	zpool_budget_grant(1 << 30);
	swing(warm, 2 * part + 6, 5);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), part);
	KUNIT_EXPECT_EQ(test, credit(), 1L << 30);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), part);
	KUNIT_EXPECT_FALSE(test, tail_of(warm)->may_raise);

	swing(warm, 2 * part + 6, 100);
	pass(test, 1000);
	KUNIT_EXPECT_TRUE(test, tail_of(warm)->may_raise);
	KUNIT_EXPECT_EQ(test, capacity_of(warm), part * 3 / 2);
	zpool_cache_destroy(warm);
	zpool_cache_destroy(hot);
}

static unsigned long depot_bytes(struct zpool_cache *cache)
{
	return zpool_test_usage(cache).depot_bytes;
}

/* What lies in a depot, for longer than a pass, pays before a pair that is used. */
static void depots_pay(struct kunit *test)
{
	struct zpool_cache *full = create(test, "kunit-depot", SIZE), *comer;
	unsigned long before;

	swing(full, 10 * CAPACITY, 1);
	KUNIT_ASSERT_GT(test, depot_bytes(full), 0UL);
	zpool_slabs_trim(&zpool_this_node(full)->slabs);
	before = depot_bytes(full);
	close_budget();
	comer = create(test, "kunit-comer", SIZE);
	swing(comer, 2 * CAPACITY, ROUNDS);
	swing(full, 1, ROUNDS * CAPACITY);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, depot_bytes(full), before);	/* there a moment ago */
	swing(comer, 2 * CAPACITY, ROUNDS);
	swing(full, 1, ROUNDS * CAPACITY);
	pass(test, 1000);
	KUNIT_EXPECT_LT(test, depot_bytes(full), before);
	KUNIT_EXPECT_GT(test, room(), 0UL);
	KUNIT_EXPECT_EQ(test, claimed_on(full, here), PAIR_BYTES);
	KUNIT_EXPECT_GT(test, zpool_adapt_counts.released_bytes, 0UL);
	zpool_cache_destroy(comer);
	zpool_cache_destroy(full);
}

/* However long it is idle before decay_ms, and though all is spent. */
static void nobody_pays_when_nobody_wants(struct kunit *test)
{
	struct zpool_cache *idle = create_idle(test, here), *hot = create_idle(test, here);
	unsigned int i;

	close_budget();
	for (i = 0; i < 19; i++) {
		swing(hot, CAPACITY, ROUNDS);
		pass(test, 1000);
	}
	KUNIT_EXPECT_EQ(test, room(), 0UL);
	KUNIT_EXPECT_EQ(test, claimed_on(idle, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, claimed_on(hot, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases + zpool_adapt_counts.shrinks, 0UL);
	zpool_cache_destroy(hot);
	zpool_cache_destroy(idle);
}

#define NR_IDLE	9U

/*
 * A pair is wanted, of which so much is @there. Of the rest as much again is
 * taken, or a quarter of the budget if that is more.
 */
static void expect_taken(struct kunit *test, unsigned int nr_idle, size_t there,
			 unsigned int nr_taken)
{
	struct zpool_cache *idle[NR_IDLE], *comer = create(test, "kunit-comer", SIZE);
	unsigned int i;

	zpool_budget_set_limit(AMPLE_BUDGET);
	for (i = 0; i < nr_idle; i++)
		idle[i] = create_idle(test, here);
	pass(test, 1000);
	close_budget();
	swing(comer, CAPACITY, ROUNDS);
	zpool_budget_set_limit(zpool_test_claimed() + there);
	zpool_adapt_counts = (struct zpool_adapt_counts) {};
	pass(test, 2000);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, nr_taken * PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, (unsigned long)nr_taken);
	for (i = 0; i < nr_idle; i++)
		zpool_cache_destroy(idle[i]);
	zpool_cache_destroy(comer);
}

static void the_idle_pay_twice_or_a_quarter(struct kunit *test)
{
	expect_taken(test, 4, 0, 2);
	expect_taken(test, 3, PAIR_BYTES / 2, 1);
	expect_taken(test, NR_IDLE, 0, 3);
}

/* Growth by half a pair is wanted; each that is used far less gives a part of its own. */
static void the_lukewarm_give_twice(struct kunit *test)
{
	struct zpool_cache *hot = create_idle(test, here), *warm[5];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(warm); i++)
		warm[i] = create_idle(test, here);
	pass(test, 1000);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	for (i = 0; i < ARRAY_SIZE(warm); i++)
		swing(warm[i], 1, 4);
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks, 4UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, 4 * 2UL * 5 * SIZE);
	for (i = 0; i < ARRAY_SIZE(warm); i++)
		zpool_cache_destroy(warm[i]);
	zpool_cache_destroy(hot);
}

/*
 * What is unused goes home.
 */

static void the_unused_comes_home(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;

	zpool_budget_grant(1 << 20);
	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	KUNIT_EXPECT_GT(test, capacity_of(cache), CAPACITY);
	pass(test, 19999);
	KUNIT_EXPECT_GT(test, claimed_on(cache, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	pass(test, 1);
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).magazine_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 1UL);
	KUNIT_EXPECT_GT(test, zpool_adapt_counts.released_bytes, PAIR_BYTES);

	/* The slab that was kept and the depot's magazines follow, and then there is nothing left. */
	for (i = 0; i < 20; i++)
		pass(test, 20000);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	zpool_cache_destroy(cache);
}

/* The slab kept empty goes after decay_ms in which none of the node's was touched. */
static void a_kept_slab_comes_home(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", LARGE);
	const struct zpool_slabs *slabs = &zpool_this_node(cache)->slabs;

	swing(cache, 1, 1);
	pass(test, 1000);
	pass(test, 20000);
	KUNIT_ASSERT_EQ(test, slabs->nr_on[ZPOOL_EMPTY], 1UL);
	pass(test, 1000);
	pass(test, 19999);
	KUNIT_EXPECT_EQ(test, slabs->nr_on[ZPOOL_EMPTY], 1UL);
	pass(test, 1);
	KUNIT_EXPECT_EQ(test, slabs->nr_on[ZPOOL_EMPTY], 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	zpool_cache_destroy(cache);
}

static void without_decay_all_stays(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;
	long claimed;

	zpool_policy.decay_ms = 0;
	swing(cache, 10 * CAPACITY, 1);
	claimed = zpool_test_claimed();
	for (i = 0; i < 40; i++)
		pass(test, 1 << 25);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), claimed);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	zpool_cache_destroy(cache);
}

/* The half of the pair that was not needed; the other goes on. */
static void a_spare_comes_home_when_still(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	struct zpool_magazine *loaded;

	fill_pair(cache);
	pass(test, 1000);
	swing(cache, CAPACITY + 4, 1);
	pass(test, 1000);
	loaded = head_of(cache)->loaded;
	swing(cache, 1, 10);
	pass(test, 19999);
	KUNIT_EXPECT_PTR_NE(test, head_of(cache)->previous, zpool_no_magazine);
	swing(cache, 1, 10);
	pass(test, 1);
	KUNIT_EXPECT_PTR_EQ(test, head_of(cache)->previous, zpool_no_magazine);
	KUNIT_EXPECT_PTR_EQ(test, head_of(cache)->loaded, loaded);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, PAIR_BYTES / 2);
	zpool_cache_destroy(cache);
}

/* Magazines that change places are both needed. */
static void a_pair_in_use_stays(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;

	fill_pair(cache);
	pass(test, 1000);
	for (i = 0; i < 5; i++) {
		swing(cache, CAPACITY + 4, 2);
		pass(test, 20000);
	}
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), PAIR_BYTES);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, 0UL);
	zpool_cache_destroy(cache);
}

/* What waits for others to fill the magazine it is in. */
static void the_remote_comes_home(struct kunit *test)
{
	int far = zpool_test_far_node(test);
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;

	for (i = 0; i < 3; i++)
		objs[i] = zpool_cache_alloc_node(cache, GFP_KERNEL | __GFP_NOFAIL, far);
	give(cache, 0, 3);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).remote_bytes, 3UL * SIZE);
	pass(test, 1000);
	swing(cache, 1, 10);
	pass(test, 19999);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).remote_bytes, 3UL * SIZE);
	swing(cache, 1, 10);
	pass(test, 1);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).remote_bytes, 0UL);
	KUNIT_EXPECT_PTR_EQ(test, tail_of(cache)->remote, zpool_no_magazine);
	KUNIT_EXPECT_PTR_NE(test, head_of(cache)->loaded, zpool_no_magazine);
	zpool_cache_destroy(cache);
}

/* Nobody comes for a depot's magazines: they follow when they are as old as that. */
static void depots_come_home(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);
	unsigned int i;

	swing(cache, 10 * CAPACITY, 1);
	KUNIT_ASSERT_GT(test, depot_bytes(cache), 0UL);
	for (i = 0; i < 20; i++) {
		swing(cache, 1, 1);
		pass(test, 1000);
		KUNIT_EXPECT_GT(test, depot_bytes(cache), 0UL);
	}
	pass(test, 1000);
	KUNIT_EXPECT_EQ(test, depot_bytes(cache), 0UL);
	KUNIT_EXPECT_PTR_NE(test, head_of(cache)->loaded, zpool_no_magazine);
	zpool_cache_destroy(cache);
}

#define NR_LARGE	6U

/* A pass brings home at most an eighth of the budget, or a MiB where that is more. */
static void expect_steps(struct kunit *test, unsigned long limit, unsigned int in_a_pass)
{
	struct zpool_cache *caches[NR_LARGE];
	unsigned int i, home;

	zpool_budget_set_limit(limit);
	for (i = 0; i < NR_LARGE; i++) {
		caches[i] = create(test, "kunit-step", LARGE);
		swing(caches[i], 2 * ZPOOL_LEAST_CAPACITY, 1);
		KUNIT_ASSERT_EQ(test, claimed_on(caches[i], here), LARGE_PAIR);
	}
	zpool_adapt_counts = (struct zpool_adapt_counts) {};
	pass(test, 1000);
	for (home = 0; home < NR_LARGE; home += in_a_pass) {
		KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, (unsigned long)home);
		pass(test, 20000);
	}
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.releases, (unsigned long)NR_LARGE);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, NR_LARGE * LARGE_PAIR);
	for (i = 0; i < NR_LARGE; i++)
		zpool_cache_destroy(caches[i]);
}

static void it_comes_home_in_steps(struct kunit *test)
{
	expect_steps(test, 24 << 20, NR_LARGE);
	expect_steps(test, 12 << 20, NR_LARGE / 2);
	expect_steps(test, 7 << 20, NR_LARGE / 3);
}

static unsigned long nr_in_depots(struct zpool_cache *cache, unsigned long *nr_kept)
{
	unsigned long sum = 0;
	int nid;

	*nr_kept = 0;
	for_each_node(nid) {
		sum += cache->nodes[nid]->depot.nr_objects;
		*nr_kept += cache->nodes[nid]->depot.nr_kept;
	}
	return sum;
}

/* What was asked to be there stays, what came on top of it goes. */
static void prefilled_objects_stay(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-kept", SIZE);
	unsigned long kept, nr;
	unsigned int i;

	zpool_cache_prefill(cache, 120 * SIZE);
	nr = nr_in_depots(cache, &kept);
	KUNIT_EXPECT_EQ(test, kept, nr);
	KUNIT_ASSERT_GE(test, nr, 100UL);
	for (i = 0; i < 40; i++)
		pass(test, 20000);
	KUNIT_EXPECT_EQ(test, nr_in_depots(cache, &kept), nr);

	swing(cache, 20 * CAPACITY, 1);
	KUNIT_EXPECT_GT(test, nr_in_depots(cache, &kept), nr + CAPACITY);
	for (i = 0; i < 40; i++)
		pass(test, 20000);
	KUNIT_EXPECT_EQ(test, kept, nr);
	KUNIT_EXPECT_GE(test, nr_in_depots(cache, &kept), nr);
	KUNIT_EXPECT_LT(test, nr_in_depots(cache, &kept), nr + CAPACITY);
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), 0UL);
	zpool_cache_destroy(cache);
}

/* Nor does it go when others want room. */
static void prefilled_objects_are_not_stolen(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-kept", SIZE), *comer;
	unsigned long kept, nr;

	zpool_cache_prefill(cache, 120 * SIZE);
	nr = nr_in_depots(cache, &kept);
	pass(test, 4000);
	zpool_slabs_trim(&zpool_this_node(cache)->slabs);
	close_budget();
	comer = create(test, "kunit-comer", SIZE);
	swing(comer, CAPACITY, ROUNDS);
	pass(test, 4000);
	KUNIT_EXPECT_EQ(test, nr_in_depots(cache, &kept), nr);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, 0UL);
	zpool_cache_destroy(comer);
	zpool_cache_destroy(cache);
}

/* What was learnt is forgotten: it starts as at first, unpaid, and no shrink was undone. */
static void what_comes_home_starts_anew(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-home", SIZE);

	zpool_budget_grant(1 << 20);
	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	KUNIT_EXPECT_GT(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_TRUE(test, tail_of(cache)->is_paid);
	pass(test, 20000);
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_FALSE(test, tail_of(cache)->is_paid);
	swing(cache, 1, 1);
	pass(test, 1000);
	zpool_budget_grant(1 << 20);
	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	KUNIT_EXPECT_GT(test, capacity_of(cache), CAPACITY);
	KUNIT_EXPECT_EQ(test, tail_of(cache)->watch.undone, 0U);
	zpool_cache_destroy(cache);
}

/*
 * Shrinking.
 */

/* A minute of looks at a load that is served by a few objects. */
static void a_smaller_load_shrinks(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-less", SIZE);
	unsigned int i;

	fill_pair(cache);
	pass(test, 1000);
	for (i = 0; i < 60; i++) {
		swing(cache, 1 + i % 4, 50);
		pass(test, 1000);
	}
	KUNIT_EXPECT_EQ(test, capacity_of(cache), CAPACITY * 70 / 100);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.shrinks, 1UL);
	swing(cache, 4, 1);
	KUNIT_EXPECT_EQ(test, claimed_on(cache, here), (size_t)(CAPACITY * 70 / 100) * SIZE);
	zpool_cache_destroy(cache);
}

/*
 * The log.
 */

static void expect_event(struct kunit *test, u32 *nr, struct zpool_event want)
{
	struct zpool_event event;

	KUNIT_ASSERT_TRUE(test, zpool_log_get(nr, &event));
	KUNIT_EXPECT_EQ(test, event.nr, *nr);
	KUNIT_EXPECT_STREQ(test, event.cache, want.cache);
	KUNIT_EXPECT_EQ(test, event.cpu, want.cpu);
	KUNIT_EXPECT_STREQ(test, zpool_signal_name(event.signal), zpool_signal_name(want.signal));
	KUNIT_EXPECT_STREQ(test, zpool_action_name(event.action), zpool_action_name(want.action));
	KUNIT_EXPECT_EQ(test, event.before, want.before);
	KUNIT_EXPECT_EQ(test, event.after, want.after);
	KUNIT_EXPECT_EQ(test, event.outcome_pct, want.outcome_pct);
}

static void expect_no_event(struct kunit *test, u32 nr)
{
	struct zpool_event event;

	KUNIT_EXPECT_FALSE(test, zpool_log_get(&nr, &event));
}

/* What came of it is known a pass later. */
static void growth_is_logged(struct kunit *test)
{
	struct zpool_event want = {
		.cache = "kunit-log", .cpu = here, .signal = ZPOOL_DENIED, .action = ZPOOL_GROW,
		.before = CAPACITY, .after = CAPACITY * 3 / 2, .outcome_pct = ZPOOL_NO_HIT_PCT,
	};
	struct zpool_cache *cache = create(test, "kunit-log", SIZE);
	u32 nr = 0;

	swing(cache, WIDE, ROUNDS);
	pass(test, 1000);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);

	swing(cache, 1, 100);
	pass(test, 1000);
	nr = 0;
	want.outcome_pct = 100;
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	zpool_cache_destroy(cache);
}

/* A CPU that raised it by itself is told of by the next pass; what is idle has no outcome. */
static void bursts_are_logged(struct kunit *test)
{
	struct zpool_event want = {
		.cache = "kunit-log", .cpu = here, .signal = ZPOOL_BURST, .action = ZPOOL_GROW,
		.before = CAPACITY, .after = CAPACITY + 4, .outcome_pct = ZPOOL_NO_HIT_PCT,
	};
	struct zpool_cache *cache = create(test, "kunit-log", SIZE);
	u32 nr = 0;

	zpool_budget_grant(4L * 4 * 2 * SIZE);
	swing(cache, WIDE, 4);
	KUNIT_ASSERT_EQ(test, capacity_of(cache), CAPACITY + 4);
	swing(cache, 1, 1000);
	pass(test, 1000);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	pass(test, 1000);
	nr = 0;
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	zpool_cache_destroy(cache);
}

/* A half, what depots have (objects, and no CPU's), then the rest. */
static void what_goes_home_is_logged(struct kunit *test)
{
	struct zpool_event want = {
		.cache = "kunit-log", .cpu = here, .signal = ZPOOL_UNUSED,
		.action = ZPOOL_RELEASE_SPARE, .before = CAPACITY, .after = CAPACITY,
		.outcome_pct = ZPOOL_NO_HIT_PCT,
	};
	struct zpool_cache *cache = create(test, "kunit-log", SIZE);
	const struct zpool_depot *depot = &zpool_this_node(cache)->depot;
	u32 nr = 0;

	swing(cache, 3 * CAPACITY, 1);
	pass(test, 1000);
	swing(cache, CAPACITY + 4, 1);
	pass(test, 1000);
	swing(cache, 1, 10);
	pass(test, 20000);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);

	zpool_policy.interval_ms = 10000;
	want.cpu = -1;
	want.action = ZPOOL_RELEASE;
	want.before = (depot->nr_full + depot->nr_empty) * CAPACITY;
	want.after = 0;
	pass(test, 19999);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);

	pass(test, 1);
	want.cpu = here;
	want.before = CAPACITY;
	want.after = CAPACITY;
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	zpool_cache_destroy(cache);
}

/* What small magazines in depots do would fill the log. */
static void little_from_depots_is_not_logged(struct kunit *test)
{
	struct zpool_cache *cache = create(test, "kunit-log", SIZE);
	struct zpool_magazine *mag;
	unsigned int i;

	mag = zpool_magazine_create(SIZE, CAPACITY - 1, zpool_budget.limit, NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	zpool_depot_put(&zpool_this_node(cache)->depot, mag);
	for (i = 0; i < 21; i++)
		pass(test, 1000);
	KUNIT_EXPECT_EQ(test, zpool_adapt_counts.released_bytes, (CAPACITY - 1UL) * SIZE);
	expect_no_event(test, 0);
	zpool_cache_destroy(cache);
}

static void thefts_are_logged(struct kunit *test)
{
	struct zpool_event want = {
		.cache = "kunit-idle", .cpu = here, .signal = ZPOOL_STOLEN,
		.action = ZPOOL_SHRINK, .before = CAPACITY, .after = CAPACITY * 70 / 100,
		.outcome_pct = ZPOOL_NO_HIT_PCT,
	};
	struct zpool_cache *hot = create_idle(test, here), *warm = create_idle(test, here);
	u32 nr = 0;

	pass(test, 1000);
	close_budget();
	swing(hot, WIDE, ROUNDS);
	swing(warm, 1, 4);
	pass(test, 1000);
	expect_event(test, &nr, want);
	expect_no_event(test, nr);
	zpool_cache_destroy(warm);
	zpool_cache_destroy(hot);
}

/* The last 256, in order; what is no longer there has no outcome. */
static void the_log_is_bounded(struct kunit *test)
{
	const u32 last = 2 * ZPOOL_LOG_EVENTS + 10;
	struct zpool_event event = { .outcome_pct = ZPOOL_NO_HIT_PCT };
	u32 i, nr = 0;

	expect_no_event(test, 0);
	for (i = 1; i <= last; i++) {
		event.before = i;
		KUNIT_ASSERT_EQ(test, zpool_log_add(&event), i);
		if (i == ZPOOL_LOG_EVENTS || i == ZPOOL_LOG_EVENTS + 1) {
			nr = 0;
			KUNIT_ASSERT_TRUE(test, zpool_log_get(&nr, &event));
			KUNIT_EXPECT_EQ(test, nr, i - ZPOOL_LOG_EVENTS + 1);
		}
	}
	zpool_log_outcome(0, 1);
	zpool_log_outcome(last - ZPOOL_LOG_EVENTS, 2);
	zpool_log_outcome(last - 1, 3);
	zpool_log_outcome(last + 1, 4);
	nr = 0;
	for (i = last - ZPOOL_LOG_EVENTS + 1; i <= last; i++) {
		KUNIT_ASSERT_TRUE(test, zpool_log_get(&nr, &event));
		KUNIT_EXPECT_EQ(test, nr, i);
		KUNIT_EXPECT_EQ(test, event.nr, i);
		KUNIT_EXPECT_EQ(test, event.before, i);
		KUNIT_EXPECT_EQ(test, event.outcome_pct, i == last - 1 ? 3 : ZPOOL_NO_HIT_PCT);
	}
	expect_no_event(test, nr);
	zpool_log_clear();
	expect_no_event(test, 0);
	KUNIT_EXPECT_EQ(test, zpool_log_add(&event), 1U);
}

static void names_differ(struct kunit *test)
{
	unsigned int a, b;

	for (a = 0; a < ZPOOL_NR_SIGNALS; a++)
		for (b = 0; b < a; b++)
			KUNIT_EXPECT_NE(test, strcmp(zpool_signal_name(a), zpool_signal_name(b)), 0);
	for (a = 0; a < ZPOOL_NR_ACTIONS; a++)
		for (b = 0; b < a; b++)
			KUNIT_EXPECT_NE(test, strcmp(zpool_action_name(a), zpool_action_name(b)), 0);
}

/*
 * The budget.
 */

/* Many that all want more than there is, by turns: at no moment is more claimed. */
static void the_budget_holds_throughout(struct kunit *test)
{
	static const unsigned int sizes[] = { 64, 1024, 4096, 16384 };
	struct zpool_cache *caches[ARRAY_SIZE(sizes)];
	unsigned int i, c;

	zpool_budget_set_limit(300 << 10);
	for (c = 0; c < ARRAY_SIZE(sizes); c++)
		caches[c] = create(test, "kunit-budget", sizes[c]);
	for (i = 0; i < 100; i++) {
		c = i / 10 % ARRAY_SIZE(sizes);
		swing(caches[c], 40 + 5 * i, 2);
		swing(caches[(c + 1) % ARRAY_SIZE(sizes)], 1 + i % 30, 10);
		zpool_test_pass(1 + 1000 * (i % 8));
		EXPECT_SOUND(test, zpool_check_all());
	}
	KUNIT_EXPECT_GT(test, atomic_long_read(&zpool_budget.peak), 200L << 10);
	KUNIT_EXPECT_LE(test, atomic_long_read(&zpool_budget.peak), 300L << 10);
	KUNIT_EXPECT_GT(test, zpool_adapt_counts.releases, 0UL);
	for (c = 0; c < ARRAY_SIZE(sizes); c++)
		zpool_cache_destroy(caches[c]);
}

static struct kunit_case adapt_cases[] = {
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
	KUNIT_CASE(a_pass_raises_capacity),
	KUNIT_CASE(growth_fits_into_the_room),
	KUNIT_CASE(who_wants_less_does_not_overtake),
	KUNIT_CASE(credit_is_the_room_but_a_reserve),
	KUNIT_CASE(there_is_credit_from_the_start),
	KUNIT_CASE(a_buyer_gets_a_quarter),
	KUNIT_CASE(depots_share_half),
	KUNIT_CASE(an_idle_class_pays),
	KUNIT_CASE(an_idle_cpu_pays),
	KUNIT_CASE(the_coldest_pays),
	KUNIT_CASE(equals_keep_what_they_have),
	KUNIT_CASE(the_lukewarm_gives_a_part),
	KUNIT_CASE(who_has_least_gives_all),
	KUNIT_CASE(who_gave_a_part_waits),
	KUNIT_CASE(depots_pay),
	KUNIT_CASE(nobody_pays_when_nobody_wants),
	KUNIT_CASE(the_idle_pay_twice_or_a_quarter),
	KUNIT_CASE(the_lukewarm_give_twice),
	KUNIT_CASE(the_unused_comes_home),
	KUNIT_CASE(a_kept_slab_comes_home),
	KUNIT_CASE(without_decay_all_stays),
	KUNIT_CASE(a_spare_comes_home_when_still),
	KUNIT_CASE(a_pair_in_use_stays),
	KUNIT_CASE(the_remote_comes_home),
	KUNIT_CASE(depots_come_home),
	KUNIT_CASE(it_comes_home_in_steps),
	KUNIT_CASE(prefilled_objects_stay),
	KUNIT_CASE(prefilled_objects_are_not_stolen),
	KUNIT_CASE(what_comes_home_starts_anew),
	KUNIT_CASE(a_smaller_load_shrinks),
	KUNIT_CASE(growth_is_logged),
	KUNIT_CASE(bursts_are_logged),
	KUNIT_CASE(what_goes_home_is_logged),
	KUNIT_CASE(little_from_depots_is_not_logged),
	KUNIT_CASE(thefts_are_logged),
	KUNIT_CASE(the_log_is_bounded),
	KUNIT_CASE(names_differ),
	KUNIT_CASE(the_budget_holds_throughout),
	{}
};

static struct kunit_suite adapt_suite = {
	.name = "zpool_adapt",
	.init = begin,
	.exit = zpool_test_end_usual,
	.test_cases = adapt_cases,
};

kunit_test_suite(adapt_suite);
