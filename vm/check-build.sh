#!/bin/bash
# check-build.sh: all modules against the headers of each supported Debian kernel, with both compilers;
# a warning of the compiler, of sparse or of modpost is a failure.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"

# Debian's headers are configured for gcc: what gcc alone understands is turned off for clang.
clang=(LLVM=-14 CC=clang-14 CONFIG_CC_IS_GCC= CONFIG_CC_IS_CLANG=y CONFIG_CLANG_VERSION=140006
	CONFIG_FTRACE_MCOUNT_USE_CC= CONFIG_INIT_STACK_ALL_ZERO= CONFIG_RETHUNK= CONFIG_SLS=
	CONFIG_MITIGATION_RETHUNK= CONFIG_MITIGATION_SLS= KCFLAGS=-Wno-unknown-warning-option)

# builds_clean RELEASE NAME MAKE-ARGUMENT...: warnings about the kernel's own headers do not count.
builds_clean()
{
	local dir=$top/build/headers-$1-$2 made=$log/build-$1-$2.log headers=/usr/src/linux-headers-$1
	shift 2
	rm -rf "$dir"
	copy_sources "$dir"
	make -C "$headers" M="$dir" -j"$(nproc)" KZPOOL_BENCH=1 W=1 "$@" modules >"$made" 2>&1 ||
		{ tail "$made"; return 1; }
	! awk -v dir="$dir" '/^WARNING/ || (index($0, dir) == 1 && /warning:/)' "$made" | grep .
}

for package in linux-headers-amd64 linux-headers-6.12-amd64 linux-headers-6.12-rt-amd64; do
	release=$(headers $package)
	check "gcc and sparse, Linux $release" builds_clean "$release" gcc C=1
	check "clang, Linux $release" builds_clean "$release" clang "${clang[@]}"
done
