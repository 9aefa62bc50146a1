#!/bin/bash
# newest.sh: the newest kernel source in Debian's suite sid, as "VERSION STATE", where STATE is
#   known   vm/newest names it, or a later one: its lanes gate
#   newer   sid has moved on: its lanes are run and reported, and fail nothing
#   unseen  sid cannot be asked: VERSION is the one that vm/newest names
# newest.sh fetch VERSION: print the path of that source, downloaded once for all clones.
# sid is asked with apt's own tools, from lists of ours: the machine's settings stay as they are.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
sid=$cache/sid
known=$(cat "$top/vm/newest")
said=$log/newest.log

# entry SUITE: sid as the machine's own entry for SUITE has it, of the two kinds that apt knows.
entry()
{
	rm -rf "$sid/sources"
	mkdir -p "$sid/sources" "$sid"/{lists,archives}/partial
	cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v suite="$1" 'BEGIN { RS = "" }
		match($0, /(^|\n)Suites:[^\n]*/) && substr($0, RSTART, RLENGTH) " " ~ " " suite " " {
			sub(/Suites:[^\n]*/, "Suites: sid")
			print
			exit
		}' >"$sid/sources/sid.sources"
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		grep -E -m 1 "^deb .* $1 " | sed "s/ $1 / sid /" >"$sid/sources/sid.list" || true
	[ ! -s "$sid/sources/sid.sources" ] || rm "$sid/sources/sid.list"
}

# apt TOOL ARGUMENT...: it, with sid alone
apt()
{
	"$1" -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$sid/sources" \
		-o Dir::State::Lists="$sid/lists" -o Dir::Cache="$sid" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "${@:2}" 2>>"$said"
}

# An hour's list is new enough, and all lanes of a check see the same.
update()
{
	[ ! "$(find "$sid/seen" -mmin -60 2>/dev/null)" ] || return 0
	# shellcheck source=/dev/null
	entry "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")"
	apt apt-get --error-on=any update >>"$said" && touch "$sid/seen"
}

newest()
{
	local names
	update || return
	names=$(apt apt-cache search --names-only '^linux-source-[0-9.]+$' | cut -d' ' -f1)
	# shellcheck disable=SC2086 # a list of packages
	apt apt-cache madison $names | awk -F' *[|] *' '$3 ~ / sid\// { print $2 }' | sort -V | tail -n 1
}

# fetch VERSION
fetch()
{
	local tarball=$cache/linux-source-$1.tar.xz package
	package=linux-source-$(cut -d. -f1,2 <<<"$1")
	if [ ! -f "$tarball" ]; then
		say "downloading $package $1 from Debian's suite sid"
		rm -rf "$sid/new"
		mkdir "$sid/new"
		cd "$sid/new"
		apt apt-get download "$package=$1" >>"$said"
		dpkg -x ./*.deb .
		mv "usr/src/$package.tar.xz" "$tarball"
		rm -rf "$sid/new"
	fi
	echo "$tarball"
}

mkdir -p "$sid"
exec 7>"$sid/lock"
flock 7
if [ "${1:-}" = fetch ]; then
	fetch "$2"
else
	version=$(newest) || version=
	if [ ! "$version" ]; then
		echo "$known unseen"
	elif dpkg --compare-versions "$version" le "$known"; then
		echo "$version known"
	else
		echo "$version newer"
	fi
fi
