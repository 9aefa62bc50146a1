/* SPDX-License-Identifier: GPL-2.0 */
/* STUB: see cpu.h. */
#include "../cpu.h"
