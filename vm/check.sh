#!/bin/bash
# check.sh STEP...: run each step, whatever became of the one before; the last line is the sum.
# A step is a script check-STEP.sh or a lane. It prints test lines, "ok ..." or "not ok ...";
# one that fails and names no failed test, or names no test at all, counts as one failed test.
# All it says is in the log; shown are its progress, what failed and why, and tables.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"

passed=0 failed=0 skipped=0
for step; do
	say "== $step"
	start=$SECONDS out=$log/$step.log command=("$top/vm/check-$step.sh")
	[ -e "${command[0]}" ] || command=("$top/vm/run.sh" "$step")
	status=0
	"${command[@]}" 2>&1 | tee "$out" | sed -nuE '/^(kzpool:|not ok|# |\|.*\|)/p' || status=$?

	s=$(grep -cE '^ok .*# SKIP' "$out" || true)
	p=$(($(grep -c '^ok ' "$out" || true) - s))
	f=$(grep -c '^not ok ' "$out" || true)
	if ((status && !f)) || ((p + f + s == 0)); then
		echo "not ok - $step: ended with status $status and $p tests passed"
		f=$((f + 1))
	fi
	say "   $p passed, $f failed, $s skipped in $((SECONDS - start)) s: $out"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

sum="$passed passed, $failed failed"
((skipped == 0)) || sum+=", $skipped skipped"
echo "$sum"
((failed == 0))
