#!/bin/bash
# check.sh STEP...: run each step, two at a time, whatever becomes of the others; the last line is the sum.
# A step is a script check-STEP.sh or a lane. It prints test lines, "ok ..." or "not ok ...";
# one that fails and names no failed test, or names no test at all, counts as one failed test.
# All it says is in its log; shown are its progress and, when it ends, what failed and why, and tables.
# Meanwhile the lanes' kernels are built, one after the other.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
# What runs in the background ignores SIGINT.
trap 'trap - INT TERM; kill -TERM 0' INT

# is_newer STEP: a lane whose kernel is newer than the one that vm/newest vouches for; it fails nothing.
is_newer()
{
	grep -qs '^source=newest' "$top/vm/lanes/$1" && [[ $("$top/vm/newest.sh") == *\ newer ]]
}

# count PATTERN FILE
count()
{
	grep -cE "$1" "$2" || true
}

# step NAME: run it and leave its sum in NAME.sum.
step()
{
	local start=$SECONDS status=0 out=$log/$1.log command=("$top/vm/check-$1.sh") p f s
	[ -e "${command[0]}" ] || command=("$top/vm/run.sh" "$1")
	"${command[@]}" 2>&1 | tee "$out" | sed -nu '/^kzpool:/p' >&2 || status=$?

	if ((status && status != 77)) && ! grep -q '^not ok ' "$out" || ! grep -qE '^(not )?ok ' "$out"; then
		echo "not ok - $1: ended with status $status and $(count '^ok ' "$out") tests passed" >>"$out"
	fi
	! is_newer "$1" ||
		sed -i -E 's/^not (ok - .*)/\1 # SKIP fails, with a kernel newer than that of vm\/newest/' "$out"

	s=$(count '^ok .*# SKIP' "$out")
	p=$(($(count '^ok ' "$out") - s))
	f=$(count '^not ok ' "$out")
	echo "$p $f $s" >"$log/$1.sum"
	{
		sed -nE '/^(not ok|ok .*# SKIP|# |\|.*\|)/p' "$out"
		echo "kzpool: == $1: $p passed, $f failed, $s skipped in $((SECONDS - start)) s: $out"
	} | flock "$log" cat
}

build_kernels()
{
	local step
	for step; do
		[ ! -e "$top/vm/lanes/$step" ] || "$top/vm/kernel.sh" "$step" >/dev/null || true
	done
}

# at_most_running N: wait until there are no more steps than that.
at_most_running()
{
	local ended pid others
	while ((${#running[@]} > $1)); do
		wait -n -p ended "${running[@]}" || true
		others=()
		for pid in "${running[@]}"; do [ "$pid" = "$ended" ] || others+=("$pid"); done
		running=("${others[@]}")
	done
}

build_kernels "$@" &
running=()
for step; do
	rm -f "$log/$step.sum"
	at_most_running 1
	step "$step" &
	running+=($!)
done
at_most_running 0
wait

passed=0 failed=0 skipped=0
for step; do
	read -r p f s 2>/dev/null <"$log/$step.sum" || { p=0 f=1 s=0; }
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
say "all of it in $SECONDS s, $skipped tests skipped"
echo "$passed passed, $failed failed"
((failed == 0))
