"""The tables of a Markdown document, for the checks that compare documents with the code."""
import re


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def code_words(cell):
    """What stands in backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def tables(text):
    """Every table as (heading above it, names of its columns, its rows)."""
    found, heading, lines = [], "", text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("#"):
            heading = line.lstrip("#").strip()
        if line.startswith("|") and number + 1 < len(lines) and re.match(r"^\|[-| :]+\|$", lines[number + 1]):
            rows = []
            for row in lines[number + 2:]:
                if not row.startswith("|"):
                    break
                rows.append(cells(row))
            found.append((heading, cells(line), rows))
    return found


def table_below(text, heading):
    """The rows of the only table below a heading."""
    rows = [table[2] for table in tables(text) if table[0] == heading]
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} tables below the heading '{heading}', expected 1")
    return rows[0]
