/* SPDX-License-Identifier: GPL-2.0 */
/* STUB: nobody is killed. */
#include "../../base.h"

#define fatal_signal_pending(task)	false
