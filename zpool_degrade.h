/* SPDX-License-Identifier: GPL-2.0 */
/* What is done at each level of pressure (zpool_pressure.h), and undone. */
#ifndef _KZPOOL_DEGRADE_H
#define _KZPOOL_DEGRADE_H

#include <linux/types.h>

unsigned int zpool_degrade(u64 now_ms);

#endif /* _KZPOOL_DEGRADE_H */
