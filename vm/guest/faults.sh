# Torture while the kernel fails a few percent of the allocations of slab objects and of pages that the
# torture's threads cause; who else is failed, init among them, does not survive it.
points="/sys/kernel/debug/failslab /sys/kernel/debug/fail_page_alloc"

# prepare_faults: whom to fail, which is who is marked, and how; none yet
prepare_faults()
{
	for point in $points; do
		echo 0 >"$point/probability" && echo Y >"$point/task-filter" &&
			echo N >"$point/ignore-gfp-wait" && echo 0 >"$point/verbose" &&
			echo 1 >"$point/interval" && echo -1 >"$point/times" || return
	done
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem &&
		echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

# fail_percent N: also when that is what fails
fail_percent()
{
	for point in $points; do
		until echo "$1" >"$point/probability"; do :; done
	done 2>/dev/null
}

# has_threads: the torture has started all that it runs, and allocates but for itself no more.
has_threads()
{
	cat /proc/[0-9]*/comm 2>/dev/null >/threads
	grep -q kzpool_caches /threads && [ "$(grep -c kzpool_tort /threads)" = "$(grep -c ^processor /proc/cpuinfo)" ]
}

# under_faults SECONDS: no process is started meanwhile, since one that cannot be dies, and init with it.
under_faults()
{
	waits_for has_threads || return
	sleep "$1" &
	sleeper=$!
	sleep 1
	fail_percent 5
	wait $sleeper
	fail_percent 0
}

# What a torture says of the requests that got NULL.
nulls()
{
	dmesg | sed -n 's/.*kzpool_torture: PASS.* nulls=\([0-9]*\).*/\1/p' | tail -n 1
}

check "kzpool loads for failing allocations" load
check "the kernel can fail allocations" prepare_faults
check "$torture s of torture pass while allocations fail" under_torture under_faults "$torture"
check "requests were refused meanwhile: $(nulls)" test "$(nulls)" -gt 0
check "statistics add up after failing allocations" adds_up
check "nothing is in use after failing allocations" nothing_in_use
check "kzpool unloads after failing allocations" rmmod kzpool
