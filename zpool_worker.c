// SPDX-License-Identifier: GPL-2.0
/*
 * When the mechanisms run: see zpool_worker.h. They know nothing of each other
 * and nothing of time; here they are called in turn. What an alarm (zpool_alarm.h)
 * is about has works of its own, since it should not wait for what is done at
 * leisure.
 *
 * Unbound, since a pass looks at every CPU and should not take the time of one
 * that somebody isolated.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/workqueue.h>

#include "zpool_adapt.h"
#include "zpool_alarm.h"
#include "zpool_compact.h"
#include "zpool_degrade.h"
#include "zpool_descriptor.h"
#include "zpool_handle.h"
#include "zpool_policy.h"
#include "zpool_pressure.h"
#include "zpool_refill.h"
#include "zpool_shrink.h"
#include "zpool_worker.h"

/* Until a reserve that could not be filled up is tried again, and until limbo is asked again. */
#define REFILL_MS	100U
#define GRACE_MS	20U

static struct workqueue_struct *queue;		/* of what helps to reclaim memory */
static struct workqueue_struct *slow_queue;	/* of what may wait for others, memory included */
static unsigned long last_run;		/* jiffies; written by the work */

static void work(struct work_struct *unused);
static DECLARE_DELAYED_WORK(delayed, work);

/*
 * What an alarm may be about. Filling reserves up may wait for memory, the
 * rest must not wait for that.
 */
static void emergency(struct work_struct *unused);
static void refill(struct work_struct *unused);
static DECLARE_DELAYED_WORK(urgent, emergency);
static DECLARE_DELAYED_WORK(refilling, refill);

/* Owners are called back, and may take their time. */
static void compact(struct work_struct *unused);
static void trim(struct work_struct *unused);
static DECLARE_DELAYED_WORK(compacting, compact);
static DECLARE_WORK(trimming, trim);

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
	queue_delayed_work(queue, &refilling, 0);
	queue_delayed_work(slow_queue, &compacting, 0);
	run_again();
}

static void compact(struct work_struct *unused)
{
	unsigned int again_ms = zpool_compact_turn(zpool_level() >= ZPOOL_TRIM);

	if (again_ms)
		queue_delayed_work(slow_queue, &compacting, msecs_to_jiffies(again_ms));
	else
		queue_work(slow_queue, &trimming);
}

static void trim(struct work_struct *unused)
{
	zpool_descriptor_trim();
}

static void refill(struct work_struct *unused)
{
	zpool_handle_prepare();
	if (!zpool_refill_all())
		queue_delayed_work(queue, &refilling, msecs_to_jiffies(REFILL_MS));
}

/* Return: ms after which to come again, 0 if there is no need. */
static unsigned int degrade(void)
{
	enum zpool_level before;
	unsigned int again_ms;

	mutex_lock(&zpool_adapt_lock);
	before = zpool_level();
	again_ms = zpool_degrade(zpool_now_ms());
	if (zpool_level() != before)
		zpool_adapt_grant();
	mutex_unlock(&zpool_adapt_lock);
	return again_ms;
}

static void emergency(struct work_struct *unused)
{
	unsigned int again_ms = degrade();

	if (zpool_level() >= ZPOOL_TRIM)
		queue_delayed_work(slow_queue, &compacting, 0);
	if (zpool_shrink_bring_home())
		again_ms = GRACE_MS;
	if (again_ms)
		queue_delayed_work(queue, &urgent, msecs_to_jiffies(again_ms));
}

/* In an interrupt. */
static void come_soon(void)
{
	mod_delayed_work(queue, &urgent, 0);
	mod_delayed_work(queue, &refilling, 0);
}

/*
 * The interval may have changed: it counts from the last pass on, so that who
 * sets it often stops nothing.
 */
void zpool_worker_kick(void)
{
	unsigned long next = READ_ONCE(last_run) +
			     msecs_to_jiffies(READ_ONCE(zpool_policy.interval_ms));
	unsigned long now = jiffies;

	mod_delayed_work(queue, &delayed, time_after(next, now) ? next - now : 0);
}

static void destroy_queues(void)
{
	if (queue)
		destroy_workqueue(queue);
	if (slow_queue)
		destroy_workqueue(slow_queue);
}

/**
 * zpool_worker_start() - at load, when the caches are there
 *
 * Return: 0, or -ENOMEM.
 */
int zpool_worker_start(void)
{
	queue = alloc_workqueue("kzpool", WQ_UNBOUND | WQ_FREEZABLE | WQ_MEM_RECLAIM, 3);
	slow_queue = alloc_workqueue("kzpool_slow", WQ_UNBOUND | WQ_FREEZABLE, 2);
	if (!queue || !slow_queue) {
		destroy_queues();
		return -ENOMEM;
	}
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
	cancel_delayed_work_sync(&refilling);
	cancel_delayed_work_sync(&compacting);
	cancel_work_sync(&trimming);
	destroy_queues();
}
