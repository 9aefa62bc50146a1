/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A call for the worker, from any context, by who has no time to wait for its
 * next turn: memory is scarce, or a reserve is.
 */
#ifndef _KZPOOL_ALARM_H
#define _KZPOOL_ALARM_H

void zpool_alarm(void);
void zpool_alarm_start(void (*call)(void));
void zpool_alarm_stop(void);

#endif /* _KZPOOL_ALARM_H */
