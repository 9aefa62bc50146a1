/* SPDX-License-Identifier: GPL-2.0 */
/* STUB: addresses have no tags. */
#define kasan_reset_tag(p)	(p)
