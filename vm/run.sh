#!/bin/bash
# run.sh LANE: build the modules for the lane's kernel, boot it, run the lane's guest scripts there.
# Prints the guest's test lines and report ("| ..."), and judges the console log. A lane file sets
#   arch, machine, topology, append   what boots it, the last three with defaults
#   stock | source, config, objects   its kernel, see kernel.sh
#   modules                           arguments of the modules' build
#   guest                             scripts of guest/, run in turn
#   torture, torture_long             seconds of torture; and with KZPOOL_LONG=1
#   limit                             seconds that all of it may take
#   expected                          lines of the log that are no trouble
#   instructions, pin_instructions    where they are counted, how many a pair may take of alloc and free,
#                                     of pin and unpin
# Status 77: skipped, since there is no such kernel here.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
lane=${1:-}
[ -f "$top/vm/lanes/$lane" ] || die "no lane '$lane', there are: $(cd "$top/vm/lanes" && echo *)"
# shellcheck source=vm/lanes/qemu-6.12-icount
. "$top/vm/lanes/$lane"
dir=$top/build/$lane
console=$log/$lane.console.log

topology=${topology:-"-smp 4,sockets=2,cores=2 -m 1024
	-object memory-backend-ram,size=512M,id=m0 -object memory-backend-ram,size=512M,id=m1
	-numa node,nodeid=0,cpus=0-1,memdev=m0 -numa node,nodeid=1,cpus=2-3,memdev=m1
	-numa dist,src=0,dst=1,val=20"}
if [ "${KZPOOL_LONG:-}" ] && [ "${torture_long:-}" ]; then
	limit=$((limit + torture_long - torture)) torture=$torture_long
fi

build_modules()
{
	local made=$log/$lane.modules.log
	say "$lane: building the modules"
	copy_sources "$dir/src"
	# shellcheck disable=SC2086 # a list of VARIABLE=VALUE
	make -C "$kernel/build" ARCH="$arch" M="$dir/src" -j"$(nproc)" $modules modules >"$made" 2>&1 ||
		{
			grep -m 5 -w error "$made" >&2 || tail "$made" >&2
			die "$lane: the modules do not build, see $made"
		}
}

# The guest's whole world: busybox, the modules and the scripts.
pack_initrd()
{
	local root=$dir/root script
	rm -rf "$root"
	mkdir -p "$root"/{bin,dev,proc,sys}
	cp "$(command -v busybox)" "$root/bin"
	cp "$top"/vm/guest/{init,lib.sh} "$root"
	for script in $guest; do cp "$top/vm/guest/$script.sh" "$root"; done
	echo "guest='$guest' torture=${torture:-10}" >"$root/lane.sh"
	find "$dir/src" "$kernel/" -maxdepth 2 -name '*.ko' -exec cp -t "$root" {} +
	(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet) |
		gzip -n >"$dir/initrd"
}

boot()
{
	local cmdline="loglevel=7 printk.devkmsg=on oops=panic panic=-1 ${append:-}"
	say "$lane: booting, for $limit s at most"
	# shellcheck disable=SC2086 # lists of options
	case $arch in
	um)
		timeout --foreground -k 5 "$limit" "$kernel/image" mem=512M initrd="$dir/initrd" uml_dir="$dir/" \
			stderr=1 con=null con0=fd:0,fd:1 $cmdline
		;;
	x86_64)
		timeout --foreground -k 5 "$limit" qemu-system-x86_64 $machine $topology \
			-nic none -nographic -no-reboot \
			-kernel "$kernel/image" -initrd "$dir/initrd" -append "console=ttyS0 $cmdline"
		;;
	esac </dev/null >"$console.raw" 2>&1 || true
	sed -E 's/\r//g; s/^\[ *[0-9]+\.[0-9]+\] //' "$console.raw" >"$console"
	rm "$console.raw"
}

# Emulating several CPUs, QEMU 7.2 now and then trips over a kernel that patches its own text: while it
# boots, or when a CPU goes or comes, where one then finds a breakpoint that is no more. That says
# nothing about us, as long as no script of ours has begun, or if it is that.
qemu_tripped()
{
	! grep -qx 'kzpool-guest: begins' "$console" || grep -q 'int3: 0000' "$console"
}

# KUnit's nested results: each test of a suite as one line of ours, with what was said if it failed.
kunit_results()
{
	awk '
	/^    # Subtest: / { suite = $3; planned = -1; ran = 0; said = "" }
	/^    1\.\.[0-9]+$/ { planned = substr($1, 4) }
	/^    (not )?ok [0-9]+ / {
		ran++
		sub(/^ +/, ""); sub(/ok [0-9]+ /, "ok - " suite ": ")
		print
		if (/^not/)
			printf "%s", said
		said = ""
		next
	}
	/^(not )?ok [0-9]+ / && ran != planned {
		print "not ok - " suite ": " planned " tests planned, " ran " ran"
	}
	{ said = said "# " $0 "\n" }
	' "$console"
}

ran_to_its_end()
{
	grep -qx 'kzpool-guest: done' "$console" || { tail -n 20 "$console"; return 1; }
}

is_clean()
{
	local said
	said=$(expected=${expected:-} "$top/vm/trouble.sh" "$console")
	[ ! "$said" ] || { echo "$said"; return 1; }
}

# What the lane found, as test lines.
judge()
{
	sed -nE '/^(ok - |not ok - |\| )/p' "$console"
	kunit_results
	check "$lane: the guest ran to its end" ran_to_its_end
	check "$lane: the console log is clean" is_clean
	[[ " $guest " != *" insn "* ]] ||
		"$top/vm/instructions.sh" judge "$lane" "$(cat "$kernel/version")" "$instructions" \
			"$pin_instructions" "$console"
}

# One run of a lane at a time.
mkdir -p "$dir"
exec 8>"$dir/lock"
flock 8

"$top/vm/setup.sh" "$arch"
status=0
kernel=$("$top/vm/kernel.sh" "$lane") || status=$?
if ((status == 77)); then
	echo "ok - $lane # SKIP $kernel"
	exit 77
elif ((status)); then
	exit $status
fi
build_modules
pack_initrd
boot
for again in "once more" "a last time"; do
	! qemu_tripped || { say "$lane: the emulator tripped over the kernel, $again"; boot; }
done
judge | tee "$dir/results"
! grep -q '^not ok' "$dir/results" || die "$lane: failed, the console log is $console"
