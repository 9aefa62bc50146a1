// SPDX-License-Identifier: GPL-2.0
/*
 * Contender `floor`: what no pooled allocator can beat by much.
 *
 * A bare stack of free objects per CPU and size class, behind the protection
 * that zpool's fast path has too, with the class read from the object's page
 * on free. Nothing else: no limit, no statistics, no nodes, no depot, and a
 * slab is given back only when the module is done. An array, not a list
 * through the objects: it touches no object, which a list could not promise.
 */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "bench.h"
#include "sizes.h"

/* Slabs of 32 KiB, as the kernel's own largest; a larger object has its own. */
#define FLOOR_MIN_ORDER		3
/* First room of a stack: enough for a batch and the rest of a slab. */
#define FLOOR_FIRST_ROOM	256

struct floor_stack {
	void **objs;
	unsigned int nr;	/* nr <= room */
	unsigned int room;
};

struct floor_cpu {
	bool busy;
	struct floor_stack stacks[SIZES_NR_CLASSES];
};

/* Its pages carry the class in page->private. */
struct floor_slab {
	struct list_head list;
	struct page *pages;
	unsigned int order;
};

static DEFINE_PER_CPU(struct floor_cpu, floor_cpus);
static DEFINE_SPINLOCK(floor_lock);
static LIST_HEAD(floor_slabs);		/* under floor_lock */

static bool available(const struct bench_load *load)
{
	return load->max_size <= ZPOOL_MAX_SIZE;
}

static bool grow(struct floor_stack *stack)
{
	unsigned int room = stack->room ? 2 * stack->room : FLOOR_FIRST_ROOM;
	void **objs = kmalloc_array(room, sizeof(*objs), GFP_ATOMIC | __GFP_NOWARN);

	if (!objs)
		return false;
	if (stack->nr)
		memcpy(objs, stack->objs, stack->nr * sizeof(*objs));
	kfree(stack->objs);
	stack->objs = objs;
	stack->room = room;
	return true;
}

/* An object that cannot be stacked is left to its slab, which teardown frees. */
static noinline void push_slow(struct floor_stack *stack, void *obj)
{
	if (grow(stack))
		stack->objs[stack->nr++] = obj;
}

static void push(struct floor_stack *stack, void *obj)
{
	if (likely(stack->nr < stack->room))
		stack->objs[stack->nr++] = obj;
	else
		push_slow(stack, obj);
}

static void floor_free(void *obj, size_t size)
{
	unsigned int class = page_private(virt_to_page(obj));
	struct floor_cpu *cpu;

	preempt_disable();
	cpu = this_cpu_ptr(&floor_cpus);
	if (likely(bench_enter(&cpu->busy))) {
		push(&cpu->stacks[class], obj);
		bench_leave(&cpu->busy);
	}
	preempt_enable();
}

static struct floor_slab *create_slab(unsigned int class, gfp_t gfp)
{
	struct floor_slab *slab = kmalloc(sizeof(*slab), gfp);
	unsigned int i;

	if (!slab)
		return NULL;
	slab->order = max_t(unsigned int, FLOOR_MIN_ORDER,
			    get_order(sizes_class_size(class)));
	slab->pages = alloc_pages(gfp, slab->order);
	if (!slab->pages) {
		kfree(slab);
		return NULL;
	}
	for (i = 0; i < 1U << slab->order; i++)
		set_page_private(slab->pages + i, class);
	return slab;
}

static void destroy_slab(struct floor_slab *slab)
{
	unsigned int i;

	for (i = 0; i < 1U << slab->order; i++)
		set_page_private(slab->pages + i, 0);
	__free_pages(slab->pages, slab->order);
	kfree(slab);
}

/* Cuts a new slab: the first object for the caller, the others on the stack. */
static noinline void *refill(unsigned int class, gfp_t gfp)
{
	struct floor_slab *slab = create_slab(class, gfp);
	size_t size = sizes_class_size(class), offset;
	unsigned long flags;
	void *start;

	if (!slab)
		return NULL;
	spin_lock_irqsave(&floor_lock, flags);
	list_add(&slab->list, &floor_slabs);
	spin_unlock_irqrestore(&floor_lock, flags);

	start = page_address(slab->pages);
	for (offset = size; offset + size <= PAGE_SIZE << slab->order; offset += size)
		floor_free(start + offset, size);
	return start;
}

static void *floor_alloc(size_t size, gfp_t gfp)
{
	unsigned int class = sizes_class_of(size);
	struct floor_stack *stack;
	struct floor_cpu *cpu;
	void *obj = NULL;

	preempt_disable();
	cpu = this_cpu_ptr(&floor_cpus);
	if (likely(bench_enter(&cpu->busy))) {
		stack = &cpu->stacks[class];
		if (likely(stack->nr))
			obj = stack->objs[--stack->nr];
		bench_leave(&cpu->busy);
	}
	preempt_enable();
	return likely(obj) ? obj : refill(class, gfp);
}

static void teardown(void)
{
	struct floor_slab *slab, *next;
	unsigned int cpu, class;

	for_each_possible_cpu(cpu)
		for (class = 0; class < SIZES_NR_CLASSES; class++) {
			struct floor_stack *stack = &per_cpu(floor_cpus, cpu).stacks[class];

			kfree(stack->objs);
			*stack = (struct floor_stack){ };
		}
	list_for_each_entry_safe(slab, next, &floor_slabs, list)
		destroy_slab(slab);
	INIT_LIST_HEAD(&floor_slabs);
}

const struct bench_contender bench_floor = {
	.name		= "floor",
	.sets		= BENCH_DEMO | BENCH_INSN | BENCH_FULL,
	.one_cpu	= true,
	.teardown	= teardown,
	.available	= available,
	.alloc		= floor_alloc,
	.free		= floor_free,
};
