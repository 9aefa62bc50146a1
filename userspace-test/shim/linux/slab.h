/* SPDX-License-Identifier: GPL-2.0 */
/* REAL: see slab.h. */
#include "../slab.h"
