// SPDX-License-Identifier: GPL-2.0
/*
 * Slab geometry: how many pages a slab takes and how many objects it holds.
 *
 * Small orders are easy to get and to give back; large ones waste less at the
 * end and are asked for less often. A run need not be a power of two of
 * pages: what lies above its last object is given back at once, so that an
 * object of 40 KiB costs 40 KiB. (The alternative, whole powers of two, costs
 * 64 KiB there, which is what kmalloc does.)
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>

#include "zpool_sizeclass.h"

/* PAGE_ALLOC_COSTLY_ORDER: up to here the page allocator keeps per-CPU lists. */
#define EASY_ORDER		3
/* At most an eighth of a run may be tail. */
#define TAIL_SHIFT		3
/* Enough objects that the cost of a slab is spread, as in SLUB on few CPUs. */
#define ENOUGH_OBJECTS		16
/* So many share the cost of a slab whose objects no magazine holds, see zpool_slab.h. */
#define ENOUGH_APART		4

static struct zpool_run run_of_order(u32 stride, unsigned int order)
{
	size_t nr = min_t(size_t, (PAGE_SIZE << order) / stride,
			  ZPOOL_RUN_MAX_OBJECTS);

	return (struct zpool_run) {
		.order = order,
		.nr_pages = DIV_ROUND_UP(nr * stride, PAGE_SIZE),
		.nr_objects = nr,
	};
}

static bool is_tight(const struct zpool_geometry *g, const struct zpool_run *run)
{
	return zpool_run_tail(g, run) <= (run->nr_pages * PAGE_SIZE) >> TAIL_SHIFT;
}

static bool is_tighter(const struct zpool_geometry *g, const struct zpool_run *a,
		       const struct zpool_run *b)
{
	return zpool_run_tail(g, a) * b->nr_pages < zpool_run_tail(g, b) * a->nr_pages;
}

/*
 * The smallest run with enough objects and a small tail; without one, the
 * largest with a small tail; without one, the smallest tail there is. Objects
 * that need more than EASY_ORDER may look one order further.
 */
static struct zpool_run choose_run(const struct zpool_geometry *g)
{
	unsigned int order = g->least.order;
	unsigned int last = max_t(unsigned int, EASY_ORDER, order + 1);
	struct zpool_run best = g->least;

	if (order >= EASY_ORDER && is_tight(g, &best))
		return best;
	for (; order <= last; order++) {
		struct zpool_run run = run_of_order(g->stride, order);

		if (is_tight(g, &run)) {
			best = run;
			if (run.nr_objects >= ENOUGH_OBJECTS)
				break;
		} else if (is_tighter(g, &run, &best)) {
			best = run;
		}
	}
	return best;
}

/* Where a slab has fewer objects than that, a run of four times the least has as many. */
static struct zpool_run choose_apart(const struct zpool_geometry *g)
{
	return g->best.nr_objects < ENOUGH_APART ?
	       run_of_order(g->stride, g->least.order + ilog2(ENOUGH_APART)) :
	       (struct zpool_run) {};
}

/**
 * zpool_geometry_init() - lay out objects of a size
 * @g: filled in
 * @size: bytes, 1 to ZPOOL_MAX_SIZE
 * @align: power of two, 1 to ZPOOL_MAX_SIZE; raised to ZPOOL_MIN_ALIGN
 *
 * A run of order n starts at a multiple of PAGE_SIZE << n, so any alignment
 * up to the stride holds without further care.
 *
 * Return: 0, or -EINVAL.
 */
int zpool_geometry_init(struct zpool_geometry *g, size_t size, size_t align)
{
	if (!size || size > ZPOOL_MAX_SIZE)
		return -EINVAL;
	if (!is_power_of_2(align) || align > ZPOOL_MAX_SIZE)
		return -EINVAL;

	align = max_t(size_t, align, ZPOOL_MIN_ALIGN);
	g->size = size;
	g->align = align;
	g->has_notes = false;
	g->stride = ALIGN(size, align);
	g->recip = reciprocal_value(g->stride);
	g->least = run_of_order(g->stride, get_order(g->stride));
	if (g->least.order) {
		g->least.nr_objects = 1;
		g->least.nr_pages = DIV_ROUND_UP(g->stride, PAGE_SIZE);
	}
	g->best = choose_run(g);
	g->apart = choose_apart(g);
	return 0;
}
