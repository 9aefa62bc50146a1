/* SPDX-License-Identifier: GPL-2.0 */
/* DUP: the compiler has it. */
#include_next <linux/stddef.h>
#include <stddef.h>
