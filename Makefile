# SPDX-License-Identifier: GPL-2.0
# For people; the kernel's build reads Kbuild. "make help" says what there is.

KDIR ?= /lib/modules/$(shell uname -r)/build
# First what needs no kernel of our own, since those are built meanwhile; these in the order of their lanes.
checks := lint layers scan build bad-input userspace
stock := qemu-6.1 qemu-6.12 qemu-6.12-pressure qemu-6.12-compact qemu-6.12-rt qemu-6.12-icount qemu-6.12-late-node
built := uml-6.12-kasan uml-6.12 qemu-new qemu-new-icount uml-new qemu-6.12-debug

.PHONY: modules modules_install clean help demo bench bench-host bench-peers benchmarks-doc check check-kernels \
	check-quick check-build lint insn-table

modules: ## build kzpool.ko for the running kernel, or KDIR=<a kernel's build directory>
	@vm/kdir.sh "$(KDIR)"
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" modules

modules_install: modules ## install it where modprobe finds it (root)
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" modules_install

clean: ## remove what was built; kernels stay in ~/.cache/kzpool
	rm -rf build
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '.*.cmd' -o -name '.*.d' -o -name '.*.tmp' -o -name Module.symvers \
		-o -name modules.order \) -exec rm {} +

demo: ## see it work in a kernel of its own (no root once the packages are there)
	@vm/demo.sh

bench: ## measure beside kmalloc on 6.12 and the newest kernel: rows in build/bench/results.csv
	@vm/bench.sh

bench-host: ## the same on this machine itself, whose kernel loads the modules (root); ten minutes, left alone
	@vm/bench-host.sh check
	@vm/bench.sh host

bench-peers: ## measure the core, as a program, beside malloc of glibc, jemalloc, mimalloc and tcmalloc
	@userspace-test/peers/bench.sh

benchmarks-doc: ## docs/benchmarks.md and its charts, from what was measured last
	@vm/setup.sh all
	@vm/charts.py docs/benchmarks.in.md docs/benchmarks.md build/bench/results.csv build/bench/userspace.csv

check: ## all that must pass before a commit: about 15 minutes, some 35 the first time
	@vm/setup.sh all
	@vm/check.sh $(checks) $(stock) $(built)

check-kernels: ## every kernel there is a lane for, with 10 minutes of torture on those that check themselves
	@vm/setup.sh all
	@KZPOOL_LONG=1 vm/check.sh $(stock) $(built) qemu-6.12-64cpu qemu-6.12-rt-debug

check-quick: ## the tests that need no kernel: a minute or two
	@vm/check.sh userspace

check-build: ## compile with both compilers and sparse for each kernel, without a warning
	@vm/setup.sh all
	@vm/check.sh build

lint: ## shellcheck, kernel-doc, who includes whom
	@vm/setup.sh all
	@vm/check.sh lint layers

insn-table: ## put the instructions that the lanes have counted last into vm/instructions.csv
	@vm/instructions.sh table

help: ## this list
	@sed -nE 's/^([a-z_-]+):.*## (.*)/  \1|\2/p' Makefile | column -ts '|'
