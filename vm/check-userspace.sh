#!/bin/bash
# check-userspace.sh: the core compiled as a program, with its tests.
exec make -C "$(dirname "$0")/../userspace-test" check
