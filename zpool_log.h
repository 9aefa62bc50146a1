/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last decisions, each with its reason and what came of it. A layer below
 * those who decide; read by debugfs.
 */
#ifndef _KZPOOL_LOG_H
#define _KZPOOL_LOG_H

#include <linux/types.h>

#include "zpool_policy.h"

#define ZPOOL_LOG_EVENTS	256U
#define ZPOOL_LOG_NAME_BYTES	32

/* A hit rate that nobody knows: too few operations. */
#define ZPOOL_NO_HIT_PCT	255

struct zpool_event {
	u32 nr;				/* from 1 on; 0: none */
	u32 at_s;			/* seconds since boot */
	char cache[ZPOOL_LOG_NAME_BYTES];
	int cpu;			/* -1: of a depot */
	enum zpool_signal signal;
	enum zpool_action action;
	unsigned int before, after;	/* objects of a magazine; levels; bytes of an object */
	u8 hit_pct;			/* in the interval before */
	u8 outcome_pct;			/* in the one after */
};

u32 zpool_log_add(const struct zpool_event *event);
void zpool_log_outcome(u32 nr, u8 hit_pct);
bool zpool_log_get(u32 *nr, struct zpool_event *event);
void zpool_log_clear(void);

const char *zpool_signal_name(enum zpool_signal signal);
const char *zpool_action_name(enum zpool_action action);

#endif /* _KZPOOL_LOG_H */
