// SPDX-License-Identifier: GPL-2.0
/* See zpool_pressure.h. */
#include <linux/kernel.h>
#include <linux/string.h>

#include "zpool_pressure.h"

/*
 * So long the shrinker is called again and again before that is evidence:
 * reclaim comes and goes.
 */
#define GOES_ON_MS	500U

/* Calls that are further apart are none that go on. */
#define GAP_MS		1000U

struct zpool_pressure zpool_pressure = { .hold_ms = 5000 };

/* Everything is calm and nothing was seen; what the user has set stays. */
void zpool_pressure_init(struct zpool_pressure *p)
{
	raw_spin_lock_init(&p->lock);
	p->shrunk_since_ms = 0;
	p->shrunk_ms = 0;
	memset(p->seen_ms, 0, sizeof(p->seen_ms));
	p->level = ZPOOL_CALM;
}

/* Time 0 is never. */
static u64 time_of(u64 now_ms)
{
	return max(now_ms, 1ULL);
}

/* Return: true if that may change the level. */
static bool note(struct zpool_pressure *p, enum zpool_level level, u64 now_ms)
{
	lockdep_assert_held(&p->lock);
	p->seen_ms[level] = time_of(now_ms);
	return p->level < level;
}

/**
 * zpool_pressure_note() - evidence was seen
 * @p: where
 * @level: that it speaks for
 * @now_ms: when
 *
 * Context: any but NMI.
 * Return: true if somebody should act on it.
 */
bool zpool_pressure_note(struct zpool_pressure *p, enum zpool_level level, u64 now_ms)
{
	unsigned long flags;
	bool is_news;

	raw_spin_lock_irqsave(&p->lock, flags);
	is_news = note(p, level, now_ms);
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return is_news;
}

/**
 * zpool_pressure_note_shrinking() - the shrinker was called
 * @p: where
 * @now_ms: when
 *
 * Context: any but NMI.
 * Return: true if somebody should act on it.
 */
bool zpool_pressure_note_shrinking(struct zpool_pressure *p, u64 now_ms)
{
	bool is_news = false;
	unsigned long flags;

	raw_spin_lock_irqsave(&p->lock, flags);
	if (!p->shrunk_ms || now_ms > p->shrunk_ms + GAP_MS)
		p->shrunk_since_ms = time_of(now_ms);
	p->shrunk_ms = time_of(now_ms);
	if (now_ms >= p->shrunk_since_ms + GOES_ON_MS)
		is_news = note(p, ZPOOL_TRIM, now_ms);
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return is_news;
}

static enum zpool_level level_at(const struct zpool_pressure *p, u64 now_ms,
				 unsigned int *until_ms)
{
	unsigned int hold_ms = READ_ONCE(p->hold_ms), level;

	lockdep_assert_held(&p->lock);
	for (level = ZPOOL_NR_LEVELS - 1; level > ZPOOL_CALM; level--) {
		if (p->seen_ms[level] && now_ms < p->seen_ms[level] + hold_ms) {
			*until_ms = p->seen_ms[level] + hold_ms - now_ms;
			return level;
		}
	}
	*until_ms = 0;
	return ZPOOL_CALM;
}

/**
 * zpool_pressure_update() - how scarce is memory?
 * @p: where; its level is what is returned from now on
 * @now_ms: when
 * @until_ms: set to how long that will be so if nothing more is seen
 *
 * Context: any but NMI.
 * Return: the level that is to be acted upon.
 */
enum zpool_level zpool_pressure_update(struct zpool_pressure *p, u64 now_ms,
				       unsigned int *until_ms)
{
	enum zpool_level level;
	unsigned long flags;

	raw_spin_lock_irqsave(&p->lock, flags);
	level = level_at(p, now_ms, until_ms);
	WRITE_ONCE(p->level, level);
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return level;
}
