/* SPDX-License-Identifier: GPL-2.0 */
/* REAL: see mm.h. */
#include "../mm.h"
