#!/usr/bin/env python3
"""Checks that the table of docs/logging.md and the log() calls of the source code say the same: events, levels and fields.

usage: check_log_events.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

from markdown_tables import code_words, table_below

# log(LogLevel::info, "event", ...) and the record {LogLevel::info, "event", ...} that is logged later
RECORD = re.compile(r"[({](?=LogLevel::)")
# A call with neither, which nobody could look up; a prepared record's members are named so.
OPAQUE = re.compile(r"(?<![\w.:>])log\((?!LogLevel::|line\.level)[^)]*")
LEVEL = re.compile(r"LogLevel::(\w+)")


def arguments(text, start):
    """The arguments of a call, split at its own commas; `start` is behind its opening parenthesis."""
    depth, quoted, begin, found = 1, False, start, []
    position = start
    while depth > 0:
        char = text[position]
        if quoted:
            if char == "\\":
                position += 1
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if (char == "," and depth == 1 and not quoted) or depth == 0:
            found.append(text[begin:position])
            begin = position + 1
        position += 1
    return found


def logged(text):
    """(event, level, fields) of everything that is logged."""
    opaque = OPAQUE.search(text)
    if opaque:
        raise ValueError("a log() call without a literal level: " + opaque[0])
    for record in RECORD.finditer(text):
        level, event, _, *fields = arguments(text, record.end())
        name = re.fullmatch(r'\s*"([^"]+)"', event)
        if not name:
            raise ValueError("the event of a log record is no literal: " + event.strip())
        yield name[1], " ".join(LEVEL.findall(level)), " ".join(re.findall(r'\{"(\w+)",', ",".join(fields)))


def events_of_code(root):
    found = {}
    for folder in ("core/src", "core/include", "backends"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in {".cpp", ".hpp"} and file.name not in {"log.hpp", "log.cpp"}:
                for event, level, fields in logged(file.read_text(encoding="utf-8")):
                    found.setdefault(event, set()).add((level, fields))
    return found


def events_of_table(text):
    found = {}
    for event, level, fields, _ in table_below(text, "Events"):
        found.setdefault(code_words(event)[0], set()).add((level, " ".join(code_words(fields))))
    return found


def differences(code, table):
    for event in sorted(code.keys() | table.keys()):
        if event not in table:
            yield f"{event} is logged, but docs/logging.md does not know it"
        elif event not in code:
            yield f"{event} is in docs/logging.md, but nothing logs it"
        elif code[event] != table[event]:
            yield f"{event}: logged as {sorted(code[event])}, docs/logging.md says {sorted(table[event])}"


def main(root):
    root = pathlib.Path(root)
    code = events_of_code(root)
    found = list(differences(code, events_of_table((root / "docs/logging.md").read_text(encoding="utf-8"))))
    print("\n".join(found) if found else f"{len(code)} events agree")
    return 1 if found or not code else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
