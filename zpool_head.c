// SPDX-License-Identifier: GPL-2.0
/*
 * The slow half of a CPU's pair: see zpool_head.h.
 *
 * All functions here named zpool_head_* and zpool_remote_*, but for init and start,
 * run inside the busy section of the CPU that head and tail belong to. Those that
 * change its pointers take that CPU's slow_lock, since another CPU may come to
 * drain it, and may nest a depot's lock in it.
 *
 * Capacity changes lazily: tail->capacity is that of the next magazine, and
 * those of other capacities go on meanwhile. What a pair gives to the depot is
 * its smaller one; one that comes back empty and too small retires.
 */
#include <linux/string.h>

#include "zpool_budget.h"
#include "zpool_head.h"

DEFINE_PER_CPU_ALIGNED(struct zpool_cpu, zpool_cpu);

void zpool_head_init(struct zpool_cpu_head *head)
{
	*head = (struct zpool_cpu_head) {
		.loaded = zpool_no_magazine,
		.previous = zpool_no_magazine,
	};
}

void zpool_heads_init(struct zpool_cpu_heads *heads)
{
	zpool_head_init(&heads->own);
	zpool_head_init(&heads->none);
}

#define SWING_UNKNOWN	(ULONG_MAX / 2)

void zpool_tail_init(struct zpool_cpu_tail *tail, size_t stride, unsigned int capacity)
{
	*tail = (struct zpool_cpu_tail) {
		.remote = zpool_no_magazine,
		.stride = stride,
		.capacity = capacity,
		.may_raise = true,
		.swing = SWING_UNKNOWN,
		.spilled_at = U32_MAX,
	};
	zpool_watch_init(&tail->watch, capacity);
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

static void make_previous_the_smaller(struct zpool_cpu_head *head)
{
	if (head->loaded->capacity < head->previous->capacity)
		swap_pair(head);
}

/* Illumos has the count of these decide on the size of magazines. */
static void lock_depot(struct zpool_depot *depot, struct zpool_cpu_tail *tail)
	__acquires(&depot->lock)
{
	if (likely(raw_spin_trylock(&depot->lock)))
		return;
	tail->contended++;
	raw_spin_lock(&depot->lock);
}

/*
 * Misses, and what is done about them at once: a burst is over when the worker
 * comes.
 */

/*
 * By as much as @part of the credit pays for, if that is half a step. Who has not got yet
 * what it may have waits for that, and who had to give all, for the worker.
 */
static void raise_capacity(const struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
			   unsigned int part)
{
	struct zpool_cpu *cpu = this_cpu_ptr(&zpool_cpu);
	unsigned int more = zpool_grown(tail->capacity, &zpool_policy) - tail->capacity;
	size_t price = 2 * (size_t)tail->stride;	/* of one object more in each of a pair */
	u32 grants = smp_load_acquire(&zpool_budget.grants);
	unsigned int paid;

	lockdep_assert_held(&cpu->slow_lock);
	if (!more || !tail->capacity || !READ_ONCE(tail->may_raise) ||
	    head->loaded->capacity < tail->capacity || head->previous->capacity < tail->capacity)
		return;
	paid = zpool_budget_spend((more + 1) / 2, more, price, part);
	if (paid < more)
		tail->denied++;
	if (!paid) {
		tail->refused = part;
		tail->refused_at = grants;	/* as it was before the question */
		return;
	}
	cpu->raises++;
	WRITE_ONCE(tail->is_paid, true);
	WRITE_ONCE(tail->capacity, tail->capacity + paid);
}

/*
 * Would a larger magazine have spared this? After one the other way, if what
 * went out and came back is little enough; after a miss the same way, if what
 * was given to the depot is wanted again often. A miss that the slabs serve is
 * no sign: what grows for good, or is given up for good, no magazine holds.
 */
#define OFTEN_OPS	150U	/* a swap in fewer costs each of them more than one instruction, */
				/* a visit to the depot more than two */
#define FLIP_PAIRS	4U	/* pairs' worth of operations between two misses */
#define FLIP_RUN	2U	/* magazines' worth that went out and came back */

/*
 * What a raise may take of the credit that is left, so that a CPU that comes late
 * finds some: where only swaps are spared, less.
 */
#define MISS_PART	3U
#define SWAP_PART	16U

/* With this CPU's slow_lock held. */
static bool is_turn(const struct zpool_cpu_head *head, struct zpool_turn *last,
		    enum zpool_way way, bool by_depot, unsigned int most_ops)
{
	unsigned long now = head->allocs + head->frees, ops = now - last->ops;
	bool thrash;

	if (way == last->way)
		thrash = by_depot && ops < OFTEN_OPS;
	else
		thrash = last->run <= FLIP_RUN && ops <= most_ops;
	last->run = way != last->way ? 1 : min_t(unsigned int, last->run + 1, U8_MAX);
	last->way = way;
	last->ops = now;
	return thrash;
}

/* Credit only becomes less until the next grant: not to be asked for again. */
static bool is_refused(const struct zpool_cpu_tail *tail, unsigned int part)
{
	return part >= tail->refused && tail->refused_at == READ_ONCE(zpool_budget.grants);
}

static void note_thrash(const struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
			unsigned int part)
{
	tail->thrashes++;
	if (!is_refused(tail, part))
		raise_capacity(head, tail, part);
}

/* Put @nr objects of one of a pair on top of the other. Return: false if that cannot be. */
static noinline bool move_within(struct zpool_magazine *to, struct zpool_magazine *from,
				 unsigned int nr)
{
	if (!nr || from->count < nr || to->capacity - to->count < nr)
		return false;
	memcpy(&to->objs[to->count + 1], &from->objs[from->count - nr + 1], nr * sizeof(*to->objs));
	WRITE_ONCE(from->count, from->count - nr);
	WRITE_ONCE(to->count, to->count + nr);
	return true;
}

/* It goes @beyond the end of loaded, and has been @behind. */
static bool centre_pair(struct zpool_cpu_head *head, enum zpool_way way, unsigned long beyond,
			unsigned long behind)
{
	unsigned int nr = (head->loaded->capacity + beyond - behind) / 2;

	return way == ZPOOL_UNDERFLOW ? move_within(head->loaded, head->previous, nr) :
					move_within(head->previous, head->loaded, nr);
}

/*
 * Slabs serve one request after the other, and nothing is freed meanwhile. If that is
 * more than depots may hold, much of it will find no magazine when it comes back; of
 * less, if what came back since the last grant has found none. With each grant it is
 * tried anew: who never frees, nor gets anything of who does, would not find out.
 */
#define DRY_SHARE	2U	/* of the budget: a row, */
#define LEAST_ROW	16U	/* which are so many at least */
#define SPILLED_SHARE	4U

static void note_dry(const struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
		     enum zpool_way way, bool by_depot)
{
	unsigned long ops = head->allocs + head->frees - tail->miss.ops;
	bool by_slabs = way == ZPOOL_UNDERFLOW && !by_depot;
	u32 grants = READ_ONCE(zpool_budget.grants);
	bool goes_on = by_slabs && head->frees == tail->dry_frees && grants == tail->dry_at;

	WRITE_ONCE(tail->dry, goes_on ? tail->dry + ops : 0);
	tail->dry_frees = head->frees;
	tail->dry_at = by_slabs ? grants : grants - 1;
}

/**
 * zpool_tail_end_row() - an object was freed past the magazines
 * @tail: of this CPU, perhaps of another a moment ago
 */
void zpool_tail_end_row(struct zpool_cpu_tail *tail)
{
	WRITE_ONCE(tail->dry, 0);
}

/**
 * zpool_tail_is_dry() - will magazines have no room for what is asked for now?
 * @tail: of this CPU, perhaps of another a moment ago
 */
bool zpool_tail_is_dry(const struct zpool_cpu_tail *tail)
{
	bool spilled = READ_ONCE(tail->spilled_at) == READ_ONCE(zpool_budget.grants);
	unsigned long row = (unsigned long)READ_ONCE(tail->dry) * tail->stride;

	return row > max(READ_ONCE(zpool_budget.limit) / (spilled ? SPILLED_SHARE : DRY_SHARE),
			 (unsigned long)LEAST_ROW * tail->stride);
}

/* Before anything is moved. */
static void note_miss(const struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
		      enum zpool_way way, bool by_depot)
{
	unsigned int pair = head->loaded->capacity + head->previous->capacity;

	tail->misses++;
	note_dry(head, tail, way, by_depot);
	if (is_turn(head, &tail->miss, way, by_depot, FLIP_PAIRS * pair))
		note_thrash(head, tail, MISS_PART);
}

/*
 * A load that goes up and down by less than a magazine needs no swap, unless it does
 * so just where one ends. How far it goes to either side of that is half of what was
 * done since the last swap the other way. If both are known, and less than a magazine
 * in sum, as much is put into loaded, or taken out of it, as leaves both sides the
 * same to spare.
 */
/* With slow_lock held: loaded cannot serve, previous can. */
static __always_inline void serve_by_previous(struct zpool_cpu_head *head,
					      struct zpool_cpu_tail *tail, enum zpool_way way)
{
	unsigned long behind = SWING_UNKNOWN, beyond = tail->swing;
	bool is_centred;

	if (way != tail->swap.way)
		behind = (head->allocs + head->frees - tail->swap.ops) / 2;
	tail->swing = behind;
	is_centred = beyond + behind < head->loaded->capacity &&
		     centre_pair(head, way, beyond, behind);
	if (!is_centred)
		swap_pair(head);
	tail->swaps++;
	if (is_turn(head, &tail->swap, way, false, OFTEN_OPS) && !is_centred)
		note_thrash(head, tail, SWAP_PART);
}

/* See zpool_head_swap(). */
bool zpool_head_swap_locking(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
			     enum zpool_way way)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	const struct zpool_magazine *mag;
	unsigned long flags;
	bool can;

	raw_spin_lock_irqsave(slow_lock, flags);
	mag = head->previous;
	can = way == ZPOOL_UNDERFLOW ? mag->count : mag->count < mag->capacity;
	if (can)
		serve_by_previous(head, tail, way);
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return can;
}

/* Give a depot @mag for @instead. With the locks of both sides held. */
static void put_for(struct zpool_depot *depot, struct zpool_magazine *mag,
		    struct zpool_magazine *instead)
{
	zpool_magazine_trade(instead, mag);
	zpool_depot_put_locked(depot, mag);
}

/* Both are empty. Return: what retires, or NULL. */
static struct zpool_magazine *exchange_for_full(struct zpool_cpu_head *head,
						const struct zpool_cpu_tail *tail,
						struct zpool_depot *depot,
						struct zpool_magazine *full)
{
	struct zpool_magazine *retired = NULL;

	make_previous_the_smaller(head);
	if (!head->previous->count && head->previous != zpool_no_magazine &&
	    zpool_magazine_is_small(head->previous, tail->capacity))
		retired = head->previous;
	else
		put_for(depot, head->previous, full);
	store_previous(head, head->loaded);
	load(head, full);
	return retired;
}

/**
 * zpool_head_refill() - both of a pair are empty: find objects without going to slabs
 * @head: in whose busy section we are
 * @tail: of the same
 * @depot: of the CPU's node
 * @retired: set to a magazine for the caller to get rid of, or NULL
 *
 * Exchanges an empty magazine for a full one of the depot.
 *
 * Return: true when loaded has objects, unless the pair is drained meanwhile.
 */
bool zpool_head_refill(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
		       struct zpool_depot *depot, struct zpool_magazine **retired)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	struct zpool_magazine *full;
	unsigned long flags;

	*retired = NULL;
	raw_spin_lock_irqsave(slow_lock, flags);
	lock_depot(depot, tail);
	full = zpool_depot_take_full_locked(depot);
	note_miss(head, tail, ZPOOL_UNDERFLOW, full);
	if (full)
		*retired = exchange_for_full(head, tail, depot, full);
	else if (!head->loaded->capacity)
		swap_pair(head);
	raw_spin_unlock(&depot->lock);
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return full;
}

/**
 * zpool_head_make_room() - both of a pair are full: find room without going to slabs
 * @head: in whose busy section we are
 * @tail: of the same
 * @depot: of the CPU's node
 * @any: make do with a magazine that is too small, since there is no room for a better
 *       one: it has its share of the budget already. The miss is noted by then.
 *
 * Exchanges a full magazine for an empty one of the depot, if that is not too small.
 *
 * Return: true when loaded has room, unless the pair is drained meanwhile.
 */
bool zpool_head_make_room(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
			  struct zpool_depot *depot, bool any)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	struct zpool_magazine *empty;
	unsigned long flags;

	raw_spin_lock_irqsave(slow_lock, flags);
	lock_depot(depot, tail);
	empty = zpool_depot_take_empty_locked(depot, any ? 0 : tail->capacity);
	if (!any)
		note_miss(head, tail, ZPOOL_OVERFLOW, empty);
	if (empty) {
		make_previous_the_smaller(head);
		put_for(depot, head->previous, empty);
		store_previous(head, head->loaded);
		load(head, empty);
	}
	raw_spin_unlock(&depot->lock);
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return empty;
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
	make_previous_the_smaller(head);
	if (head->previous != zpool_no_magazine) {
		raw_spin_lock(&depot->lock);
		put_for(depot, head->previous, mag);
		raw_spin_unlock(&depot->lock);
	}
	store_previous(head, head->loaded);
	load(head, mag);
	raw_spin_unlock_irqrestore(slow_lock, flags);
}

/* Under slow_lock: have @mag what @old has had, who may be zpool_no_magazine. */
static void take_over(struct zpool_magazine *mag, struct zpool_magazine *old)
{
	memcpy(&mag->objs[1], &old->objs[1], old->count * sizeof(*old->objs));
	mag->count = old->count;
	if (old != zpool_no_magazine)
		old->count = 0;
}

/**
 * zpool_head_put_own() - give a CPU an empty magazine of its own
 * @head: in whose busy section we are
 * @mag: the caller's until now
 *
 * It takes the place, and the objects, of loaded if that is smaller, so that
 * what a CPU works with stays in one piece; else of previous, and is loaded.
 *
 * Return: what is not needed, empty: the one replaced, zpool_no_magazine if
 * there was none, or @mag if none was smaller.
 */
struct zpool_magazine *zpool_head_put_own(struct zpool_cpu_head *head,
					  struct zpool_magazine *mag)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	struct zpool_magazine *old = mag;
	unsigned long flags;

	raw_spin_lock_irqsave(slow_lock, flags);
	if (head->loaded->capacity < mag->capacity) {
		old = head->loaded;
	} else if (head->previous->capacity < mag->capacity) {
		old = head->previous;
		store_previous(head, head->loaded);
	}
	if (old != mag) {
		take_over(mag, old);
		load(head, mag);
	}
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return old;
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
 * @tail: of the same
 * @objs: room for ZPOOL_BATCH; filled with objects for the slabs
 *
 * Takes half of previous, which holds what was freed longest ago, and loads
 * what is left: the pair goes on half full and half empty, so that neither
 * the next allocations nor the next frees miss.
 *
 * Return: how many objects were taken.
 */
unsigned int zpool_head_spill(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
			      void **objs)
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
		zpool_magazine_pop(mag, objs, nr);
		swap_pair(head);
	}
	WRITE_ONCE(tail->spilled_at, READ_ONCE(zpool_budget.grants));
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
		zpool_magazine_pop(mag, objs, nr);
		head->allocs += nr;
	}
	return nr;
}

/*
 * A CPU's remote magazine of a cache.
 */

/**
 * zpool_remote_exchange() - give a full remote magazine for an empty one
 * @tail: where this CPU collects, in whose busy section we are
 * @depot: of the node where all its objects belong; with zpool_no_magazine
 *         there, of any
 * @any: see zpool_head_make_room()
 *
 * Return: true when there is room, unless it is drained meanwhile.
 */
bool zpool_remote_exchange(struct zpool_cpu_tail *tail, struct zpool_depot *depot, bool any)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	struct zpool_magazine *empty;
	unsigned long flags;

	raw_spin_lock_irqsave(slow_lock, flags);
	lock_depot(depot, tail);
	tail->misses += !any;
	empty = zpool_depot_take_empty_locked(depot, any ? 0 : tail->capacity);
	if (empty) {
		put_for(depot, tail->remote, empty);
		WRITE_ONCE(tail->remote, empty);
	}
	raw_spin_unlock(&depot->lock);
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return empty;
}

/**
 * zpool_remote_install() - the same, with an empty one of the caller's
 * @tail: see zpool_remote_exchange()
 * @depot: see zpool_remote_exchange()
 * @mag: the caller's until now
 */
void zpool_remote_install(struct zpool_cpu_tail *tail, struct zpool_depot *depot,
			  struct zpool_magazine *mag)
{
	raw_spinlock_t *slow_lock = this_slow_lock();
	struct zpool_magazine *full;
	unsigned long flags;

	raw_spin_lock_irqsave(slow_lock, flags);
	full = tail->remote;
	if (full->count)
		zpool_magazine_move(full, tail->stride, page_to_nid(virt_to_page(full->objs[1])));
	raw_spin_lock(&depot->lock);
	put_for(depot, full, mag);
	raw_spin_unlock(&depot->lock);
	WRITE_ONCE(tail->remote, mag);
	raw_spin_unlock_irqrestore(slow_lock, flags);
}

/**
 * zpool_remote_spill() - take some objects out of a remote magazine
 * @tail: where this CPU collects, in whose busy section we are
 * @objs: room for ZPOOL_BATCH; filled with objects for the slabs
 *
 * Needs no lock: the top of what this CPU's busy section owns.
 *
 * Return: how many objects were taken.
 */
unsigned int zpool_remote_spill(struct zpool_cpu_tail *tail, void **objs)
{
	struct zpool_magazine *mag = READ_ONCE(tail->remote);
	unsigned int nr = min(mag->count, ZPOOL_BATCH);

	if (nr)
		zpool_magazine_pop(mag, objs, nr);
	return nr;
}

/*
 * From any CPU.
 */

static unsigned int collect(struct zpool_magazine **place, struct list_head *detached)
{
	struct zpool_magazine *mag = *place;

	WRITE_ONCE(*place, zpool_no_magazine);
	if (mag != zpool_no_magazine)
		list_add(&mag->list, detached);
	return mag->capacity;
}

/**
 * zpool_cpu_detach() - take a CPU's magazines of a cache away
 * @cpu: which
 * @head: of that CPU
 * @tail: of that CPU
 * @share: which of them
 * @detached: the magazines are added to it
 *
 * The CPU misses from now on and gets itself new magazines. It may be in the
 * middle of an operation on one of the old, so they are the caller's after an
 * RCU grace period; at once if the CPU is dead.
 *
 * Context: any but NMI.
 * Return: the objects that those magazines can hold.
 */
unsigned int zpool_cpu_detach(struct zpool_cpu *cpu, struct zpool_cpu_head *head,
			      struct zpool_cpu_tail *tail, enum zpool_share share,
			      struct list_head *detached)
{
	unsigned int capacity = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&cpu->slow_lock, flags);
	if (share & ZPOOL_LOADED)
		capacity += collect(&head->loaded, detached);
	if (share & ZPOOL_PREVIOUS)
		capacity += collect(&head->previous, detached);
	if (share & ZPOOL_REMOTE)
		capacity += collect(&tail->remote, detached);
	raw_spin_unlock_irqrestore(&cpu->slow_lock, flags);
	return capacity;
}

/* At load, before the first cache. */
void zpool_head_start(void)
{
	unsigned int cpu, tag;

	for_each_possible_cpu(cpu) {
		struct zpool_cpu *of = per_cpu_ptr(&zpool_cpu, cpu);

		raw_spin_lock_init(&of->slow_lock);
		of->offset = (unsigned long)of - (__force unsigned long)&zpool_cpu;
		WARN_ON_ONCE(of->offset & ZPOOL_BUSY);
		for (tag = 0; tag < ZPOOL_NR_TAGS; tag++)
			zpool_heads_init(&of->heads[tag]);
	}
}
