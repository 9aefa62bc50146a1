/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Magazines: fixed-capacity stacks of free objects, a pair of them per CPU and
 * cache, and a depot of them per cache and node. After Bonwick and Adams,
 * "Magazines and Vmem" (USENIX 2001): with two magazines a CPU, the depot is
 * visited at most once in a magazine's worth of operations, however they mix.
 *
 * The fast path disables preemption and sets a per-CPU busy flag; it disables
 * no interrupts and uses no atomics. An interrupt that finds the flag set came
 * in the middle of a fast or slow path: it leaves the magazines alone and goes
 * to the slabs. (Disabling interrupts costs more than the rest of the path
 * together; a double compare-and-swap needs a linked list through the objects.)
 *
 * Called by the layers from node to cache and above. Calls the slab layer.
 */
#ifndef _KZPOOL_MAGAZINE_H
#define _KZPOOL_MAGAZINE_H

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "zpool_sizeclass.h"
#include "zpool_slab.h"

/*
 * A stack of free objects: objs[1] to objs[count], the last one on top.
 * objs[0] is never an object, so that objs[count] can be compared with the one
 * being freed without a test for the empty stack: it is NULL or, where the
 * magazine is claimed for depots, ZPOOL_SHARED. Capacities of 4, 12, 28, 60
 * and 124 fill 64, 128, 256, 512 and 1024 bytes exactly.
 */
struct zpool_magazine {
	struct list_head list;		/* in a depot, under depot->lock */
	u32 count;			/* <= capacity */
	u32 capacity;
	void *objs[];
};

#define ZPOOL_SHARED	((void *)1)	/* see zpool_budget_share() */

/* What every head starts with and falls back to: pops and pushes both miss. */
extern struct zpool_magazine *const zpool_no_magazine;

/*
 * One CPU's share of one cache. The pointers change only under the CPU's
 * slow_lock; what loaded points to is the business of the CPU's busy section,
 * an RCU reader; what previous points to, of whoever holds slow_lock.
 */
struct zpool_cpu_head {
	struct zpool_magazine *loaded;
	struct zpool_magazine *previous;
	unsigned long allocs;		/* in the busy section */
	unsigned long frees;
} __aligned(4 * sizeof(void *));

/*
 * One CPU. The heads of the general classes are static: no pointer to follow.
 * So are their remote magazines, which collect what this CPU frees and other
 * nodes own; the same rules hold for them as for loaded.
 */
struct zpool_cpu {
	int busy;
	int node;			/* whose memory this CPU fills from: its own, or the nearest */
	raw_spinlock_t slow_lock;
	unsigned long passthrough;	/* this_cpu_inc() */
	unsigned long failures;		/* this_cpu_inc() */
	unsigned long remote_frees;	/* in the busy section */
	struct zpool_cpu_head heads[ZPOOL_NR_CLASSES];
	struct zpool_magazine *remotes[ZPOOL_NR_CLASSES];
};

DECLARE_PER_CPU_ALIGNED(struct zpool_cpu, zpool_cpu);

/* Full (at least not empty) and empty magazines of one cache on one node. */
struct zpool_depot {
	raw_spinlock_t lock;
	struct list_head full;
	struct list_head empty;
	unsigned long nr_full;		/* under lock, as all below */
	unsigned long nr_empty;
	unsigned long nr_objects;	/* in the full ones */
	unsigned long misses;		/* operations that the CPU's pair could not serve */
};

void zpool_magazine_start(void);

struct zpool_magazine *zpool_magazine_create(size_t stride, unsigned int capacity,
					     unsigned long limit, int node);
void zpool_magazine_destroy(struct zpool_magazine *mag, size_t stride);

void zpool_depot_init(struct zpool_depot *depot);
struct zpool_magazine *zpool_depot_take(struct zpool_depot *depot);
void zpool_depot_put(struct zpool_depot *depot, struct zpool_magazine *mag);

void zpool_head_init(struct zpool_cpu_head *head);
bool zpool_head_refill(struct zpool_cpu_head *head, struct zpool_depot *depot);
bool zpool_head_make_room(struct zpool_cpu_head *head, struct zpool_depot *depot);
void zpool_head_install(struct zpool_cpu_head *head, struct zpool_depot *depot,
			struct zpool_magazine *mag);
unsigned int zpool_head_load(struct zpool_cpu_head *head, void **objs,
			     unsigned int nr);
unsigned int zpool_head_spill(struct zpool_cpu_head *head, void **objs);
unsigned int zpool_head_pop_batch(struct zpool_cpu_head *head, void **objs,
				  unsigned int nr);
bool zpool_remote_exchange(struct zpool_magazine **remote, struct zpool_depot *depot);
void zpool_remote_install(struct zpool_magazine **remote, struct zpool_depot *depot,
			  struct zpool_magazine *mag);
unsigned int zpool_remote_spill(struct zpool_magazine **remote, void **objs);
void zpool_head_detach(struct zpool_cpu_head *head, struct zpool_magazine **remote,
		       struct zpool_cpu *cpu, struct list_head *detached);
void zpool_remote_detach(struct zpool_magazine **remote, struct zpool_cpu *cpu,
			 struct list_head *detached);

/*
 * The busy section. zpool_cpu_enter() is false, and nothing is entered, when
 * this context interrupted one on the same CPU.
 */
static __always_inline bool zpool_cpu_enter(void)
{
	preempt_disable();
	if (unlikely(__this_cpu_read(zpool_cpu.busy))) {
		preempt_enable();
		return false;
	}
	__this_cpu_write(zpool_cpu.busy, 1);
	barrier();
	return true;
}

static __always_inline void zpool_cpu_exit(void)
{
	barrier();
	__this_cpu_write(zpool_cpu.busy, 0);
	preempt_enable();
}

/* In the busy section: take the top object. Return: false when there is none. */
static __always_inline bool zpool_head_try_pop(struct zpool_cpu_head *head, void **obj)
{
	struct zpool_magazine *mag = READ_ONCE(head->loaded);
	u32 count = mag->count;

	if (unlikely(!count))
		return false;
	WRITE_ONCE(mag->count, count - 1);
	head->allocs++;
	*obj = mag->objs[count];
	return true;
}

/* The same, with NULL for none. */
static inline void *zpool_head_pop(struct zpool_cpu_head *head)
{
	void *obj;

	return zpool_head_try_pop(head, &obj) ? obj : NULL;
}

enum zpool_push { ZPOOL_PUSHED, ZPOOL_NO_ROOM, ZPOOL_TWICE };

/* In the busy section: put an object on top of what @place points to. */
static __always_inline enum zpool_push
zpool_head_push_to(struct zpool_cpu_head *head, struct zpool_magazine **place, void *obj)
{
	struct zpool_magazine *mag = READ_ONCE(*place);
	u32 count = mag->count;

	if (unlikely(mag->objs[count] == obj))
		return ZPOOL_TWICE;
	if (unlikely(count == mag->capacity))
		return ZPOOL_NO_ROOM;
	mag->objs[count + 1] = obj;
	WRITE_ONCE(mag->count, count + 1);
	head->frees++;
	return ZPOOL_PUSHED;
}

static __always_inline enum zpool_push
zpool_head_push(struct zpool_cpu_head *head, void *obj)
{
	return zpool_head_push_to(head, &head->loaded, obj);
}

/* The node that this CPU fills from. Outside of a busy section the CPU may be another already. */
static __always_inline int zpool_this_nid(void)
{
	return raw_cpu_read(zpool_cpu.node);
}

#endif /* _KZPOOL_MAGAZINE_H */
