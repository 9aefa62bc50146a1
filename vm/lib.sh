# shellcheck shell=bash
# Shared by the scripts of vm/: where things are kept, how a script speaks and gives up.
# shellcheck disable=SC2034 # for those who source this
set -euo pipefail
# A make above us has options of its own, which are not for the kernel's make.
unset MAKEFLAGS MFLAGS

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log=$top/build/log
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kzpool
mkdir -p "$log" "$cache"

# Who is interrupted ends so, with all that it has started, and judges nothing.
trap 'trap - INT TERM; kill -INT 0' INT
trap 'trap - INT TERM; kill -TERM 0' TERM

say()
{
	echo "kzpool: $*" >&2
}

die()
{
	say "$*"
	exit 1
}

[[ $top != *[[:space:]]* ]] ||
	die "the kernel's build does not work in a path with a blank: move '$top'"

# check NAME COMMAND...: one test line; what a failed command said follows it.
check()
{
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		echo "ok - $name"
	else
		echo "not ok - $name"
		[ ! "$output" ] || echo "# ${output//$'\n'/$'\n'# }"
	fi
}

# headers PACKAGE: the kernel release whose headers a metapackage brings.
headers()
{
	dpkg-query -W -f '${Depends}' "$1" | sed -E 's/.*linux-headers-([^ ,]*).*/\1/'
}

# copy_sources DIR: the module's sources, to be built there without disturbing anyone.
copy_sources()
{
	mkdir -p "$1"
	find "$1" \( -name '*.[ch]' -o -name 'Kbuild*' \) -delete
	(
		cd "$top"
		find Kbuild zpool_*.[ch] include kunit bench \
			\( -name '*.[ch]' ! -name '*.mod.c' -o -name 'Kbuild*' \) -print0 |
			xargs -0 cp -p --parents -t "$1"
	)
}
