/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Debugging, chosen at load by letters: slower, so that mistakes of callers show.
 *
 *   M  objects that may move do so at random, though nothing is fragmented
 *   U  the users: who asked for each object is kept. Nothing goes through
 *      magazines then.
 */
#ifndef _KZPOOL_DEBUG_H
#define _KZPOOL_DEBUG_H

enum zpool_debug_letter {
	ZPOOL_DEBUG_MOVE	= 1,	/* M */
	ZPOOL_DEBUG_SITES	= 2,	/* U */
};

extern unsigned int zpool_debug;	/* fixed when the module is loaded */

int zpool_debug_parse(const char *text, unsigned int *debug);
int zpool_debug_print(char *text, unsigned int debug);

#endif /* _KZPOOL_DEBUG_H */
