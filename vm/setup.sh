#!/bin/bash
# setup.sh um|peers|all: install the Debian packages that the machine lacks, of those that UML lanes (and so
# make demo) need, that make bench-peers needs, or that all the rest does.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"

packages=(bc bison build-essential busybox-static cpio flex linux-source-6.12 xz-utils)
if [ "$1" = peers ]; then
	packages=(build-essential libjemalloc2 libmimalloc2.0 libtcmalloc-minimal4 valgrind)
elif [ "$1" != um ]; then
	packages+=(clang-14 libelf-dev lld-14 llvm-14 linux-headers-6.12-amd64 linux-headers-6.12-rt-amd64
		linux-headers-amd64 python3 qemu-system-x86 shellcheck sparse)
fi

missing=()
for package in "${packages[@]}"; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
		missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

can_sudo()
{
	command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }
}

remedy="apt-get update && apt-get install ${missing[*]}"
if [ "$(id -u)" = 0 ]; then
	as_root=(env)
elif can_sudo; then
	as_root=(sudo)
else
	die "packages are missing and this is not root; as root, run: $remedy"
fi

# update fails when any one of the machine's sources does; install shows whether that matters.
say "installing ${missing[*]}"
as_root+=(DEBIAN_FRONTEND=noninteractive apt-get -qy)
"${as_root[@]}" update >"$log/setup.log" 2>&1 || true
"${as_root[@]}" install --no-install-recommends "${missing[@]}" >>"$log/setup.log" 2>&1 ||
	die "apt-get could not install what is missing (see $log/setup.log); with a working network, run: $remedy"
