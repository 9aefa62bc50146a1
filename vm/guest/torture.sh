# A torture, and the accounts after it.
check "kzpool loads for the torture" load
check "$torture s of torture on every CPU pass" torture "$torture"
check "statistics add up after the torture" adds_up
check "nothing is in use after the torture" nothing_in_use
check "kzpool unloads after the torture" rmmod kzpool
