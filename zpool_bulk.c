// SPDX-License-Identifier: GPL-2.0
/*
 * The kmalloc family, many at once: one busy section for a batch of objects
 * instead of one for each.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "zpool_kmalloc.h"

/* One by one: for what is not of the pools, or not now. */
static unsigned int alloc_each(size_t size, gfp_t gfp, unsigned int nr, void **objs)
{
	unsigned int got;

	for (got = 0; got < nr; got++) {
		objs[got] = zpool_kmalloc(size, gfp);
		if (!objs[got])
			break;
	}
	return got;
}

/**
 * zpool_kmalloc_bulk() - memory of at least a size, many times
 * @size: see zpool_kmalloc()
 * @gfp: see zpool_kmalloc()
 * @nr: how many are wanted
 * @objs: filled in from the beginning
 *
 * Context: see zpool_kmalloc().
 * Return: how many there were, 0 to @nr. The others of @objs are not defined.
 */
unsigned int zpool_kmalloc_bulk(size_t size, gfp_t gfp, unsigned int nr, void **objs)
{
	struct zpool_cache *cache = NULL;
	unsigned int got, i;

	if (zpool_is_pooled(size, gfp))
		cache = READ_ONCE(zpool_serving[zpool_size_class(size)]);
	if (!cache)
		return alloc_each(size, gfp, nr, objs);
	got = zpool_alloc_batch(cache, gfp, nr, objs, (void *)_RET_IP_);
	if (want_init_on_alloc(gfp))
		for (i = 0; i < got; i++)
			memset(objs[i], 0, cache->geometry.size);
	return got;
}
EXPORT_SYMBOL_GPL(zpool_kmalloc_bulk);

static bool has_tag(const void *p, unsigned int tag, struct page **page)
{
	return zpool_is_ours(p, page) && zpool_page_tag(*page) == tag;
}

/*
 * Push what is of one class with the first of @objs, in one busy section.
 *
 * Return: how many; the next is for zpool_kfree(), which makes room or tells
 * what is wrong with it.
 */
static unsigned int push_batch(unsigned int nr, void **objs)
{
	struct zpool_cpu_head *head;
	unsigned int tag, done;
	struct page *page;

	if (!zpool_is_ours(objs[0], &page))
		return 0;
	tag = zpool_page_tag(page);
	if (!zpool_cpu_enter())
		return 0;
	head = this_cpu_ptr(&zpool_cpu.heads[tag].own);
	for (done = 0; done < nr && has_tag(objs[done], tag, &page); done++)
		if (zpool_is_remote(page) || zpool_head_push(head, objs[done]) != ZPOOL_PUSHED)
			break;
	zpool_cpu_exit();
	return done;
}

/**
 * zpool_kfree_bulk() - free memory of any function here, many times
 * @nr: how many
 * @objs: each as for zpool_kfree(), of any sizes and kinds
 *
 * Context: any; in one NMI no more than 128 that this CPU's magazines have no
 * room for.
 */
void zpool_kfree_bulk(unsigned int nr, void **objs)
{
	unsigned int i = 0;

	while (i < nr) {
		i += push_batch(min(nr - i, ZPOOL_BATCH), objs + i);
		if (i < nr)
			zpool_kfree_from(objs[i++], (void *)_RET_IP_);
	}
}
EXPORT_SYMBOL_GPL(zpool_kfree_bulk);
