// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines, their depots, and the slow half of a CPU's pair.
 *
 * All functions named zpool_head_* and zpool_remote_*, but the first and the
 * last two, run inside the busy section of the CPU that the head belongs to. They take that CPU's
 * slow_lock, since another CPU may come to drain it, and may nest a depot's
 * lock in it.
 */
#include <linux/slab.h>

#include "zpool_budget.h"
#include "zpool_defer.h"
#include "zpool_magazine.h"

DEFINE_PER_CPU_ALIGNED(struct zpool_cpu, zpool_cpu);

/* Never written: count == capacity == 0 and no caller passes those tests. */
static struct {
	struct zpool_magazine mag;
	void *bottom;
} no_magazine;

struct zpool_magazine *const zpool_no_magazine = &no_magazine.mag;

static size_t magazine_bytes(unsigned int capacity)
{
	return offsetof(struct zpool_magazine, objs) + (capacity + 1) * sizeof(void *);
}

/**
 * zpool_magazine_create() - an empty magazine, if the budget has room
 * @stride: bytes of an object
 * @capacity: objects it is to hold
 * @limit: what the sum of all claims may reach, see zpool_budget_claim()
 * @node: where its memory should be
 *
 * All slots are NULL: who counts what lies in it may see a slot before the
 * object that is written there.
 *
 * Never waits, digs into no reserves and wakes nobody (a free may come under
 * the scheduler's own locks): without a magazine objects go one by one, which
 * is slower but right.
 *
 * Context: any but NMI, outside all locks of ours; where zpool_pages_allowed()
 * is false there is none.
 * Return: the magazine, or NULL.
 */
struct zpool_magazine *zpool_magazine_create(size_t stride, unsigned int capacity,
					     unsigned long limit, int node)
{
	struct zpool_magazine *mag;

	if (!zpool_pages_allowed() || !zpool_budget_claim(capacity * stride, limit))
		return NULL;
	mag = kmalloc_node(magazine_bytes(capacity),
			   __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC | __GFP_ZERO, node);
	if (!mag) {
		zpool_budget_return(capacity * stride);
		return NULL;
	}
	zpool_metadata_add(magazine_bytes(capacity));
	INIT_LIST_HEAD(&mag->list);
	mag->capacity = capacity;
	return mag;
}

/**
 * zpool_magazine_destroy() - free an empty magazine and return its claim
 * @mag: from zpool_magazine_create(), or zpool_no_magazine, which stays
 * @stride: as at its creation
 */
void zpool_magazine_destroy(struct zpool_magazine *mag, size_t stride)
{
	if (mag == zpool_no_magazine)
		return;
	WARN_ON_ONCE(mag->count);
	zpool_budget_return(mag->capacity * stride);
	if (mag->objs[0] == ZPOOL_SHARED)
		zpool_budget_unshare(mag->capacity * stride);
	zpool_metadata_add(-(long)magazine_bytes(mag->capacity));
	kfree(mag);
}

static void take_top(struct zpool_magazine *mag, void **objs, unsigned int nr)
{
	WRITE_ONCE(mag->count, mag->count - nr);
	memcpy(objs, &mag->objs[mag->count + 1], nr * sizeof(*objs));
}

/*
 * Depot.
 */

void zpool_depot_init(struct zpool_depot *depot)
{
	*depot = (struct zpool_depot) {};
	raw_spin_lock_init(&depot->lock);
	INIT_LIST_HEAD(&depot->full);
	INIT_LIST_HEAD(&depot->empty);
}

static struct zpool_magazine *take_full(struct zpool_depot *depot)
{
	struct zpool_magazine *mag;

	lockdep_assert_held(&depot->lock);
	mag = list_first_entry_or_null(&depot->full, struct zpool_magazine, list);
	if (mag) {
		list_del_init(&mag->list);
		depot->nr_full--;
		depot->nr_objects -= mag->count;
	}
	return mag;
}

static struct zpool_magazine *take_empty(struct zpool_depot *depot)
{
	struct zpool_magazine *mag;

	lockdep_assert_held(&depot->lock);
	mag = list_first_entry_or_null(&depot->empty, struct zpool_magazine, list);
	if (mag) {
		list_del_init(&mag->list);
		depot->nr_empty--;
	}
	return mag;
}

static void put_magazine(struct zpool_depot *depot, struct zpool_magazine *mag)
{
	lockdep_assert_held(&depot->lock);
	if (mag == zpool_no_magazine)
		return;
	if (mag->count) {
		list_add(&mag->list, &depot->full);
		depot->nr_full++;
		depot->nr_objects += mag->count;
	} else {
		list_add(&mag->list, &depot->empty);
		depot->nr_empty++;
	}
}

/**
 * zpool_depot_take() - take any magazine, full ones first
 * @depot: from where
 *
 * Return: a magazine that is the caller's, or NULL when there is none.
 */
struct zpool_magazine *zpool_depot_take(struct zpool_depot *depot)
{
	struct zpool_magazine *mag;
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	mag = take_full(depot);
	if (!mag)
		mag = take_empty(depot);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return mag;
}

/**
 * zpool_depot_put() - leave a magazine, full or empty
 * @depot: where
 * @mag: the caller's; not zpool_no_magazine
 */
void zpool_depot_put(struct zpool_depot *depot, struct zpool_magazine *mag)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	put_magazine(depot, mag);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
}

/*
 * A CPU's pair.
 */

void zpool_head_init(struct zpool_cpu_head *head)
{
	*head = (struct zpool_cpu_head) {
		.loaded = zpool_no_magazine,
		.previous = zpool_no_magazine,
	};
}

static raw_spinlock_t *this_slow_lock(void)
{
	return &this_cpu_ptr(&zpool_cpu)->slow_lock;
}

/* The fast path reads loaded without a lock. */
static void load(struct zpool_cpu_head *head, struct zpool_magazine *mag)
{
	WRITE_ONCE(head->loaded, mag);
}

/* So may who wants to know whether there is one. */
static void store_previous(struct zpool_cpu_head *head, struct zpool_magazine *mag)
{
	WRITE_ONCE(head->previous, mag);
}

static void swap_pair(struct zpool_cpu_head *head)
{
	struct zpool_magazine *mag = head->loaded;

	load(head, head->previous);
	store_previous(head, mag);
}

/**
 * zpool_head_refill() - loaded is empty: find objects without going to slabs
 * @head: in whose busy section we are
 * @depot: of the CPU's node
 *
 * Swaps with previous; failing that, exchanges an empty magazine for a full
 * one of the depot.
 *
 * Return: true when loaded has objects, unless the pair is drained meanwhile.
 */
bool zpool_head_refill(struct zpool_cpu_head *head, struct zpool_depot *depot)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	struct zpool_magazine *full;
	unsigned long flags;
	bool found = true;

	raw_spin_lock_irqsave(slow_lock, flags);
	if (head->previous->count) {
		swap_pair(head);
		goto out;
	}
	raw_spin_lock(&depot->lock);
	depot->misses++;
	full = take_full(depot);
	if (full) {
		put_magazine(depot, head->previous);
		store_previous(head, head->loaded);
		load(head, full);
	} else {
		if (!head->loaded->capacity)
			swap_pair(head);
		found = false;
	}
	raw_spin_unlock(&depot->lock);
out:
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return found;
}

/**
 * zpool_head_make_room() - loaded is full: find room without going to slabs
 * @head: in whose busy section we are
 * @depot: of the CPU's node
 *
 * Swaps with previous; failing that, exchanges a full magazine for an empty
 * one of the depot.
 *
 * Return: true when loaded has room, unless the pair is drained meanwhile.
 */
bool zpool_head_make_room(struct zpool_cpu_head *head, struct zpool_depot *depot)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	struct zpool_magazine *empty;
	unsigned long flags;
	bool found = true;

	raw_spin_lock_irqsave(slow_lock, flags);
	if (head->previous->count < head->previous->capacity) {
		swap_pair(head);
		goto out;
	}
	raw_spin_lock(&depot->lock);
	depot->misses++;
	empty = take_empty(depot);
	if (empty) {
		put_magazine(depot, head->previous);
		store_previous(head, head->loaded);
		load(head, empty);
	} else {
		found = false;
	}
	raw_spin_unlock(&depot->lock);
out:
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return found;
}

/**
 * zpool_head_install() - load a magazine, full or empty
 * @head: in whose busy section we are
 * @depot: of the CPU's node; takes what the pair has no place for
 * @mag: the caller's until now
 */
void zpool_head_install(struct zpool_cpu_head *head, struct zpool_depot *depot,
			struct zpool_magazine *mag)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	unsigned long flags;

	raw_spin_lock_irqsave(slow_lock, flags);
	if (head->previous != zpool_no_magazine) {
		raw_spin_lock(&depot->lock);
		put_magazine(depot, head->previous);
		raw_spin_unlock(&depot->lock);
	}
	store_previous(head, head->loaded);
	load(head, mag);
	raw_spin_unlock_irqrestore(slow_lock, flags);
}

/**
 * zpool_head_load() - put fresh objects on the loaded magazine
 * @head: in whose busy section we are
 * @objs: of the CPU's node
 * @nr: how many
 *
 * Return: how many found no room, at the beginning of @objs.
 */
unsigned int zpool_head_load(struct zpool_cpu_head *head, void **objs, unsigned int nr)
{
	struct zpool_magazine *mag = READ_ONCE(head->loaded);

	while (nr && mag->count < mag->capacity)
		mag->objs[++mag->count] = objs[--nr];
	return nr;
}

/**
 * zpool_head_spill() - no room anywhere: make some, keeping what is warm
 * @head: in whose busy section we are
 * @objs: room for ZPOOL_BATCH; filled with objects for the slabs
 *
 * Takes half of previous, which holds what was freed longest ago, and loads
 * what is left: the pair goes on half full and half empty, so that neither
 * the next allocations nor the next frees miss.
 *
 * Return: how many objects were taken.
 */
unsigned int zpool_head_spill(struct zpool_cpu_head *head, void **objs)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	struct zpool_magazine *mag;
	unsigned long flags;
	unsigned int nr;

	raw_spin_lock_irqsave(slow_lock, flags);
	if (!head->previous->count)
		swap_pair(head);
	mag = head->previous;
	nr = min_t(unsigned int, (mag->count + 1) / 2, ZPOOL_BATCH);
	if (nr) {
		take_top(mag, objs, nr);
		swap_pair(head);
	}
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return nr;
}

/**
 * zpool_head_pop_batch() - take many objects at once
 * @head: in whose busy section we are
 * @objs: filled in
 * @nr: how many are wanted
 *
 * Return: how many the loaded magazine had, 0 to @nr.
 */
unsigned int zpool_head_pop_batch(struct zpool_cpu_head *head, void **objs,
				  unsigned int nr)
{
	struct zpool_magazine *mag = READ_ONCE(head->loaded);

	nr = min(nr, mag->count);
	if (nr) {
		take_top(mag, objs, nr);
		head->allocs += nr;
	}
	return nr;
}

/*
 * A CPU's remote magazine of a cache.
 */

/**
 * zpool_remote_exchange() - give a full remote magazine for an empty one
 * @remote: where this CPU collects, in whose busy section we are
 * @depot: of the node where all its objects belong; with zpool_no_magazine
 *         there, of any
 *
 * Return: true when there is room, unless it is drained meanwhile.
 */
bool zpool_remote_exchange(struct zpool_magazine **remote, struct zpool_depot *depot)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	struct zpool_magazine *empty;
	unsigned long flags;

	raw_spin_lock_irqsave(slow_lock, flags);
	raw_spin_lock(&depot->lock);
	depot->misses++;
	empty = take_empty(depot);
	if (empty) {
		put_magazine(depot, *remote);
		WRITE_ONCE(*remote, empty);
	}
	raw_spin_unlock(&depot->lock);
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return empty;
}

/**
 * zpool_remote_install() - the same, with an empty one of the caller's
 * @remote: see zpool_remote_exchange()
 * @depot: see zpool_remote_exchange()
 * @mag: the caller's until now
 */
void zpool_remote_install(struct zpool_magazine **remote, struct zpool_depot *depot,
			  struct zpool_magazine *mag)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	unsigned long flags;

	raw_spin_lock_irqsave(slow_lock, flags);
	raw_spin_lock(&depot->lock);
	put_magazine(depot, *remote);
	raw_spin_unlock(&depot->lock);
	WRITE_ONCE(*remote, mag);
	raw_spin_unlock_irqrestore(slow_lock, flags);
}

/**
 * zpool_remote_spill() - take some objects out of a remote magazine
 * @remote: where this CPU collects, in whose busy section we are
 * @objs: room for ZPOOL_BATCH; filled with objects for the slabs
 *
 * Needs no lock: the top of what this CPU's busy section owns.
 *
 * Return: how many objects were taken.
 */
unsigned int zpool_remote_spill(struct zpool_magazine **remote, void **objs)
{
	struct zpool_magazine *mag = READ_ONCE(*remote);
	unsigned int nr = min(mag->count, ZPOOL_BATCH);

	if (nr) {
		take_top(mag, objs, nr);
	}
	return nr;
}

static void collect(struct zpool_magazine **place, struct list_head *detached)
{
	struct zpool_magazine *mag = *place;

	WRITE_ONCE(*place, zpool_no_magazine);
	if (mag != zpool_no_magazine)
		list_add(&mag->list, detached);
}

/**
 * zpool_head_detach() - take a CPU's magazines of a cache away
 * @head: of any CPU
 * @remote: of the same CPU
 * @cpu: that CPU
 * @detached: the magazines are added to it
 *
 * The CPU misses from now on and gets itself new magazines. It may be in the
 * middle of an operation on one of the old, so they are the caller's after an
 * RCU grace period; at once if the CPU is dead.
 *
 * Context: any but NMI.
 */
void zpool_head_detach(struct zpool_cpu_head *head, struct zpool_magazine **remote,
		       struct zpool_cpu *cpu, struct list_head *detached)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cpu->slow_lock, flags);
	collect(&head->loaded, detached);
	collect(&head->previous, detached);
	collect(remote, detached);
	raw_spin_unlock_irqrestore(&cpu->slow_lock, flags);
}

/**
 * zpool_remote_detach() - take only a CPU's remote magazine of a cache away
 * @remote: of any CPU
 * @cpu: that CPU
 * @detached: see zpool_head_detach()
 *
 * Context: any but NMI.
 */
void zpool_remote_detach(struct zpool_magazine **remote, struct zpool_cpu *cpu,
			 struct list_head *detached)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cpu->slow_lock, flags);
	collect(remote, detached);
	raw_spin_unlock_irqrestore(&cpu->slow_lock, flags);
}

/* At load, before the first cache. */
void zpool_magazine_start(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		raw_spin_lock_init(&per_cpu_ptr(&zpool_cpu, cpu)->slow_lock);
}
