/* SPDX-License-Identifier: GPL-2.0 */
/* REAL: memory that lies outside of the linear map. */
#include <stdlib.h>

#define vmalloc(size)	malloc(size)
#define vfree(p)	free(p)
