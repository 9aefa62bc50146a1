/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU has of a cache: a pair of magazines, loaded and previous, and one
 * for what belongs to other nodes. With two magazines a CPU, the depot is
 * visited at most once in a magazine's worth of operations, however they mix.
 *
 * The fast path disables preemption and marks its CPU as busy; it disables
 * no interrupts and uses no atomics. An interrupt that comes in the middle of a
 * fast or slow path leaves the magazines alone and goes to the slabs. It need not
 * ask: what the CPU adds to an address to find its own share leads past it while
 * the CPU is busy, to heads that never have anything, so that all misses. (Disabling
 * interrupts costs more than the rest of the path together; a double
 * compare-and-swap needs a linked list through the objects; a flag, two
 * instructions more for each half of a pair.)
 *
 * Called by the layers from node to cache and above. Calls the magazine layer.
 */
#ifndef _KZPOOL_HEAD_H
#define _KZPOOL_HEAD_H

#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "zpool_magazine.h"
#include "zpool_policy.h"
#include "zpool_sizeclass.h"

/*
 * One CPU's share of one cache. The pointers change only under the CPU's
 * slow_lock; what loaded points to is the business of the CPU's busy section,
 * an RCU reader; what previous points to, of whoever holds slow_lock: without it,
 * the busy section may look how much it has.
 */
struct zpool_cpu_head {
	struct zpool_magazine *loaded;
	struct zpool_magazine *previous;
	unsigned long allocs;		/* in the busy section */
	unsigned long frees;
} __aligned(4 * sizeof(void *));

/* The same, and what stands for it in the busy section: nothing is ever loaded there. */
struct zpool_cpu_heads {
	struct zpool_cpu_head own;
	struct zpool_cpu_head none;
} __aligned(8 * sizeof(void *));

/* From the one to the other: a bit that is clear in all CPUs' offsets, which are of whole pages. */
#define ZPOOL_BUSY	offsetof(struct zpool_cpu_heads, none)
static_assert(!(ZPOOL_BUSY & (ZPOOL_BUSY - 1)) && ZPOOL_BUSY < PAGE_SIZE);

enum zpool_way { ZPOOL_UNDERFLOW, ZPOOL_OVERFLOW };

/* The last time that loaded could not serve. */
struct zpool_turn {
	unsigned long ops;		/* allocs + frees by then */
	u8 way;
	u8 run;				/* how many went that way in a row */
};

/*
 * The rest of that share, off the fast path. The remote magazine collects what
 * this CPU frees and other nodes own; the same rules hold for it as for loaded.
 */
struct zpool_cpu_tail {
	struct zpool_magazine *remote;
	u32 stride;
	u16 capacity;			/* of the next magazine; under slow_lock */
	u16 unthrottled;		/* what it is without zpool_throttle; likewise */
	bool may_raise;			/* the CPU by itself */
	bool is_paid;			/* with credit, or by the worker; under slow_lock */

	/* In the busy section. */
	u32 swaps;			/* loaded could not serve, previous could */
	u32 thrashes;			/* swaps and misses that a larger magazine would have spared */
	u32 contended;			/* misses that found the depot locked */
	unsigned long misses;		/* neither could */
	struct zpool_turn swap;
	unsigned long swing;		/* at the last of these, see serve_by_previous() */
	struct zpool_turn miss;
	u8 refused;			/* a raise for this part of the credit, */
	u32 refused_at;			/* after this grant; under slow_lock, as the next: */
	u32 spilled_at;			/* the grant after which no magazine was left for a free */
	u32 dry;			/* objects that slabs have served in a row, */
	u32 dry_at;			/* after this grant */
	unsigned long dry_frees;	/* and without a free: so many were before */
	u32 denied;			/* magazines that there was no room for, raises without
					 * enough credit; this_cpu_inc(), or interrupts off */

	struct zpool_watch watch;	/* the worker's, under zpool_caches_lock */
};

/*
 * One CPU. The heads of the general classes are static: no pointer to follow. They
 * are found by what a page's tag says; where that is no class, nothing is ever
 * loaded, so that a push misses as if there were no room.
 */
struct zpool_cpu {
	struct zpool_cpu_heads heads[ZPOOL_NR_TAGS];	/* first: a constant less to be added */
	unsigned long offset;		/* of this CPU's variables; | ZPOOL_BUSY in the busy section */
	int node;			/* whose memory this CPU fills from: its own, or the nearest */
	raw_spinlock_t slow_lock;
	unsigned long raises;		/* of capacities, by the CPU itself; under slow_lock */
	unsigned long passthrough;	/* this_cpu_inc() */
	unsigned long failures;		/* this_cpu_inc() */
	unsigned long remote_frees;	/* in the busy section */
};

DECLARE_PER_CPU_ALIGNED(struct zpool_cpu, zpool_cpu);

void zpool_head_start(void);

void zpool_head_init(struct zpool_cpu_head *head);
void zpool_heads_init(struct zpool_cpu_heads *heads);
void zpool_tail_init(struct zpool_cpu_tail *tail, size_t stride, unsigned int capacity);
bool zpool_head_refill(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
		       struct zpool_depot *depot, struct zpool_magazine **retired);
bool zpool_head_make_room(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
			  struct zpool_depot *depot, bool any);
void zpool_head_install(struct zpool_cpu_head *head, struct zpool_depot *depot,
			struct zpool_magazine *mag);
struct zpool_magazine *zpool_head_put_own(struct zpool_cpu_head *head,
					  struct zpool_magazine *mag);
unsigned int zpool_head_load(struct zpool_cpu_head *head, void **objs,
			     unsigned int nr);
unsigned int zpool_head_spill(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
			      void **objs);
void zpool_tail_end_row(struct zpool_cpu_tail *tail);
bool zpool_tail_is_dry(const struct zpool_cpu_tail *tail);
unsigned int zpool_head_pop_batch(struct zpool_cpu_head *head, void **objs,
				  unsigned int nr);
bool zpool_remote_exchange(struct zpool_cpu_tail *tail, struct zpool_depot *depot, bool any);
void zpool_remote_install(struct zpool_cpu_tail *tail, struct zpool_depot *depot,
			  struct zpool_magazine *mag);
unsigned int zpool_remote_spill(struct zpool_cpu_tail *tail, void **objs);

/* Which of a CPU's magazines are taken away. */
enum zpool_share {
	ZPOOL_PREVIOUS	= 1,
	ZPOOL_LOADED	= 2,
	ZPOOL_REMOTE	= 4,
	ZPOOL_ALL	= 7,
};

unsigned int zpool_cpu_detach(struct zpool_cpu *cpu, struct zpool_cpu_head *head,
			      struct zpool_cpu_tail *tail, enum zpool_share share,
			      struct list_head *detached);

/*
 * The busy section. zpool_cpu_enter() is false, and nothing is entered, when
 * this context interrupted one on the same CPU.
 */
static __always_inline bool zpool_cpu_enter(void)
{
	preempt_disable();
	if (unlikely(__this_cpu_read(zpool_cpu.offset) & ZPOOL_BUSY)) {
		preempt_enable();
		return false;
	}
	__this_cpu_or(zpool_cpu.offset, ZPOOL_BUSY);
	barrier();
	return true;
}

static __always_inline void zpool_cpu_exit(void)
{
	barrier();
	__this_cpu_and(zpool_cpu.offset, ~ZPOOL_BUSY);
	preempt_enable();
}

/*
 * The same for who asks nothing of it but a head. Return: what leads to that of this
 * CPU or, if this interrupted a busy section, to one without anything.
 */
static __always_inline unsigned long zpool_head_begin(void)
{
	unsigned long offset;

	preempt_disable();
	offset = zpool_this_cpu_read_once(zpool_cpu.offset);
	__this_cpu_or(zpool_cpu.offset, ZPOOL_BUSY);
	barrier();
	return offset;
}

static __always_inline struct zpool_cpu_head *
zpool_head_at(struct zpool_cpu_head __percpu *heads, unsigned long offset)
{
	return (struct zpool_cpu_head *)((__force unsigned long)heads + offset);
}

static __always_inline void zpool_head_end(unsigned long offset)
{
	barrier();
	__this_cpu_write(zpool_cpu.offset, offset);
	preempt_enable();
}

/* In the busy section: take the top object; NULL when there is none. */
static inline void *zpool_head_pop(struct zpool_cpu_head *head)
{
	struct zpool_magazine *mag = READ_ONCE(head->loaded);
	unsigned long left;

	if (check_sub_overflow((unsigned long)mag->count, 1UL, &left))
		return NULL;
	head->allocs++;
	return zpool_magazine_take(mag, left);
}

/* In the busy section: put an object on top of what @place points to. */
static inline enum zpool_push
zpool_head_push_to(struct zpool_cpu_head *head, struct zpool_magazine **place, void *obj)
{
	enum zpool_push pushed = zpool_magazine_put(READ_ONCE(*place), obj);

	head->frees += pushed == ZPOOL_PUSHED;
	return pushed;
}

static inline enum zpool_push zpool_head_push(struct zpool_cpu_head *head, void *obj)
{
	return zpool_head_push_to(head, &head->loaded, obj);
}

bool zpool_head_swap_locking(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
			     enum zpool_way way);

/*
 * In the busy section: loaded is empty (@way is ZPOOL_UNDERFLOW) or full (ZPOOL_OVERFLOW):
 * have previous serve. Where that looks as if it could not, no lock is taken.
 *
 * Return: true when loaded has objects, or room, unless the pair is drained meanwhile.
 */
static inline bool zpool_head_swap(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
				   enum zpool_way way)
{
	const struct zpool_magazine *mag = READ_ONCE(head->previous);
	u32 count = READ_ONCE(mag->count);

	return (way == ZPOOL_UNDERFLOW ? count : count < mag->capacity) &&
	       zpool_head_swap_locking(head, tail, way);
}

static inline bool zpool_head_has_room(const struct zpool_cpu_head *head)
{
	const struct zpool_magazine *mag = READ_ONCE(head->loaded);

	return mag->count < mag->capacity;
}

/* The node that this CPU fills from. Outside of a busy section the CPU may be another already. */
static __always_inline int zpool_this_nid(void)
{
	return raw_cpu_read(zpool_cpu.node);
}

#endif /* _KZPOOL_HEAD_H */
