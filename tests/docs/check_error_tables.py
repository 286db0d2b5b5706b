#!/usr/bin/env python3
"""Checks that docs/errors.md and the backends' tables of SQLSTATEs say the same, and that every error code is explained.

usage: check_error_tables.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

from markdown_tables import code_words, table_below

# {"40001", ErrorCode::serialization, kRetry, kPoisons}
MEANING = r'\{"(\w*)", ErrorCode::(\w+)(?:, (kRetry|true|false))?(?:, (kPoisons|true|false))?\}'


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def array(text, name):
    """The initializer of a table."""
    match = re.search(rf"{name}\[\] = \{{(.*?)\n\}};", without_comments(text), re.DOTALL)
    if not match:
        raise ValueError(f"there is no table {name}")
    return match[1]


def flags(retry, poisons):
    return ("yes" if retry in ("kRetry", "true") else "no", "lost" if poisons in ("kPoisons", "true") else "stays")


def sqlstate_code(text):
    return {state: (code, *flags(retry, poisons)) for state, code, retry, poisons in re.findall(MEANING, array(text, "kMeanings"))}


def db2_code(text):
    """SQLCODEs that say more than their SQLSTATE, then the SQLSTATEs."""
    sqlcodes = {number: (code, *flags(retry, poisons)) for number, _, code, retry, poisons in re.findall(r"\{(-\d+), " + MEANING + r"\}", array(text, "kSqlcodes"))}
    return sqlcodes | sqlstate_code(text)


def sqlite_code(text):
    rows = re.findall(r"\{(SQLITE_\w+), " + MEANING + r"\}", array(text, "kMeanings"))
    rows += re.findall(r'\{"([^"]+)", ' + MEANING + r"(?:, true)?\}", array(text, "kPhrases"))
    return {name: (state, code, *flags(retry, poisons)) for name, state, code, retry, poisons in rows}


def documented(rows, columns):
    """What the first cell names, each with the next cells; the last cell says why and is not compared."""
    found = {}
    for row in rows:
        if len(row) != columns + 2 or not row[-1]:
            raise ValueError(f"a row of docs/errors.md has not {columns + 2} cells with a reason in the last one: {row}")
        values = tuple(code_words(cell)[0] if code_words(cell) else cell for cell in row[1:-1])
        for name in code_words(row[0]):
            if name in found:
                raise ValueError(f"docs/errors.md has {name} twice")
            found[name] = values
    return found


def differences(what, code, table):
    for name in sorted(code.keys() | table.keys()):
        if code.get(name) != table.get(name):
            yield f"{what} {name}: the code says {code.get(name)}, docs/errors.md {table.get(name)}"


def error_codes(header):
    enumeration = re.search(r"enum class ErrorCode[^{]*\{(.*?)\}", without_comments(header), re.DOTALL)
    return set(re.findall(r"\w+", enumeration[1]))


def check(root):
    errors = (root / "docs/errors.md").read_text(encoding="utf-8")
    postgresql = sqlstate_code((root / "backends/products/postgresql/sqlstate.cpp").read_text(encoding="utf-8"))
    odbc = sqlstate_code((root / "backends/odbc/sqlstate.cpp").read_text(encoding="utf-8"))
    sqlite = sqlite_code("".join((root / "backends" / file).read_text(encoding="utf-8") for file in ("sqlite3/errors.cpp", "products/sqlite3/messages.cpp")))
    db2 = db2_code((root / "backends/products/db2/sqlstate.cpp").read_text(encoding="utf-8"))
    yield from differences("PostgreSQL", postgresql, documented(table_below(errors, "PostgreSQL"), 3))
    yield from differences("Db2", db2, documented(table_below(errors, "Db2"), 3))
    yield from differences("ODBC", odbc, documented(table_below(errors, "ODBC"), 3))
    yield from differences("SQLite", sqlite, documented(table_below(errors, "SQLite"), 4))
    explained = {code for row in table_below(errors, "Classes") for code in code_words(row[2])}
    defined = error_codes((root / "core/include/millrace/data/data_error.hpp").read_text(encoding="utf-8"))
    yield from (f"error code {code} is in the header or below \"Classes\" of docs/errors.md, but not in both" for code in sorted(explained ^ defined))


def main(root):
    found = list(check(pathlib.Path(root)))
    print("\n".join(found) if found else "docs/errors.md agrees with the code")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
