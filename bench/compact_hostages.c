// SPDX-License-Identifier: GPL-2.0
/* Objects of the kmalloc family, which do not move: few of them hold many slabs. */
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include <zpool/zpool.h>

#include "compact.h"

struct chain {
	void **top;
};

static struct chain held;

static void push(struct chain *chain, void **obj)
{
	*obj = chain->top;
	chain->top = obj;
}

static void *pop(struct chain *chain)
{
	void **obj = chain->top;

	if (obj)
		chain->top = *obj;
	return obj;
}

static void drop(struct chain *chain)
{
	void *p;

	while ((p = pop(chain))) {
		zpool_kfree(p);
		cond_resched();
	}
}

/* The name that is to be found in the table of who holds memory. */
static noinline void *take_hostage(size_t size)
{
	void *p = zpool_kmalloc(max(size, sizeof(void *)), GFP_KERNEL | __GFP_NOWARN);

	barrier();		/* no tail call */
	return p;
}

/* Of @nr, every @keep-th stays. */
int compact_hostages(const unsigned int *args)
{
	unsigned int size = args[0], nr = args[1], keep = args[2], i;
	struct chain all = {};
	void *p;

	if (!keep)
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		p = take_hostage(size);
		if (!p) {
			drop(&all);
			return -ENOMEM;
		}
		push(&all, p);
		cond_resched();
	}
	for (i = 0; (p = pop(&all)); i++) {
		if (i % keep)
			zpool_kfree(p);
		else
			push(&held, p);
		cond_resched();
	}
	compact_say("hostages %u %u %u: they are there", size, nr, keep);
	return 0;
}

void compact_hostages_drop(void)
{
	drop(&held);
}
