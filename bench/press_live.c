// SPDX-License-Identifier: GPL-2.0
/* A working set, each object filled with what only it holds, and looked at when asked. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include <zpool/zpool.h>

#include "press.h"

/* The owner that the contents tell; threads have numbers from 0 on. */
#define LIVE_OWNER	1000

static void **objs;		/* class by class; no other memory is taken */
static unsigned long nr_objs;
static size_t live_bytes;	/* that the plan was made for */

/* Some are a few bytes smaller than their class. */
static size_t size_of(unsigned int class, unsigned long number)
{
	return sizes_class_size(class) - number % 8;
}

/* Calls @visit for each place in turn, with its size, until one fails. */
static int walk(int (*visit)(unsigned long number, size_t size))
{
	unsigned long number = 0, end = 0;
	unsigned int class;
	int err;

	for (class = 0; class < SIZES_NR_CLASSES; class++)
		for (end += press_plan_nr(live_bytes, class); number < end; number++) {
			err = visit(number, size_of(class, number));
			if (err)
				return err;
			cond_resched();
		}
	return 0;
}

static int make(unsigned long number, size_t size)
{
	void *p = zpool_kmalloc(size, GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);

	if (!p)
		return -ENOMEM;
	pattern_fill(p, size, pattern_seed(LIVE_OWNER, number));
	objs[number] = p;
	return 0;
}

int press_live(const unsigned int *args)
{
	int err;

	if (objs)
		return -EBUSY;
	live_bytes = (size_t)args[0] * SZ_1M;
	nr_objs = press_plan_total(live_bytes);
	objs = vzalloc(array_size(nr_objs, sizeof(*objs)));
	err = objs ? walk(make) : -ENOMEM;
	if (err)
		press_live_drop();
	else
		press_say("live %u: %lu objects", args[0], nr_objs);
	return err;
}

static int look(unsigned long number, size_t size)
{
	const void *p = objs[number];

	if (zpool_ksize(p) < size) {
		pr_err("object %lu of %zu bytes has %zu\n", number, size, zpool_ksize(p));
		return -EIO;
	}
	if (!pattern_is_intact(p, size, pattern_seed(LIVE_OWNER, number))) {
		pr_err("object %lu of %zu bytes, at %p, is not what it was\n", number, size, p);
		return -EIO;
	}
	return 0;
}

int press_verify(const unsigned int *args)
{
	int err = objs ? walk(look) : -ENOENT;

	if (!err)
		press_say("verify: %lu objects are what they were", nr_objs);
	return err;
}

void press_live_drop(void)
{
	unsigned long i;

	for (i = 0; objs && i < nr_objs; i++) {
		zpool_kfree(objs[i]);
		cond_resched();
	}
	vfree(objs);
	objs = NULL;
}
