// SPDX-License-Identifier: GPL-2.0
/*
 * A pass of the worker: look at each class on each CPU and at each depot,
 * decide (zpool_policy.c), act.
 *
 * Capacity is a number, tail->capacity: what a magazine holds that is made
 * next. Nobody is stopped to change it. What it buys is bytes of the one
 * budget, claimed when a magazine is made, so the sum holds at every moment;
 * a pass sees to it that there is room where it is wanted:
 *
 *   - A class that is to grow gets its new capacity if there is room for it.
 *     If not, what it wants is noted, and others pay, the coldest first: what
 *     idles in depots and on CPUs, longest idle first, then what is used a
 *     quarter as much for its bytes. (After tcmalloc, which steals within a
 *     CPU and from idle CPUs. One scale for both needs no second rule.) Who is
 *     small already gives all it has, magazines altogether: the least of
 *     magazines for all classes may be more than the budget.
 *   - Who has paid does not grow for a while, neither by a pass nor by itself,
 *     or the two would take the same bytes from each other by turns.
 *   - Credit is what CPUs that thrash may raise their capacities by without
 *     waiting for a pass: the room there is, but for a reserve and for three
 *     eighths of the budget that are for depots, given out anew by each pass.
 *     So there is none when room is scarce, and the worker's view of all
 *     decides. (A share of its own for each CPU lies idle where few are busy.)
 *
 * A CPU's magazines come home as in a drain: taken away under its slow_lock,
 * flushed after a grace period, one for the whole pass. The CPU is neither
 * woken nor interrupted. What is unused for decay_ms goes home in steps of an
 * eighth of the budget a pass, so that a program that pauses is not punished
 * at once and no pass is long.
 *
 * Rejected: capacity for all CPUs alike (a class hot on one CPU would cost all
 * of them); room kept free by taking it from whoever is idle (who is used now
 * and then would lose and regain its magazines for ever).
 */
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "zpool_adapt.h"
#include "zpool_budget.h"
#include "zpool_drain.h"
#include "zpool_log.h"
#include "zpool_pressure.h"
#include "zpool_throttle.h"

struct zpool_adapt_counts zpool_adapt_counts;
DEFINE_MUTEX(zpool_adapt_lock);

/*
 * Of the budget: what goes home unused in a pass; and in bytes, since all of
 * it is emptied in one.
 */
#define STEP		8
#define LEAST_STEP	(1UL << 20)
#define MOST_STEP	(64UL << 20)

/* Of the budget: room that is not given out as credit, but left to newcomers and the worker. */
#define RESERVE	8

/* Of the budget: what is taken at least from who is idle, since nobody misses it. */
#define IDLE_SHARE	4

struct pass {
	unsigned int elapsed_ms;
	unsigned long limit;
	size_t room;			/* that growth has not taken yet */
	size_t step;			/* bytes that may still go home unused */
	bool detached;			/* something waits for a grace period */
	size_t held[ZPOOL_NR_WARMTHS];	/* bytes that CPUs' magazines can hold */
	size_t wanted[ZPOOL_NR_WARMTHS];	/* bytes that there was no room for */
};

/* Bytes that lie idle on each node; counted in a pass, under zpool_adapt_lock. */
static unsigned long idle_bytes[MAX_NUMNODES];

/* One class on one CPU. */
struct place {
	struct zpool_cache *cache;
	unsigned int cpu;
	struct zpool_cpu *of;
	struct zpool_cpu_head *head;
	struct zpool_cpu_tail *tail;
};

static struct place place_at(struct zpool_cache *cache, unsigned int cpu)
{
	return (struct place) {
		.cache	= cache,
		.cpu	= cpu,
		.of	= per_cpu_ptr(&zpool_cpu, cpu),
		.head	= per_cpu_ptr(cache->heads, cpu),
		.tail	= per_cpu_ptr(cache->tails, cpu),
	};
}

static size_t stride_of(const struct place *at)
{
	return at->cache->geometry.stride;
}

static void read_place(const struct place *at, struct zpool_reading *now)
{
	const struct zpool_cpu_head *head = at->head;
	const struct zpool_cpu_tail *tail = at->tail;
	unsigned long flags;

	raw_spin_lock_irqsave(&at->of->slow_lock, flags);
	*now = (struct zpool_reading) {
		.ops		= READ_ONCE(head->allocs) + READ_ONCE(head->frees),
		.misses		= READ_ONCE(tail->misses),
		.swaps		= READ_ONCE(tail->swaps),
		.thrashes	= READ_ONCE(tail->thrashes),
		.contended	= READ_ONCE(tail->contended),
		.denied		= READ_ONCE(tail->denied),
		.count		= READ_ONCE(head->loaded->count) + READ_ONCE(head->previous->count),
		.remote		= READ_ONCE(tail->remote->count),
		.capacity	= tail->capacity,
		.pair		= head->loaded->capacity + head->previous->capacity,
		.claimed	= head->loaded->capacity + head->previous->capacity +
				  tail->remote->capacity,
		.has_spare	= head->previous != zpool_no_magazine,
	};
	raw_spin_unlock_irqrestore(&at->of->slow_lock, flags);
}

static void set_capacity(const struct place *at, unsigned int capacity, bool is_paid)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&at->of->slow_lock, flags);
	WRITE_ONCE(at->tail->capacity, capacity);
	WRITE_ONCE(at->tail->is_paid, is_paid);
	raw_spin_unlock_irqrestore(&at->of->slow_lock, flags);
	at->tail->watch.logged = capacity;
}

/* Return: the bytes that could lie there. */
static size_t detach(struct pass *pass, const struct place *at, enum zpool_share share)
{
	at->tail->watch.looks = 0;	/* what has gone home was not used up */
	pass->detached = true;
	return zpool_cache_detach(at->cache, at->cpu, share);
}

static u32 log_event(const struct zpool_cache *cache, int cpu, struct zpool_decision d,
		     unsigned int before, unsigned int hit_pct)
{
	struct zpool_event event = {
		.at_s		= ktime_get_seconds(),
		.cpu		= cpu,
		.signal		= d.signal,
		.action		= d.action,
		.before		= before,
		.after		= d.capacity,
		.hit_pct	= hit_pct,
		.outcome_pct	= ZPOOL_NO_HIT_PCT,
	};

	strscpy(event.cache, cache->name, sizeof(event.cache));
	return zpool_log_add(&event);
}

/*
 * Acting on a decision.
 */

/* What is missing to a pair of this capacity. */
static size_t bytes_to(const struct place *at, const struct zpool_sample *s,
		       unsigned int capacity)
{
	return s->pair < 2 * capacity ? (2 * capacity - s->pair) * stride_of(at) : 0;
}

/* Return: true if it was done; else it is noted, and perhaps paid for in the next pass. */
static bool grow(struct pass *pass, const struct place *at, const struct zpool_sample *s,
		 unsigned int capacity)
{
	/* Who has a pair already, and may not have a larger one, was denied one for the depot. */
	size_t bytes = bytes_to(at, s, capacity) ?: capacity * stride_of(at);

	if (!at->tail->may_raise)
		return false;
	if (bytes > pass->room) {
		pass->wanted[at->tail->watch.warmth] += bytes - pass->room;
		pass->room = 0;
		return false;
	}
	pass->room -= bytes;
	set_capacity(at, capacity, true);
	if (capacity == s->capacity)
		return false;
	zpool_adapt_counts.grows++;
	return true;
}

static bool shrink(struct pass *pass, const struct place *at, unsigned int capacity)
{
	set_capacity(at, capacity, true);
	detach(pass, at, ZPOOL_ALL);
	zpool_adapt_counts.shrinks++;
	return true;
}

/* What was learnt there: who comes back starts anew. */
static void forget(const struct place *at)
{
	set_capacity(at, at->cache->capacity, false);
	WRITE_ONCE(at->tail->may_raise, true);
	zpool_watch_forget(&at->tail->watch, at->cache->capacity);
}

static void count_release(size_t bytes)
{
	zpool_adapt_counts.releases++;
	zpool_adapt_counts.released_bytes += bytes;
}

static bool release(struct pass *pass, const struct place *at, enum zpool_share share)
{
	size_t bytes;

	if (!pass->step)
		return false;
	bytes = detach(pass, at, share);
	if (share == ZPOOL_ALL)
		forget(at);
	count_release(bytes);
	pass->step -= min(pass->step, bytes);
	return true;
}

static bool act(struct pass *pass, const struct place *at, const struct zpool_sample *s,
		struct zpool_decision d)
{
	switch (d.action) {
	case ZPOOL_GROW:
		return grow(pass, at, s, d.capacity);
	case ZPOOL_SHRINK:
		return shrink(pass, at, d.capacity);
	case ZPOOL_RELEASE:
		return release(pass, at, ZPOOL_ALL);
	case ZPOOL_RELEASE_SPARE:
		return release(pass, at, ZPOOL_PREVIOUS);
	case ZPOOL_RELEASE_REMOTE:
		return release(pass, at, ZPOOL_REMOTE);
	default:
		return false;
	}
}

/*
 * Looking.
 */

/* What came of the last decision, and what the CPU did by itself since. */
static void log_past(const struct place *at, unsigned int capacity)
{
	struct zpool_watch *watch = &at->tail->watch;
	struct zpool_decision d = { ZPOOL_GROW, ZPOOL_BURST, capacity };

	if (watch->event)
		zpool_log_outcome(watch->event, watch->idle_ms ? ZPOOL_NO_HIT_PCT : watch->hit_pct);
	watch->event = 0;
	if (capacity > watch->logged)
		watch->event = log_event(at->cache, at->cpu, d, watch->logged, watch->hit_pct);
	watch->logged = capacity;
}

/* Who had to give all may have some again when there is room. */
static void readmit(const struct pass *pass, const struct place *at)
{
	if (!READ_ONCE(at->tail->capacity) && at->tail->may_raise && pass->room > pass->limit / RESERVE)
		set_capacity(at, ZPOOL_LEAST_CAPACITY, true);
}

/* Nothing there and nothing done, as most classes are on most CPUs: worth no lock. */
static bool is_deserted(const struct place *at)
{
	const struct zpool_cpu_head *head = at->head;
	const struct zpool_watch *watch = &at->tail->watch;

	return READ_ONCE(head->loaded) == zpool_no_magazine &&
	       READ_ONCE(head->previous) == zpool_no_magazine &&
	       READ_ONCE(at->tail->remote) == zpool_no_magazine && !watch->event &&
	       READ_ONCE(head->allocs) + READ_ONCE(head->frees) == watch->ops &&
	       READ_ONCE(at->tail->misses) == watch->misses;
}

/* Whoever comes after so long starts anew. */
static void look_at_deserted(const struct pass *pass, const struct place *at)
{
	struct zpool_watch *watch = &at->tail->watch;
	unsigned int capacity = at->cache->capacity;

	watch->idle_ms = min_t(u64, (u64)watch->idle_ms + pass->elapsed_ms, U32_MAX);
	watch->heat = 0;
	watch->warmth = 0;
	if (READ_ONCE(at->tail->capacity) != capacity && zpool_policy.decay_ms &&
	    watch->idle_ms >= zpool_policy.decay_ms)
		forget(at);
}

static void count_idle(const struct place *at, const struct zpool_reading *now)
{
	idle_bytes[READ_ONCE(at->of->node)] += (size_t)(now->count + now->remote) * stride_of(at);
}

static void look_at_cpu(struct pass *pass, struct zpool_cache *cache, unsigned int cpu)
{
	struct place at = place_at(cache, cpu);
	struct zpool_watch *watch = &at.tail->watch;
	struct zpool_reading now;
	struct zpool_sample s;
	struct zpool_decision d;
	size_t bytes, wants;

	if (is_deserted(&at)) {
		if (!cache->throttle)
			look_at_deserted(pass, &at);
		return;
	}
	read_place(&at, &now);
	zpool_watch_update(watch, &now, pass->elapsed_ms, &s);
	if (cache->throttle) {
		count_idle(&at, &now);
		return;
	}
	log_past(&at, now.capacity);
	d = zpool_decide(&s, &zpool_policy);
	bytes = (size_t)now.claimed * stride_of(&at);
	wants = bytes_to(&at, &s, max(d.capacity, ZPOOL_LEAST_CAPACITY));
	watch->warmth = zpool_warmth(watch, bytes ?: wants, zpool_policy.interval_ms);
	WRITE_ONCE(at.tail->may_raise, !zpool_must_wait(watch, &zpool_policy));
	readmit(pass, &at);
	if (act(pass, &at, &s, d)) {
		d.capacity = READ_ONCE(at.tail->capacity);
		watch->event = log_event(cache, cpu, d, s.capacity, watch->hit_pct);
	} else {
		pass->held[watch->warmth] += bytes;
	}
	if (d.action <= ZPOOL_GROW)
		count_idle(&at, &now);
}

/* Magazines that nobody came for; their objects are ours at once. */
static size_t take_old(struct zpool_cache *cache, int nid, u32 age, size_t most_bytes,
		       enum zpool_signal signal)
{
	struct zpool_decision d = { ZPOOL_RELEASE, signal, 0 };
	size_t stride = cache->geometry.stride, most = DIV_ROUND_UP(most_bytes, stride);
	struct zpool_depot *depot = &cache->nodes[nid]->depot;
	size_t capacity = 0, some;
	LIST_HEAD(taken);

	if (!READ_ONCE(depot->nr_full) && !READ_ONCE(depot->nr_empty))
		return 0;
	while (capacity < most) {
		some = zpool_depot_take_old(depot, age, most - capacity, &taken);
		if (!some)
			break;
		capacity += some;
		zpool_cache_flush(cache, &taken);
	}
	if (capacity) {
		if (capacity >= cache->capacity)
			log_event(cache, -1, d, capacity, ZPOOL_NO_HIT_PCT);
		count_release(capacity * stride);
	}
	return capacity * stride;
}

/* The slab kept empty goes when none of the node's is touched. */
static void look_at_slabs(struct pass *pass, struct zpool_cache_node *node)
{
	struct zpool_slabs *slabs = &node->slabs;
	unsigned long used = READ_ONCE(slabs->refills) + READ_ONCE(slabs->flushes) +
			     READ_ONCE(slabs->direct_allocs) + READ_ONCE(slabs->direct_frees);

	node->unused_ms = used == node->last_used ? node->unused_ms + pass->elapsed_ms : 0;
	node->last_used = used;
	if (node->unused_ms >= zpool_policy.decay_ms && READ_ONCE(slabs->nr_on[ZPOOL_EMPTY]))
		zpool_slabs_trim(slabs);
}

static void look_at_node(struct pass *pass, struct zpool_cache *cache, int nid)
{
	u32 age = 1 + DIV_ROUND_UP(zpool_policy.decay_ms, zpool_policy.interval_ms);
	struct zpool_cache_node *node = cache->nodes[nid];

	if (zpool_policy.decay_ms) {
		pass->step -= min(pass->step, take_old(cache, nid, age, pass->step, ZPOOL_UNUSED));
		look_at_slabs(pass, node);
	}
	pass->detached |= !zpool_limbo_is_empty(&node->limbo);
	idle_bytes[nid] += READ_ONCE(node->depot.nr_objects) * cache->geometry.stride +
			   READ_ONCE(node->slabs.nr_empty_pages) * PAGE_SIZE;
}

static void look(struct pass *pass, struct zpool_cache *cache)
{
	unsigned int cpu;
	int nid;

	for_each_possible_cpu(cpu)
		look_at_cpu(pass, cache, cpu);
	for_each_node(nid)
		look_at_node(pass, cache, nid);
}

/*
 * Making others pay.
 */

/*
 * Who is idle gives all it has; who is used gives a part, and the rest when
 * that is little. Return: bytes.
 */
static size_t take_from_cpu(struct pass *pass, struct zpool_cache *cache, unsigned int cpu)
{
	struct place at = place_at(cache, cpu);
	struct zpool_watch *watch = &at.tail->watch;
	struct zpool_decision d = { ZPOOL_RELEASE, ZPOOL_STOLEN, 0 };
	struct zpool_reading now;
	size_t bytes;

	read_place(&at, &now);
	bytes = (size_t)now.claimed * stride_of(&at);
	if (!bytes)
		return 0;
	if (watch->warmth >= ZPOOL_ACTIVE) {
		d.action = ZPOOL_SHRINK;
		d.capacity = now.capacity > ZPOOL_LEAST_CAPACITY ?
			     zpool_shrunk(now.capacity, &zpool_policy) : 0;
		shrink(pass, &at, d.capacity);
		watch->paid_warmth = watch->warmth;
		WRITE_ONCE(at.tail->may_raise, false);
		bytes = bytes / max(now.capacity, 1U) * (now.capacity - d.capacity);
		zpool_adapt_counts.released_bytes += bytes;
	} else {
		d.capacity = cache->capacity;
		detach(pass, &at, ZPOOL_ALL);
		forget(&at);
		count_release(bytes);
	}
	watch->event = log_event(cache, cpu, d, now.capacity, watch->hit_pct);
	return bytes;
}

static size_t take_from_cache(struct pass *pass, struct zpool_cache *cache,
			      unsigned int warmth, size_t wanted)
{
	size_t got = 0;
	unsigned int cpu;
	int nid;

	/* The age that zpool_warmth() gives that warmth; of one pass is what came a moment ago. */
	if (warmth < ZPOOL_ACTIVE - 1)
		for_each_node(nid)
			if (got < wanted)
				got += take_old(cache, nid, 1U << (ZPOOL_ACTIVE - 1 - warmth),
						wanted - got, ZPOOL_STOLEN);
	if (pass->held[warmth] && !cache->throttle)
		for_each_possible_cpu(cpu)
			if (got < wanted && per_cpu_ptr(cache->tails, cpu)->watch.warmth == warmth)
				got += take_from_cpu(pass, cache, cpu);
	return got;
}

/*
 * What those want for whom this warmth must pay, and as much again, since who
 * wants soon wants more.
 */
static size_t wanted_of(const struct pass *pass, unsigned int warmth)
{
	size_t wanted = 0;
	unsigned int w;

	for (w = 0; w < ZPOOL_NR_WARMTHS; w++)
		if (pass->wanted[w] && zpool_coldest_that_pays(w) >= warmth)
			wanted += pass->wanted[w];
	wanted *= 2;
	if (wanted && warmth < ZPOOL_ACTIVE)
		wanted = max_t(size_t, wanted, pass->limit / IDLE_SHARE);
	return min(wanted, MOST_STEP);
}

static void make_room(struct pass *pass)
{
	struct zpool_cache *cache;
	unsigned int warmth;
	size_t got = 0;

	for (warmth = 0; warmth < ZPOOL_NR_WARMTHS; warmth++) {
		size_t wanted = wanted_of(pass, warmth);

		if (got >= wanted)
			return;
		list_for_each_entry(cache, &zpool_caches, list) {
			if (got < wanted)
				got += take_from_cache(pass, cache, warmth, wanted - got);
			cond_resched();
		}
	}
}

/**
 * zpool_adapt_grant() - give out credit, as much as there is room beyond the reserve
 *
 * None under pressure, and none out of what is for depots: what CPUs take by
 * themselves must not starve those who live by what others free.
 *
 * Context: process; zpool_adapt_lock held.
 */
void zpool_adapt_grant(void)
{
	unsigned long limit = READ_ONCE(zpool_budget.limit);
	unsigned long room = min(zpool_budget_room(limit - limit / RESERVE), zpool_budget_own_room());

	zpool_budget_grant(zpool_level() ? 0 : room);
}

/*
 * A pass.
 */

/* So that MemAvailable includes it. */
static void tell_idle(void)
{
	int nid;

	for_each_online_node(nid)
		zpool_budget_tell_idle(nid, idle_bytes[nid] >> PAGE_SHIFT);
}

static void look_and_make_room(struct pass *pass)
{
	struct zpool_cache *cache;
	u64 before = ktime_get_ns();

	memset(idle_bytes, 0, nr_node_ids * sizeof(*idle_bytes));
	list_for_each_entry(cache, &zpool_caches, list) {
		look(pass, cache);
		cond_resched();
	}
	make_room(pass);
	zpool_adapt_counts.last_pass_ns = ktime_get_ns() - before;
}

/**
 * zpool_adapt_pass() - one turn of the worker
 * @elapsed_ms: since the last one
 *
 * Context: process; zpool_adapt_lock held; takes zpool_caches_lock, waits for
 * a grace period if something comes home from a CPU.
 */
void zpool_adapt_pass(unsigned int elapsed_ms)
{
	unsigned long limit = READ_ONCE(zpool_budget.limit);
	struct pass pass = {
		.elapsed_ms = elapsed_ms,
		.limit = limit,
		.room = zpool_budget_room(limit),
		.step = clamp(limit / STEP, LEAST_STEP, MOST_STEP),
	};

	lockdep_assert_held(&zpool_adapt_lock);
	WRITE_ONCE(zpool_epoch, zpool_epoch + 1);
	mutex_lock(&zpool_caches_lock);
	look_and_make_room(&pass);
	mutex_unlock(&zpool_caches_lock);
	if (pass.detached)
		zpool_drain_limbo();
	tell_idle();
	zpool_adapt_grant();
	zpool_adapt_counts.passes++;
}

/* At load, when the budget is set. */
void zpool_adapt_start(void)
{
	zpool_adapt_counts = (struct zpool_adapt_counts) {};
	zpool_log_clear();
	zpool_adapt_grant();
}
