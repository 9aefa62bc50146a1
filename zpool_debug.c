// SPDX-License-Identifier: GPL-2.0
/* See zpool_debug.h. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "zpool_debug.h"
#include "zpool_report.h"

unsigned int zpool_debug;

static const char letters[] = "MU";	/* in the order of the bits */

/**
 * zpool_debug_parse() - what letters stand for
 * @text: letters in any order, perhaps none; a newline ends them
 * @debug: set to what they stand for
 *
 * Return: 0, or -EINVAL, with a report.
 */
int zpool_debug_parse(const char *text, unsigned int *debug)
{
	unsigned int parsed = 0;

	for (; *text && *text != '\n'; text++) {
		const char *letter = strchr(letters, *text);

		if (!letter) {
			zpool_report("debug: '%c' is none of the letters %s", *text, letters);
			return -EINVAL;
		}
		parsed |= 1U << (letter - letters);
	}
	*debug = parsed;
	return 0;
}

/**
 * zpool_debug_print() - the reverse
 * @text: filled in: a line
 * @debug: what is to be told
 *
 * Return: how many characters that are.
 */
int zpool_debug_print(char *text, unsigned int debug)
{
	unsigned int i;
	int len = 0;

	for (i = 0; letters[i]; i++)
		if (debug & 1U << i)
			text[len++] = letters[i];
	text[len++] = '\n';
	text[len] = '\0';
	return len;
}
