#!/bin/bash
# kdir.sh KDIR: if the module cannot be built against KDIR, say why in one sentence.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"

release=$(cat "${1:-}/include/config/kernel.release" 2>/dev/null || true)
[ "$release" ] ||
	die "'${1:-}' has no kernel headers: install those of the running kernel (on Debian: linux-headers-$(uname -r)), or pass KDIR=<a kernel's build directory>"
IFS=.- read -r version patchlevel _ <<<"$release"
((version > 6 || (version == 6 && patchlevel >= 1))) ||
	die "$1 is of Linux $release, and kzpool needs 6.1 or newer"
