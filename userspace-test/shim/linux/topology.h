/* SPDX-License-Identifier: GPL-2.0 */
/* REAL: see node.h. */
#include "../node.h"
