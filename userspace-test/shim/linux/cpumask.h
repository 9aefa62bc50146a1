/* SPDX-License-Identifier: GPL-2.0 */
/* REAL: see cpu.h. */
#include "../cpu.h"
