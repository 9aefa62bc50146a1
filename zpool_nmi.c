// SPDX-License-Identifier: GPL-2.0
/* See zpool_nmi.h. */
#include <linux/irq_work.h>
#include <linux/percpu.h>

#include "zpool_nmi.h"
#include "zpool_report.h"
#include "zpool_slabs.h"

#define NR_WAITING	128	/* many more than NMIs free until interrupts are on again */

struct waiting {
	struct irq_work work;
	void *objs[NR_WAITING];
};

static void free_waiting(struct irq_work *work)
{
	struct waiting *here = container_of(work, struct waiting, work);
	unsigned int i;

	for (i = 0; i < NR_WAITING; i++) {
		void *obj = READ_ONCE(here->objs[i]) ? xchg(&here->objs[i], NULL) : NULL;

		if (obj)
			zpool_slabs_free(&obj, 1, ZPOOL_DIRECT, NULL);
	}
}

/* Hard: the slots are few, and on PREEMPT_RT the thread for the others may be long in coming. */
static const struct irq_work free_soon = IRQ_WORK_INIT_HARD(free_waiting);

static DEFINE_PER_CPU(struct waiting, waiting);

/* At load. Not by an initialiser: see zpool_defer_init(). */
void zpool_nmi_start(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		per_cpu_ptr(&waiting, cpu)->work = free_soon;
}

/**
 * zpool_nmi_free() - put an object back into its slab, but not now
 * @obj: in use
 *
 * Context: NMI.
 */
void zpool_nmi_free(void *obj)
{
	struct waiting *here = raw_cpu_ptr(&waiting);
	unsigned int i;

	for (i = 0; i < NR_WAITING; i++) {
		if (!READ_ONCE(here->objs[i]) && !cmpxchg(&here->objs[i], NULL, obj)) {
			irq_work_queue(&here->work);
			return;
		}
	}
	zpool_report("%p freed in NMI, where %u wait already; its memory is lost",
		     obj, NR_WAITING);
}

/**
 * zpool_nmi_sync() - wait for what was put off
 *
 * Context: process.
 */
void zpool_nmi_sync(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(&waiting, cpu)->work);
}
