#!/usr/bin/env python3
"""Checks that the metrics of pools and loads stand in the tables of docs/pool.md and docs/logging.md, and no others do.

usage: check_metric_names.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

from markdown_tables import code_words, tables

# out.metric("millrace_load_running", ...), out.family(...), out.histogram(...)
DEFINED = re.compile(r'\.(?:metric|family|histogram)\("(\w+)"')
METRIC = re.compile(r"(?:millrace[._](?:pool|load)|db[._]client)[._][\w.]+")


def plain(name):
    """The name that OpenTelemetry and Prometheus share: without dots, and without Prometheus' suffix for the kind or the unit."""
    return re.sub(r"_(total|seconds)$", "", name.replace(".", "_"))


def defined(root):
    return {plain(name) for file in (root / "core/src").rglob("*.cpp") for name in DEFINED.findall(file.read_text(encoding="utf-8"))}


def documented(texts):
    words = (word for text in texts for _, _, rows in tables(text) for row in rows for cell in row for word in code_words(cell))
    return {plain(match[0]) for match in map(METRIC.match, words) if match} - {"db_client_connection_pool_name"}  # a label


def differences(code, docs):
    yield from (f"{name} is exported, but neither docs/pool.md nor docs/logging.md has it in a table" for name in sorted(code - docs))
    yield from (f"{name} is in a table of the documentation, but nothing exports it" for name in sorted(docs - code))


def main(root):
    root = pathlib.Path(root)
    code = defined(root)
    found = list(differences(code, documented((root / f"docs/{document}.md").read_text(encoding="utf-8") for document in ("pool", "logging"))))
    print("\n".join(found) if found else f"{len(code)} metrics agree")
    return 1 if found or not code else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
