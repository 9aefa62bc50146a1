# SPDX-License-Identifier: GPL-2.0
# For people; the kernel's build reads Kbuild. "make help" says what there is.

KDIR ?= /lib/modules/$(shell uname -r)/build
lanes := uml-6.12-kasan qemu-6.1 qemu-6.12 qemu-6.12-icount uml-6.12

.PHONY: modules modules_install clean help demo bench check check-quick check-build lint

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

bench: ## measure all loads beside kmalloc on each kernel: rows in build/bench/results.csv
	@vm/bench.sh

check: ## all that must pass before a commit: about 4 minutes, 9 the first time
	@vm/setup.sh all
	@vm/check.sh lint layers build bad-input userspace $(lanes)

check-quick: ## the tests that need no kernel: half a minute
	@vm/check.sh userspace

check-build: ## compile with both compilers and sparse for each kernel, without a warning
	@vm/setup.sh all
	@vm/check.sh build

lint: ## shellcheck, kernel-doc, who includes whom
	@vm/setup.sh all
	@vm/check.sh lint layers

help: ## this list
	@sed -nE 's/^([a-z_-]+):.*## (.*)/  \1|\2/p' Makefile | column -ts '|'
