/* SPDX-License-Identifier: GPL-2.0 */
/* How full slabs are, what compaction could free, and who holds the rest: for debugfs. */
#ifndef _KZPOOL_FRAGMENTATION_H
#define _KZPOOL_FRAGMENTATION_H

struct seq_file;

int zpool_fragmentation_show(struct seq_file *m);

#endif /* _KZPOOL_FRAGMENTATION_H */
