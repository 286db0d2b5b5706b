#!/bin/sh
# Runs a program with the database of DATABASE_URL as an odbc: URL.
#
# usage: with_psqlodbc.sh DRIVER PROGRAM
rest=${DATABASE_URL#*://}
user=${rest%%@*} rest=${rest#*@}
server=${rest%%/*} database=${rest#*/}
exec "$2" "odbc:Driver=$1;Server=${server%%:*};Port=${server##*:};Database=$database;UID=$user"
