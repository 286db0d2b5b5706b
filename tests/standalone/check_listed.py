#!/usr/bin/env python3
"""Compares the list of headers that are compiled alone with the headers that exist.

usage: check_listed.py LIST INCLUDE_DIRECTORY...
"""
import pathlib
import sys


def main(list_file, *directories):
    listed = set(pathlib.Path(list_file).read_text(encoding="utf-8").split())
    existing = {
        str(header.relative_to(directory)) for directory in directories for header in pathlib.Path(directory).rglob("*.hpp")
    }
    for header in sorted(existing - listed):
        print(f"{header}: not in the list of tests/standalone/CMakeLists.txt; add it there")
    for header in sorted(listed - existing):
        print(f"{header}: listed in tests/standalone/CMakeLists.txt, but there is no such header")
    print(f"{len(existing)} public headers, {len(listed)} compiled alone")
    return 0 if existing and existing == listed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
