// SPDX-License-Identifier: GPL-2.0
/* Descriptors alone: which are given out, and whose memory goes back. */
#include <linux/string.h>

#include "../zpool_descriptor.h"
#include "common.h"

/* More than the first directory has room for. */
#define NR_CHUNKS	66U
#define NR		(NR_CHUNKS * ZPOOL_CHUNK_DESCRIPTORS)

static u32 indices[NR];		/* 0: given back */
static struct zpool_descriptor *where[NR];
static bool is_short;		/* one was not given, though there is memory */

static u32 chunk_of(unsigned int i)
{
	return indices[i] >> ZPOOL_CHUNK_SHIFT;
}

static bool is_dead(const struct zpool_descriptor *d)
{
	return atomic64_read(&d->word) & ZPOOL_DEAD;
}

static void put(unsigned int i)
{
	if (indices[i])
		zpool_descriptor_put(indices[i]);
	indices[i] = 0;
}

static void get_all(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++) {
		indices[i] = zpool_descriptor_get(GFP_KERNEL);
		where[i] = zpool_descriptor_at(indices[i]);
		is_short |= !indices[i];
	}
}

static void put_all(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		put(i);
}

/* What is known of chunks stays, and so do directories: they are there from the first on. */
static int begin(struct kunit *test)
{
	is_short = false;
	get_all();
	put_all();
	zpool_descriptor_trim();
	return zpool_test_begin(test);
}

static void end(struct kunit *test)
{
	put_all();
	zpool_descriptor_trim();
	KUNIT_EXPECT_FALSE(test, is_short);
	zpool_test_end_quiet(test);
}

static void skip_if_none_goes(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_TASKS_RCU) && IS_ENABLED(CONFIG_PREEMPTION))
		kunit_skip(test, "nothing tells when a reader has gone");
}

/* Also when the directory had to grow; and none is 0. */
static void each_is_given_out_once(struct kunit *test)
{
	unsigned int i, nr_wrong = 0;

	get_all();
	for (i = 0; i < NR; i++) {
		KUNIT_ASSERT_NE(test, indices[i], 0U);
		KUNIT_EXPECT_PTR_EQ(test, zpool_descriptor_at(indices[i]), where[i]);
		KUNIT_EXPECT_TRUE(test, is_dead(where[i]));
		KUNIT_EXPECT_NE(test, where[i]->handle / ZPOOL_GENERATION, 0UL);
		*zpool_descriptor_size(indices[i]) = i;
	}
	for (i = 0; i < NR; i++)
		nr_wrong += *zpool_descriptor_size(indices[i]) != i;
	KUNIT_EXPECT_EQ(test, nr_wrong, 0U);
	KUNIT_EXPECT_TRUE(test, zpool_descriptor_exists(zpool_directory, indices[NR - 1]));
	KUNIT_EXPECT_FALSE(test, zpool_descriptor_exists(zpool_directory,
							 1U << (ZPOOL_INDEX_BITS - 1)));
}

/* The last one that was put back is the next. */
static void the_warmest_is_next(struct kunit *test)
{
	u32 first = zpool_descriptor_get(GFP_KERNEL), second = zpool_descriptor_get(GFP_KERNEL);

	zpool_descriptor_put(second);
	zpool_descriptor_put(first);
	KUNIT_EXPECT_EQ(test, zpool_descriptor_get(GFP_KERNEL), first);
	KUNIT_EXPECT_EQ(test, zpool_descriptor_get(GFP_KERNEL), second);
	zpool_descriptor_put(first);
	zpool_descriptor_put(second);
}

/* One that is of another chunk than all of @not, and of which all are taken. */
static unsigned int another(struct kunit *test, const unsigned int *not, unsigned int nr)
{
	unsigned int i, j;

	for (i = 0; i < NR; i++) {
		for (j = 0; j < nr && (!not[j] || chunk_of(i) != not[j]); j++)
			;
		if (j == nr && chunk_of(i))
			return i;
	}
	KUNIT_FAIL(test, "all descriptors are of a few chunks");
	return 0;
}

/* Whatever chunk it is of. */
static void the_warmest_chunk_is_next(struct kunit *test)
{
	unsigned int chunks[2] = {}, i, j;

	get_all();
	i = another(test, chunks, 0);
	chunks[0] = chunk_of(i);
	j = another(test, chunks, 1);
	put(i);
	chunks[1] = indices[j];
	put(j);
	indices[j] = zpool_descriptor_get(GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, indices[j], chunks[1]);
}

/* What a chunk in use has to spare is no reason to take its memory. */
static void chunks_in_use_stay(struct kunit *test)
{
	unsigned int chunks[2] = {}, i, first, second;
	long metadata;

	get_all();
	first = another(test, chunks, 0);
	chunks[0] = chunk_of(first);
	second = another(test, chunks, 1);
	chunks[1] = chunk_of(second);
	put(first);
	put(second);
	metadata = zpool_test_metadata();
	zpool_descriptor_trim();
	KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata);
	for (i = 0; i < NR; i++)
		if (indices[i])
			KUNIT_EXPECT_PTR_EQ(test, zpool_descriptor_at(indices[i]), where[i]);
}

/* Though others were put back later, and last. */
static void a_chunk_that_is_spare_goes(struct kunit *test)
{
	unsigned int chunks[2] = {}, i, first, gone;
	const struct zpool_descriptor *nobody;
	long metadata;

	skip_if_none_goes(test);
	get_all();
	first = another(test, chunks, 0);
	chunks[0] = chunk_of(first);
	gone = another(test, chunks, 1);
	chunks[1] = chunk_of(gone);
	put(first);
	for (i = 0; i < NR; i++)
		if (chunk_of(i) == chunks[1])
			put(i);
	metadata = zpool_test_metadata();
	zpool_descriptor_trim();
	KUNIT_EXPECT_LE(test, zpool_test_metadata(), metadata - (long)ZPOOL_CHUNK_BYTES);
	for (i = 0; i < NR; i++)
		if (indices[i])
			KUNIT_EXPECT_PTR_EQ(test, zpool_descriptor_at(indices[i]), where[i]);

	/* There is a chunk of nobody in its place: no object, and of no generation. */
	nobody = zpool_descriptor_at(chunks[1] << ZPOOL_CHUNK_SHIFT);
	KUNIT_EXPECT_EQ(test, nobody->handle, 0UL);
	KUNIT_EXPECT_TRUE(test, is_dead(nobody));
}

/* Who goes up and down by one finds it there. */
static void the_last_chunk_stays(struct kunit *test)
{
	long metadata = zpool_test_metadata();
	u32 index;

	zpool_descriptor_trim();
	KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata);
	index = zpool_descriptor_get(GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata);
	zpool_descriptor_put(index);
}

/* After any that a descriptor there has had. */
static void generations_go_on(struct kunit *test)
{
	unsigned int i, nr = 0;

	skip_if_none_goes(test);
	get_all();
	for (i = 0; i < NR; i++)
		where[i]->handle = (1000 + i % 3) * ZPOOL_GENERATION | indices[i];
	put_all();
	zpool_descriptor_trim();
	get_all();
	for (i = 0; i < NR; i++)
		nr += where[i]->handle / ZPOOL_GENERATION < 1000;
	KUNIT_EXPECT_EQ(test, nr, 0U);
}

static struct kunit_case descriptor_cases[] = {
	KUNIT_CASE(each_is_given_out_once),
	KUNIT_CASE(the_warmest_is_next),
	KUNIT_CASE(the_warmest_chunk_is_next),
	KUNIT_CASE(chunks_in_use_stay),
	KUNIT_CASE(a_chunk_that_is_spare_goes),
	KUNIT_CASE(the_last_chunk_stays),
	KUNIT_CASE(generations_go_on),
	{}
};

static struct kunit_suite descriptor_suite = {
	.name = "zpool_descriptor",
	.init = begin,
	.exit = end,
	.test_cases = descriptor_cases,
};

kunit_test_suite(descriptor_suite);
