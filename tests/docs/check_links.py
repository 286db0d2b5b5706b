#!/usr/bin/env python3
"""Checks that the relative links of the documentation lead to files of the repository.

usage: check_links.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def main(root):
    root = pathlib.Path(root)
    documents = sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*.md"))
    broken, checked = [], 0
    for document in documents:
        for target in LINK.findall(document.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", target):
                continue
            checked += 1
            if not (document.parent / target).exists():
                broken.append(f"{document.relative_to(root)}: there is no {target}")
    print("\n".join(broken) if broken else f"{checked} links in {len(documents)} documents")
    return 1 if broken or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
