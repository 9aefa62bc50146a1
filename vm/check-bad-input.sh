#!/bin/bash
# check-bad-input.sh: what cannot work is refused with one sentence that says what to do.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
dir=$top/build/bad-input
rm -rf "$dir"
mkdir -p "$dir/5.15/include/config" "$dir/bin"
echo 5.15.0 >"$dir/5.15/include/config/kernel.release"

# refused WORDS COMMAND...: it fails with one sentence of ours, in which the words are; telling what is done is no such sentence.
refused()
{
	local words=$1 output
	shift
	if output=$("$@" 2>&1 </dev/null); then return 1; fi
	output=$(grep '^kzpool: ' <<<"$output" | grep -v '^kzpool: installing')
	echo "$output"
	[ "$(wc -l <<<"$output")" = 1 ] && grep -q "$words" <<<"$output"
}

# stub COMMAND BODY: what the command is for the setup under test.
stub()
{
	printf '#!/bin/sh\n%s\n' "$2" >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

check "make without kernel headers" refused "on Debian: linux-headers-" make -C "$top" KDIR="$dir/none"
check "make with no KDIR at all" refused "on Debian: linux-headers-" make -C "$top" KDIR=
mkdir "$dir/a blank"
cp -r "$top"/{Makefile,vm} "$dir/a blank"
check "make in a path with a blank" refused "path with a blank" make -C "$dir/a blank"
check "make for a kernel below 6.1" refused "needs 6.1 or newer" make -C "$top" KDIR="$dir/5.15"
check "a lane that does not exist" refused "there are: .*uml-6.12" "$top/vm/run.sh" none
check "a benchmark lane that does not exist" refused "there are: .*bench-" "$top/vm/bench.sh" none

setup=(env PATH="$dir/bin:$PATH" "$top/vm/setup.sh" um)
stub dpkg-query 'exit 1'
stub sudo 'exit 1'
stub apt-get 'exit 100'
stub id 'echo 1000'
check "packages missing, not root" refused "as root, run: apt-get update && apt-get install" "${setup[@]}"
stub id 'echo 0'
check "packages missing, no network" refused "with a working network, run: apt-get update" "${setup[@]}"
