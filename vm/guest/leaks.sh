# Nothing that kmemleak sees is lost, while kzpool is loaded after a torture, or when it is gone.
file=/sys/kernel/debug/kmemleak

# leaks_nothing: what is younger than 5 s is not judged, and what a first scan finds only by a second.
leaks_nothing()
{
	sleep 6
	echo scan >$file && echo scan >$file || return
	said=$(cat $file)
	[ ! "$said" ] || { echo "$said"; return 1; }
}

echo clear >$file
check "kzpool loads under kmemleak" load
check "2 s of torture pass under kmemleak" torture 2
check "kmemleak finds nothing in two scans" leaks_nothing
check "kzpool unloads under kmemleak" rmmod kzpool
check "kmemleak finds nothing after the unload" leaks_nothing
