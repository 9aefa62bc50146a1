// SPDX-License-Identifier: GPL-2.0
/*
 * Contender `floor`: what no pooled allocator can beat by much.
 *
 * A bare stack of free objects per CPU and size class, behind the protection
 * that zpool's fast path has too. Nothing else: no limit, no statistics, no
 * nodes, no depot, and a slab is given back only when the module is done. An
 * array, not a list through the objects: it touches no object, which a list
 * could not promise.
 *
 * It is a fixed yardstick. On the newest kernel as a small x86 build without
 * mitigations (7.2.13, gcc 12, lane qemu-new-icount) a pair takes 74, 69 and
 * 68 instructions at 64 B, for one live and batches of 10 and 100, and 2 more
 * above 64 B. Of the 68, harness included:
 *
 *   alloc   6 class of the size, 8 preemption, busy flag and return,
 *           3 this CPU's stack, 7 pop
 *   free   11 page of the object and its class, 8 preemption, busy flag and
 *           return, 3 this CPU's stack, 7 push
 *   loop   15, both indirect calls among them
 *
 * On Debian's own 6.12, with mitigations, it takes 84, 79 and 78.
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
	unsigned long nr;	/* nr <= room */
	unsigned long room;
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

/* As zpool has it: false, and nothing entered, where we interrupted ourselves. */
static __always_inline bool enter(void)
{
	preempt_disable();
	if (unlikely(__this_cpu_read(floor_cpus.busy))) {
		preempt_enable();
		return false;
	}
	__this_cpu_write(floor_cpus.busy, true);
	barrier();
	return true;
}

static __always_inline void leave(void)
{
	barrier();
	__this_cpu_write(floor_cpus.busy, false);
	preempt_enable();
}

static bool grow(struct floor_stack *stack)
{
	unsigned long room = stack->room ? 2 * stack->room : FLOOR_FIRST_ROOM;
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

/*
 * Behind the protection, and ends it. An object that cannot be stacked is left
 * to its slab, which teardown frees. This and refill() are calls in tail
 * position only, so that the fast paths need no stack.
 */
static noinline void push_slow(struct floor_stack *stack, void *obj)
{
	if (grow(stack))
		stack->objs[stack->nr++] = obj;
	leave();
}

static void floor_free(void *obj, size_t size)
{
	unsigned long class = page_private(virt_to_page(obj));
	struct floor_stack *stack;

	if (unlikely(!enter()))
		return;
	stack = this_cpu_ptr(&floor_cpus.stacks[class]);
	if (unlikely(stack->nr == stack->room))
		return push_slow(stack, obj);
	stack->objs[stack->nr++] = obj;
	leave();
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
	unsigned long class = sizes_class_of(size);
	struct floor_stack *stack;
	void *obj;

	if (unlikely(!enter()))
		return refill(class, gfp);
	stack = this_cpu_ptr(&floor_cpus.stacks[class]);
	if (unlikely(!stack->nr)) {
		leave();
		return refill(class, gfp);
	}
	obj = stack->objs[--stack->nr];
	leave();
	return obj;
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
