// SPDX-License-Identifier: GPL-2.0
/*
 * Items of a cache whose owner moves them. The owner knows each by its number, which
 * the object holds, and a table; both are changed and the object is looked at under
 * the lock of that number. A free object has no number: that is what it is
 * constructed to, and freed as.
 *
 * What the callback says is drawn for each object once: DONE mostly, each of the
 * others as seldom as the command says. Some are not known, and are asked about
 * again at each pass.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include <zpool/zpool.h>

#include "compact.h"

#define NOBODY		(~0UL)
#define NR_LOCKS	64
#define NR_ANSWERS	(ZPOOL_MOVE_UNKNOWN + 1)

struct object {
	unsigned long number;		/* or NOBODY */
	u8 contents[];
};

static struct zpool_cache *cache;
static struct mutex locks[NR_LOCKS];
static unsigned int permille;		/* of each answer but DONE */
static unsigned long answers[NR_ANSWERS];

static struct mutex *lock_of(unsigned long number)
{
	return &locks[number % NR_LOCKS];
}

static void construct(void *obj)
{
	struct object *o = obj;

	o->number = NOBODY;
}

/* By its number, the same each time. */
static enum zpool_move draw(unsigned long number)
{
	unsigned int drawn = hash_64(number, 32) % 1000;

	if (!permille || drawn >= permille * (NR_ANSWERS - 1))
		return ZPOOL_MOVE_DONE;
	return ZPOOL_MOVE_NEVER + drawn / permille;
}

/* Under the lock of its number. */
static enum zpool_move act(struct object *old, struct object *new, size_t size,
			   unsigned long number)
{
	enum zpool_move answer = draw(number);

	if (compact_items[number].what != old)
		return ZPOOL_MOVE_UNKNOWN;
	if (answer == ZPOOL_MOVE_DONE) {
		memcpy(new, old, size);
		WRITE_ONCE(compact_items[number].what, new);
	} else if (answer == ZPOOL_MOVE_UNNEEDED) {
		WRITE_ONCE(compact_items[number].what, NULL);
	}
	return answer;
}

static enum zpool_move move(void *old, void *new, size_t size, void *arg)
{
	unsigned long number = READ_ONCE(((struct object *)old)->number);
	enum zpool_move answer = ZPOOL_MOVE_UNKNOWN;

	if (number < compact_nr) {
		mutex_lock(lock_of(number));
		answer = act(old, new, size, number);
		mutex_unlock(lock_of(number));
	}
	/* One callback at a time. */
	WRITE_ONCE(answers[answer], answers[answer] + 1);
	return answer;
}

/* The name that is to be found in the table of who holds memory. */
static noinline int alloc_object(unsigned long number)
{
	struct object *o = zpool_cache_alloc(cache, GFP_KERNEL | __GFP_NOWARN);

	if (!o)
		return -ENOMEM;
	mutex_lock(lock_of(number));
	compact_items[number].what = o;
	WRITE_ONCE(o->number, number);
	mutex_unlock(lock_of(number));
	return 0;
}

static void free_object(unsigned long number)
{
	struct object *o;

	mutex_lock(lock_of(number));
	o = compact_items[number].what;
	WRITE_ONCE(compact_items[number].what, NULL);
	if (o)
		WRITE_ONCE(o->number, NOBODY);
	mutex_unlock(lock_of(number));
	zpool_cache_free(cache, o);
}

static void *hold(unsigned long number)
{
	struct object *o;

	mutex_lock(lock_of(number));
	o = compact_items[number].what;
	if (!o)
		mutex_unlock(lock_of(number));
	return o ? o->contents : NULL;
}

static void let_go(unsigned long number)
{
	mutex_unlock(lock_of(number));
}

static const struct compact_kind object = {
	.name	= "object",
	.alloc	= alloc_object,
	.free	= free_object,
	.hold	= hold,
	.let_go	= let_go,
};

static int make_cache(size_t bytes)
{
	unsigned int i;
	int err;

	for (i = 0; i < NR_LOCKS; i++)
		mutex_init(&locks[i]);
	memset(answers, 0, sizeof(answers));
	cache = zpool_cache_create("compact", sizeof(struct object) + bytes, 0, 0, construct);
	if (!cache)
		return -ENOMEM;
	err = zpool_cache_set_move(cache, move, NULL);
	if (err)
		compact_objects_end();
	return err;
}

int compact_objects(const unsigned int *args)
{
	int err;

	if (args[2] > 1000 / NR_ANSWERS)
		return -EINVAL;
	if (compact_items)
		return -EBUSY;
	compact_objects_end();
	permille = args[2];
	err = make_cache(args[0]) ?: compact_make(&object, args[0], args[1]);
	if (!err)
		compact_say("objects %u %u: they are there", args[0], args[1]);
	return err;
}

/* In the order of enum zpool_move. */
int compact_answers(const unsigned int *args)
{
	compact_say("answers: done %lu never %lu later %lu unneeded %lu unknown %lu",
		    READ_ONCE(answers[ZPOOL_MOVE_DONE]), READ_ONCE(answers[ZPOOL_MOVE_NEVER]),
		    READ_ONCE(answers[ZPOOL_MOVE_LATER]), READ_ONCE(answers[ZPOOL_MOVE_UNNEEDED]),
		    READ_ONCE(answers[ZPOOL_MOVE_UNKNOWN]));
	return 0;
}

/* All may move from now on, and those that would not may be asked again. */
int compact_notify(const unsigned int *args)
{
	unsigned long i;

	if (!cache)
		return -ENOENT;
	permille = 0;
	for (i = 0; i < compact_nr; i++) {
		mutex_lock(lock_of(i));
		if (compact_items[i].what)
			zpool_cache_move_notify(cache, compact_items[i].what);
		mutex_unlock(lock_of(i));
	}
	compact_say("notify: all may move");
	return 0;
}

void compact_objects_end(void)
{
	if (cache)
		zpool_cache_destroy(cache);
	cache = NULL;
}
