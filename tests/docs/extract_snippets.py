#!/usr/bin/env python3
"""Makes a C++ source of the ```cpp blocks of a Markdown file: each becomes a function, its #include lines go to the top. What a block takes
from its surroundings stands in a comment above it, <!-- parameters: millrace::Database& database -->, and becomes the function's parameters.

usage: extract_snippets.py DOCUMENT.md SOURCE.cpp
"""
import pathlib
import re
import sys


def main(document, source):
    text = pathlib.Path(document).read_text(encoding="utf-8")
    blocks = re.findall(r"^(?:<!-- parameters: (.*?) -->\n)?```cpp\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    if not blocks:
        sys.exit(f"{document}: no ```cpp block")
    includes, functions = [], []
    for number, (parameters, block) in enumerate(blocks, start=1):
        lines = block.splitlines()
        includes += [line for line in lines if line.startswith("#include")]
        body = "\n".join("  " + line for line in lines if not line.startswith("#include"))
        functions.append(f"void snippet_{number}({parameters});\nvoid snippet_{number}({parameters}) {{\n{body}\n}}\n")
    pathlib.Path(source).write_text("\n".join(includes + functions), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
