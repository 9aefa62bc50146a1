// SPDX-License-Identifier: GPL-2.0
/*
 * A set of objects of one kind, each filled with what only it holds, and born on
 * every CPU in turn. An item is looked at while it is held; who looks also checks
 * that it is still on the node where it was born.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compact.h"
#include "pattern.h"
#include "sizes.h"

#define OWNER		2000

/* Those that are told in words; all are counted. */
#define MAX_TOLD	5

struct compact_item *compact_items;
unsigned long compact_nr;
size_t compact_bytes;

static const struct compact_kind *kind;
static struct rnd_state rnd;
static atomic_t nr_told;

static int node_of(const void *p)
{
	return page_to_nid(virt_to_page(p));
}

static bool is_told(void)
{
	return atomic_inc_return(&nr_told) <= MAX_TOLD;
}

/* While it is held, at @p. */
static bool is_good(unsigned long number, const void *p)
{
	const struct compact_item *item = &compact_items[number];

	if (!pattern_is_intact(p, compact_bytes, item->seed)) {
		if (is_told())
			pr_err("%s %lu, at %p, is not what it was\n", kind->name, number, p);
		return false;
	}
	if (node_of(p) != item->node) {
		if (is_told())
			pr_err("%s %lu, at %p, is on node %d, and was on %d\n", kind->name,
			       number, p, node_of(p), item->node);
		return false;
	}
	return true;
}

static int birth(unsigned long number)
{
	struct compact_item *item = &compact_items[number];
	int err = kind->alloc(number);
	void *p;

	if (err)
		return err;
	p = kind->hold(number);
	if (!p)
		return -EIO;
	item->seed = pattern_seed(OWNER, number);
	item->node = node_of(p);
	pattern_fill(p, compact_bytes, item->seed);
	kind->let_go(number);
	return 0;
}

/* As many on each CPU. */
static int birth_on_all(void)
{
	unsigned long number = 0, end = 0;
	unsigned int cpu, left = num_online_cpus();
	int err = 0;

	for_each_online_cpu(cpu) {
		err = set_cpus_allowed_ptr(current, cpumask_of(cpu));
		end += (compact_nr - end) / left--;
		for (; number < end && !err; number++) {
			err = birth(number);
			cond_resched();
		}
		if (err)
			break;
	}
	return err;
}

/* Return: 0 or an error. */
int compact_make(const struct compact_kind *of, size_t bytes, unsigned long nr)
{
	cpumask_var_t allowed;
	int err;

	if (compact_items)
		return -EBUSY;
	if (!nr || !bytes)
		return -EINVAL;
	if (!alloc_cpumask_var(&allowed, GFP_KERNEL))
		return -ENOMEM;
	kind = of;
	compact_nr = nr;
	compact_bytes = bytes;
	prandom_seed_state(&rnd, nr);
	atomic_set(&nr_told, 0);
	compact_items = vzalloc(array_size(nr, sizeof(*compact_items)));
	cpumask_copy(allowed, current->cpus_ptr);
	err = compact_items ? birth_on_all() : -ENOMEM;
	set_cpus_allowed_ptr(current, allowed);
	free_cpumask_var(allowed);
	if (err)
		compact_items_drop();
	return err;
}

/* Look at an item, and give it other contents. Return: false when it is not as it was. */
bool compact_touch_item(unsigned long number)
{
	void *p = kind->hold(number);
	bool good = true;

	if (p) {
		good = is_good(number, p);
		compact_items[number].seed += compact_nr << 20;
		pattern_fill(p, compact_bytes, compact_items[number].seed);
		kind->let_go(number);
	}
	return good;
}

static bool is_there(unsigned long number)
{
	return READ_ONCE(compact_items[number].what);
}

static unsigned long count_left(void)
{
	unsigned long i, nr = 0;

	for (i = 0; i < compact_nr; i++)
		nr += is_there(i);
	return nr;
}

int compact_free_random(const unsigned int *args)
{
	unsigned long i;

	for (i = 0; i < compact_nr; i++) {
		if (is_there(i) && sizes_below(&rnd, 100) < args[0])
			kind->free(i);
		cond_resched();
	}
	compact_say("free_random %u: %lu of %lu are left", args[0], count_left(), compact_nr);
	return 0;
}

/* Every second, so that all slabs are half full. */
int compact_free_even(const unsigned int *args)
{
	unsigned long i;

	for (i = 0; i < compact_nr; i += 2) {
		if (is_there(i))
			kind->free(i);
		cond_resched();
	}
	compact_say("free_even: %lu of %lu are left", count_left(), compact_nr);
	return 0;
}

int compact_verify(const unsigned int *args)
{
	unsigned long i, nr = 0, nr_away = 0, bad = 0;

	for (i = 0; i < compact_nr; i++) {
		const void *p = kind->hold(i);

		if (p) {
			bad += !is_good(i, p);
			nr++;
			nr_away += node_of(p) != compact_items[0].node;
			kind->let_go(i);
		}
		cond_resched();
	}
	compact_say("verify: %lu objects, %lu on another node than the first was; %lu not what they were or not where they were born",
		    nr, nr_away, bad);
	return bad || !nr ? -EIO : 0;
}

void compact_items_drop(void)
{
	unsigned long i;

	for (i = 0; i < compact_nr; i++) {
		if (compact_items && is_there(i))
			kind->free(i);
		cond_resched();
	}
	vfree(compact_items);
	compact_items = NULL;
	compact_nr = 0;
}
