#!/bin/bash
# demo.sh: what kzpool does, in a kernel of its own: the benchmark's table and the module's own figures.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"

"$top/vm/run.sh" uml-6.12 | sed -nE 's/^\| //p; /^not ok/p'
say "loaded kzpool into a User Mode Linux kernel, measured it against kmalloc, showed stats and classes, unloaded it: $SECONDS s"
