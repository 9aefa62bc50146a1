#!/bin/bash
# kernel.sh LANE: get the lane's kernel, once for all clones, and print the directory that holds it:
#   image     what boots
#   build     what modules are built against
#   version   of the Debian package that it is from
#   kunit.ko  where the kernel has KUnit
# A directory appears in the cache by one mv when it is complete, or not at all.
# Status 77: the newest kernel cannot be had here; what is printed says why.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/lanes/uml-6.12
. "$top/vm/lanes/$1"

# compile DIR: the kernel of the lane's configuration fragments, from Debian's source.
compile()
{
	local tree=$1/build lost

	say "$key: unpacking $tarball"
	mkdir "$tree"
	# The Kconfig files and makefiles of what is left out are still needed.
	tar -C "$tree" -xf "$tarball" --strip-components=1 --exclude='*/Documentation/*/*' \
		--exclude='*/tools/'{perf,testing}'/*' --exclude='*/arch/*.dts*' --exclude='*/sound/*.[ch]' \
		--exclude='*/drivers/'{accel,crypto,gpu,iio,infiniband,media,net,pinctrl,scsi,staging,usb}'/*.[ch]' \
		--exclude='*/arch/'{arm,arm64,m68k,mips,powerpc,riscv,s390,sh,sparc}'/*.[chS]'

	say "$key: configuring"
	kmake tinyconfig
	cat "${fragments[@]}" >>"$tree/.config"
	kmake olddefconfig
	if lost=$(cat "${fragments[@]}" | grep -vxFf "$tree/.config"); then
		die "$key: this kernel does not take $lost"
	fi

	kmake | tee -a "$out" | progress
	mv "$tree/$image" "$1/image"
	mv "$tree/lib/kunit/kunit.ko" "$1"
	keep_for_modules "$tree"
}

kmake()
{
	make -C "$tree" ARCH="$arch" -j"$(nproc)" "$@" 2>&1
}

# Read make's output; say every ten seconds how far it is.
progress()
{
	local verb rest n=0 start=$SECONDS next=$((SECONDS + 10)) gone
	while read -r verb rest; do
		case $verb in AR | AS | CC | HOSTCC | LD) n=$((n + 1)) ;; esac
		((SECONDS >= next)) || continue
		next=$((SECONDS + 10)) gone=$((SECONDS - start))
		say "$key: $n of about $objects files, $gone s gone, about $((gone * objects / (n + 1) - gone)) s to go"
	done
	say "$key: $n files in $((SECONDS - start)) s"
}

# keep_for_modules TREE: drop what a module is not built with.
keep_for_modules()
{
	(
		cd "$1"
		mkdir ../kept
		cp -a --parents .config Kbuild Makefile Module.symvers arch/{um,x86} include scripts ../kept
		[ ! -x tools/objtool/objtool ] || cp --parents tools/objtool/objtool ../kept
		find ../kept/arch -name '*.[oac]' -delete
	)
	rm -rf "$1"
	mv "${1%/*}/kept" "$1"
}

# fetch DIR: the stock kernel that matches the installed headers.
fetch()
{
	say "$key: downloading linux-image-$release"
	cd "$1"
	apt-get download "linux-image-$release=$version" 2>&1
	dpkg -x ./*.deb deb
	mv "deb/boot/vmlinuz-$release" image
	ln -s "/usr/src/linux-headers-$release" build
	rm -rf deb ./*.deb
}

if [ "${stock:-}" ]; then
	release=$(headers "linux-headers-$stock")
	version=$(dpkg-query -W -f '${Version}' "linux-headers-$release")
	key=stock-$release-$version
	get=fetch
else
	read -ra fragments <<<"$config"
	fragments=("${fragments[@]/#/$top/vm/config/}")
	if [ "$source" = newest ]; then
		read -r version _ < <("$top/vm/newest.sh")
	else
		version=$(dpkg-query -W -f '${Version}' "linux-source-$source")
	fi
	key=$arch-$version-$(cat "${fragments[@]}" | sha256sum | cut -c1-8)
	get=compile image=linux
	[ "$arch" = um ] || image=arch/x86/boot/bzImage
fi

# One is built at a time, and one downloaded; who needs one that is there does not wait.
new=$cache/new${stock:+-stock}
if [ ! -d "$cache/$key" ]; then
	exec 9>"$cache/lock${stock:+-stock}"
	flock 9
fi
if [ ! -d "$cache/$key" ]; then
	out=$log/kernel-$key.log tarball=/usr/src/linux-source-${source:-}.tar.xz
	if [ "${source:-}" = newest ]; then
		tarball=$("$top/vm/newest.sh" fetch "$version") || {
			echo "Linux $version of Debian's suite sid is not in the cache and cannot be downloaded, see $log/newest.log"
			exit 77
		}
	fi
	trap '[ -d "$cache/$key" ] || say "$key: failed, see $out"' EXIT
	rm -rf "$new"
	mkdir "$new"
	$get "$new" >"$out"
	mv "$new" "$cache/$key"
fi
echo "$version" >"$cache/$key/version"
echo "$cache/$key"
