/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Throttling: a cache lives with half of its capacity or with none, until the
 * reasons for it are gone; then each CPU may have what it had before. With none,
 * every call goes to depot and slabs, and what is freed goes home.
 *
 * It costs the fast path nothing, since a CPU without a magazine misses anyway.
 * Magazines that are there stay: who throttles also drains.
 */
#ifndef _KZPOOL_THROTTLE_H
#define _KZPOOL_THROTTLE_H

#include "zpool_cache.h"

void zpool_throttle(struct zpool_cache *cache, unsigned int set, unsigned int clear);

#endif /* _KZPOOL_THROTTLE_H */
