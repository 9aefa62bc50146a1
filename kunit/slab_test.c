// SPDX-License-Identifier: GPL-2.0
/*
 * The slab layer alone: slabs of a cache that exists only here.
 *
 * The validator zpool_check_slabs() compares lists, bitmaps, marks and sums
 * after each step; the tests say what must have happened besides.
 */
#include <linux/gfp.h>
#include <linux/kmemleak.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "common.h"

#define TAG	5U

/* More objects than any slab of a test has. */
#define MAX_OBJECTS	1024U

/* Two caches of one object size on one node, and room for their objects. */
struct fixture {
	struct zpool_geometry geometry;
	struct zpool_slabs slabs;
	struct zpool_slabs other;
	int node;
	void *objs[MAX_OBJECTS];
};

static unsigned int nr_constructed;

static void construct(void *obj)
{
	nr_constructed++;
	memset(obj, 0xc7, 16);
}

static int begin(struct kunit *test)
{
	struct fixture *f = kzalloc(sizeof(*f), GFP_KERNEL);

	test->priv = f;
	nr_constructed = 0;
	return f ? zpool_test_begin(test) : -ENOMEM;
}

static void end(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (f->slabs.geometry) {
		EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
		EXPECT_SOUND(test, zpool_check_slabs(&f->other));
		KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->slabs), 0UL);
		KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->other), 0UL);
	}
	zpool_test_end(test);
	kfree(f);
}

static struct fixture *set_up(struct kunit *test, size_t size, void (*ctor)(void *obj))
{
	struct fixture *f = test->priv;

	f->node = numa_mem_id();
	KUNIT_ASSERT_EQ(test, zpool_geometry_init(&f->geometry, size, 1), 0);
	zpool_slabs_init(&f->slabs, &f->geometry, ctor, f, TAG, f->node);
	zpool_slabs_init(&f->other, &f->geometry, ctor, f, ZPOOL_TAG_HEADER, f->node);
	return f;
}

static struct zpool_slab *create(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab;

	slab = zpool_slab_create(&f->geometry, ZPOOL_NOT_APART, GFP_KERNEL | __GFP_THISNODE, f->node);
	KUNIT_ASSERT_NOT_NULL(test, slab);
	return slab;
}

/* A new slab whose first object is in use, as @obj. */
static struct zpool_slab *add(struct kunit *test, struct zpool_slabs *slabs, void **obj)
{
	struct zpool_slab *slab = create(test);

	KUNIT_EXPECT_EQ(test, zpool_slabs_add(slabs, slab, obj, 1, ZPOOL_MAGAZINE), 1U);
	return slab;
}

static unsigned int take(struct zpool_slabs *slabs, void **objs, unsigned int nr)
{
	unsigned int got = 0, last;

	do {
		last = zpool_slabs_alloc(slabs, objs + got, min(nr - got, ZPOOL_BATCH),
					 ZPOOL_MAGAZINE);
		got += last;
	} while (last && got < nr);
	return got;
}

/* The array stays as it is, unlike that of zpool_slabs_free(). */
static unsigned int put(void *const *objs, unsigned int nr)
{
	unsigned int done, good = 0;
	void *batch[ZPOOL_BATCH];

	for (done = 0; done < nr; done += ZPOOL_BATCH) {
		unsigned int size = min(nr - done, ZPOOL_BATCH);

		memcpy(batch, objs + done, size * sizeof(*batch));
		good += zpool_slabs_free(batch, size, ZPOOL_MAGAZINE, NULL);
	}
	return good;
}

static unsigned int put_one(void *obj, enum zpool_slab_use use)
{
	return zpool_slabs_free(&obj, 1, use, NULL);
}

static bool is_only_on(const struct zpool_slab *slab, enum zpool_place place,
		       const struct zpool_slabs *slabs)
{
	const struct list_head *list = &slabs->on[place];

	return slab->place == place && slabs->nr_on[place] == 1 && slabs->nr_slabs == 1 &&
	       list->next == &slab->list && list->prev == &slab->list;
}

/* Where a slab is with so many of its objects used. */
static enum zpool_place place_at(unsigned int used, unsigned int nr)
{
	if (used == nr)
		return ZPOOL_FULL;
	return used ? ZPOOL_TENTH + 10 * (nr - used) / nr : ZPOOL_EMPTY;
}

/* One slab goes up and down; the list that it hangs on tells how full it is. */
static void occupancy_chooses_the_list(struct kunit *test)
{
	struct fixture *f = set_up(test, PAGE_SIZE / 64, NULL);
	struct zpool_slabs *slabs = &f->slabs;
	struct zpool_slab *slab = add(test, slabs, f->objs);
	unsigned int nr = slab->nr_objects, used = 1, want, i;

	KUNIT_ASSERT_GT(test, nr, 20U);
	for (i = 0; i < 4 * nr; i++) {
		want = i <= nr ? i : i <= 2 * nr ? 2 * nr - i : i * 7 % (nr + 1);
		if (want > used)
			KUNIT_EXPECT_EQ(test, take(slabs, f->objs + used, want - used),
					want - used);
		else
			KUNIT_EXPECT_EQ(test, put(f->objs + want, used - want), used - want);
		used = want;
		KUNIT_EXPECT_TRUE_MSG(test, is_only_on(slab, place_at(used, nr), slabs),
				      "step %u: %u of %u", i, used, nr);
		KUNIT_EXPECT_EQ(test, slab->nr_free, nr - used);
		KUNIT_EXPECT_EQ(test, zpool_test_claimed(),
				used ? 0L : (long)(slab->nr_pages * PAGE_SIZE));
		EXPECT_SOUND(test, zpool_check_slabs(slabs));
	}
	put(f->objs, used);
	KUNIT_EXPECT_EQ(test, slabs->slabs_freed, 0UL);
}

/* All objects of a slab are different, lie in it, and take what is written. */
static void objects_do_not_overlap(struct kunit *test)
{
	static const size_t sizes[] = { 1, 8, 24, 100, 520, 3000, 5000, 20000, 40960, 65536 };
	unsigned int s;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct fixture *f = set_up(test, sizes[s], NULL);
		struct zpool_slab *slab = add(test, &f->slabs, f->objs);
		unsigned int nr = min_t(unsigned int, slab->nr_objects, MAX_OBJECTS), i;

		KUNIT_EXPECT_EQ(test, take(&f->slabs, f->objs + 1, nr - 1), nr - 1);
		for (i = 0; i < nr; i++) {
			KUNIT_EXPECT_GE(test, zpool_slab_index(slab, f->objs[i]), 0);
			memset(f->objs[i], i, sizes[s]);
		}
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_TRUE_MSG(test,
					      zpool_test_is_filled(f->objs[i], i & 0xff, sizes[s]),
					      "size %zu object %u", sizes[s], i);
		KUNIT_EXPECT_EQ(test, put(f->objs, nr), nr);
		EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
		KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->slabs), 0UL);
	}
}

/* All pages are withheld from everybody else; those where an object starts say whose it is. */
static void pages_are_marked(struct kunit *test)
{
	static const size_t sizes[] = { 64, 5000, 20000, 65536 };
	unsigned int s, i;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct fixture *f = set_up(test, sizes[s], NULL);
		struct zpool_slab *slab = create(test);
		struct page *page = virt_to_page(slab->base);

		KUNIT_EXPECT_NULL(test, slab->home);
		KUNIT_EXPECT_FALSE(test, zpool_page_is_ours(page));
		zpool_slabs_add(&f->slabs, slab, f->objs, 1, ZPOOL_DIRECT);
		for (i = 0; i < slab->nr_pages; i++)
			KUNIT_EXPECT_EQ(test, page_ref_count(page + i), 0);
		for (i = 0; i < slab->nr_objects; i++) {
			page = virt_to_page(zpool_slab_object(slab, i));
			KUNIT_EXPECT_TRUE(test, zpool_page_is_ours(page));
			KUNIT_EXPECT_EQ(test, zpool_page_tag(page), TAG);
			KUNIT_EXPECT_PTR_EQ(test, zpool_page_slab(page), slab);
		}
		put_one(f->objs[0], ZPOOL_DIRECT);

		add(test, &f->other, f->objs);
		page = virt_to_page(f->objs[0]);
		KUNIT_EXPECT_EQ(test, zpool_page_tag(page), ZPOOL_TAG_HEADER);
		put_one(f->objs[0], ZPOOL_DIRECT);
		KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->slabs), 0UL);
		KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->other), 0UL);
	}
}

/* Only the start of an object has a number. */
static void inner_addresses_have_no_number(struct kunit *test)
{
	struct fixture *f = set_up(test, 200, NULL);
	struct zpool_slab *slab = add(test, &f->slabs, f->objs);
	char *end = (char *)slab->base + slab->nr_pages * PAGE_SIZE;
	unsigned int nr_starts = 0;
	char *p;

	for (p = slab->base; p < end; p++) {
		int i = zpool_slab_index(slab, p);

		if (i < 0)
			continue;
		nr_starts++;
		KUNIT_ASSERT_PTR_EQ(test, zpool_slab_object(slab, i), (void *)p);
	}
	KUNIT_EXPECT_EQ(test, nr_starts, (unsigned int)slab->nr_objects);
	put(f->objs, 1);
}

/* What lies above the last object is given back at once, and the rest in the end. */
static void runs_are_exact(struct kunit *test)
{
	size_t size;

	for (size = PAGE_SIZE; size <= ZPOOL_MAX_SIZE; size += PAGE_SIZE) {
		struct fixture *f = set_up(test, size, NULL);
		struct zpool_slab *slab = add(test, &f->slabs, f->objs);

		KUNIT_EXPECT_EQ_MSG(test, slab->nr_pages * PAGE_SIZE, slab->nr_objects * size,
				    "size %zu", size);
		EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
		put(f->objs, 1);
		KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->slabs), 0UL);
	}
}

/* The same in figures, where a page is the usual one. */
static void forty_kib_cost_forty_kib(struct kunit *test)
{
	struct fixture *f = set_up(test, 40 << 10, NULL);
	struct zpool_slab *slab = add(test, &f->slabs, f->objs);

	if (PAGE_SIZE == 4096) {
		KUNIT_EXPECT_EQ(test, (int)slab->nr_pages, 10);
		KUNIT_EXPECT_EQ(test, (int)slab->nr_objects, 1);
		KUNIT_EXPECT_EQ(test, (int)slab->order, 4);
	}
	put(f->objs, 1);
}

static void one_empty_slab_is_kept(struct kunit *test)
{
	struct fixture *f = set_up(test, PAGE_SIZE / 8, NULL);
	struct zpool_slab *first = add(test, &f->slabs, f->objs);
	size_t bytes = first->nr_pages * PAGE_SIZE;

	add(test, &f->slabs, f->objs + 1);
	add(test, &f->slabs, f->objs + 2);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 3UL);
	KUNIT_EXPECT_EQ(test, put(f->objs, 3), 3U);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 1UL);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_on[ZPOOL_EMPTY], 1UL);
	KUNIT_EXPECT_EQ(test, f->slabs.slabs_freed, 2UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), (long)bytes);
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));

	zpool_slabs_trim(&f->slabs);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 0UL);
	KUNIT_EXPECT_EQ(test, f->slabs.slabs_freed, 3UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
}

static void no_empty_slab_is_kept_without_budget(struct kunit *test)
{
	struct fixture *f = set_up(test, PAGE_SIZE / 8, NULL);
	struct zpool_slab *slab = add(test, &f->slabs, f->objs);

	zpool_budget_set_limit(slab->nr_pages * PAGE_SIZE - 1);
	KUNIT_EXPECT_EQ(test, put(f->objs, 1), 1U);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 0UL);
	KUNIT_EXPECT_EQ(test, f->slabs.slabs_freed, 1UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
}

/* Slabs in use serve before the empty one, and one batch may come from several. */
static void partial_slabs_serve_first(struct kunit *test)
{
	struct fixture *f = set_up(test, PAGE_SIZE / 8, NULL);
	struct zpool_slab *a = add(test, &f->slabs, f->objs);
	struct zpool_slab *b = add(test, &f->slabs, f->objs + 1);
	struct zpool_slab *c = add(test, &f->slabs, f->objs + 2);
	unsigned int nr = a->nr_objects + b->nr_objects + c->nr_objects;

	put(f->objs + 2, 1);
	KUNIT_ASSERT_EQ(test, c->nr_free, (u32)c->nr_objects);
	KUNIT_EXPECT_EQ(test, take(&f->slabs, f->objs + 2, a->nr_free + b->nr_free),
			nr - c->nr_objects - 2);
	KUNIT_EXPECT_EQ(test, a->nr_free + b->nr_free, 0U);
	KUNIT_EXPECT_EQ(test, c->nr_free, (u32)c->nr_objects);

	KUNIT_EXPECT_EQ(test, take(&f->slabs, f->objs + nr - c->nr_objects, MAX_OBJECTS - nr),
			(unsigned int)c->nr_objects);
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	KUNIT_EXPECT_EQ(test, zpool_slabs_alloc(&f->slabs, f->objs + nr, 1, ZPOOL_DIRECT), 0U);
	KUNIT_EXPECT_EQ(test, put(f->objs, nr), nr);
}

/* A batch finds each object's home by itself. */
static void a_batch_may_be_mixed(struct kunit *test)
{
	struct fixture *f = set_up(test, PAGE_SIZE / 8, NULL);
	unsigned int i;

	for (i = 0; i < 12; i++)
		add(test, i % 3 ? &f->slabs : &f->other, f->objs + i);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 8UL);
	KUNIT_EXPECT_EQ(test, f->other.nr_slabs, 4UL);
	KUNIT_EXPECT_EQ(test, put(f->objs, 12), 12U);
	KUNIT_EXPECT_EQ(test, f->slabs.slabs_freed, 7UL);
	KUNIT_EXPECT_EQ(test, f->other.slabs_freed, 3UL);
}

/* Counters tell batches for magazines from single objects, and those that missed before. */
static void uses_are_counted_apart(struct kunit *test)
{
	struct fixture *f = set_up(test, PAGE_SIZE / 8, NULL);
	struct zpool_slabs *s = &f->slabs;

	zpool_slabs_add(s, create(test), f->objs, 3, ZPOOL_DIRECT);
	zpool_slabs_alloc(s, f->objs + 3, 2, ZPOOL_MAGAZINE);
	zpool_slabs_alloc(s, f->objs + 5, 1, ZPOOL_FALLBACK);
	KUNIT_EXPECT_EQ(test, s->refills, 1UL);
	KUNIT_EXPECT_EQ(test, s->direct_allocs, 4UL);
	KUNIT_EXPECT_EQ(test, s->direct_misses, 3UL);
	put(f->objs, 2);
	put_one(f->objs[2], ZPOOL_DIRECT);
	put_one(f->objs[3], ZPOOL_FALLBACK);
	KUNIT_EXPECT_EQ(test, s->flushes, 1UL);
	KUNIT_EXPECT_EQ(test, s->direct_frees, 2UL);
	KUNIT_EXPECT_EQ(test, s->direct_misses, 4UL);
	put(f->objs + 4, 2);
}

/* What is free already, or starts no object, is told and changes nothing. */
static void bad_frees_are_dropped(struct kunit *test)
{
	struct fixture *f = set_up(test, 64, NULL);
	struct zpool_slab *slab = add(test, &f->slabs, f->objs);
	const struct {
		unsigned int object, offset;	/* object 0 is in use, 1 is free */
		enum zpool_slab_use use;
	} cases[] = {
		{ 1, 0, ZPOOL_MAGAZINE }, { 1, 0, ZPOOL_DIRECT }, { 1, 0, ZPOOL_FALLBACK },
		{ 0, 8, ZPOOL_MAGAZINE }, { 0, 8, ZPOOL_DIRECT }, { 0, 1, ZPOOL_MAGAZINE },
		{ 0, 63, ZPOOL_DIRECT }, { 1, 32, ZPOOL_MAGAZINE },
	};
	unsigned int i, good = 1;

	take(&f->slabs, f->objs + 1, 1);
	put(f->objs + 1, 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *p = (char *)f->objs[cases[i].object] + cases[i].offset;

		EXPECT_REPORTS(test, 1, good = put_one(p, cases[i].use));
		KUNIT_EXPECT_EQ_MSG(test, good, 0U, "case %u", i);
		KUNIT_EXPECT_EQ(test, f->slabs.direct_frees, 0UL);
		KUNIT_EXPECT_EQ(test, slab->nr_free, slab->nr_objects - 1U);
		EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	}
	put(f->objs, 1);
}

/* The first free of a batch may be the end of the slab: the second must see that. */
static void twice_in_one_batch(struct kunit *test)
{
	struct fixture *f = set_up(test, 64, NULL);
	unsigned int good = 0;

	zpool_budget_set_limit(0);
	add(test, &f->slabs, f->objs);
	f->objs[1] = f->objs[0];
	EXPECT_REPORTS(test, 1, good = put(f->objs, 2));
	KUNIT_EXPECT_EQ(test, good, 1U);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 0UL);
}

/* The pages of an object that comes again went back meanwhile: no header is followed. */
static void twice_and_the_slab_is_gone(struct kunit *test)
{
	struct fixture *f = set_up(test, 64, NULL);
	unsigned int good = 0;

	zpool_budget_set_limit(0);
	add(test, &f->slabs, f->objs);
	add(test, &f->slabs, f->objs + 1);
	f->objs[2] = f->objs[0];
	put(f->objs, 1);
	KUNIT_ASSERT_EQ(test, f->slabs.nr_slabs, 1UL);
	EXPECT_REPORTS(test, 2, good = put(f->objs, 3));
	KUNIT_EXPECT_EQ(test, good, 1U);
	KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 0UL);
}

/* Once for each object of a slab, when the slab is made. */
static void constructor_runs_once(struct kunit *test)
{
	struct fixture *f = set_up(test, 256, construct);
	struct zpool_slab *slab = add(test, &f->slabs, f->objs);
	unsigned int nr = slab->nr_objects, i;

	KUNIT_EXPECT_EQ(test, nr_constructed, nr);
	take(&f->slabs, f->objs + 1, nr - 1);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(f->objs[i], 0xc7, 16));
	put(f->objs, nr);
	KUNIT_EXPECT_EQ(test, take(&f->slabs, f->objs, nr), nr);
	KUNIT_EXPECT_EQ(test, nr_constructed, nr);
	put(f->objs, nr);
}

/* Objects from the emergency reserves are for single callers; their slab is never kept. */
static void check_reserve(struct kunit *test, unsigned int nr_free)
{
	struct fixture *f = set_up(test, PAGE_SIZE / 8, NULL);
	struct zpool_slab *slab = create(test);
	unsigned int nr = slab->nr_objects - nr_free;

	KUNIT_ASSERT_LE(test, nr, ZPOOL_BATCH);
	slab->apart = ZPOOL_EMERGENCY;
	KUNIT_EXPECT_EQ(test, zpool_slabs_add(&f->slabs, slab, f->objs, nr, ZPOOL_DIRECT), nr);
	KUNIT_EXPECT_EQ(test, zpool_page_tag(virt_to_page(f->objs[0])), ZPOOL_TAG_HEADER);
	while (nr) {
		KUNIT_EXPECT_TRUE(test, is_only_on(slab, ZPOOL_FULL, &f->slabs));
		KUNIT_EXPECT_EQ(test, take(&f->slabs, f->objs + nr, 1), 0U);
		EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
		put_one(f->objs[--nr], ZPOOL_DIRECT);
	}
	KUNIT_EXPECT_EQ(test, f->slabs.nr_slabs, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
}

static void reserves_are_not_shared(struct kunit *test)
{
	check_reserve(test, 0);
	check_reserve(test, 1);
}

/* A deferred object carries a list through itself and comes home constructed. */
static void deferred_objects_come_home(struct kunit *test)
{
	struct fixture *f = set_up(test, 64, construct);
	struct zpool_slab *slab = add(test, &f->slabs, f->objs);
	unsigned int i;

	take(&f->slabs, f->objs + 1, 9);
	for (i = 1; i < 10; i++)
		zpool_nmi_free(f->objs[i]);
	zpool_nmi_sync();
	KUNIT_EXPECT_EQ(test, slab->nr_free, slab->nr_objects - 1U);
	KUNIT_EXPECT_EQ(test, f->slabs.direct_frees, 9UL);
	KUNIT_EXPECT_EQ(test, take(&f->slabs, f->objs + 1, 9), 9U);
	for (i = 1; i < 10; i++)
		KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(f->objs[i], 0xc7, 16));
	put(f->objs, 10);
}

/*
 * What is in use when a cache ends is told, and its pages are left to their
 * users, unmarked and out of everybody's hands. Here there are no users.
 */
static void pages_in_use_are_left(struct kunit *test)
{
	struct fixture *f = set_up(test, 64, NULL);
	struct zpool_slab *slab = add(test, &f->slabs, f->objs);
	struct page *page = virt_to_page(slab->base);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, (int)slab->order, 0);
	take(&f->slabs, f->objs + 1, 2);
	KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->slabs), 3UL);
	for (i = 0; i < ZPOOL_NR_PLACES; i++)
		KUNIT_EXPECT_TRUE(test, list_empty(&f->slabs.on[i]));
	KUNIT_EXPECT_FALSE(test, PagePrivate(page));
	KUNIT_EXPECT_EQ(test, page_private(page), 0UL);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	kmemleak_free(page_address(page));
	__free_page(page);

	zpool_slabs_init(&f->slabs, &f->geometry, NULL, f, TAG, f->node);
}

static struct kunit_case slab_cases[] = {
	KUNIT_CASE(occupancy_chooses_the_list),
	KUNIT_CASE(objects_do_not_overlap),
	KUNIT_CASE(pages_are_marked),
	KUNIT_CASE(inner_addresses_have_no_number),
	KUNIT_CASE(runs_are_exact),
	KUNIT_CASE(forty_kib_cost_forty_kib),
	KUNIT_CASE(one_empty_slab_is_kept),
	KUNIT_CASE(no_empty_slab_is_kept_without_budget),
	KUNIT_CASE(partial_slabs_serve_first),
	KUNIT_CASE(a_batch_may_be_mixed),
	KUNIT_CASE(uses_are_counted_apart),
	KUNIT_CASE(bad_frees_are_dropped),
	KUNIT_CASE(twice_in_one_batch),
	KUNIT_CASE(twice_and_the_slab_is_gone),
	KUNIT_CASE(constructor_runs_once),
	KUNIT_CASE(reserves_are_not_shared),
	KUNIT_CASE(deferred_objects_come_home),
	KUNIT_CASE(pages_in_use_are_left),
	{}
};

static struct kunit_suite slab_suite = {
	.name = "zpool_slab",
	.init = begin,
	.exit = end,
	.test_cases = slab_cases,
};

kunit_test_suite(slab_suite);
