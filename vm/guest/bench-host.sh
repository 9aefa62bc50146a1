# bench-host.sh MODULES LOG: what bench.sh does on one and several CPUs, on a machine of one's own: kzpool.ko and
# kzpool_bench.ko are in MODULES; what matters of the kernel's log goes to LOG. Run by a shell of its own, as root; at its
# end neither module is loaded.
here=${0%/*}
. "$here/lib.sh"
modules=$1
out=$2
bench=host
: >"$out" || exit 1

# check NAME COMMAND...: one test line, as in lib.sh; what fails ends it all
check()
{
	name=$1
	shift
	"$@" || { echo "not ok - $name"; exit 1; }
	echo "ok - $name"
}

tell()
{
	echo "$*" >>"$out"
}

# collect: what the kernel has said since the last set began
collect()
{
	dmesg | sed -E 's/^(\[[^]]*\] *)+//' | awk '
		/^kzpool_bench: set .* on Linux / { said = "" }
		/^kzpool_bench: / { said = said $0 "\n" }
		END { printf "%s", said }' >>"$out"
}

# is_unloaded: neither module is there; who has just been interrupted needs a moment
is_unloaded()
{
	for module in kzpool_bench kzpool; do
		! grep -q "^$module " /proc/modules || rmmod $module || return
	done
}
! grep -qE '^kzpool(_bench)? ' /proc/modules || exit 1	# not ours
trap 'waits_for is_unloaded 2>/dev/null' EXIT
trap 'exit 1' INT TERM HUP

. "$here/bench.sh"
