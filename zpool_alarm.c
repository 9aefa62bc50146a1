// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_alarm.h. An interrupt of its own, since who raises it may hold the
 * locks of the scheduler, which waking a worker takes.
 */
#include <linux/compiler.h>
#include <linux/irq_work.h>
#include <linux/rcupdate.h>

#include "zpool_alarm.h"

static void (*listener)(void);

static void ring(struct irq_work *unused)
{
	void (*call)(void);

	rcu_read_lock();
	call = READ_ONCE(listener);
	if (call)
		call();
	rcu_read_unlock();
}

static struct irq_work bell = IRQ_WORK_INIT(ring);

/**
 * zpool_alarm() - have the worker come soon
 *
 * Context: any.
 */
void zpool_alarm(void)
{
	if (READ_ONCE(listener))
		irq_work_queue(&bell);
}

/**
 * zpool_alarm_start() - who is called from now on
 * @call: in an interrupt
 */
void zpool_alarm_start(void (*call)(void))
{
	WRITE_ONCE(listener, call);
}

/* Nobody any more, and none is being called. */
void zpool_alarm_stop(void)
{
	WRITE_ONCE(listener, NULL);
	irq_work_sync(&bell);
	/* It may ring on two CPUs at once, and only one of them was waited for. */
	synchronize_rcu();
}
