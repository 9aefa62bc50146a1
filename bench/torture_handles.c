// SPDX-License-Identifier: GPL-2.0
/*
 * Handles under torture: what is checked and written there is pinned meanwhile,
 * and may have moved since the last time.
 */
#include <linux/kernel.h>

#include <zpool/zpool.h>

#include "sizes.h"
#include "torture.h"

#define MAX_PINS	4

/* At the address where it is pinned, until torture_handle_unpin(). False, and told, for none. */
bool torture_handle_pin(struct torture_ctx *ctx, struct torture_obj *obj)
{
	void *ptr = zpool_handle_pin(obj->handle);

	if (!ptr) {
		torture_fail(ctx, obj, "pin", 0, 1, 0);
		return false;
	}
	ctx->moved += ptr != obj->ptr;
	obj->ptr = ptr;
	return true;
}

void torture_handle_unpin(const struct torture_obj *obj)
{
	zpool_handle_unpin(obj->handle);
}

void torture_handle_alloc(struct torture_ctx *ctx, struct torture_obj **slot)
{
	gfp_t gfp = torture_gfp(ctx);
	struct torture_obj *obj = *slot;

	obj->kind = TORTURE_HANDLE;
	obj->size = torture_size(ctx) ?: 1;
	obj->handle = zpool_handle_alloc(obj->size, gfp);
	if (!obj->handle) {
		ctx->nulls++;
		return;
	}
	if (torture_adopt(ctx, obj, zpool_handle_pin(obj->handle), gfp))
		torture_handle_unpin(obj);
}

/* Pinned more than once, and written. */
void torture_handle_use(struct torture_ctx *ctx, struct torture_obj **slot)
{
	unsigned int i, nr = 1 + sizes_below(&ctx->rnd, MAX_PINS);
	struct torture_obj *obj = *slot;
	bool sound;

	if (zpool_handle_size(obj->handle) != obj->size)
		torture_fail(ctx, obj, "handle_size", 0, obj->size,
			     zpool_handle_size(obj->handle));
	for (i = 0; i < nr; i++)
		if (!torture_handle_pin(ctx, obj))
			return;
	sound = torture_check_pattern(ctx, obj, obj->ptr, obj->size, "pattern behind a handle");
	if (sound)
		torture_fill(ctx, obj);
	for (i = 0; i < nr; i++)
		torture_handle_unpin(obj);
	if (!sound)
		obj->ptr = NULL;
}

/* Empties @obj, which is as we left it. */
void torture_handle_free(struct torture_obj *obj)
{
	zpool_handle_free(obj->handle);
	obj->ptr = NULL;
}
