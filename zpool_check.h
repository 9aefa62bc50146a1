/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Validators: the invariants of each struct, as written beside its fields.
 * Each returns NULL, or the first invariant that does not hold, in words, and
 * tells it by pr_err() with the figures. For tests and for debugging; the
 * caller sees to it that nothing else is going on.
 */
#ifndef _KZPOOL_CHECK_H
#define _KZPOOL_CHECK_H

#include "zpool_cache.h"

const char *zpool_check_geometry(const struct zpool_geometry *g);
const char *zpool_check_slab(const struct zpool_slab *slab);
const char *zpool_check_slabs(struct zpool_slabs *slabs);
const char *zpool_check_magazine(struct zpool_cache *cache,
				 const struct zpool_magazine *mag);
const char *zpool_check_depot(struct zpool_cache *cache, struct zpool_depot *depot);
const char *zpool_check_cache(struct zpool_cache *cache);
const char *zpool_check_all(void);

#endif /* _KZPOOL_CHECK_H */
