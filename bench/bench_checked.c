// SPDX-License-Identifier: GPL-2.0
/*
 * A contender's objects, looked at: that each is there, whole and nobody
 * else's; and how much memory is left when most of them are alive. The warm-up
 * round of every load runs through here, and one more after those that count.
 *
 * Each object is stamped with its own address at both ends when it is
 * allocated; the stamps must still be there when it is freed, and are wiped
 * then. Memory that two hold at once loses its stamp to one of them.
 */
#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "bench.h"

static const struct bench_contender *inner;
static atomic64_t nr_spoilt = ATOMIC64_INIT(0);

static size_t bulk_size;	/* of all objects of a bulk load */

static struct {
	unsigned int nr;	/* so many alive are worth a look at the memory */
	atomic_t live;
	atomic_t most;		/* that were alive so far; those who meet there may both look */
	s64 free_bytes;		/* the least that was seen */
} top;

/* Objects that were found without their stamps since the module was loaded. */
u64 bench_nr_spoilt(void)
{
	return atomic64_read(&nr_spoilt);
}

/* The least free memory of the machine while this contender's objects were looked at. */
s64 bench_least_free_bytes(void)
{
	return top.free_bytes;
}

/* At each new summit, one object more: looking is slow. */
static void count_live(void)
{
	int live = atomic_inc_return(&top.live);

	if (live <= atomic_read(&top.most))
		return;
	atomic_set(&top.most, live);
	if (live >= top.nr)
		top.free_bytes = min(top.free_bytes, bench_free_bytes());
}

static size_t stamp_bytes(size_t size)
{
	return min(size, sizeof(void *));
}

static void stamp(void *obj, size_t size)
{
	size_t bytes = stamp_bytes(size);

	memcpy(obj, &obj, bytes);
	memcpy(obj + size - bytes, &obj, bytes);
	count_live();
}

static void unstamp(void *obj, size_t size)
{
	size_t bytes = stamp_bytes(size);

	/* Where the two overlap the later one counts. */
	if (memcmp(obj + size - bytes, &obj, bytes) ||
	    (size >= 2 * bytes && memcmp(obj, &obj, bytes)))
		atomic64_inc(&nr_spoilt);
	memset(obj, 0, bytes);
	memset(obj + size - bytes, 0, bytes);
	atomic_dec(&top.live);
}

static void *checked_alloc(size_t size, gfp_t gfp)
{
	void *obj = inner->alloc(size, gfp);

	if (obj)
		stamp(obj, size);
	return obj;
}

static void checked_free(void *obj, size_t size)
{
	unstamp(obj, size);
	inner->free(obj, size);
}

static unsigned int checked_alloc_bulk(size_t size, gfp_t gfp, unsigned int nr, void **objs)
{
	unsigned int got = inner->alloc_bulk(size, gfp, nr, objs), i;

	for (i = 0; i < got; i++)
		stamp(objs[i], size);
	bulk_size = size;
	return got;
}

static void checked_free_bulk(unsigned int nr, void **objs)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		unstamp(objs[i], bulk_size);
	inner->free_bulk(nr, objs);
}

static const struct bench_contender checked = {
	.alloc		= checked_alloc,
	.free		= checked_free,
	.alloc_bulk	= checked_alloc_bulk,
	.free_bulk	= checked_free_bulk,
};

/* @contender with its objects looked at; one at a time. Of them @nr_live should get alive. */
const struct bench_contender *bench_check(const struct bench_contender *contender,
					   unsigned int nr_live)
{
	inner = contender;
	top.nr = nr_live;
	atomic_set(&top.live, 0);
	atomic_set(&top.most, 0);
	top.free_bytes = bench_free_bytes();
	return &checked;
}
