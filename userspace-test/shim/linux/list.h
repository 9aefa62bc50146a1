/* SPDX-License-Identifier: GPL-2.0 */
/* DUP: see list.h. */
#include "../list.h"
