/* SPDX-License-Identifier: GPL-2.0 */
/* Results in the Test Anything Protocol: one line each, "ok" or "not ok". */
#ifndef _TAP_H
#define _TAP_H

#include <stdbool.h>

/* Return: @ok. */
bool tap_ok(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Return: what main() is to return. */
int tap_end(void);

#endif /* _TAP_H */
