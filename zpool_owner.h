/* SPDX-License-Identifier: GPL-2.0 */
/* The modules that own typed caches: what is done when one goes and leaves a cache behind. */
#ifndef _KZPOOL_OWNER_H
#define _KZPOOL_OWNER_H

int zpool_owner_start(void);
void zpool_owner_stop(void);

#endif /* _KZPOOL_OWNER_H */
