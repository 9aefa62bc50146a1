#!/bin/bash
# bench-host.sh LOG: the benchmark on this machine itself, some ten minutes; rows and what else it says of its sets go to
# LOG. kzpool and kzpool_bench are built for the running kernel and loaded into it, each size anew, and unloaded again,
# whatever happens. The page cache is dropped now and then. Only an idle machine says something.
# bench-host.sh check: if that cannot be done here, say why in one sentence.
[ "$(id -u)" = 0 ] || {
	echo "kzpool: bench-host loads modules into the running kernel, which only root may do: run it as root, or 'make bench', which measures in kernels of its own" >&2
	exit 1
}
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
out=$1
kdir=${KDIR:-/lib/modules/$(uname -r)/build}
dir=$top/build/bench-host

"$top/vm/kdir.sh" "$kdir"
release=$(cat "$kdir/include/config/kernel.release")
[ "$release" = "$(uname -r)" ] || die "$kdir is of Linux $release, and $(uname -r) is running"
! grep -qE '^kzpool(_bench)? ' /proc/modules ||
	die "kzpool is loaded and may be in use; unload it first: rmmod kzpool"
grep -q ' /sys/kernel/debug debugfs ' /proc/mounts ||
	die "kzpool's own figures are in debugfs: mount -t debugfs debugfs /sys/kernel/debug"
[ "$out" != check ] || exit 0

say "host: building the modules for Linux $release"
copy_sources "$dir"
make -C "$kdir" M="$dir" -j"$(nproc)" KZPOOL_BENCH=1 modules >"$log/bench-host.modules.log" 2>&1 ||
	die "the modules do not build, see $log/bench-host.modules.log"
mv "$dir/bench/kzpool_bench.ko" "$dir"

say "host: measuring, for some ten minutes; leave the machine alone meanwhile"
sh "$top/vm/guest/bench-host.sh" "$dir" "$out" ||
	die "host: failed; what the kernel says of it: dmesg | tail"
