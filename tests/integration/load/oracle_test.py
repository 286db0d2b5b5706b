"""What Millrace makes of a file is what psql's \\copy makes of it, row for row.

The one stated difference, a line that is \\., has a test of its own. tests/data/csv holds the small files; its manifest.json says of each:
    columns          the table; `loaded` names the columns that the file has when it is not all of them
    delimiter, quote, null, header     options of both commands
    rejects          record -> code (of five characters: SQLSTATE): psql refuses the record, Millrace rejects it
    narrower         record -> code: PostgreSQL takes the record, Millrace rejects it, as docs/types.md says
    fatal            both refuse the whole file; Millrace's message contains this
    psql_skips_bytes what psql must not see (a byte-order mark)
    sqlite           the type of column v on SQLite, or null: the type does not exist there; sqlite_rejects: records that only SQLite refuses
    prepare          SQL to run before the table is created
"""

import csv
import decimal
import json
import os
import random
import re
import unittest

import support
from support import Postgres, Sqlite, in_parallel, run_millrace, write

DATA = support.REPOSITORY / "tests/data/csv"
FLIGHTS = support.SHARED / "data/nycflights13"


def sql_text(text):
    return "E'" + text.replace("\\", "\\\\").replace("'", "''").replace("\t", "\\t") + "'"


def psql_copy(table, path, options=()):
    """A \\copy that is read by psql; `options` are those of COPY."""
    return f"\\copy {table} from '{path}' with ({', '.join(('format csv', *options))})"


def psql_errors(postgres, commands):
    """Runs \\copy commands in one psql: name -> what it said on standard error, empty when the copy succeeded."""
    _, messages = postgres.script("".join(f"\\warn @@{name}\n{command}\n" for name, command in commands.items()))
    parts = (part.partition("\n") for part in messages.split("@@")[1:])
    errors = {name: message for name, _, message in parts}
    assert errors.keys() == commands.keys(), messages
    return errors


def split_records(content, quote):
    """The records of an input whose lines end with a line feed; that one included."""
    records, begin, inside = [], 0, False
    for at, byte in enumerate(content):
        inside ^= byte == ord(quote)
        if byte == 0x0A and not inside:
            records.append(content[begin:at + 1])
            begin = at + 1
    return records + ([content[begin:]] if begin < len(content) else [])


def difference(postgres, expected, actual):
    """The rows that two tables do not share, for people; empty when they are equal. Rows are compared as the server writes them."""
    def side(label, one, other):
        return f"(SELECT '{label}  ' || left(r, 300) FROM (SELECT t::text r FROM {one} t EXCEPT ALL SELECT t::text FROM {other} t) x LIMIT 5)"
    return postgres.sql(f"{side('psql     only', expected, actual)} UNION ALL {side('millrace only', actual, expected)}")


class PostgresTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres("oracle")
        cls.addClassCleanup(cls.postgres.close)

    def load(self, path, table, *options):
        return run_millrace("load", path, "--to", self.postgres.url, "--table", table, *options)

    def assert_same_rows(self, expected, actual, context=""):
        counts = self.postgres.count(expected), self.postgres.count(actual)
        rows = difference(self.postgres, expected, actual)
        self.assertTrue(counts[0] == counts[1] and not rows, f"{context}\npsql has {counts[0]} rows, millrace {counts[1]}\n{rows}")


class Flights(PostgresTest):
    """Four real files."""

    TABLES = {
        "airlines": "carrier varchar(2) PRIMARY KEY, name text NOT NULL",
        "airports": "faa char(3), name text, lat numeric(10,7), lon double precision, alt integer, tz smallint, dst char(1), tzone varchar(40)",
        "planes": "tailnum text PRIMARY KEY, year smallint, type text, manufacturer text, model text, engines smallint, seats smallint, speed int, engine text",
        "weather": "origin char(3), year int, month int, day int, hour int, temp double precision, dewp double precision, humid numeric, wind_dir int, "
                   "wind_speed double precision, wind_gust real, precip numeric(6,2), pressure numeric(6,1), visib numeric, time_hour timestamptz",
    }

    def test_tables_equal_what_psql_makes_of_the_files(self):
        for name, columns in self.TABLES.items():
            with self.subTest(name):
                path = flights(name)
                self.postgres.sql(f"CREATE TABLE {name} ({columns}); CREATE TABLE {name}_psql ({columns});\n"
                                  + psql_copy(f"{name}_psql", path, ("header", "null 'NA'")))
                run = self.load(path, name, "--null", "NA", "--unit-bytes", "200000", "--batch-rows", "999")
                self.assertEqual(run.status, 0, run)
                self.assert_same_rows(f"{name}_psql", name)
                self.assertEqual(run.report["target_rows"], self.postgres.count(f"{name}_psql"))


class FlightsOnSqlite(unittest.TestCase):
    # The types of the columns, and what Python makes of their texts.
    TABLES = {
        "airlines": {"carrier": "text", "name": "text"},
        "airports": {"faa": "text", "name": "text", "lat": "double", "lon": "double", "alt": "integer", "tz": "smallint", "dst": "char(1)", "tzone": "varchar(40)"},
        "planes": {"tailnum": "text", "year": "integer", "type": "text", "manufacturer": "text", "model": "text", "engines": "integer", "seats": "integer",
                   "speed": "integer", "engine": "text"},
        "weather": {"origin": "text", "year": "bigint", "month": "integer", "day": "integer", "hour": "integer", "temp": "double", "dewp": "double", "humid": "double",
                    "wind_dir": "integer", "wind_speed": "double", "wind_gust": "double", "precip": "double", "pressure": "double", "visib": "double",
                    "time_hour": "timestamp"},
    }

    @staticmethod
    def value(text, declared):
        if text == "NA":
            return None
        if declared == "double":
            return float(text)
        if declared == "timestamp":
            return text.replace("T", " ").removesuffix("Z")
        return int(text) if "int" in declared else text

    def test_tables_equal_what_python_reads(self):
        sqlite = Sqlite("flights")
        self.addCleanup(sqlite.close)
        for name, columns in self.TABLES.items():
            with self.subTest(name):
                path = flights(name)
                sqlite.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
                run = run_millrace("load", path, "--to", sqlite.url, "--table", name, "--null", "NA", "--unit-bytes", "300000")
                self.assertEqual(run.status, 0, run)
                with open(path, newline="", encoding="utf-8") as file:
                    records = list(csv.reader(file))
                self.assertEqual(records[0], list(columns))
                expected = [tuple(self.value(text, t) for text, t in zip(record, columns.values())) for record in records[1:]]
                actual = sqlite.rows(f"SELECT * FROM {name} ORDER BY rowid")
                # Units commit in the order in which they are decoded, so rows have none.
                self.assertEqual(sorted(map(repr, expected)), sorted(map(repr, actual)))


def flights(name):
    path = FLIGHTS / f"{name}.csv"
    if not path.exists():
        message = f"{path} is missing; MILLRACE_SHARED names the folder that holds data/nycflights13"
        if os.environ.get("CI") == "true":
            raise AssertionError(message)
        print(f"\nSKIPPED: {message}", file=support.sys.stderr)
        raise unittest.SkipTest(message)
    return path


class Case:
    """A file of the manifest."""

    def __init__(self, number, entry):
        self.number = number
        self.entry = entry
        self.file = entry["file"]
        self.path = DATA / self.file
        self.columns = entry["columns"]
        self.rejects = entry.get("rejects", {})
        self.narrower = entry.get("narrower", {})
        self.sqlite_rejects = entry.get("sqlite_rejects", {})
        self.expected, self.actual = f"expected_{number}", f"actual_{number}"
        self.quote = entry.get("quote", '"')
        self.header = entry.get("header", True)

    def create_tables(self):
        return f"{self.entry.get('prepare', '')};" + "".join(f"CREATE TABLE {t} ({', '.join(self.columns)});" for t in (self.expected, self.actual, f"single_{self.number}"))

    def copy_options(self):
        options = [f"{name} {sql_text(self.entry[name])}" for name in ("delimiter", "quote", "null") if name in self.entry]
        return options + ["header"] * self.header

    def options(self):
        options = [word for name in ("delimiter", "quote", "null") if name in self.entry for word in (f"--{name}", self.entry[name].replace("\\", "\\\\") if name != "null" else self.entry[name])]
        return options + ["--no-header"] * (not self.header) + ["--max-rejects", "100%"]

    def table(self, name):
        return name + (f" ({', '.join(self.entry['loaded'])})" if "loaded" in self.entry else "")

    def without(self, records):
        """The file without these records, for psql."""
        content = self.path.read_bytes()[self.entry.get("psql_skips_bytes", 0):]
        if records:
            lines = split_records(content, self.quote)
            content = b"".join(line for number, line in enumerate(lines) if number == 0 or str(number) not in records)
        return write(f"psql_{self.number}_{len(records)}.csv", content)

    def single(self, record):
        """The file with this record only, for psql."""
        lines = split_records(self.path.read_bytes(), self.quote)
        return write(f"psql_{self.number}_only_{record}.csv", lines[0] + lines[int(record)])


def load_cases():
    return [Case(number, entry) for number, entry in enumerate(json.loads((DATA / "manifest.json").read_text()))]


def compare_rejects(run, expected):
    """What is wrong with a run's rejects; empty when nothing."""
    actual = {str(line["record"]): line for line in run.rejects()}
    wrong = []
    for record in sorted({*actual, *expected}, key=int):
        line, code = actual.get(record), expected.get(record)
        found = line and (line["sqlstate"] if code and re.fullmatch("[0-9A-Z]{5}", code) else line["code"])
        if found != code:
            wrong.append(f"record {record}: expected {code or 'to be accepted'}, got {found or 'accepted'}" + (f" ({line['reason']}; {line['raw']!r})" if line and "raw" in line else ""))
    return "\n".join(wrong)


class SmallFiles(PostgresTest):
    """tests/data/csv, on PostgreSQL and, where the types exist there, on SQLite."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cases = load_cases()
        cls.postgres.sql("".join(c.create_tables() + "\n" for c in cls.cases))
        copies = {}
        for case in cls.cases:
            copies[case.file] = psql_copy(case.table(case.expected), case.without({**case.rejects, **case.narrower}), case.copy_options())
            for record in (*case.rejects, *case.narrower):
                copies[f"{case.file}/{record}"] = psql_copy(case.table(f"single_{case.number}"), case.single(record), case.copy_options())
        cls.psql_errors = psql_errors(cls.postgres, copies)
        cls.runs = dict(zip([c.file for c in cls.cases], in_parallel(cls.run_case, cls.cases)))

    @classmethod
    def run_case(cls, case):
        return run_millrace("load", case.path, "--to", cls.postgres.url, "--table", case.actual, "--reject-file", f"{case.file}.rejects", *case.options())

    def test_every_file_is_in_the_manifest(self):
        self.assertEqual(sorted(c.file for c in self.cases), sorted(p.name for p in DATA.glob("*.csv")))

    def test_psql_and_the_manifest_agree(self):
        for case in self.cases:
            with self.subTest(case.file):
                self.assertEqual(bool(self.psql_errors[case.file]), "fatal" in case.entry, self.psql_errors[case.file])
                accepted = [record for record in case.rejects if not self.psql_errors[f"{case.file}/{record}"]]
                refused = [record for record in case.narrower if self.psql_errors[f"{case.file}/{record}"]]
                self.assertEqual((accepted, refused), ([], []), "records that psql takes although they are listed as rejects, and the other way round")

    def test_files_that_psql_refuses_are_refused(self):
        for case in self.cases:
            if "fatal" in case.entry:
                with self.subTest(case.file):
                    run = self.runs[case.file]
                    self.assertEqual(run.status, 1, run)
                    self.assertIn(case.entry["fatal"], run.stderr)
                    self.assertEqual(self.postgres.count(case.actual), 0)

    def test_rows_and_rejects(self):
        for case in self.cases:
            if "fatal" not in case.entry:
                with self.subTest(case.file):
                    run = self.runs[case.file]
                    rejects = {**case.rejects, **case.narrower}
                    self.assertEqual(run.status, 2 if rejects else 0, run)
                    wrong = compare_rejects(run, rejects)
                    self.assertFalse(wrong, f"{case.entry}\n{wrong}")
                    self.assert_same_rows(case.expected, case.actual, case.entry)
                    self.assertEqual(run.counts["read"], run.counts["accepted"] + run.counts["rejected"])
                    self.assertEqual(run.counts["accepted"], self.postgres.count(case.actual))

    def test_sqlite_holds_the_same(self):
        sqlite = Sqlite("oracle")
        self.addCleanup(sqlite.close)
        for case in self.cases:
            if "fatal" in case.entry or case.entry.get("sqlite", "") is None:
                continue
            with self.subTest(case.file):
                columns = list(case.columns)
                if "sqlite" in case.entry:
                    columns[1] = f"v {case.entry['sqlite']}"
                sqlite.execute(f"CREATE TABLE {case.actual} ({', '.join(columns)})")
                run = run_millrace("load", case.path, "--to", sqlite.url, "--table", case.actual, *case.options(), "--reject-file", f"{case.file}.sqlite.rejects")
                rejects = {**case.rejects, **case.narrower, **case.sqlite_rejects}
                self.assertEqual(run.status, 2 if rejects else 0, run)
                wrong = compare_rejects(run, rejects)
                self.assertFalse(wrong, f"{case.entry}\n{wrong}")
                self.assertEqual(*self.rows_on_both(case, sqlite))

    def rows_on_both(self, case, sqlite):
        """Rows as psql loaded them, and those on SQLite, both in the form that docs/types.md gives values on SQLite."""
        names = ", ".join(c[:c.rindex('"') + 1] if c.startswith('"') else c.split()[0] for c in case.columns)
        texts = ", ".join(f"{n}::text" for n in re.findall(r'"(?:[^"]|"")+"|[^, ]+', names))
        skipped = f" WHERE id NOT IN ({', '.join(case.sqlite_rejects)})" if case.sqlite_rejects else ""
        kinds = [re.sub(r'^("(?:[^"]|"")*"|\S+) ', "", c) for c in case.columns]
        expected = [tuple(as_sqlite(v, k) for v, k in zip(row, kinds)) for row in self.postgres.rows(f"SELECT {texts} FROM {case.expected}{skipped}")]
        actual = [tuple(comparable(v, k) for v, k in zip(row, kinds)) for row in sqlite.rows(f"SELECT {names} FROM {case.actual} ORDER BY rowid")]
        return expected, actual


def as_sqlite(text, kind):
    """PostgreSQL's text of a value as the value that SQLite should hold."""
    if text is None:
        return None
    if "int" in kind:
        return int(text)
    if kind == "boolean":
        return int(text == "true")
    if kind.startswith("double"):
        return float(text)
    if kind == "timestamptz":
        return text + ":00"  # the form that SQLite's date functions know
    if kind.startswith("numeric"):
        return decimal.Decimal(text)
    if kind == "bytea":
        return bytes.fromhex(text.removeprefix("\\x"))
    return text


def comparable(value, kind):
    if value is None:
        return None
    if kind.startswith("numeric"):
        return decimal.Decimal(str(value))
    return value.rstrip(" ") if kind.startswith("char(") else value  # PostgreSQL's cast to text cuts what it padded


class Large(PostgresTest):
    """Files that are made here."""

    def assert_same(self, name, columns, content, *options, copy_options=()):
        path = write(f"{name}.csv", content)
        self.postgres.sql(f"CREATE TABLE {name} ({columns}); CREATE TABLE {name}_psql ({columns});\n" + psql_copy(f"{name}_psql", path, ("header", *copy_options)))
        run = self.load(path, name, *options)
        self.assertEqual(run.status, 0, run)
        self.assert_same_rows(f"{name}_psql", name)
        return run

    def test_a_field_of_five_mebibytes(self):
        long = "0123456789abcde," * (5 << 16)
        quoted = 'say ""hi"",\r\n' * (5 << 16)
        self.assert_same("long_field", "a text, b int", f'a,b\nx,1\n"{long}",2\n"{quoted}",3\ny,4\n', "--unit-bytes", "100000")

    def test_1600_columns(self):
        names = [f"c{i}" for i in range(1600)]
        rows = [",".join(str(row * i % 7919) if (row + i) % 5 else "" for i in range(1600)) for row in range(40)]
        content = "\n".join([",".join(names), *rows]) + "\n"
        run = self.assert_same("wide", ", ".join(f"{n} smallint" for n in names), content, "--batch-rows", "7")
        self.assertEqual(run.counts["inserted"], 40)

    def test_quotes_across_every_boundary(self):
        # Records of every length up to a few blocks of the scanner, cut into units of a few bytes.
        rows = [str(i) + ',"' + "x" * (i % 130) + '""' * (i % 3) + "," + "\n" * (i % 4) + '"' for i in range(1500)]
        self.assert_same("boundaries", "a int, b text", "a,b\n" + "\n".join(rows), "--unit-bytes", "97", "--writers", "3", "--batch-rows", "3")

    def test_every_byte_of_latin_1(self):
        text = bytes(b for b in range(1, 256) if b not in b'\n\r",').decode("latin-1")
        path = write("latin1.csv", f"a,b\n{text},1\n".encode("latin-1"))
        self.postgres.sql("CREATE TABLE latin1 (a text, b int); CREATE TABLE latin1_psql (a text, b int);\n" + psql_copy("latin1_psql", path, ("header", "encoding 'LATIN1'")))
        run = self.load(path, "latin1", "--encoding", "LATIN1")
        self.assertEqual(run.status, 0, run)
        self.assert_same_rows("latin1_psql", "latin1")


class Statements(PostgresTest):
    """Differences from PostgreSQL 15 that are on purpose."""

    def test_a_backslash_and_a_point_are_data(self):
        self.postgres.sql("CREATE TABLE marker (a text)")
        run = self.load(write("marker.csv", 'a\nx\n\\.\ny\n"\\."\n'), "marker")
        self.assertEqual(run.status, 0, run)
        self.assertEqual(self.postgres.rows("SELECT a FROM marker"), [("x",), ("\\.",), ("y",), ("\\.",)])

    def test_several_null_texts(self):
        self.postgres.sql("CREATE TABLE several_nulls (a text, b int)")
        run = self.load(write("several_nulls.csv", 'a,b\nNA,1\n-,2\n,NA\n"-",-\n'), "several_nulls", "--null", "NA", "--null", "-")
        self.assertEqual(run.status, 0, run)
        self.assertEqual(self.postgres.rows("SELECT a, b FROM several_nulls"), [(None, "1"), (None, "2"), ("", None), ("-", None)])

    def test_a_file_without_its_header_is_refused(self):
        self.postgres.sql("CREATE TABLE no_header (a text)")
        run = self.load(write("nothing.csv", ""), "no_header")
        self.assertEqual(run.status, 1, run)
        self.assertIn("header", run.stderr)

    def test_a_header_that_does_not_fit_the_table_is_refused(self):
        self.postgres.sql("CREATE TABLE other_header (a text, b text)")
        for header, named in (("a,c", '"c"'), ("a,A", '"a"'), ("a,b,", "column")):
            with self.subTest(header):
                run = self.load(write("other_header.csv", f"{header}\nx,y\n"), "other_header")
                self.assertEqual(run.status, 1, run)
                self.assertIn(named, run.stderr)
        self.assertEqual(self.postgres.count("other_header"), 0)

    def test_an_offset_for_timestamps_that_name_none(self):
        self.postgres.sql("CREATE TABLE offsets (a timestamptz, b timestamp)")
        run = self.load(write("offsets.csv", "a,b\n2024-01-01 00:00,2024-01-01 00:00\n2024-01-01 00:00Z,2024-01-01 00:00+09\n"), "offsets", "--time-zone", "+05:30")
        self.assertEqual(run.status, 0, run)
        self.assertEqual(self.postgres.rows("SELECT a::text, b::text FROM offsets"),
                         [("2023-12-31 18:30:00+00", "2024-01-01 00:00:00"), ("2024-01-01 00:00:00+00", "2024-01-01 00:00:00")])


class RandomFiles(PostgresTest):
    """Small files of nasty pieces: psql and Millrace take the same ones, and make the same rows of them."""

    SEED = int(os.environ.get("MILLRACE_SEED", "20240229"))
    COUNT = int(os.environ.get("MILLRACE_RANDOM_FILES", "240"))
    # No line `\.`: that one is a stated difference. No NUL: psql drops the rest of its line.
    TEXTS = ["", "x", '""', '"a"', '"a""b"', '"a,b"', '"\n"', '"\r\n"', '"\r"', "NULL", '"NULL"', " ", '" "', "é", "😀", "\\", '"\\"', "a\"b\"c", '"a"b"c,"', "\t", "'",
             "x" * 70, '"' + "y,\n" * 30 + '"', '"""', "\\N", "a\\.", '"\\n"', '"","']
    NUMBERS = ["", "0", "-1", "+5", " 7 ", '"8"', "2147483647", "007", '1"2"']
    BAD_NUMBERS = ["x", "1.0", '""', "2147483648", "1 2", '" "', "0x1"]

    def make(self, generator):
        """One file: its bytes and whether it has a header."""
        end = generator.choice(["\n", "\n", "\r\n", "\r"])
        header = generator.random() < 0.5
        quoting = generator.random() < 0.15  # texts may come unbalanced
        texts = self.TEXTS if quoting else [t for t in self.TEXTS if t.count('"') % 2 == 0]
        bad = generator.random() < 0.15
        lines = []
        for _ in range(generator.choice([0, 1, 1, 2, 3, 5, 8, 20])):
            fields = [generator.choice(texts), generator.choice(texts), generator.choice(self.NUMBERS + self.BAD_NUMBERS * (bad and generator.random() < 0.3))]
            if bad and generator.random() < 0.1:
                fields = generator.choice([fields[:2], fields + [""], [""]])
            lines.append(",".join(fields))
        if header:
            lines.insert(0, "a,b,c")
        text = end.join(lines) + (end if lines and generator.random() < 0.7 else "")
        if not lines or (not header and text == end):
            text = ""
        if len(lines) > header and generator.random() < 0.05:  # COPY does not look into the header, Millrace does
            text += generator.choice(["\n", "\r", "\r\n", '"', ","])
        content = text.encode()
        if generator.random() < 0.03:
            at = generator.randrange(len(content) + 1)
            content = content[:at] + generator.choice([b"\xff", b"\xc3", b"\xe2\x82"]) + content[at:]
        return content, header

    def test_the_same_files_and_the_same_rows(self):
        generator = random.Random(self.SEED)
        files = []
        while len(files) < self.COUNT:
            content, header = self.make(generator)
            if header and not content:
                continue
            sizes = ["--unit-bytes", str(generator.choice([1, 20, 100, 8 << 20])), "--batch-rows", str(generator.choice([1, 2, 5000])), "--writers", str(generator.choice([1, 2]))]
            files.append((write(f"random_{len(files)}.csv", content), header, sizes))
        numbers = range(self.COUNT)
        self.postgres.sql("".join(f"CREATE TABLE e{i} (a text, b text, c int); CREATE TABLE a{i} (a text, b text, c int);" for i in numbers))
        errors = psql_errors(self.postgres, {str(i): psql_copy(f"e{i}", files[i][0], ["header"] * files[i][1]) for i in numbers})
        psql_takes = [not errors[str(i)] for i in numbers]
        runs = in_parallel(lambda i: self.load(files[i][0], f"a{i}", *files[i][2], "--reject-file", f"random_{i}.rejects", *(() if files[i][1] else ("--no-header",))), numbers)
        self.assertGreater(sum(psql_takes), self.COUNT // 4, "the generator makes too few good files")
        self.assertGreater(self.COUNT - sum(psql_takes), self.COUNT // 20, "the generator makes too few bad files")

        taken = [i for i in numbers if psql_takes[i]]
        union = " UNION ALL ".join(f"(SELECT {i} FROM (TABLE e{i} EXCEPT ALL TABLE a{i}) x LIMIT 1) UNION ALL (SELECT {i} FROM (TABLE a{i} EXCEPT ALL TABLE e{i}) x LIMIT 1)" for i in taken)
        different = {int(line) for line in self.postgres.sql(union).split()}
        for i in numbers:
            with self.subTest(file=i, seed=self.SEED):
                context = f"{files[i][0].read_bytes()!r} header={files[i][1]}\n{runs[i]}"
                self.assertEqual(runs[i].status == 0, psql_takes[i], f"psql {'takes' if psql_takes[i] else 'refuses'} this file: {context}")
                if i in different:
                    self.fail(f"{context}\n{difference(self.postgres, f'e{i}', f'a{i}')}")


if __name__ == "__main__":
    support.main()
