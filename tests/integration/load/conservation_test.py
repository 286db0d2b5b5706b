"""No row is lost, none is made up: what is read is in the table, or in the reject file, or was superseded by a row of the same key."""

import decimal
import gzip
import itertools
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

import support
from support import Postgres, Sqlite, in_parallel, run_millrace, workspace, write

names = itertools.count(1)


def amount(i):
    """Exact in cents, of both signs."""
    return f"{(i * 7919 % 200003 - 100001) / 100:.2f}"


def record(i, width=0):
    text = f"{i},{amount(i)},n{i}"
    return text + "x" * (width - len(text) - 1)


def content(records, header="id,amount,name", final_newline=True):
    text = "\n".join([header, *records] if header else records)
    return text + "\n" * (final_newline and text != "")


class Conservation:
    """The tests; a subclass for each backend runs them."""

    COLUMNS = "id integer PRIMARY KEY, amount decimal(12,2), name text"

    @classmethod
    def setUpClass(cls):
        cls.database = cls.open_database()
        cls.addClassCleanup(cls.database.close)

    # ---- helpers

    def table(self, columns=COLUMNS):
        name = f"t{next(names)}"
        self.database.execute(f"CREATE TABLE {name} ({columns});")
        return name

    def file(self, text, suffix=".csv"):
        return write(f"f{next(names)}{suffix}", text)

    def run_load(self, source, table, *options, status=0, stdin=b""):
        run = run_millrace("load", source, "--to", self.database.url, "--table", table, *options, stdin=stdin)
        self.assertEqual(run.status, status, run)
        return run

    def load(self, text, table, *options, status=0):
        """Loads a file with this text; its rejects are kept apart from those of other files."""
        path = self.file(text)
        return self.run_load(path, table, *([] if "--reject-file" in options else ["--reject-file", f"{path}.rejects"]), *options, status=status)

    def command(self, *args, status=0):
        run = run_millrace(*args, "--to", self.database.url)
        self.assertEqual(run.status, status, run)
        return run

    def rows(self, table):
        """{id: (amount, name)}"""
        rows = self.database.rows(f"SELECT id, amount, name FROM {table}")
        found = {int(i): (None if a is None else decimal.Decimal(str(a)), n) for i, a, n in rows}
        self.assertEqual(len(found), len(rows), "an id is there twice")
        return found

    @staticmethod
    def expected(ids):
        return {i: (decimal.Decimal(amount(i)), f"n{i}") for i in ids}

    def assert_rows(self, table, expected, context=None):
        actual = self.rows(table)
        if actual != expected:
            missing, surplus = sorted(expected.keys() - actual.keys()), sorted(actual.keys() - expected.keys())
            different = [(i, expected[i], actual[i]) for i in expected.keys() & actual.keys() if expected[i] != actual[i]]
            self.fail(f"missing {missing[:10]}, surplus {surplus[:10]}, different {different[:5]}\n{context}")

    def assert_counts(self, run, **expected):
        counts = run.counts
        self.assertEqual(counts["read"], counts["accepted"] + counts["rejected"], run)
        if run.report["mode"] == "merge" and run.report["state"] == "published":
            self.assertEqual(counts["accepted"] - counts["duplicates"], counts["inserted"] + counts["updated"] + counts["unchanged"], run)
        self.assertEqual({name: counts[name] for name in expected}, expected, run)
        self.assertTrue(run.report["reconciled"] or run.report["state"] != "published", run)

    def staging_tables(self, table):
        return [t for t in self.tables() if t.startswith(f"{table}_stg")]

    # ---- boundaries

    def test_row_counts_around_every_boundary(self):
        # Records of 16 bytes: a unit of 160 bytes ends with every tenth record.
        cases = [(("--batch-rows", batch), rows) for batch, counts in {1: (0, 1, 2), 7: (6, 7, 8, 13, 14, 15), 5000: (4999, 5000, 5001)}.items() for rows in counts]
        cases += [(("--unit-bytes", size), rows) for size, counts in {1: (1, 2, 3), 160: (9, 10, 11, 20, 21), 4096: (255, 256, 257)}.items() for rows in counts]
        tables = []
        for (option, value), rows in cases:
            for final_newline in (True, False):
                tables.append((self.table("id integer, amount decimal(12,2), name text"), (option, value), rows, final_newline))

        def load(case):
            table, options, rows, final_newline = case
            text = content([record(i, width=16) for i in range(1, rows + 1)], final_newline=final_newline)
            return self.load(text, table, *options)

        for (table, options, rows, final_newline), run in zip(tables, self.in_turn(load, tables)):
            with self.subTest(options=options, rows=rows, final_newline=final_newline):
                self.assert_counts(run, read=rows, accepted=rows, inserted=rows, rejected=0)
                self.assertEqual(run.report["target_rows"], rows)
                actual = self.database.rows(f"SELECT count(*), count(DISTINCT id), coalesce(sum(id), 0), coalesce(sum(CAST(round(amount * 100) AS bigint)), 0) FROM {table}")[0]
                cents = sum(int(decimal.Decimal(amount(i)) * 100) for i in range(1, rows + 1))
                self.assertEqual(tuple(map(int, actual)), (rows, rows, rows * (rows + 1) // 2, cents))
                if options == ("--unit-bytes", 160):
                    self.assertEqual(run.report["units"], -(-rows // 10))

    def test_file_sizes_around_the_blocks_of_the_scanner_and_the_reader(self):
        # Of one record to the file's end, so that its last byte lies on every side of the boundary; the file ends inside quotes' end too.
        cases = [(size, quoted, self.table("v text")) for block in (64, 128, 4096, 8192, 256 << 10) for size in (block - 1, block, block + 1) for quoted in (False, True)]

        def load(case):
            size, quoted, table = case
            text = "v\n1\n" + ('"' + "y" * (size - 6) + '"' if quoted else "y" * (size - 4))
            self.assertEqual(len(text), size)
            return self.load(text, table, "--unit-bytes", "4096" if size < 9000 else "262144")

        for (size, quoted, table), run in zip(cases, self.in_turn(load, cases)):
            with self.subTest(size=size, quoted=quoted):
                self.assert_counts(run, read=2)
                self.assertEqual([(int(n), int(d)) for n, d in self.database.rows(f"SELECT length(v), length(replace(v, 'y', '')) FROM {table} ORDER BY 1")], [(1, 1), (size - (6 if quoted else 4), 0)])

    def test_more_writers_than_units_and_the_other_way_round(self):
        for writers, unit_bytes in ((1, 50), (4, 50), (8, 1 << 20)):
            with self.subTest(writers=writers, unit_bytes=unit_bytes):
                table = self.table()
                run = self.load(content(map(record, range(1, 301))), table, "--writers", writers, "--unit-bytes", unit_bytes)
                self.assert_counts(run, read=300, inserted=300)
                self.assertEqual(sum(w["rows"] for w in run.report["writers"]), 300)
                self.assertEqual(sum(w["units"] for w in run.report["writers"]), run.report["units"])
                self.assert_rows(table, self.expected(range(1, 301)))

    # ---- modes

    def nasty(self, rows=1000):
        """A file with duplicates and bad records: its text, the rows that a merge leaves, and the counts."""
        records, kept, bad = [], {}, 0
        for i in range(1, rows + 1):
            if i % 17 == 0:
                records.append(("x,1.00,bad", f"{i},oops,bad", f"{i}", f"{i},1.00,a,b")[i // 17 % 4])
                bad += 1
                continue
            key = i - 5 if i % 10 == 0 else i
            records.append(f"{key},{amount(i)},n{i}")
            kept[key] = (decimal.Decimal(amount(i)), f"n{i}")
        return content(records), kept, {"read": rows, "rejected": bad, "accepted": rows - bad, "duplicates": rows - bad - len(kept)}

    def test_merge_keeps_the_last_row_of_each_key(self):
        text, kept, counts = self.nasty()
        for options in (("--unit-bytes", "200", "--batch-rows", "3"), ("--writers", "4", "--unit-bytes", "1000"), ("--staging", f"permanent_{next(names)}", "--unit-bytes", "3000")):
            with self.subTest(options=options):
                table = self.table()
                run = self.load(text, table, "--mode", "merge", "--max-rejects", "100", *options, status=2)
                self.assert_counts(run, staged=counts["accepted"], inserted=len(kept), updated=0, unchanged=0, **counts)
                self.assertEqual(run.report["target_rows"], len(kept))
                self.assert_rows(table, kept, run)
                self.assertEqual([line["record"] for line in run.rejects()], list(range(17, 1001, 17)))
                again = self.load(text, table, "--mode", "merge", "--max-rejects", "100", *options, status=2)
                self.assert_counts(again, inserted=0, updated=0, unchanged=len(kept), **counts)
                self.assert_rows(table, kept, again)

    def test_merge_counts_what_it_changes(self):
        table = self.table()
        self.load(content(map(record, range(1, 101))), table)
        records = [record(i) for i in range(51, 91)] + [f"{i},,changed" for i in range(91, 101)] + [record(i) for i in range(101, 131)]
        run = self.load(content(records), table, "--mode", "merge", "--unit-bytes", "300")
        self.assert_counts(run, read=80, inserted=30, updated=10, unchanged=40, duplicates=0, deleted=0)
        self.assertEqual(run.report["target_rows"], 130)
        self.assert_rows(table, {**self.expected(range(1, 131)), **{i: (None, "changed") for i in range(91, 101)}})

    def test_merge_rejects_null_keys(self):
        table = self.table()
        run = self.load("id,amount,name\n1,1.00,a\n,2.00,b\n3,3.00,c\n", table, "--key", "id", "--max-rejects", "1", status=2)
        self.assert_counts(run, read=3, rejected=1, inserted=2)
        self.assertEqual([(line["record"], line["line"], line["code"]) for line in run.rejects()], [(2, 3, "null_in_key")])

    def test_merge_by_two_columns(self):
        table = self.table("a integer NOT NULL, b varchar(5) NOT NULL, v text, UNIQUE (b, a)")
        run = self.load("a,b,v\n1,x,1\n1,y,2\n2,x,3\n1,x,4\n", table, "--key", "a,b")
        self.assert_counts(run, read=4, duplicates=1, inserted=3)
        self.assertEqual(self.database.value(f"SELECT v FROM {table} WHERE a = 1 AND b = 'x'"), "4")

    def test_append_keeps_what_is_there(self):
        for options in ((), ("--atomic",), ("--atomic", "--staging", f"permanent_{next(names)}")):
            with self.subTest(options=options):
                table = self.table()
                self.load(content([record(1)]), table)
                run = self.load(content(map(record, range(2, 400))), table, "--unit-bytes", "500", *options)
                self.assert_counts(run, read=398, inserted=398, rejected=0)
                self.assertEqual(run.report["target_rows"], 399)
                self.assert_rows(table, self.expected(range(1, 400)))

    def test_append_with_rejects(self):
        records = [record(i) if i % 9 else f"{i},1e9999,bad" for i in range(1, 301)]
        for options in ((), ("--atomic",)):
            with self.subTest(options=options):
                table = self.table()
                run = self.load(content(records), table, "--max-rejects", "33", "--unit-bytes", "200", "--batch-rows", "2", *options, status=2)
                self.assert_counts(run, read=300, rejected=33, accepted=267, inserted=267)
                self.assert_rows(table, self.expected(i for i in range(1, 301) if i % 9))
                rejects = run.rejects()
                self.assertEqual([(line["record"], line["line"], line["column"], line["raw"]) for line in rejects],
                                 [(i, i + 1, "amount", f"{i},1e9999,bad") for i in range(9, 301, 9)])
                text = content(records)
                self.assertTrue(all(text[line["byte_offset"]:].startswith(line["raw"]) for line in rejects))

    def test_duplicate_keys_fail_an_atomic_append_as_a_whole(self):
        table = self.table()
        run = self.load(content([*map(record, range(1, 50)), record(7)]), table, "--atomic", "--unit-bytes", "100", status=1)
        self.assertEqual(self.database.count(table), 0)
        self.assertIn("7", run.report["error"])

    def test_keys_that_are_there_become_rejects_of_a_plain_append(self):
        table = self.table()
        self.load(content(map(record, range(1, 21))), table)
        records = [record(i) for i in range(1, 401)] + [record(400)]
        run = self.load(content(records), table, "--max-rejects", "21", "--unit-bytes", "1500", "--batch-rows", "50", status=2)
        self.assert_counts(run, read=401, rejected=21, accepted=380, inserted=380)
        self.assert_rows(table, self.expected(range(1, 401)))
        self.assertEqual({line["code"] for line in run.rejects()}, {"unique_violation"})
        self.assertEqual([line["record"] for line in run.rejects()][:20], list(range(1, 21)))

    def test_a_merge_of_nothing_but_keys(self):
        table = self.table("a integer, b varchar(5), PRIMARY KEY (a, b)")
        first = self.load("a,b\n1,x\n1,y\n1,x\n", table, "--mode", "merge")
        self.assert_counts(first, read=3, duplicates=1, inserted=2)
        second = self.load("a,b\n1,y\n2,x\n", table, "--mode", "merge")
        self.assert_counts(second, read=2, inserted=1, updated=0, unchanged=1)
        self.assertEqual(self.database.count(table), 3)

    def test_equal_values_in_other_forms_are_unchanged(self):
        table = self.table("id integer PRIMARY KEY, d double precision, t char(5), n decimal(10,2), v varchar(4), ts timestamp, e text")
        text = 'id,d,t,n,v,ts,e\n1,1e-5,a,1.005,ab,2024-01-01 24:00,""\n2,inf,,-0.001,"",,\n3,-0,"",+7,abcd,2024-01-02,x\n'
        other = 'id,d,t,n,v,ts,e\n1,0.00001,"a  ",1.01,"ab",2024-01-02T00:00:00.0000001,""\n2,Infinity,,0.00,"",,\n3,0,  ,07.0,"abcd  ",20240102,"x"\n'
        self.load(text, table, "--mode", "merge")
        self.assert_counts(self.load(text, table, "--mode", "merge"), unchanged=3, updated=0)
        if self.database.name == "postgresql":  # SQLite keeps trailing blanks of char(n)
            self.assert_counts(self.load(other, table, "--mode", "merge"), unchanged=3, updated=0)

    def test_a_row_that_a_trigger_drops_fails_the_merge(self):
        table = self.table()
        self.load(content(map(record, range(1, 11))), table)
        self.database.execute(self.dropping_trigger(table))
        run = self.load(content([*map(record, range(1, 11)), "666,0.00,dropped"]), table, "--mode", "merge", status=1)
        self.assertIn("reconciliation", run.report["error"])
        self.assert_rows(table, self.expected(range(1, 11)))

    def test_loads_at_the_same_time(self):
        table = self.table()
        runs = in_parallel(lambda part: self.load(content(map(record, range(part * 1000 + 1, part * 1000 + 1001))), table, "--mode", ("append", "merge")[part % 2], "--unit-bytes", "5000"), range(4))
        for run in runs:
            self.assert_counts(run, read=1000, inserted=1000)
        self.assert_rows(table, self.expected(range(1, 4001)))

    def test_reload_replaces_everything(self):
        for how, options in itertools.product(("swap", "direct", "delete"), ((), ("--unit-bytes", "200", "--batch-rows", "3"))):
            with self.subTest(how=how, options=options):
                table = self.table()
                self.load(content(map(record, range(1, 101))), table)
                records = [record(i) if i % 50 else "bad" for i in range(51, 301)]
                run = self.load(content(records), table, "--mode", "reload", "--reload", how, "--max-rejects", "5", *options, status=2)
                self.assert_counts(run, read=250, rejected=5, accepted=245, inserted=245, deleted=100)
                self.assertEqual(run.report["target_rows"], 245)
                self.assert_rows(table, self.expected(i for i in range(51, 301) if i % 50))
                self.assertEqual(self.staging_tables(table), [])

    def test_reload_with_duplicate_keys_leaves_the_table_as_it_was(self):
        for how in ("swap", "direct", "delete"):
            with self.subTest(how=how):
                table = self.table()
                self.load(content(map(record, range(1, 11))), table)
                self.load(content([record(20), record(21), record(20)]), table, "--mode", "reload", "--reload", how, status=1)
                self.assert_rows(table, self.expected(range(1, 11)))

    def test_an_empty_reload_needs_to_be_allowed(self):
        for how in ("swap", "direct", "delete"):
            with self.subTest(how=how):
                table = self.table()
                self.load(content(map(record, range(1, 11))), table)
                refused = self.load(content([]), table, "--mode", "reload", "--reload", how, status=1)
                self.assertIn("--allow-empty", refused.stderr)
                self.assert_rows(table, self.expected(range(1, 11)))
                run = self.load(content([]), table, "--mode", "reload", "--reload", how, "--allow-empty")
                self.assert_counts(run, read=0, inserted=0, deleted=10)
                self.assertEqual(self.database.count(table), 0)

    def test_control_totals_are_exact(self):
        table = self.table()
        cents = sum(int(decimal.Decimal(amount(i)) * 100) for i in range(1, 1001))
        run = self.load(content(map(record, range(1, 1001))), table, "--mode", "merge", "--unit-bytes", "700")
        totals = {t["column"]: (t["source"], t["server"], t["equal"]) for t in run.report["control_totals"]}
        exact = f"{decimal.Decimal(cents) / 100:.2f}"
        self.assertEqual(totals, {"id": ("500500", "500500", True), "amount": (exact, exact, True)})

    # ---- inputs

    def test_compressed_inputs(self):
        text = content(map(record, range(1, 2001))).encode()
        half = len(text) // 2
        inputs = {"gz": gzip.compress(text), "two members": gzip.compress(text[:half]) + gzip.compress(text[half:])}
        if zstd := shutil.which("zstd"):
            compress = lambda data: subprocess.run([zstd, "-q", "-c"], input=data, capture_output=True, check=True).stdout
            inputs |= {"zst": compress(text), "two frames": compress(text[:half]) + compress(text[half:])}
        else:
            print("\nSKIPPED: there is no zstd program to make its inputs", file=sys.stderr)
        for name, data in inputs.items():
            with self.subTest(name):
                table = self.table()
                # Recognized by content: the file's name says nothing.
                run = self.run_load(self.file(data, ".data"), table, "--unit-bytes", "5000")
                self.assert_counts(run, read=2000, inserted=2000)
                self.assert_rows(table, self.expected(range(1, 2001)))
            with self.subTest(f"{name}, from standard input"):
                table = self.table()
                run = self.run_load("-", table, "--mode", "merge", stdin=data)
                self.assert_counts(run, read=2000, inserted=2000)
                self.assert_rows(table, self.expected(range(1, 2001)))
            with self.subTest(f"{name}, truncated"):
                table = self.table()
                self.run_load(self.file(data[:-5], ".data"), table, "--mode", "merge", "--unit-bytes", "5000", status=1)
                self.assertEqual(self.database.count(table), 0)

    def test_standard_input(self):
        table = self.table()
        run = self.run_load("-", table, "--unit-bytes", "100", stdin=content(map(record, range(1, 101))).encode())
        self.assert_counts(run, read=100, inserted=100)
        self.assert_rows(table, self.expected(range(1, 101)))

    # ---- columns

    def test_a_file_without_header(self):
        records = [record(i) for i in range(1, 21)]
        for options in ((), ("--columns", "id,amount,name")):
            with self.subTest(options=options):
                table = self.table()
                run = self.load(content(records, header=None), table, "--no-header", *options)
                self.assert_counts(run, read=20, inserted=20)
                self.assert_rows(table, self.expected(range(1, 21)))

    def test_columns_in_another_order(self):
        table = self.table()
        self.load("n2,2.50,2\nn1,1.50,1\n", table, "--no-header", "--columns", "name,amount,id")
        self.assert_rows(table, {1: (decimal.Decimal("1.5"), "n1"), 2: (decimal.Decimal("2.5"), "n2")})

    def test_map_and_skip(self):
        for mode in ("append", "merge"):
            with self.subTest(mode=mode):
                table = self.table()
                run = self.load('NR,junk,"what, ever",amount\n1,a,x,1.50\n2,"b\n",y,2.50\n', table, "--map", "NR=id", "--map", "what, ever=name", "--skip", "junk", "--mode", mode)
                self.assert_counts(run, read=2, inserted=2)
                self.assert_rows(table, {1: (decimal.Decimal("1.5"), "x"), 2: (decimal.Decimal("2.5"), "y")})

    def test_skipped_columns_are_not_judged(self):
        table = self.table()
        run = self.load("id,amount,name\n1,not a number,x\n", table, "--skip", "amount")
        self.assert_counts(run, read=1, inserted=1, rejected=0)
        self.assert_rows(table, {1: (None, "x")})

    def test_set_columns(self):
        columns = "id integer PRIMARY KEY, v text, run varchar(50), at timestamp, source varchar(20), made varchar(20), changed varchar(20)"
        sets = ("--set", "run=:run_id", "--set", "at=now", "--set", "source=it's, \"so\"", "--set-insert", "made=yes", "--set-update", "changed=yes")
        for options in (("--mode", "append"), ("--mode", "append", "--atomic"), ("--mode", "merge"), ("--mode", "reload"), ("--mode", "reload", "--reload", "direct")):
            with self.subTest(options=options):
                table = self.table(columns)
                run = self.load("id,v\n1,a\n2,b\n", table, *options, *sets)
                self.assert_counts(run, read=2, inserted=2)
                self.assertEqual(self.database.rows(f"SELECT v, run, source, made, changed FROM {table} ORDER BY id"),
                                 [("a", run.run_id, "it's, \"so\"", "yes", None), ("b", run.run_id, "it's, \"so\"", "yes", None)])
                self.assertEqual(self.database.count(f"{table} WHERE at IS NOT NULL"), 2)
        second = self.load("id,v\n1,a\n2,B\n3,c\n", (merged := self.table_of_first_merge(columns, sets)), "--mode", "merge", *sets)
        self.assert_counts(second, inserted=1, updated=1, unchanged=1)
        self.assertEqual(self.database.rows(f"SELECT v, run = '{second.run_id}', made, changed FROM {merged} ORDER BY id"),
                         [("a", self.false, "yes", None), ("B", self.true, "yes", "yes"), ("c", self.true, "yes", None)])

    def table_of_first_merge(self, columns, sets):
        table = self.table(columns)
        self.load("id,v\n1,a\n2,b\n", table, "--mode", "merge", *sets)
        return table

    def test_columns_without_a_source_take_their_default(self):
        for mode in ("append", "merge", "reload"):
            with self.subTest(mode=mode):
                table = self.table("id integer PRIMARY KEY, v varchar(10) DEFAULT 'none', w integer NOT NULL DEFAULT 7")
                self.load("id\n1\n2\n", table, "--mode", mode)
                self.assertEqual(list(map(str, self.database.rows(f"SELECT v, w FROM {table}")[1])), ["none", "7"])

    def test_create_infers_the_types(self):
        table = f"created_{next(names)}"
        text = ("id,flag,price,ratio,day,at,code,text,void\n"
                "1,true,10.50,1e3,2024-02-29,2024-02-29 12:34:56,007,x,\n"
                '2,f,-3.25,0.5,2024-03-01,2024-03-01T00:00:00,42,"",\n'
                "3,,,,,,,,\n")
        run = self.load(text, table, "--create", "--key", "id")
        self.assert_counts(run, read=3, inserted=3)
        self.assertEqual(run.report["mode"], "merge")
        row = dict(zip(("id", "price", "day", "at", "code", "text", "void"), self.database.rows(f"SELECT id, price, day, at, code, text, void FROM {table} WHERE id = 1")[0]))
        self.assertEqual((int(row["id"]), float(row["price"]), row["day"], row["at"].replace("T", " "), row["code"], row["void"]),
                         (1, 10.5, "2024-02-29", "2024-02-29 12:34:56", "007", None))
        self.assertEqual(self.column_kinds(table), ["bigint", "boolean", "decimal", "double", "date", "timestamp", "text", "text", "text"])
        misfit = self.load("id,flag,price,ratio,day,at,code,text,void\nx,,,,,,,,\n4,,,,,,,,\n", table, "--create", "--key", "id", "--max-rejects", "1", status=2)
        self.assert_counts(misfit, read=2, rejected=1, inserted=1)

    def test_create_names_columns_as_ddl_without_quotes_does(self):
        table = f"created_{next(names)}"
        text = "Id,OrderNo,Trade Day\n1,7,a\n2,8,b\n"
        for key in ("Id", "id"):
            self.load(text, table, "--create", "--key", key)
        def rows(query):
            return [tuple(map(str, row)) for row in self.database.rows(query)]

        self.assertEqual(rows(f'SELECT id, orderno, "Trade Day" FROM {table} ORDER BY ID'), [("1", "7", "a"), ("2", "8", "b")])
        self.load("a,A b\n1,2\n", (blank := f"created_{next(names)}"), "--create", "--key", '"A b"')
        self.assertEqual(rows(f'SELECT a, "A b" FROM {blank}'), [("1", "2")])

    def test_create_reads_standard_input_once(self):
        table = f"created_{next(names)}"
        run = self.run_load("-", table, "--create", "--unit-bytes", "100", stdin=content(map(record, range(1, 501))).encode())
        self.assert_counts(run, read=500, inserted=500)
        self.assert_rows(table, self.expected(range(1, 501)))

    # ---- staging and publishing

    def test_stage_then_publish_then_publish_again(self):
        for mode, options in (("append", ("--atomic",)), ("merge", ()), ("reload", ()), ("reload", ("--reload", "delete")), ("merge", ("--staging", f"permanent_{next(names)}"))):
            with self.subTest(mode=mode, options=options):
                table = self.table()
                self.load(content([f"1,0.00,old", *map(record, range(1000, 1003))]), table)
                records = [*map(record, range(1, 201)), "bad"]
                if mode == "append":
                    records = [*map(record, range(2, 201)), "bad"]
                staged = self.load(content(records), table, "--mode", mode, "--stage-only", "--max-rejects", "1", "--unit-bytes", "300", *options, status=2)
                self.assertEqual(staged.report["state"], "loaded")
                self.assertEqual(self.database.count(table), 4)
                published = self.command("publish", staged.run_id, status=2)
                self.assertEqual(published.report["state"], "published")
                self.assert_counts(published, read=len(records), rejected=1, accepted=len(records) - 1)
                rows = self.expected(range(1, 201))
                if mode != "reload":
                    rows |= self.expected(range(1000, 1003))
                if mode == "append":
                    rows[1] = (decimal.Decimal(0), "old")
                self.assert_rows(table, rows, published)
                again = self.command("publish", staged.run_id)
                self.assertEqual(again.counts, published.counts)
                self.assert_rows(table, rows, again)
                discarded = self.command("discard", staged.run_id)  # nothing is left to remove, and nothing is taken back
                self.assertIn("removed: 0", discarded.stdout)
                self.assert_rows(table, rows, again)
                shown = self.command("show", staged.run_id)
                self.assertEqual(shown.report["report"]["counts"], published.counts)
                self.assertEqual(self.staging_tables(table), [])

    def test_discard_removes_what_keep_staging_kept(self):
        table = self.table()
        kept = self.load(content(map(record, range(1, 101))), table, "--mode", "merge", "--keep-staging")
        self.assertEqual(len(self.staging_tables(table)), 1)
        self.assertIn("removed: 100", self.command("discard", kept.run_id).stdout)
        self.assertEqual(self.staging_tables(table), [])
        self.assertEqual(self.database.count(table), 100)
        self.command("publish", kept.run_id)  # still published

    def test_discarded_rows_are_gone(self):
        for options in ((), ("--staging", f"permanent_{next(names)}")):
            with self.subTest(options=options):
                table = self.table()
                staged = self.load(content(map(record, range(1, 101))), table, "--mode", "merge", "--stage-only", *options)
                discarded = self.command("discard", staged.run_id)
                self.assertIn("100", discarded.stdout)
                self.command("publish", staged.run_id, status=1)
                self.assertEqual(self.database.count(table), 0)
                self.assertEqual(self.staging_tables(table), [])
                if options:
                    self.assertEqual(self.database.count(options[1]), 0)

    def test_a_permanent_staging_table_serves_several_runs(self):
        permanent = f"permanent_{next(names)}"
        table = self.table()
        first = self.load(content(map(record, range(1, 51))), table, "--mode", "merge", "--staging", permanent, "--stage-only")
        second = self.load(content(map(record, range(51, 101))), table, "--mode", "merge", "--staging", permanent, "--keep-staging")
        self.assert_counts(second, read=50, staged=50, inserted=50)
        self.assert_rows(table, self.expected(range(51, 101)))
        self.assertEqual(self.database.count(permanent), 100)
        published = self.command("publish", first.run_id)
        self.assert_counts(published, staged=50, inserted=50)
        self.assert_rows(table, self.expected(range(1, 101)))
        self.assertEqual({r for r, in self.database.rows(f"SELECT run_id FROM {permanent}")}, {second.run_id})

    def test_a_corrupted_staging_table_is_not_published(self):
        for statement in ("UPDATE {} SET amount = amount + 1 WHERE id = 7", "DELETE FROM {} WHERE id = 7", "UPDATE {} SET millrace_src_row = 1000 WHERE id = 7"):
            with self.subTest(statement):
                table = self.table()
                staged = self.load(content(map(record, range(1, 101))), table, "--mode", "merge", "--stage-only", "--unit-bytes", "200")
                staging, = self.staging_tables(table)
                self.database.execute(statement.format(staging) + ";")
                self.command("publish", staged.run_id, status=1)
                self.assertEqual(self.database.count(table), 0)
                self.command("discard", staged.run_id)

    def test_a_resume_of_a_published_run_does_nothing(self):
        table = self.table()
        path = self.file(content([*map(record, range(1, 51)), "bad"]))
        run = self.run_load(path, table, "--max-rejects", "1", "--reject-file", f"{path}.rejects", status=2)
        again = run_millrace("load", "--resume", run.run_id, "--to", self.database.url)
        self.assertEqual(again.status, 0, again)
        self.assertEqual(again.counts, run.counts)
        self.assert_rows(table, self.expected(range(1, 51)))

    def test_a_resume_of_an_append_sends_only_what_is_missing(self):
        table = self.table()
        path = self.file(content([*map(record, range(1, 200)), "bad", *map(record, range(200, 301))]))
        options = ("--unit-bytes", "500", "--writers", "1", "--reject-file", f"{path}.rejects")
        failed = self.run_load(path, table, *options, status=3)
        committed = self.database.count(table)
        self.assertGreater(committed, 0)
        self.assertEqual(failed.counts["accepted"], committed)
        resumed = run_millrace("load", "--resume", failed.run_id, "--to", self.database.url, "--max-rejects", "1")
        self.assertEqual(resumed.status, 2, resumed)
        self.assert_counts(resumed, read=301, rejected=1, accepted=300, inserted=300)
        self.assertGreater(resumed.report["units_skipped"], 0)
        self.assert_rows(table, self.expected(range(1, 301)))
        self.assertEqual([line["record"] for line in resumed.rejects()], [200])

    # ---- rejects

    def test_the_replay_of_a_mended_reject_file_completes_the_load(self):
        header = "name,extra,NR,amount"
        good = [f"n{i},e,{i},{amount(i)}" for i in range(1, 101)]
        bad = ['"multi\nline, ""quoted""",e,101,1.0.0', "n102,e,102", "n103,e,1o3,3.00", b"n\xff104,e,104,4.00".decode("latin-1")]
        for mode in ("append", "merge", "reload"):  # of a reload, the replay adds to what the reload left
            with self.subTest(mode=mode):
                table = self.table()
                text = content([good[0], bad[0], *good[1:50], *bad[1:3], *good[50:]], header=header).encode() + bad[3].encode("latin-1") + b"\n"
                path = self.file(text)
                rejects = pathlib.Path(f"{path}.rejects")
                run = self.run_load(path, table, "--mode", mode, "--map", "NR=id", "--skip", "extra", "--max-rejects", "10", "--unit-bytes", "300", "--reject-file", rejects, status=2)
                self.assert_counts(run, read=104, rejected=4, inserted=100)
                lines = run.rejects()
                self.assertEqual([line["code"] for line in lines], ["invalid_syntax", "wrong_column_count", "invalid_syntax", "invalid_utf8"])
                self.assertEqual([line.get("raw") for line in lines], [bad[0], bad[1], bad[2], None])
                mended = ['"multi\nline, ""quoted""",e,101,1.00', "n102,e,102,2.00", "n103,e,103,3.00", "n104,e,104,4.00"]
                for line, raw in zip(lines, mended):
                    line.pop("raw_base64", None)
                    line["raw"] = raw
                rejects.write_text("".join(json.dumps(line) + "\n" for line in lines))
                replayed = run_millrace("load", "--replay", rejects, "--to", self.database.url, "--reject-file", f"{rejects}.2")
                self.assertEqual(replayed.status, 0, replayed)
                self.assert_counts(replayed, read=4, rejected=0, inserted=4)
                rows = self.expected(range(1, 101)) | {i: (decimal.Decimal(i - 100), f"n{i}") for i in (102, 103, 104)}
                self.assert_rows(table, rows | {101: (decimal.Decimal(1), 'multi\nline, "quoted"')})

    def test_a_replay_reads_records_as_its_run_did(self):
        inputs = {
            "cr": ('id,amount,name\r1,1.00,a\r2,2.0.0,"\r\n"\r', (), '2,2.00,"\r\n"', "\r\n"),
            "crlf": ('id,amount,name\r\n1,1.00,a\r\n2,2.0.0,"\r\n"\r\n', (), '2,2.00,"\r\n"', "\r\n"),
            "options": ("id\tamount\tname\n1\tNA\t'\t'\n2\t2,00\t'NA'\n", ("--delimiter", "\\t", "--quote", "'", "--null", "NA"), "2\t2.00\t'NA'", "NA"),
            "encoding": ("id,amount,name\n1,1.00,ä\n2,x,ö\n".encode("latin-1"), ("--encoding", "LATIN1"), "2,2.00,ö", "ö"),
        }
        for name, (text, options, mended, expected) in inputs.items():
            with self.subTest(name):
                table = self.table()
                run = self.load(text, table, "--max-rejects", "1", *options, status=2)
                line, = run.rejects()
                replayed = self.command("load", "--replay", self.file(json.dumps(line | {"raw": mended}) + "\n", ".rejects"))
                self.assert_counts(replayed, read=1, inserted=1)
                self.assertEqual(self.rows(table)[2], (decimal.Decimal(2), expected))

    def test_the_limit_of_rejects_as_a_number(self):
        records = [record(i) if i % 10 else "bad" for i in range(1, 101)]
        table = self.table()
        failed = self.load(content(records), table, "--mode", "merge", "--max-rejects", "9", "--unit-bytes", "100", status=1)
        self.assertIn("--max-rejects allows 9", failed.report["error"])
        self.assertGreaterEqual(failed.counts["rejected"], 10)
        self.assert_counts(failed)
        self.assertIn("bad", [line["raw"] for line in failed.rejects()])
        self.assertEqual(self.database.count(table), 0)
        run = self.load(content(records), table, "--mode", "merge", "--max-rejects", "10", status=2)
        self.assert_counts(run, read=100, rejected=10, inserted=90)

    def test_the_limit_of_rejects_as_a_share(self):
        records = [record(i) if i % 10 else "bad" for i in range(1, 101)]
        # Judged at the end: all bad records come first.
        records.sort(key=lambda r: r != "bad")
        for mode in ("append", "merge"):
            with self.subTest(mode=mode):
                table = self.table()
                options = ("--mode", mode, "--unit-bytes", "100", "--writers", "1")
                self.load(content(records), table, "--max-rejects", "9.9%", *options, status=3 if mode == "append" else 1)
                if mode == "merge":
                    self.assertEqual(self.database.count(table), 0)
                table = self.table()
                run = self.load(content(records), table, "--max-rejects", "10%", *options, status=2)
                self.assert_counts(run, read=100, rejected=10, inserted=90)

    def test_nothing_but_rejects(self):
        for mode, status in (("append", 2), ("merge", 2), ("reload", 1)):
            with self.subTest(mode=mode):
                table = self.table()
                run = self.load(content(["bad"] * 30), table, "--mode", mode, "--max-rejects", "100%", "--unit-bytes", "10", status=status)
                self.assert_counts(run, read=30, rejected=30, accepted=0, inserted=0)
                self.assertEqual(len(run.rejects()), 30)

    # ---- runs

    def test_a_dry_run_writes_nothing(self):
        table = self.table()
        before = self.tables()
        text, _, counts = self.nasty(200)
        for mode in ("append", "merge", "reload"):
            with self.subTest(mode=mode):
                run = self.load(text, table, "--mode", mode, "--dry-run", "--max-rejects", "100", status=2)
                self.assertEqual({n: run.counts[n] for n in ("read", "accepted", "rejected")}, {n: counts[n] for n in ("read", "accepted", "rejected")})
                self.assertTrue(run.report["planned_sql"])
        self.assertEqual(self.database.count(table), 0)
        self.assertEqual(self.tables(), before)

    def test_a_run_id_is_used_once(self):
        table = self.table()
        run_id = f"nightly {next(names)}"
        self.load(content([record(1)]), table, "--run-id", run_id)
        refused = self.load(content([record(2)]), table, "--run-id", run_id, status=1)
        self.assertIn("--resume", refused.stderr)
        self.assert_rows(table, self.expected([1]))

    def test_the_ledger_covers_every_record_once(self):
        table = self.table()
        text = content([record(i) if i % 9 else "bad" for i in range(1, 301)])
        run = self.load(text, table, "--unit-bytes", "333", "--writers", "3", "--max-rejects", "100", status=2)
        ledger = sorted(self.command("show", run.run_id).report["ledger"], key=lambda unit: unit["first_src_row"])
        self.assertEqual(len(ledger), run.report["units"])
        next_row, next_byte = 1, len("id,amount,name\n")
        for unit in ledger:
            self.assertEqual((unit["first_src_row"], unit["byte_offset"]), (next_row, next_byte))
            self.assertEqual(unit["accepted"] + unit["rejected"], unit["last_src_row"] - unit["first_src_row"] + 1)
            next_row, next_byte = unit["last_src_row"] + 1, unit["byte_offset"] + unit["byte_length"]
        self.assertEqual((next_row, next_byte), (301, len(text)))
        self.assertEqual((sum(u["accepted"] for u in ledger), sum(u["rejected"] for u in ledger)), (run.counts["accepted"], run.counts["rejected"]))


class OnSqlite(Conservation, unittest.TestCase):
    true, false = 1, 0

    @staticmethod
    def open_database():
        return Sqlite("conservation")

    @staticmethod
    def in_turn(function, items):
        return [function(item) for item in items]  # one database file has one writer

    def tables(self):
        return sorted(name for name, in self.database.rows("SELECT name FROM sqlite_master WHERE type = 'table'"))

    def column_kinds(self, table):
        kinds = {"double precision": "double", "decimal_text": "decimal"}
        return [kinds.get(kind := declared.partition("(")[0].lower(), kind) for _, _, declared, *_ in self.database.rows(f"PRAGMA table_info({table})")]

    @staticmethod
    def dropping_trigger(table):
        return f"CREATE TRIGGER drop_{table} BEFORE INSERT ON {table} WHEN NEW.name = 'dropped' BEGIN SELECT RAISE(IGNORE); END;"

    def test_1600_columns(self):
        columns = [f"c{i}" for i in range(1600)]
        table = self.table(", ".join(f"{c} integer" for c in columns))
        run = self.load("\n".join([",".join(columns)] + [",".join(str(row * i) for i in range(1600)) for row in range(1, 31)]), table, "--batch-rows", "7")
        self.assert_counts(run, read=30, inserted=30)
        self.assertEqual(self.database.rows(f"SELECT count(*), sum(c0), sum(c1599) FROM {table}"), [(30, 0, 1599 * 465)])

    def test_a_field_of_five_mebibytes(self):
        table = self.table("a text, b integer")
        long = "0123456789abcde,\r\n" * (5 << 16)
        self.assert_counts(self.load(f'a,b\nx,1\n"{long}",2\ny,3\n', table, "--unit-bytes", "100000"), read=3, inserted=3)
        self.assertEqual(self.database.rows(f"SELECT a FROM {table} WHERE b = 2"), [(long,)])

    def test_a_missing_file_is_made_only_on_request(self):
        path = workspace() / f"new_{next(names)}.db"
        source = self.file(content(map(record, range(1, 11))))
        refused = run_millrace("load", source, "--to", f"sqlite:{path}", "--table", "t")
        self.assertEqual(refused.status, 1, refused)
        self.assertFalse(path.exists())
        run = run_millrace("load", source, "--to", f"sqlite:{path}", "--table", "t", "--create", "--key", "id")
        self.assertEqual(run.status, 0, run)
        self.assertEqual(run.report["target_rows"], 10)


class OnPostgres(Conservation, unittest.TestCase):
    true, false = "true", "false"

    @staticmethod
    def open_database():
        return Postgres("conservation")

    @staticmethod
    def in_turn(function, items):
        return in_parallel(function, items)

    def tables(self):
        return sorted(name for name, in self.database.rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"))

    @staticmethod
    def dropping_trigger(table):
        return (f"CREATE FUNCTION drop_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'dropped' THEN RETURN NULL; END IF; RETURN NEW; END $$;"
                f"CREATE TRIGGER drop_{table} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION drop_{table}();")

    def column_kinds(self, table):
        kinds = {"double precision": "double", "numeric": "decimal", "timestamp without time zone": "timestamp"}
        return [kinds.get(kind, kind) for kind, in self.database.rows(f"SELECT data_type FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position")]


if __name__ == "__main__":
    support.main()
