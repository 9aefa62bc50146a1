/* SPDX-License-Identifier: GPL-2.0 */
/* REAL: see rcu.h. */
#include "../rcu.h"
