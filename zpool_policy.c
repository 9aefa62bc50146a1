// SPDX-License-Identifier: GPL-2.0
/*
 * What to do with capacity: see zpool_policy.h.
 *
 * The rules, first match first. The analysis that the project answers has two,
 * PRESSURE and COLD; the others see to what these get wrong.
 *
 *   grow    DENIED      it wanted a magazine or more, and there was no room
 *           THRASH      few hits, and a larger magazine would have spared the
 *                       misses: an overflow after an underflow, or objects
 *                       that went to the depot and came back. (By COLD's
 *                       hit rate alone it would shrink.)
 *           CONTENTION  the depot's lock was taken when it missed (as illumos)
 *           PRESSURE    hits over grow_hit_pct, use over grow_pressure_pct
 *   home    UNUSED      not used for decay_ms: all of it, or the half of the
 *                       pair that was not
 *   shrink  SHRUNK      what it uses would fit well into less
 *           COLD        hits under shrink_hit_pct when last used, and not used
 *                       for shrink_idle_ms
 *
 * No traffic is no evidence, nor is little: what calls for operations calls
 * for LEAST_OPS. Between grow and shrink there is a dead band: a shrink leaves
 * twice what was used, and one that was soon undone makes the next
 * wait twice as long.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/string.h>

#include "zpool_policy.h"

/* The rules of the analysis. decay_ms is FreeBSD's interval for working sets. */
struct zpool_policy zpool_policy = {
	.interval_ms		= 1000,
	.grow_hit_pct		= 90,
	.grow_pressure_pct	= 80,
	.grow_factor_pct	= 150,
	.shrink_hit_pct		= 30,
	.shrink_idle_ms		= 60000,
	.shrink_factor_pct	= 70,
	.decay_ms		= 20000,
};

/* A percent of fewer would be noise. */
#define LEAST_OPS	100

/* A class that thrashes is to hit as often as this. */
#define GOOD_HIT_PCT	95

/* One miss in a hundred costs less than an instruction an operation: leave it. */
#define ENOUGH_MISSES(ops)	((ops) / 100)

/*
 * As many samples of a saw-tooth miss a quarter of its height once in 850
 * times. And a load that goes up and down at random needs the square of a
 * capacity in operations to go as far: it shall have been there several times.
 */
#define LEAST_LOOKS	32
#define LEAST_LOOKED_OPS(capacity)	(16 * (capacity) * (capacity))

/* A shrink that is undone doubles the wait for the next, up to this often. */
#define MOST_UNDONE	6

static unsigned int percent(unsigned long part, unsigned long whole)
{
	return whole ? div64_u64((u64)part * 100, whole) : 0;
}

/**
 * zpool_watch_init() - nothing is known yet
 * @watch: what to set up
 * @capacity: what it starts with
 */
void zpool_watch_init(struct zpool_watch *watch, unsigned int capacity)
{
	*watch = (struct zpool_watch) {
		.capacity = capacity,
		.logged = capacity,
		.hit_pct = 100,
	};
}

/**
 * zpool_watch_forget() - what was learnt of its capacity does not count any more
 * @watch: of what has gone home
 * @capacity: what it starts with again
 */
void zpool_watch_forget(struct zpool_watch *watch, unsigned int capacity)
{
	watch->capacity = capacity;
	watch->shrunk = false;
	watch->undone = 0;
	watch->paid_warmth = 0;
	watch->looks = 0;
}

/*
 * After a change of capacity; the longer, the more often the next one undid it:
 * soon, or however late if others had to pay for both.
 */
static u32 wait_ms(const struct zpool_policy *policy, unsigned int undone)
{
	return min_t(u64, (u64)policy->shrink_idle_ms << undone, U32_MAX);
}

/* Somebody changed the capacity since the last look. */
static void note_change(struct zpool_watch *watch, const struct zpool_policy *policy,
			unsigned int capacity)
{
	bool grown = capacity > watch->capacity;

	if (capacity == watch->capacity)
		return;
	if (grown && watch->shrunk) {
		if (!watch->paid_warmth && watch->calm_ms >= wait_ms(policy, watch->undone))
			watch->undone = 0;
		else if (watch->undone < MOST_UNDONE)
			watch->undone++;
	}
	watch->shrunk = !grown;
	watch->capacity = capacity;
	watch->calm_ms = 0;
	watch->looks = 0;
}

/* A miss says that the pair was not enough: looks begin anew. */
static void note_count(struct zpool_watch *watch, unsigned int count, unsigned long ops,
		       bool missed)
{
	if (missed)
		watch->looks = 0;
	else if (!ops)
		return;
	if (!watch->looks) {
		watch->low = watch->high = count;
		watch->looked_ops = 0;
	}
	watch->looked_ops = min_t(u64, watch->looked_ops + (u64)ops, U32_MAX);
	watch->low = min_t(unsigned int, watch->low, count);
	watch->high = max_t(unsigned int, watch->high, count);
	if (watch->looks < U16_MAX)
		watch->looks++;
}

static u32 add_ms(u32 ms, u32 elapsed_ms, bool goes_on)
{
	return goes_on ? min_t(u64, (u64)ms + elapsed_ms, U32_MAX) : 0;
}

/**
 * zpool_watch_update() - what has happened since the last reading
 * @watch: what is known; brought up to date
 * @now: what was read
 * @elapsed_ms: since the last call
 * @sample: filled in
 */
void zpool_watch_update(struct zpool_watch *watch, const struct zpool_reading *now,
			unsigned int elapsed_ms, struct zpool_sample *sample)
{
	unsigned long misses = now->misses - watch->misses;
	/* What the slabs serve is not among the pair's. */
	unsigned long ops = max(now->ops - watch->ops, misses);

	watch->calm_ms = add_ms(watch->calm_ms, elapsed_ms, true);
	note_change(watch, &zpool_policy, now->capacity);
	note_count(watch, now->count, ops, misses);
	if (ops >= LEAST_OPS)
		watch->hit_pct = percent(ops - misses, ops);
	watch->heat = min_t(u64, U32_MAX, watch->heat / 2 + (u64)ops);
	watch->idle_ms = add_ms(watch->idle_ms, elapsed_ms, !ops);
	watch->still_ms = add_ms(watch->still_ms, elapsed_ms,
				 now->swaps == watch->swaps && !misses);
	watch->remote_ms = add_ms(watch->remote_ms, elapsed_ms, now->remote == watch->remote);

	*sample = (struct zpool_sample) {
		.ops		= ops,
		.misses		= misses,
		.thrashes	= now->thrashes - watch->thrashes,
		.contended	= now->contended - watch->contended,
		.denied		= now->denied - watch->denied,
		.capacity	= now->capacity,
		.pair		= now->pair,
		.claimed	= now->claimed,
		.swing		= watch->high - watch->low,
		.looks		= watch->looks,
		.looked_ops	= watch->looked_ops,
		.hit_pct	= watch->hit_pct,
		.idle_ms	= watch->idle_ms,
		.still_ms	= watch->still_ms,
		.remote_ms	= watch->remote_ms,
		.calm_ms	= watch->calm_ms,
		.undone		= watch->undone,
		.has_spare	= now->has_spare,
		.has_remote	= now->remote,
	};

	watch->ops = now->ops;
	watch->misses = now->misses;
	watch->swaps = now->swaps;
	watch->thrashes = now->thrashes;
	watch->contended = now->contended;
	watch->denied = now->denied;
	watch->remote = now->remote;
}

/*
 * The rules.
 */

/* Peak use of the pair in hundredths of what it holds. Misses say that it was more. */
static unsigned int pressure_pct(const struct zpool_sample *s)
{
	if (s->misses > ENOUGH_MISSES(s->ops))
		return 100;
	return percent(s->swing, 2 * s->capacity);
}

static enum zpool_signal grows_for(const struct zpool_sample *s, const struct zpool_policy *p)
{
	unsigned int hit_pct = percent(s->ops - s->misses, s->ops);

	if (s->ops < LEAST_OPS)
		return ZPOOL_QUIET;
	if (s->misses > ENOUGH_MISSES(s->ops)) {
		if (s->denied)
			return ZPOOL_DENIED;
		if (hit_pct < GOOD_HIT_PCT && 2UL * s->thrashes >= s->misses)
			return ZPOOL_THRASH;
		if (10UL * s->contended >= s->misses)
			return ZPOOL_CONTENTION;
	}
	if (hit_pct > p->grow_hit_pct && pressure_pct(s) > p->grow_pressure_pct)
		return ZPOOL_PRESSURE;
	return ZPOOL_QUIET;
}

/* Who has not got yet what it may have is in need of room, not of more. */
static struct zpool_decision grow(const struct zpool_sample *s, const struct zpool_policy *p,
				  enum zpool_signal signal)
{
	bool denied = signal == ZPOOL_DENIED;
	struct zpool_decision d = { ZPOOL_GROW, signal, s->capacity };

	if (!denied || s->pair >= 2 * s->capacity)
		d.capacity = zpool_grown(s->capacity, p);
	if (!denied && d.capacity == s->capacity)
		d.action = ZPOOL_KEEP;
	return d;
}

static enum zpool_action goes_home(const struct zpool_sample *s, const struct zpool_policy *p)
{
	if (!p->decay_ms || !s->claimed)
		return ZPOOL_KEEP;
	if (s->idle_ms >= p->decay_ms)
		return ZPOOL_RELEASE;
	if (s->has_spare && s->still_ms >= p->decay_ms)
		return ZPOOL_RELEASE_SPARE;
	if (s->has_remote && s->remote_ms >= p->decay_ms)
		return ZPOOL_RELEASE_REMOTE;
	return ZPOOL_KEEP;
}

/*
 * A pair settles when a magazine holds the whole swing; twice that is for
 * what was not seen. Whatever grow_pressure_pct says: what PRESSURE would grow
 * again at once does not fit.
 */
static enum zpool_signal shrinks_for(const struct zpool_sample *s, const struct zpool_policy *p)
{
	unsigned int less = zpool_shrunk(s->capacity, p);
	bool seen = s->looks >= LEAST_LOOKS && s->looked_ops >= LEAST_LOOKED_OPS(s->capacity);
	bool fits = 2 * s->swing < less &&
		    percent(s->swing, 2 * less) <= p->grow_pressure_pct;

	if (less >= s->capacity || s->calm_ms < wait_ms(p, s->undone))
		return ZPOOL_QUIET;
	if (s->idle_ms > p->shrink_idle_ms && s->hit_pct < p->shrink_hit_pct)
		return ZPOOL_COLD;
	if (s->ops && seen && fits)
		return ZPOOL_SHRUNK;
	return ZPOOL_QUIET;
}

/**
 * zpool_decide() - what to do with the capacity of a class on a CPU
 * @s: what was seen in the interval
 * @p: parameters
 *
 * Return: what, why, and the capacity of the class there from now on.
 */
struct zpool_decision zpool_decide(const struct zpool_sample *s, const struct zpool_policy *p)
{
	struct zpool_decision d = { ZPOOL_KEEP, ZPOOL_QUIET, s->capacity };

	d.signal = grows_for(s, p);
	if (d.signal != ZPOOL_QUIET)
		return grow(s, p, d.signal);
	d.action = goes_home(s, p);
	if (d.action != ZPOOL_KEEP) {
		d.signal = ZPOOL_UNUSED;
		return d;
	}
	d.signal = shrinks_for(s, p);
	if (d.signal != ZPOOL_QUIET) {
		d.action = ZPOOL_SHRINK;
		d.capacity = zpool_shrunk(s->capacity, p);
	}
	return d;
}

/*
 * Who pays for whom.
 */

/**
 * zpool_warmth() - how much a class is worth its bytes on a CPU
 * @watch: of the class there, up to date
 * @bytes: what it has, or wants
 * @interval_ms: see struct zpool_policy
 *
 * Return: 0 for what is idle longest to ZPOOL_NR_WARMTHS - 1.
 */
unsigned int zpool_warmth(const struct zpool_watch *watch, size_t bytes,
			  unsigned int interval_ms)
{
	unsigned int intervals;
	u64 density;

	intervals = watch->idle_ms / interval_ms;
	if (intervals >= 2)
		return ZPOOL_ACTIVE - 1 - min_t(unsigned int, ZPOOL_ACTIVE - 1, ilog2(intervals));
	density = div64_u64((u64)watch->heat << 20, max_t(size_t, bytes, 1));
	return min_t(unsigned int, ZPOOL_NR_WARMTHS - 1, ZPOOL_ACTIVE + ilog2(density | 1));
}

/* Levels of warmth, of a factor of two each: one is lost to rounding. */
#define MARGIN	3U

/**
 * zpool_coldest_that_pays() - who may have to give
 * @warmth: of who wants
 *
 * What is idle gives to whoever is not; else there must be a factor of four
 * between the two, or they would take it from each other by turns.
 *
 * Return: the warmth up to which others pay.
 */
unsigned int zpool_coldest_that_pays(unsigned int warmth)
{
	return max(ZPOOL_ACTIVE - 1, max(warmth, MARGIN) - MARGIN);
}

/**
 * zpool_must_wait() - may a class not grow now, since it has just paid?
 * @watch: of the class on a CPU, its warmth up to date
 * @policy: parameters
 *
 * Else it would take back what it gave, and give it again. Unless it is used
 * so much more since that it would not have had to give.
 */
bool zpool_must_wait(const struct zpool_watch *watch, const struct zpool_policy *policy)
{
	return watch->paid_warmth && watch->calm_ms < wait_ms(policy, watch->undone) &&
	       watch->warmth < watch->paid_warmth + MARGIN;
}
