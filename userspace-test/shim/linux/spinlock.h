/* SPDX-License-Identifier: GPL-2.0 */
/* REAL: see lock.h. */
#include "../lock.h"
