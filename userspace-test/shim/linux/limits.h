/* SPDX-License-Identifier: GPL-2.0 */
/* DUP: libc has the numbers, and itself asks for this header. */
#include_next <linux/limits.h>
#include <limits.h>
