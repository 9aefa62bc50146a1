# Under memory pressure: what idles goes back to who needs it, three levels come and go, a reserve is kept.
fault=/sys/kernel/debug/fail_page_alloc

# MiB that are free, that a burst takes, that must idle then, that may, of a working set; rounds. Less
# where the kernel checks itself and is slow.
free_mib=440 burst=256 idle_mib=200 budget_mib=256 live=64 rounds=100
[ ! -e $fault ] || free_mib=240 burst=80 idle_mib=40 budget_mib=64 live=16 rounds=10

# press_said: what the last one did
press_said()
{
	cat "$program"
}

# says WORDS COMMAND...: that step, with these words at the end
says()
{
	words=$1
	shift
	press "$@" && press_said && press_said | grep -q " $words\$"
}

# meminfo KEY: KiB
meminfo()
{
	awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo
}

# vmstat KEY: what the CPUs have not added up yet is included.
vmstat()
{
	cat /proc/sys/vm/stat_refresh
	awk -v key="$1" '$1 == key { print $2 }' /proc/vmstat
}

# free_now_kb: free pages, those on per-CPU lists included
free_now_kb()
{
	cat /proc/sys/vm/stat_refresh
	awk '$1 == "nr_free_pages" || $1 == "count:" { pages += $2 } END { print pages * 4 }' /proc/zoneinfo
}

# low_kb: what the kernel keeps free before it reclaims
low_kb()
{
	awk '$1 == "low" { pages += $2 } END { print pages * 4 }' /proc/zoneinfo
}

# bytes_in LAYER...: the sum
bytes_in()
{
	layers=$(echo "$*" | tr ' ' '|')
	awk -v keys="^($layers)_bytes\$" '$1 ~ keys { sum += $2 } END { print sum + 0 }' "$debugfs/stats"
}

# idle_bytes: what nobody uses; all of it can go back while nothing is in use.
idle_bytes()
{
	bytes_in magazine remote depot slab_free
}

figures()
{
	echo "held_bytes $(stat held_bytes), idle $(idle_bytes), reclaimable $(reclaimable_kb) KiB," \
		"MemFree $(meminfo MemFree) KiB, MemAvailable $(meminfo MemAvailable) KiB," \
		"pressure_level $(stat pressure_level)" | report
}

drop_caches()
{
	echo 2 >/proc/sys/vm/drop_caches
}

# shrink WHAT
shrink()
{
	echo "$1" >"$debugfs/shrink"
}

# level_is NUMBER
level_is()
{
	[ "$(stat pressure_level)" = "$1" ]
}

# at_least KEY NUMBER
at_least()
{
	[ "$(stat "$1")" -ge "$2" ]
}

# idles MIB BURST: bursts of that size, 20 at most, until so much idles and the worker, who comes
# meanwhile, lets it
idles()
{
	bursts=0
	until [ "$(idle_bytes)" -ge $(($1 * 1048576)) ]; do
		bursts=$((bursts + 1))
		[ $bursts -le 20 ] && press burst "$2" && passes 3 || return
	done
	echo "$bursts bursts of $2 MiB"
}

# reclaimable_kb: what kzpool says that it would give back
reclaimable_kb()
{
	echo $((($(vmstat nr_kernel_misc_reclaimable) - unloaded_reclaimable) * 4))
}

# is_counted: all that idles but objects in slabs that are in use otherwise, which one cannot see here;
# with what an empty slab has beside its objects
is_counted()
{
	counted=$(reclaimable_kb) most=$(($(idle_bytes) + $(stat tail_bytes)))
	least=$(bytes_in magazine remote depot)
	echo "$counted KiB are reclaimable, of $most bytes idle, of which $least not in slabs"
	[ $((counted * 1024)) -le $((most + most / 50)) ] && [ $((counted * 1024)) -ge $((least - least / 10)) ]
}

# is_available: MemAvailable sees it; it leaves out some of the kernel's own reserves.
is_available()
{
	more=$(($(meminfo MemAvailable) - $(meminfo MemFree))) reclaimable=$(reclaimable_kb)
	echo "$more KiB more available than free, $reclaimable reclaimable"
	[ $more -ge $((reclaimable * 9 / 10 - 3 * $(low_kb))) ]
}

# has_free KIB
has_free()
{
	[ "$(free_now_kb)" -ge "$1" ]
}

# spare_kb: what stays free: the kernel's own reserves, and what a file takes beside its pages
spare_kb()
{
	echo $(($(low_kb) + $(meminfo MemTotal) / 32))
}

# fill_kb PERCENT: what is free, and so much of what idles
fill_kb()
{
	echo $(($(meminfo MemFree) - $(spare_kb) + $(idle_bytes) * $1 / 102400))
}

# fill DIRECTORY KIB POLICY: with a file of so many in memory, on which nodes
fill()
{
	mkdir -p "$1" && mount -t tmpfs -o "size=$(($2 + 1024))k,mpol=$3" none "$1" &&
		dd if=/dev/zero of="$1/zeros" bs=64k count=$(($2 / 64)) 2>/dev/null
}

# fills KIB: for a moment
fills()
{
	fill /fill "$1" default
	status=$?
	umount /fill && return $status
}

# leaves_free MIB: what is more is taken away, of each node as much, so that files are soon written.
leaves_free()
{
	fill /ballast $(($(meminfo MemFree) - $1 * 1024)) interleave
}

# one_round NUMBER: of pressure, on what lives; each tenth needs what a burst left idle
one_round()
{
	drop_caches && shrink 1 || return
	[ $(($1 % 10)) != 0 ] || { press burst $((burst / 4)) && fills "$(fill_kb 50)" && press verify; }
}

all_rounds()
{
	round=0
	while [ $round -lt $rounds ]; do
		round=$((round + 1))
		one_round $round || { echo "round $round"; return 1; }
	done
}

# capacity: of a class whose magazines start as large as they may be
capacity()
{
	cells classes zpool-64 capacity
}

# has_capacity OBJECTS: so many, or more
has_capacity()
{
	[ "$(capacity)" -ge "$1" ]
}

# has_less_than OBJECTS
has_less_than()
{
	[ "$(capacity)" -lt "$1" ]
}

# served_by CLASS: who serves its requests, - for itself
served_by()
{
	awk -v row="$1" '/^#/ { sub(/^# */, ""); for (i = 1; i <= NF; i++) at[$i] = i; next }
		$1 == row { print $at["served_by"] }' "$debugfs/classes"
}

# is_served_by CLASS OTHER
is_served_by()
{
	[ "$(served_by "$1")" = "$2" ]
}

# is_reclaimed: again and again, with something to take each time, until that is pressure
is_reclaimed()
{
	tries=0
	until at_least pressure_level 1; do
		tries=$((tries + 1))
		[ $tries -le 300 ] && press burst 1 && drop_caches || return
	done
}

# exhausted COMMAND: that step, to which the kernel gives no page where it can be told so
exhausted()
{
	if [ -e $fault ]; then
		echo Y >$fault/task-filter && echo N >$fault/ignore-gfp-wait && echo N >$fault/ignore-gfp-highmem &&
			echo 0 >$fault/min-order && echo 0 >$fault/verbose && echo 1 >$fault/interval &&
			echo -1 >$fault/times && echo 100 >$fault/probability || return
	fi
	press "$@"
	status=$?
	[ ! -e $fault ] || echo 0 >$fault/probability || return
	press_said | report
	return $status
}

# out_of_memory: the kernel asks for memory as before it kills for it, and then finds nobody to kill.
out_of_memory()
{
	echo -1000 >/proc/$$/oom_score_adj
	echo f >/proc/sysrq-trigger
	waits_for level_is 3
	status=$?
	waits_for eval 'dmesg | grep -q "OOM request ignored"' || return
	echo 0 >/proc/$$/oom_score_adj
	return $status
}

# calms_down LEVEL: from there to none, some time after the last sign of pressure
calms_down()
{
	set_parameter pressure_hold_ms 2000 && waits_for level_is 0 && log_tells " calm +level +$1 +[0-9]"
}

# nobody_was_killed: for want of memory
nobody_was_killed()
{
	[ "$(vmstat oom_kill)" = "$killed" ]
}

# class_idles CLASS: objects
class_idles()
{
	cells classes "$1" magazine depot slab_free
}

# idles_nothing_in CLASS
idles_nothing_in()
{
	[ "$(class_idles "$1")" = 0 ]
}

# has_full_reserve OBJECTS: of 256 bytes
has_full_reserve()
{
	[ "$(stat reserve_bytes)" = $(($1 * 256)) ]
}

[ "$(meminfo MemFree)" -lt $(((free_mib + 64) * 1024)) ] ||
	check "$free_mib MiB of $(($(meminfo MemFree) / 1024)) stay free" leaves_free $free_mib
unloaded_reclaimable=$(vmstat nr_kernel_misc_reclaimable)
killed=$(vmstat oom_kill)
check "kzpool loads for pressure" \
	load budget_kb=$((budget_mib * 1024)) decay_ms=0 adapt_interval_ms=200 pressure_hold_ms=2000
check "the program of memory steps loads" insmod /kzpool_press.ko
check "there is no pressure yet" level_is 0

# What idles is there for others: it counts as available, and comes back when it is asked for.
check "at least $idle_mib MiB can idle" idles $idle_mib $burst
passes 2
check "what idles is counted as reclaimable" waits_for is_counted
is_counted | report
check "it counts as available" is_available
figures
held=$(stat held_bytes) idle=$(idle_bytes) free=$(free_now_kb) reclaimed=$(stat reclaimed_bytes)
check "caches can be dropped" drop_caches
check "98 % of the $idle bytes idle come back" waits_for holds_at_most $((held - idle * 98 / 100))
given=$(((held - $(stat held_bytes)) / 1024))
check "95 % of the $given KiB are free pages again" waits_for has_free $((free + given * 95 / 100))
# Where that took so long that it was evidence of pressure, the worker gave the rest.
told=$((given * 1024 / 2))
! log_tells ' reclaim +level ' >/dev/null || told=1
check "reclaimed_bytes tells of it" at_least reclaimed_bytes $((reclaimed + told))
figures
check "nothing is reclaimable that is not there" waits_for is_counted
check "statistics add up after reclaim" adds_up

check "pressure ends" waits_for level_is 0
check "at least $idle_mib MiB idle again" idles $idle_mib $burst
figures
reclaimed=$(stat reclaimed_bytes) wanted=$(fill_kb 80)
check "$wanted KiB for files, which are not free, can be had" fills "$wanted"
check "reclaimed_bytes is more than before" at_least reclaimed_bytes $((reclaimed + 1))
check "nobody was killed for it" nobody_was_killed
echo "reclaim_calls $(stat reclaim_calls), reclaimed_bytes $(stat reclaimed_bytes), it was $reclaimed" | report
check "statistics add up after files" adds_up

# What is in use is left alone.
check "pressure ends after files" waits_for level_is 0
check "$live MiB live" press live "$live"
check "two threads work" press churn 2
check "$rounds rounds of pressure change nothing that lives" all_rounds
check "each object is what it was" press verify
check "the threads found nothing wrong" press churn 0
press_said | report
check "nobody was killed in all rounds" nobody_was_killed
check "what lived can be freed" press drop
check "nothing is in use after that" nothing_in_use
check "statistics add up after pressure on what lives" adds_up

# The levels: as long as signs go on, which is for ever until we say so.
check "pressure ends after the rounds" waits_for level_is 0
full=$(capacity)
check "level 1 comes with reclaim that goes on" is_reclaimed
set_parameter pressure_hold_ms 3600000
check "it is still there" is_reclaimed
check "capacity is less than $full" waits_for has_less_than "$full"
check "the log tells of level 1" log_tells ' reclaim +level +0 +1 '
check "statistics add up in level 1" adds_up
check "level 1 goes" calms_down 1
check "capacity is $full again" waits_for has_capacity "$full"

check "a class of 96 bytes is sparse" press sparse 96 4000 40
check "one of 128 has room" press sparse 128 4000 8
check "96 bytes are served as such" says "usable 96" one 96
check "such an object stays" is_served_by zpool-96 -
set_parameter pressure_hold_ms 3600000
check "memory is exhausted" exhausted exhaust
check "level 2 comes with a request that got nothing" waits_for level_is 2
check "the log tells of level 2" log_tells ' no-pages +level +[01] +2 '
check "the class of 128 bytes serves the sparse one" waits_for is_served_by zpool-96 zpool-128
check "96 bytes are served from there" says "usable 128" one 96
check "the log tells of it" log_tells ' zpool-96 .* merge '
check "capacity is less than $full in level 2" waits_for has_less_than "$full"
check "statistics add up in level 2" adds_up
check "level 2 goes" calms_down 2
check "the sparse class serves itself again" waits_for is_served_by zpool-96 -
check "96 bytes are served as before" says "usable 96" one 96
check "capacity is $full again after level 2" waits_for has_capacity "$full"
check "nobody was killed in level 2" nobody_was_killed

if [ -e /proc/sysrq-trigger ]; then
	check "5120 bytes are served as such" says "usable 5120" one 5120
	set_parameter pressure_hold_ms 3600000
	check "level 3 comes when somebody would be killed" out_of_memory
	check "the log tells of level 3" log_tells ' oom +level +[0-2] +3 '
	check "kmalloc serves a class" waits_for is_served_by zpool-5120 kmalloc
	passthrough=$(stat passthrough) used=$(stat in_use_bytes)
	check "5120 bytes go to kmalloc, as 8192" says "usable 8192" one 5120
	check "passthrough counts it" test "$(stat passthrough)" = $((passthrough + 1))
	check "it is not in use here" test "$(stat in_use_bytes)" = "$used"
	check "statistics add up in level 3" adds_up
	check "older objects come home in level 3" press drop
	check "nothing is in use in level 3" nothing_in_use
	check "level 3 goes" calms_down 3
	check "5120 bytes are served from the pools again" says "usable 5120" one 5120
	check "capacity is $full again after level 3" waits_for has_capacity "$full"
	check "nobody was killed in level 3" nobody_was_killed
else
	echo "ok - level 3 # SKIP this kernel cannot be told to be out of memory"
fi
check "what is held can be freed" press drop
check "nothing is in use after the levels" nothing_in_use
check "statistics add up after the levels" adds_up

# A reserve is for who cannot sleep, when there is nothing else.
taken=$(stat reserve_allocs)
check "64 objects can be reserved" press reserve 64
check "they are 16 KiB" waits_for has_full_reserve 64
check "they are there when memory is not, in interrupts as well" exhausted reserve_test
check "reserve_allocs counts $(($(stat reserve_allocs) - taken))" test "$(stat reserve_allocs)" -gt "$taken"
check "the reserve fills up again" waits_for has_full_reserve 64
check "statistics add up with a reserve" adds_up
check "nobody was killed for the reserve" nobody_was_killed
check "what is reserved stays when all that idles goes" shrink 1
check "it has stayed" has_full_reserve 64
check "a reserve can be ended" press reserve 0
check "nothing is reserved" waits_for has_full_reserve 0
check "statistics add up without a reserve" adds_up

# All that idles goes when somebody says so, or what a cache has.
check "pressure ends after the levels" waits_for level_is 0
check "bursts leave something" idles $((idle_mib / 8)) $((burst / 4))
idle=$(idle_bytes) held=$(stat held_bytes)
check "1 is taken by shrink" shrink 1
check "98 % of the $idle bytes idle go" waits_for holds_at_most $((held - idle * 98 / 100))
check "pressure is not what that was" level_is 0
check "bursts leave something again" idles $((idle_mib / 8)) $((burst / 4))
set_parameter adapt_interval_ms 3600000
other=$(class_idles zpool-2048)
check "zpool-4096 has $(class_idles zpool-4096) objects, zpool-2048 $other" test "$(class_idles zpool-4096)" -gt 0
check "a cache's name is taken by shrink" shrink zpool-4096
check "zpool-4096 gives all" waits_for idles_nothing_in zpool-4096
check "zpool-2048 gives nothing" test "$(class_idles zpool-2048)" = "$other"
check "shrink refuses a cache that is not" refuses shrink zpool-4097
check "shrink refuses nonsense" refuses shrink 2
check "statistics add up after shrinking" adds_up

check "nothing is in use in the end" nothing_in_use
check "the program of memory steps unloads" rmmod kzpool_press
check "kzpool unloads after pressure" rmmod kzpool
[ ! -d /ballast ] || umount /ballast
check "nothing is reclaimable any more" test "$(vmstat nr_kernel_misc_reclaimable)" = "$unloaded_reclaimable"
