/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frees from NMI that no magazine has room for: they wait for an interrupt, in
 * a slot of their CPU, not on a list through the object, since what a caller
 * frees may be none.
 */
#ifndef _KZPOOL_NMI_H
#define _KZPOOL_NMI_H

void zpool_nmi_start(void);
void zpool_nmi_free(void *obj);
void zpool_nmi_sync(void);

#endif /* _KZPOOL_NMI_H */
