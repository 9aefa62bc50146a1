/* SPDX-License-Identifier: GPL-2.0 */
/* Handles: objects that may move whenever nobody has them pinned. */
#ifndef _KZPOOL_HANDLE_H
#define _KZPOOL_HANDLE_H

#include <linux/types.h>

struct zpool_cache;

bool zpool_handle_prepare(void);
void zpool_handle_stop(void);

#endif /* _KZPOOL_HANDLE_H */
