#!/bin/sh
# Runs a program with a new SQLite file of the current directory as an odbc: URL.
#
# usage: with_sqliteodbc.sh DRIVER PROGRAM
: >bank.db
exec "$2" "odbc:Driver=$1;Database=$PWD/bank.db"
