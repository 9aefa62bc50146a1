/* SPDX-License-Identifier: GPL-2.0 */
/* STUB: see wait.h. */
#include "../wait.h"
