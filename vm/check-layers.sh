#!/bin/bash
# check-layers.sh: each layer includes only lower ones, and kernel versions differ in one file only.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$top"

# Lowest first; those on one line do not know each other.
layers='compat
report
sizeclass debug
policy
log
budget alarm pressure
pages
defer
slab
slabs
nmi live isolate
magazine
head limbo reserve
node
cache
supply
drain throttle
refill
alloc
typed
movable stats
kmalloc
bulk rcu descriptor
handle
check
adapt compact shrink degrade
reclaim
worker
params
fragmentation
debugfs
hotplug owner
main'

# rank NAME: the number of its layer
rank()
{
	grep -nw -- "$1" <<<"$layers" | cut -d: -f1
}

# includes_downward FILE: each header it includes is its own or of a lower layer.
includes_downward()
{
	local own=${1#zpool_} other
	own=${own%.[ch]}
	for other in "$own" $(sed -nE 's/^#include "zpool_(.*)\.h"/\1/p' "$1"); do
		[ "$(rank "$other")" ] || { echo "zpool_$other is not in the list of layers"; return 1; }
		[ "$other" = "$own" ] || [ "$(rank "$other")" -lt "$(rank "$own")" ] ||
			{ echo "$1 includes zpool_$other.h"; return 1; }
	done
}

for file in zpool_*.[ch]; do
	check "$file includes downward only" includes_downward "$file"
done

names_no_version()
{
	! grep -rlE 'LINUX_VERSION_CODE|KERNEL_VERSION' --include='*.[ch]' zpool_*.[ch] include kunit bench |
		grep -vx zpool_compat.h
}
includes_no_asm()
{
	! grep -n '#include <asm/' zpool_*.c
}
check "kernel versions are named in zpool_compat.h only" names_no_version
check "no core file includes asm headers" includes_no_asm
