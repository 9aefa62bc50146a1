/* SPDX-License-Identifier: GPL-2.0 */
/* STUB: who waits asks again and again, and callbacks of RCU may run meanwhile. */
#ifndef _SHIM_WAIT_H
#define _SHIM_WAIT_H

#include <sched.h>

#include "cpu.h"
#include "shim.h"

#define wait_var_event(var, condition) do {		\
	might_sleep();					\
	while (!(condition)) {				\
		shim_thread_idle();			\
		preempt_disable();			\
		preempt_enable();			\
		sched_yield();				\
	}						\
} while (0)

#define wake_up_var(var)	((void)(var))

#endif /* _SHIM_WAIT_H */
