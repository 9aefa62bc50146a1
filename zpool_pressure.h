/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How scarce memory is: four levels, entered on evidence and left after calm.
 *
 *   level  evidence                               what is done, see zpool_degrade.c
 *     1    the shrinker is called on and on       idle memory goes back, half capacity
 *     2    a page allocation fails                sparse classes merge
 *     3    the OOM notifier is called             the kernel's kmalloc serves
 *
 * The level is that of the gravest evidence in the last hold_ms. All here is
 * arithmetic on times that the caller gives, under one lock that nests in none.
 */
#ifndef _KZPOOL_PRESSURE_H
#define _KZPOOL_PRESSURE_H

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/spinlock.h>
#include <linux/time64.h>

enum zpool_level {
	ZPOOL_CALM,
	ZPOOL_TRIM,
	ZPOOL_MERGE,
	ZPOOL_FALL_BACK,
	ZPOOL_NR_LEVELS
};

struct zpool_pressure {
	raw_spinlock_t lock;
	u64 shrunk_since_ms;		/* first of the shrinker's calls that go on, */
	u64 shrunk_ms;			/* last of them; 0: none; under lock, as the next */
	u64 seen_ms[ZPOOL_NR_LEVELS];	/* last evidence of each level; 0: none */
	unsigned int hold_ms;		/* of calm, until a level is left; the user's */
	unsigned int level;		/* what is done about it; written under lock */
};

extern struct zpool_pressure zpool_pressure;

void zpool_pressure_init(struct zpool_pressure *p);
bool zpool_pressure_note_shrinking(struct zpool_pressure *p, u64 now_ms);
bool zpool_pressure_note(struct zpool_pressure *p, enum zpool_level level, u64 now_ms);
enum zpool_level zpool_pressure_update(struct zpool_pressure *p, u64 now_ms,
				       unsigned int *until_ms);

static inline u64 zpool_now_ms(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_MSEC);
}

/* What is done about it now. */
static inline enum zpool_level zpool_level(void)
{
	return READ_ONCE(zpool_pressure.level);
}

#endif /* _KZPOOL_PRESSURE_H */
