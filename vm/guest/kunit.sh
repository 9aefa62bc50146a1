# The KUnit suites inside kzpool.ko, then its statistics and its unload.
check "kunit loads" insmod /kunit.ko
check "kzpool loads and runs its suites" insmod /kzpool.ko
check "statistics add up after the suites" adds_up
check "nothing is in use after the suites" nothing_in_use
check "kzpool unloads" rmmod kzpool
check "kunit unloads" rmmod kunit
