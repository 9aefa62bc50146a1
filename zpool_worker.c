// SPDX-License-Identifier: GPL-2.0
/*
 * When the mechanisms run: see zpool_worker.h. They know nothing of each other
 * and nothing of time; here they are called in turn. There are two works, since
 * an alarm (zpool_alarm.h) should not wait for what is done at leisure.
 *
 * Unbound, since a pass looks at every CPU and should not take the time of one
 * that somebody isolated.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/workqueue.h>

#include "zpool_adapt.h"
#include "zpool_alarm.h"
#include "zpool_degrade.h"
#include "zpool_policy.h"
#include "zpool_pressure.h"
#include "zpool_refill.h"
#include "zpool_worker.h"

static struct workqueue_struct *queue;
static unsigned long last_run;		/* jiffies; written by the work */

static void work(struct work_struct *unused);
static DECLARE_DELAYED_WORK(delayed, work);

/* What an alarm is about: pressure and reserves. */
static void emergency(struct work_struct *unused);
static DECLARE_DELAYED_WORK(urgent, emergency);

static void run_again(void)
{
	queue_delayed_work(queue, &delayed,
			   msecs_to_jiffies(READ_ONCE(zpool_policy.interval_ms)));
}

static void work(struct work_struct *unused)
{
	unsigned long now = jiffies;

	mutex_lock(&zpool_adapt_lock);
	zpool_adapt_pass(max(1U, jiffies_to_msecs(now - last_run)));
	mutex_unlock(&zpool_adapt_lock);
	WRITE_ONCE(last_run, now);
	zpool_refill_all();
	run_again();
}

/* Until a reserve that could not be filled up is tried again. */
#define RETRY_MS	100U

static void emergency(struct work_struct *unused)
{
	enum zpool_level before;
	unsigned int again_ms;

	mutex_lock(&zpool_adapt_lock);
	before = zpool_level();
	again_ms = zpool_degrade(zpool_now_ms());
	if (zpool_level() != before)
		zpool_adapt_grant();
	mutex_unlock(&zpool_adapt_lock);
	if (!zpool_refill_all())
		again_ms = RETRY_MS;
	if (again_ms)
		queue_delayed_work(queue, &urgent, msecs_to_jiffies(again_ms));
}

/* In an interrupt. */
static void come_soon(void)
{
	mod_delayed_work(queue, &urgent, 0);
}

/* The interval may have changed: it counts from the last pass on, so that who sets it often stops nothing. */
void zpool_worker_kick(void)
{
	unsigned long next = READ_ONCE(last_run) +
			     msecs_to_jiffies(READ_ONCE(zpool_policy.interval_ms));
	unsigned long now = jiffies;

	mod_delayed_work(queue, &delayed, time_after(next, now) ? next - now : 0);
}

/**
 * zpool_worker_start() - at load, when the caches are there
 *
 * Return: 0, or -ENOMEM.
 */
int zpool_worker_start(void)
{
	queue = alloc_workqueue("kzpool", WQ_UNBOUND | WQ_FREEZABLE | WQ_MEM_RECLAIM, 2);
	if (!queue)
		return -ENOMEM;
	last_run = jiffies;
	zpool_alarm_start(come_soon);
	run_again();
	return 0;
}

/* At unload, before the caches go. */
void zpool_worker_stop(void)
{
	zpool_alarm_stop();
	cancel_delayed_work_sync(&delayed);
	cancel_delayed_work_sync(&urgent);
	destroy_workqueue(queue);
}
