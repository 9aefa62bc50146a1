// SPDX-License-Identifier: GPL-2.0
/* Handles: what they lead to wherever it is moved, and who may not have it moved. */
#include "handle.h"

/* Of a class that nothing else here uses. */
#define EARLY_SIZE	56U

/* What came of the first call of all, which could not make a cache. */
static struct {
	bool is_first, is_served, is_pooled_there, is_prepared, is_pooled_then;
} early;

static bool is_of_handles(struct zpool_handle *h)
{
	void *p = address_of(h);

	return zpool_test_is_pooled(p) && zpool_slab_of(p)->notes;
}

static int suite_begin(struct kunit_suite *suite)
{
	struct zpool_handle *h;

	zpool_worker_stop();
	early.is_first = !cache_of(EARLY_SIZE);
	h = zpool_handle_alloc(EARLY_SIZE, GFP_NOWAIT);
	if (h) {
		early.is_served = zpool_handle_size(h) == EARLY_SIZE;
		early.is_pooled_there = is_of_handles(h);
		zpool_handle_free(h);
	}
	early.is_prepared = zpool_handle_prepare();
	h = zpool_handle_alloc(EARLY_SIZE, GFP_NOWAIT);
	if (h) {
		early.is_pooled_then = is_of_handles(h);
		zpool_handle_free(h);
	}
	return zpool_worker_start();
}

/*
 * A slab with @first objects in use and one with @second, from handles[at] on, and
 * nothing anywhere else.
 */
static void lay_out(struct kunit *test, unsigned int at, unsigned int first, unsigned int second)
{
	const unsigned int used[] = { first, second };
	unsigned int s, i;

	for (i = 0; i < 2 * NR; i++)
		handles[at + i] = alloc(test, SIZE);
	for (s = 0; s < 2; s++, at += NR) {
		for (i = 1; i < NR; i++)
			KUNIT_ASSERT_PTR_EQ(test, slab_of(handles[at + i]), slab_of(handles[at]));
		for (i = 0; i < NR; i++) {
			if (i < used[s]) {
				fill(handles[at + i], at + i, SIZE);
				continue;
			}
			zpool_handle_free(handles[at + i]);
			handles[at + i] = NULL;
		}
	}
	zpool_cache_shrink(cache);
	memset(cache->moves, 0, sizeof(cache->moves));
}

/* Each handle has what was written, and the note of its object; no two notes are the same. */
static void expect_contents(struct kunit *test)
{
	unsigned int i, j;

	for (i = 0; i < 4 * NR; i++) {
		struct zpool_slab *slab;

		if (!handles[i])
			continue;
		KUNIT_EXPECT_TRUE_MSG(test, is_filled(handles[i], i, SIZE), "%u", i);
		slab = slab_of(handles[i]);
		j = zpool_slab_index(slab, address_of(handles[i]));
		KUNIT_EXPECT_EQ(test, slab->notes[j], index_of(handles[i]));
		for (j = 0; j < slab->nr_objects; j++)
			if (slab->notes[j] == index_of(handles[i]))
				KUNIT_EXPECT_PTR_EQ(test, zpool_slab_object(slab, j),
						    address_of(handles[i]));
	}
	EXPECT_SOUND(test, zpool_check_all());
}

static void compact(struct kunit *test)
{
	cache_of(SIZE);
	KUNIT_EXPECT_EQ(test, zpool_compact_named(name), 0);
	EXPECT_SOUND(test, zpool_check_all());
}

/*
 * What a handle leads to.
 */

static void any_size(struct kunit *test)
{
	static const size_t sizes[] = {
		1, 8, 9, 100, 4095, 4096, 5000, 40960, 65536, 65537, 200000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct zpool_handle *h = alloc(test, sizes[i]);
		size_t class = zpool_kmalloc_size_roundup(sizes[i]);
		void *p = zpool_handle_pin(h);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, zpool_handle_size(h), sizes[i]);
		zpool_test_write_pattern(p, sizes[i]);
		KUNIT_EXPECT_PTR_EQ(test, address_of(h), p);
		KUNIT_EXPECT_TRUE(test, zpool_test_has_pattern(p, sizes[i]));
		KUNIT_EXPECT_EQ(test, zpool_test_is_pooled(p), sizes[i] <= ZPOOL_MAX_SIZE);
		if (sizes[i] <= ZPOOL_MAX_SIZE) {
			KUNIT_EXPECT_TRUE(test, zpool_test_is_aligned(p, class & -class));
			KUNIT_EXPECT_EQ(test, zpool_test_usage(cache_of(sizes[i])).in_use_bytes,
					class);
		}
		zpool_handle_unpin(h);
		zpool_handle_free(h);
		if (sizes[i] <= ZPOOL_MAX_SIZE)
			KUNIT_EXPECT_EQ(test, zpool_test_usage(cache_of(sizes[i])).in_use_bytes,
					0UL);
		EXPECT_REPORTS(test, 1, zpool_handle_free(h));
	}
}

static void nothing_is_not_served(struct kunit *test)
{
	struct zpool_handle *h = NULL;

	EXPECT_REPORTS(test, 1, h = zpool_handle_alloc(0, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, h);
}

/* The whole of its class, though it was used before; moving or not. */
static void zero_if_asked(struct kunit *test)
{
	static const size_t sizes[] = { 33, SIZE, ZPOOL_MAX_SIZE + 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct zpool_handle *h = alloc(test, sizes[i]);

		fill(h, 0xff, sizes[i]);
		zpool_handle_free(h);
		h = zpool_handle_alloc(sizes[i], GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, h);
		KUNIT_EXPECT_TRUE(test, is_filled(h, 0, sizes[i] > ZPOOL_MAX_SIZE ? sizes[i] :
						  zpool_kmalloc_size_roundup(sizes[i])));
		zpool_handle_free(h);
	}
}

/* Who cannot make a cache is served all the same, and the next one moves. */
static void who_cannot_wait_is_served(struct kunit *test)
{
	if (!early.is_first)
		kunit_skip(test, "the class was used before");
	KUNIT_EXPECT_TRUE(test, early.is_served);
	KUNIT_EXPECT_FALSE(test, early.is_pooled_there);
	KUNIT_EXPECT_TRUE(test, early.is_prepared);
	KUNIT_EXPECT_TRUE(test, early.is_pooled_then);
	KUNIT_EXPECT_FALSE(test, zpool_handle_prepare());
}

/*
 * Moves.
 */

static void contents_follow_moves(struct kunit *test)
{
	struct zpool_slab *dense;
	unsigned int i;

	lay_out(test, 0, 3, NR / 2);
	dense = slab_of(handles[NR]);
	compact(test);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_MOVED], 3UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).nr_slabs, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, (3UL + NR / 2) * SIZE);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_PTR_EQ(test, slab_of(handles[i]), dense);
	expect_contents(test);
	free_all();
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, 0UL);
}

/* Descriptors change their places, and each is put back once. */
static void moves_go_on_and_on(struct kunit *test)
{
	unsigned int round;

	for (round = 0; round < 6; round++) {
		lay_out(test, 2 * NR * (round % 2), 1 + round, NR / 2);
		compact(test);
		expect_contents(test);
		free_all();
	}
}

/* Pins nest. */
static void what_is_pinned_stays(struct kunit *test)
{
	void *first, *second;

	lay_out(test, 0, 2, NR / 2);
	first = zpool_handle_pin(handles[1]);
	KUNIT_EXPECT_PTR_EQ(test, zpool_handle_pin(handles[1]), first);
	second = address_of(handles[0]);
	compact(test);
	KUNIT_EXPECT_EQ(test, (unsigned int)zpool_slab_of(first)->place, 0U + ZPOOL_HINDERED);
	zpool_handle_unpin(handles[1]);
	compact(test);
	KUNIT_EXPECT_PTR_EQ(test, address_of(handles[0]), second);
	KUNIT_EXPECT_PTR_EQ(test, address_of(handles[1]), first);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_MOVED], 0UL);
	zpool_handle_unpin(handles[1]);
	compact(test);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_MOVED], 2UL);
	expect_contents(test);
}

/* As the compactor would. Nothing changes unless it moves. */
static enum zpool_moved try_to_move(struct kunit *test, void *old)
{
	struct zpool_slab *slab = zpool_slab_of(old), *to;
	u32 from_note, to_note;
	enum zpool_moved moved;
	unsigned int i, j;
	void *new;

	KUNIT_EXPECT_TRUE(test, zpool_test_isolate(slab->home, slab));
	KUNIT_ASSERT_EQ(test, zpool_slabs_alloc(slab->home, &new, 1, ZPOOL_MOVING), 1U);
	to = zpool_slab_of(new);
	i = zpool_slab_index(slab, old);
	j = zpool_slab_index(to, new);
	from_note = slab->notes[i];
	to_note = to->notes[j];
	moved = cache->mover->move(cache, slab, i, to, j);
	if (moved == ZPOOL_MOVED)
		swap(from_note, to_note);
	else
		zpool_slabs_free(&new, 1, ZPOOL_MOVING, cache);
	KUNIT_EXPECT_EQ(test, slab->notes[i], from_note);
	KUNIT_EXPECT_EQ(test, to->notes[j], to_note);
	zpool_isolate_end(slab->home, slab, false);
	return moved;
}

static void one_move(struct kunit *test)
{
	struct zpool_slab *slab;
	void *p;
	unsigned int i;

	lay_out(test, 0, 3, NR / 2);
	p = zpool_handle_pin(handles[0]);
	slab = zpool_slab_of(p);
	i = zpool_slab_index(slab, p);
	KUNIT_EXPECT_TRUE(test, cache->mover->is_fixed(slab, i));
	KUNIT_EXPECT_EQ(test, 0U + try_to_move(test, p), 0U + ZPOOL_PINNED);
	zpool_handle_unpin(handles[0]);
	KUNIT_EXPECT_FALSE(test, cache->mover->is_fixed(slab, i));
	KUNIT_EXPECT_EQ(test, 0U + try_to_move(test, p), 0U + ZPOOL_MOVED);
	KUNIT_EXPECT_PTR_NE(test, address_of(handles[0]), p);

	/* Free, in a magazine; and again where the other has been. */
	p = address_of(handles[1]);
	zpool_handle_free(handles[1]);
	handles[1] = NULL;
	KUNIT_EXPECT_EQ(test, 0U + try_to_move(test, p), 0U + ZPOOL_NOT_IN_USE);

	expect_contents(test);
}

/* A slab of which but one object was ever in use. */
static void what_was_never_used_does_not_move(struct kunit *test)
{
	struct zpool_slab *slab;
	unsigned int i;

	handles[0] = alloc(test, SIZE);
	fill(handles[0], 0, SIZE);
	slab = slab_of(handles[0]);
	zpool_cache_shrink(cache);
	for (i = 0; i < slab->nr_objects; i++) {
		KUNIT_EXPECT_FALSE(test, cache->mover->is_fixed(slab, i));
		if (!slab->notes[i])
			KUNIT_EXPECT_EQ(test, 0U + cache->mover->move(cache, slab, i, slab, i),
					0U + ZPOOL_NOT_IN_USE);
	}
	expect_contents(test);
}

/* A copy that was made meanwhile must not be taken: neither pins nor frees go unseen. */
static void pins_and_frees_leave_a_trace(struct kunit *test)
{
	struct zpool_handle *h = alloc(test, SIZE), *again;
	u64 word = word_of(h);

	address_of(h);
	KUNIT_EXPECT_EQ(test, (u32)word_of(h), (u32)word);
	KUNIT_EXPECT_NE(test, word_of(h), word);
	word = word_of(h);
	zpool_handle_free(h);
	KUNIT_EXPECT_NE(test, word_of(h) >> 32, word >> 32);
	again = alloc(test, SIZE);
	KUNIT_EXPECT_EQ(test, index_of(again), index_of(h));
	KUNIT_EXPECT_EQ(test, (u32)word_of(h), (u32)word);
	KUNIT_EXPECT_NE(test, word_of(h), word);
	zpool_handle_free(again);
}

/* What comes free while its slab is being emptied goes there at once. */
static void a_free_goes_past_the_magazines(struct kunit *test)
{
	struct zpool_slab *slab;

	lay_out(test, 0, 2, NR / 2);
	slab = slab_of(handles[0]);
	zpool_test_isolate(slab->home, slab);
	zpool_handle_free(handles[0]);
	KUNIT_EXPECT_EQ(test, slab->nr_free, NR - 1);
	zpool_isolate_end(slab->home, slab, false);
	zpool_handle_free(handles[1]);
	KUNIT_EXPECT_EQ(test, slab->nr_free, NR - 1);
	handles[0] = NULL;
	handles[1] = NULL;
}

static void moves_stay_on_the_node(struct kunit *test)
{
	int node[2], nid, nr = 0;
	unsigned int cpu, i;

	for_each_node_mask(nid, zpool_fed_nodes)
		if (nr < 2)
			node[nr++] = nid;
	if (nr < 2)
		kunit_skip(test, "one node");
	for (nr = 0; nr < 2; nr++) {
		for_each_online_cpu(cpu)
			if (per_cpu_ptr(&zpool_cpu, cpu)->node == node[nr])
				break;
		zpool_test_move(cpu);
		lay_out(test, 2 * NR * nr, 1, NR / 2);
	}
	compact(test);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_MOVED], 2UL);
	for (i = 0; i < 4 * NR; i++)
		if (handles[i])
			KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(address_of(handles[i]))),
					node[i / (2 * NR)]);
	expect_contents(test);
}

static struct kunit_case handle_cases[] = {
	KUNIT_CASE(any_size),
	KUNIT_CASE(nothing_is_not_served),
	KUNIT_CASE(zero_if_asked),
	KUNIT_CASE(who_cannot_wait_is_served),
	KUNIT_CASE(contents_follow_moves),
	KUNIT_CASE(moves_go_on_and_on),
	KUNIT_CASE(what_is_pinned_stays),
	KUNIT_CASE(one_move),
	KUNIT_CASE(what_was_never_used_does_not_move),
	KUNIT_CASE(pins_and_frees_leave_a_trace),
	KUNIT_CASE(a_free_goes_past_the_magazines),
	KUNIT_CASE(moves_stay_on_the_node),
	{}
};

static struct kunit_suite handle_suite = {
	.name = "zpool_handle",
	.suite_init = suite_begin,
	.init = begin,
	.exit = end,
	.test_cases = handle_cases,
};

kunit_test_suite(handle_suite);
