#!/bin/bash
# check-lint.sh: the scripts as shellcheck sees them, the comments as kernel-doc does.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$top"
kernel_doc=/usr/src/linux-headers-$(headers linux-headers-6.12-amd64)/scripts/kernel-doc

check "shellcheck: the scripts" shellcheck -x .ci/run vm/*.sh userspace-test/peers/*.sh
check "shellcheck: the lanes" shellcheck -s bash -e SC2034 vm/lanes/*
check "shellcheck: the guest scripts" shellcheck -s dash -e SC1090,SC1091,SC2034,SC2154 vm/guest/*
check "kernel-doc" "$kernel_doc" -none -Werror zpool_*.c include/zpool/*.h
