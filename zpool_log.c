// SPDX-License-Identifier: GPL-2.0
/*
 * A ring of decisions: see zpool_log.h. It is read an event at a time, so that
 * a slow reader holds nobody up.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "zpool_log.h"

static DEFINE_MUTEX(lock);
static struct zpool_event events[ZPOOL_LOG_EVENTS];	/* under lock, as the next */
static u32 last_nr;

static const char *const signal_names[] = {
	[ZPOOL_QUIET]		= "quiet",
	[ZPOOL_BURST]		= "burst",
	[ZPOOL_THRASH]		= "thrash",
	[ZPOOL_CONTENTION]	= "contention",
	[ZPOOL_DENIED]		= "denied",
	[ZPOOL_PRESSURE]	= "pressure",
	[ZPOOL_SHRUNK]		= "shrunk",
	[ZPOOL_COLD]		= "cold",
	[ZPOOL_UNUSED]		= "unused",
	[ZPOOL_STOLEN]		= "stolen",
	[ZPOOL_EASED]		= "calm",
	[ZPOOL_RECLAIM]		= "reclaim",
	[ZPOOL_NO_PAGES]	= "no-pages",
	[ZPOOL_OOM]		= "oom",
};
static_assert(ARRAY_SIZE(signal_names) == ZPOOL_NR_SIGNALS);

static const char *const action_names[] = {
	[ZPOOL_KEEP]		= "keep",
	[ZPOOL_GROW]		= "grow",
	[ZPOOL_SHRINK]		= "shrink",
	[ZPOOL_RELEASE_REMOTE]	= "release-remote",
	[ZPOOL_RELEASE_SPARE]	= "release-half",
	[ZPOOL_RELEASE]		= "release",
	[ZPOOL_LEVEL]		= "level",
	[ZPOOL_MERGED]		= "merge",
};
static_assert(ARRAY_SIZE(action_names) == ZPOOL_NR_ACTIONS);

const char *zpool_signal_name(enum zpool_signal signal)
{
	return signal_names[signal];
}

const char *zpool_action_name(enum zpool_action action)
{
	return action_names[action];
}

static struct zpool_event *place_of(u32 nr)
{
	lockdep_assert_held(&lock);
	return &events[nr % ZPOOL_LOG_EVENTS];
}

/**
 * zpool_log_add() - keep a decision, in the place of the oldest
 * @event: all but its number
 *
 * Context: process.
 * Return: its number.
 */
u32 zpool_log_add(const struct zpool_event *event)
{
	struct zpool_event *place;
	u32 nr;

	mutex_lock(&lock);
	nr = ++last_nr;
	place = place_of(nr);
	*place = *event;
	place->nr = nr;
	mutex_unlock(&lock);
	return nr;
}

/**
 * zpool_log_outcome() - what has come of a decision
 * @nr: from zpool_log_add(); nothing happens when it is no longer there
 * @hit_pct: in the interval after
 */
void zpool_log_outcome(u32 nr, u8 hit_pct)
{
	struct zpool_event *place;

	mutex_lock(&lock);
	place = place_of(nr);
	if (nr && place->nr == nr)
		place->outcome_pct = hit_pct;
	mutex_unlock(&lock);
}

/**
 * zpool_log_get() - the next decision that is still there
 * @nr: number of the one before, 0 to begin; set to the number of this
 * @event: filled in
 *
 * Return: false when there is none.
 */
bool zpool_log_get(u32 *nr, struct zpool_event *event)
{
	u32 next, oldest;
	bool found;

	mutex_lock(&lock);
	oldest = last_nr < ZPOOL_LOG_EVENTS ? 1 : last_nr - ZPOOL_LOG_EVENTS + 1;
	next = max(*nr + 1, oldest);
	found = next <= last_nr;
	if (found) {
		*event = *place_of(next);
		*nr = next;
	}
	mutex_unlock(&lock);
	return found;
}

/* At load and unload: nothing was decided yet. */
void zpool_log_clear(void)
{
	mutex_lock(&lock);
	last_nr = 0;
	memset(events, 0, sizeof(events));
	mutex_unlock(&lock);
}
