/* SPDX-License-Identifier: GPL-2.0 */
/* DUP: the numbers are those of the system that the tests run on. */
#include_next <linux/errno.h>
