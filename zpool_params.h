/* SPDX-License-Identifier: GPL-2.0 */
/* Module parameters: what a person may set, in which range, and what follows from a change. */
#ifndef _KZPOOL_PARAMS_H
#define _KZPOOL_PARAMS_H

#include <linux/types.h>

size_t zpool_params_prefill_bytes(void);
void zpool_params_apply_budget(void);
int zpool_params_check(void);
void zpool_params_start(void);
void zpool_params_stop(void);

#endif /* _KZPOOL_PARAMS_H */
