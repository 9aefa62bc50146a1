/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The policy: what is to become of the capacity that a class has on a CPU,
 * given what was seen there in an interval.
 *
 * Pure: no lock, no clock, no memory of its own. What it must remember from
 * one interval to the next is in struct zpool_watch; what it decides is a
 * return value. The worker (zpool_adapt) reads and acts; tests and the
 * simulator put in what they like.
 *
 * A hit is an operation served by loaded or previous; a miss is any other.
 */
#ifndef _KZPOOL_POLICY_H
#define _KZPOOL_POLICY_H

#include <linux/minmax.h>
#include <linux/types.h>

/*
 * Objects of a magazine, if it may be any at all. The most fill 2 KiB of memory; a
 * visit to the depot then costs less than two instructions an operation.
 */
#define ZPOOL_LEAST_CAPACITY	4U
#define ZPOOL_MOST_CAPACITY	252U

/* What a person may set, see zpool_params.c for the ranges. */
struct zpool_policy {
	unsigned int interval_ms;
	unsigned int grow_hit_pct;	/* grow when hits exceed this and the use of */
	unsigned int grow_pressure_pct;	/* capacity this */
	unsigned int grow_factor_pct;
	unsigned int shrink_hit_pct;	/* shrink when hits were fewer than this and nothing */
	unsigned int shrink_idle_ms;	/* happened for this long */
	unsigned int shrink_factor_pct;
	unsigned int decay_ms;		/* what is unused for this long goes home; 0: never */
};

extern struct zpool_policy zpool_policy;

/* One class on one CPU, read now. The counters run on. */
struct zpool_reading {
	unsigned long ops;
	unsigned long misses;
	u32 swaps;			/* of loaded and previous */
	u32 thrashes;			/* swaps and misses that a larger magazine would have spared */
	u32 contended;			/* misses that found the depot locked */
	u32 denied;			/* magazines and raises that there was no room for */
	unsigned int count;		/* objects in the pair */
	unsigned int remote;		/* objects in the remote magazine */
	unsigned int capacity;		/* of the next magazine */
	unsigned int pair;		/* objects that loaded and previous can hold */
	unsigned int claimed;		/* the same, and the remote magazine */
	bool has_spare;			/* previous is a magazine */
};

/* What is remembered of it. */
struct zpool_watch {
	unsigned long ops;		/* as last read */
	unsigned long misses;
	u32 swaps;
	u32 thrashes;
	u32 contended;
	u32 denied;
	u32 heat;			/* operations an interval, the older the less */
	u32 idle_ms;			/* without an operation */
	u32 still_ms;			/* without a swap or miss */
	u32 remote_ms;			/* with the same in the remote magazine */
	u32 calm_ms;			/* with the same capacity */
	u32 event;			/* in the log, see zpool_log_add() */
	u16 logged;			/* capacity that the log knows of */
	u16 low, high;			/* of count, in so many looks */
	u16 looks;
	u32 looked_ops;			/* operations meanwhile */
	u16 capacity;
	u16 remote;
	u8 hit_pct;			/* of the last interval with enough operations */
	u8 undone;			/* shrinks that were soon undone */
	u8 warmth;
	u8 paid_warmth;			/* when it was last made to give capacity to others */
	bool shrunk;			/* was the last change */
};

/* An interval, for zpool_decide(). */
struct zpool_sample {
	unsigned long ops;
	unsigned long misses;
	unsigned int thrashes;
	unsigned int contended;
	unsigned int denied;
	unsigned int capacity;
	unsigned int pair;
	unsigned int claimed;
	unsigned int swing;		/* high - low of count, in so many looks */
	unsigned int looks;		/* since the last miss, with operations in between: */
	unsigned int looked_ops;	/* so many */
	unsigned int hit_pct;		/* of the last interval with enough operations */
	unsigned int idle_ms;		/* see struct zpool_watch */
	unsigned int still_ms;
	unsigned int remote_ms;
	unsigned int calm_ms;
	unsigned int undone;
	bool has_spare;
	bool has_remote;
};

enum zpool_action {
	ZPOOL_KEEP,
	ZPOOL_GROW,
	ZPOOL_SHRINK,
	ZPOOL_RELEASE_REMOTE,		/* the remote magazine goes home */
	ZPOOL_RELEASE_SPARE,		/* previous goes home */
	ZPOOL_RELEASE,			/* all goes home */
	ZPOOL_LEVEL,			/* of pressure, see zpool_pressure.h; not the policy's, as the next */
	ZPOOL_MERGED,			/* a larger class serves */
	ZPOOL_NR_ACTIONS
};

/* Why. */
enum zpool_signal {
	ZPOOL_QUIET,
	ZPOOL_BURST,			/* the slow path thrashed, and has raised it at once */
	ZPOOL_THRASH,
	ZPOOL_CONTENTION,		/* the depot was locked by others */
	ZPOOL_DENIED,			/* something was wanted that there was no room for */
	ZPOOL_PRESSURE,			/* hits many, capacity nearly used up */
	ZPOOL_SHRUNK,			/* the working set has become smaller */
	ZPOOL_COLD,			/* hits few, and long idle */
	ZPOOL_UNUSED,			/* for longer than the window */
	ZPOOL_STOLEN,			/* others need it more */
	ZPOOL_EASED,			/* memory is not scarce any more; with ZPOOL_LEVEL, as the next */
	ZPOOL_RECLAIM,			/* the shrinker is called on and on */
	ZPOOL_NO_PAGES,			/* a page allocation failed */
	ZPOOL_OOM,			/* the OOM notifier was called */
	ZPOOL_NR_SIGNALS
};

struct zpool_decision {
	enum zpool_action action;
	enum zpool_signal signal;
	unsigned int capacity;		/* from now on */
};

/*
 * How much a class is worth its bytes on a CPU: below ZPOOL_ACTIVE the longer
 * idle the less, from two intervals on; else by operations a byte, a level a
 * doubling.
 */
#define ZPOOL_ACTIVE		8U
#define ZPOOL_NR_WARMTHS	32U

void zpool_watch_init(struct zpool_watch *watch, unsigned int capacity);
void zpool_watch_forget(struct zpool_watch *watch, unsigned int capacity);
void zpool_watch_update(struct zpool_watch *watch, const struct zpool_reading *now,
			unsigned int elapsed_ms, struct zpool_sample *sample);
struct zpool_decision zpool_decide(const struct zpool_sample *sample,
				   const struct zpool_policy *policy);
unsigned int zpool_warmth(const struct zpool_watch *watch, size_t bytes,
			  unsigned int interval_ms);
unsigned int zpool_coldest_that_pays(unsigned int warmth);
bool zpool_must_wait(const struct zpool_watch *watch, const struct zpool_policy *policy);

/* The next capacity up and down. */
static inline unsigned int zpool_grown(unsigned int capacity, const struct zpool_policy *p)
{
	return clamp(capacity * READ_ONCE(p->grow_factor_pct) / 100,
		     max(capacity + 1, ZPOOL_LEAST_CAPACITY), ZPOOL_MOST_CAPACITY);
}

static inline unsigned int zpool_shrunk(unsigned int capacity, const struct zpool_policy *p)
{
	return max(ZPOOL_LEAST_CAPACITY, capacity * READ_ONCE(p->shrink_factor_pct) / 100);
}

#endif /* _KZPOOL_POLICY_H */
