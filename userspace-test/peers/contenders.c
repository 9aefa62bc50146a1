// SPDX-License-Identifier: GPL-2.0
/*
 * Who takes part. The libraries are opened beside each other, each seen by nobody
 * else (RTLD_LOCAL), and reached through the same two pointers as the others. They
 * are built to be linked with, so their thread-local data want room that the dynamic
 * linker keeps only if it is told to: see prepare() in main.c.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "peers.h"

struct contender peers_contenders[] = {
	{ "zpool",	NULL,				zpool_peer_alloc, zpool_peer_free },
	{ "glibc",	"libc.so.6" },
	{ "jemalloc",	"libjemalloc.so.2" },
	{ "mimalloc",	"libmimalloc.so.2" },
	{ "tcmalloc",	"libtcmalloc_minimal.so.4" },
};
const unsigned int peers_nr_contenders = ARRAY_SIZE(peers_contenders);

bool peers_is_open(const struct contender *contender)
{
	return contender->alloc;
}

/* Is @fn defined in @library? */
static bool is_from(void *fn, const char *library, Dl_info *info)
{
	return dladdr(fn, info) && info->dli_fname && strstr(info->dli_fname, library);
}

/* One that is not there, or not what it should be, is left out. */
void peers_open(struct contender *contender)
{
	void *handle, *alloc, *free;
	Dl_info info;

	if (peers_is_open(contender))
		return;
	handle = dlopen(contender->library, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		fprintf(stderr, "# %s: skipped: not installed (%s)\n", contender->name, dlerror());
		return;
	}
	alloc = dlsym(handle, "malloc");
	free = dlsym(handle, "free");
	if (!is_from(alloc, contender->library, &info) ||
	    !is_from(free, contender->library, &info)) {
		fprintf(stderr, "# %s: skipped: malloc is not its own\n", contender->name);
		return;
	}
	contender->alloc = alloc;
	contender->free = free;
	fprintf(stderr, "# %s: %s\n", contender->name, info.dli_fname);
}
