// SPDX-License-Identifier: GPL-2.0
/* Items that are got by handle: held by a pin. */
#include <linux/gfp.h>

#include <zpool/zpool.h>

#include "compact.h"

static int alloc_handle(unsigned long number)
{
	compact_items[number].what = zpool_handle_alloc(compact_bytes, GFP_KERNEL | __GFP_NOWARN);
	return compact_items[number].what ? 0 : -ENOMEM;
}

static void free_handle(unsigned long number)
{
	zpool_handle_free(compact_items[number].what);
	compact_items[number].what = NULL;
}

static void *hold(unsigned long number)
{
	return zpool_handle_pin(compact_items[number].what);
}

static void let_go(unsigned long number)
{
	zpool_handle_unpin(compact_items[number].what);
}

static const struct compact_kind handle = {
	.name	= "handle",
	.alloc	= alloc_handle,
	.free	= free_handle,
	.hold	= hold,
	.let_go	= let_go,
};

int compact_handles(const unsigned int *args)
{
	int err = compact_make(&handle, args[0], args[1]);

	if (!err)
		compact_say("handles %u %u: they are there", args[0], args[1]);
	return err;
}
