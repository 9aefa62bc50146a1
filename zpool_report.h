/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How misuse by a caller is told: one line, rate-limited, and a count that is
 * not. No WARN: a caller's mistake is no broken invariant of ours and must
 * not panic a system that runs with panic_on_warn. Ours are WARN_ON_ONCE.
 */
#ifndef _KZPOOL_REPORT_H
#define _KZPOOL_REPORT_H

#include <linux/atomic.h>
#include <linux/printk.h>

extern atomic_long_t zpool_reports;

#define zpool_report(fmt, ...) do {					\
	atomic_long_inc(&zpool_reports);				\
	pr_err_ratelimited("kzpool: " fmt "\n", ##__VA_ARGS__);		\
} while (0)

#endif /* _KZPOOL_REPORT_H */
