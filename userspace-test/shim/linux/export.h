/* SPDX-License-Identifier: GPL-2.0 */
/* STUB: nobody links against a test. */
#define EXPORT_SYMBOL_GPL(name)
