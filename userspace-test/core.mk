# SPDX-License-Identifier: GPL-2.0
# What of the allocator is compiled as a program: all that needs no kernel around it.
not-core	:= zpool_main.c zpool_params.c zpool_worker.c zpool_debugfs.c zpool_hotplug.c zpool_reclaim.c \
		   zpool_fragmentation.c zpool_owner.c
sources		:= $(dir $(lastword $(MAKEFILE_LIST)))..
core		:= $(filter-out $(not-core),$(notdir $(wildcard $(sources)/zpool_*.c)))
