/* SPDX-License-Identifier: GPL-2.0 */
/* Filling reserves up, and how much they are to keep: zpool_cache_reserve(). */
#ifndef _KZPOOL_REFILL_H
#define _KZPOOL_REFILL_H

#include "zpool_cache.h"

bool zpool_refill_all(void);
void zpool_refill_end(struct zpool_cache *cache);
void zpool_refill_stop(void);

#endif /* _KZPOOL_REFILL_H */
