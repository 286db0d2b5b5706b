#!/usr/bin/env python3
"""Checks that every test that a document names exists. A name stands in double quotes behind "Shown by".

usage: check_test_names.py SOURCE_DIRECTORY DOCUMENT.md...
"""
import pathlib
import re
import sys

CPP = re.compile(r'(?:TEST_CASE(?:_METHOD\(\w+, *|\()|CONFORMANCE_TEST\()"((?:[^"\\]|\\.)*)"')
CMAKE = re.compile(r'add_test\(NAME "([^"]+)"')
EXAMPLE = re.compile(r'millrace_test_example\("([^"]+)"')
PYTHON = re.compile(r"^ *def (test_\w+)", re.MULTILINE)


def names_of_tests(root):
    names = set()
    for file in (root / "tests").rglob("*"):
        if file.suffix not in {".cpp", ".py", ".txt"}:
            continue
        text = file.read_text(encoding="utf-8")
        for pattern in (CPP, CMAKE, EXAMPLE, PYTHON):
            names.update(name.replace('\\"', "'") for name in pattern.findall(text))
    return names


def names_in(document):
    """The quoted names of each paragraph or table cell that says "Shown by"."""
    for part in re.findall(r"Shown by (.*?)(?:\||\n\n|\Z)", document, re.DOTALL):
        yield from (re.sub(r"\s+", " ", name) for name in re.findall(r'"([^"]+)"', part))


def main(root, *documents):
    tests = names_of_tests(pathlib.Path(root))
    named = [(path, name) for path in documents for name in names_in(pathlib.Path(path).read_text(encoding="utf-8"))]
    missing = [f"{path}: there is no test \"{name}\"" for path, name in named if name not in tests]
    print("\n".join(missing) if missing else f"{len(named)} named tests exist")
    return 1 if missing or not named else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
