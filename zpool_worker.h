/* SPDX-License-Identifier: GPL-2.0 */
/* The worker: a delayed work on a workqueue of its own, that adapts every adapt_interval_ms. */
#ifndef _KZPOOL_WORKER_H
#define _KZPOOL_WORKER_H

int zpool_worker_start(void);
void zpool_worker_stop(void);
void zpool_worker_kick(void);

#endif /* _KZPOOL_WORKER_H */
