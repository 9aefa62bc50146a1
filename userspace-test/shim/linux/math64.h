/* SPDX-License-Identifier: GPL-2.0 */
/* DUP: see base.h. */
#include "../base.h"
