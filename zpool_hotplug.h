/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CPUs and nodes that come and go. What a CPU had goes home when it is dead;
 * a node that nobody fills from any more keeps nothing idle; a node that gets
 * its first memory is filled from.
 */
#ifndef _KZPOOL_HOTPLUG_H
#define _KZPOOL_HOTPLUG_H

int zpool_hotplug_start(void);
void zpool_hotplug_stop(void);

#endif /* _KZPOOL_HOTPLUG_H */
