#!/usr/bin/env python3
"""Loads through ODBC, with PostgreSQL's driver and with SQLite's: what the command says of a load is what the database holds,
asked without the driver.

MILLRACE_KILLS    kills of the client with each driver (default 4)
MILLRACE_SEED     of their moments, as in interruption_support.py
"""

import collections
import functools
import itertools
import os
import pathlib
import random
import re
import sys
import time

import faults_support as faults
import support
from csv_text import csv_line, csv_text
from faults_support import FaultTest, on_both_backends, wait_until
from interruption_support import before, ItemTest, OPTIONS, QUICK, SEED, text
from odbc_support import braced, driver, OdbcTest, postgresql_url, sqlite_url

KILLS = int(os.environ.get("MILLRACE_KILLS", "4"))
UNIT_ROWS = 5000        # of a unit, whatever --unit-bytes says
TRADES = int(os.environ.get("MILLRACE_TRADES", "200000"))  # a multiple of 10,000
NULL = "<null>"


def trade(i):
    """Every kind of text that a field can hold, both signs, NULL and the empty text."""
    name = (f"trade {i}", f'say "{i}", then go', f"line {i}\nline two\r\n", "", None, f"ünïcode {i} 漢字", f"'{i}'; -- \\", f" {i} ")[i % 8]
    amount = None if i % 13 == 0 else f"{'-' if i % 2 else ''}{i * 7_919_000_001 % 10**13}.{i % 100:02d}"
    booked = None if i % 17 == 0 else f"20{i % 30:02d}-{i % 12 + 1:02d}-{i % 28 + 1:02d} {i % 24:02d}:{i % 60:02d}:{i % 59:02d}.{i * 7919 % 1_000_000:06d}"
    return (str(i), name, amount, booked)


@functools.cache
def trades(end):
    """Rows and their lines in a file."""
    rows = [trade(i) for i in range(1, end + 1)]
    return rows, list(map(csv_line, rows))


def as_stored(row):
    """Both databases leave the zeros at the end of a fraction out."""
    key, name, amount, booked = row
    return (key, name, amount, booked and booked.rstrip("0").rstrip("."))


@on_both_backends
class LargeMerge:
    """One file with everything in it, loaded three times."""

    base = OdbcTest

    def merge(self, lines, *arguments):
        source = self.write("trades.csv", "id,name,amount,booked\n" + "".join(lines))
        ended = self.load(source, "--table", "trade", "--key", "id", "--writers", 4, "--json", *arguments)
        self.assert_ended(ended, 0)
        self.assert_counts(ended.report, read=len(lines), accepted=len(lines), staged=len(lines), rejected=0, duplicates=0, deleted=0)
        self.assertEqual((ended.report["state"], ended.report["reconciled"]), ("published", True), ended)
        return ended.report

    def assert_trades(self, expected):
        amount, booked = ("amount::text", "booked::text") if self.on_postgresql else ("CASE WHEN amount IS NOT NULL THEN printf('%.2f', amount) END", "booked")
        query = f"SELECT id, coalesce(name, '{NULL}'), coalesce({amount}, '{NULL}'), coalesce({booked}, '{NULL}') FROM trade ORDER BY id"
        found = self.database.texts(query)
        expected = [tuple(NULL if value is None else value for value in as_stored(row)) for row in expected]
        different = [pair for pair in itertools.zip_longest(expected, found) if pair[0] != pair[1]]
        self.assertEqual(len(different), 0, f"{len(found)} rows instead of {len(expected)}; expected and found: {different[:3]}")

    def test_new_rows_equal_rows_and_changed_rows(self):
        self.database.execute("CREATE TABLE trade (id bigint NOT NULL PRIMARY KEY, name varchar(60), amount decimal(15,2), booked timestamp);")
        rows, lines = trades(TRADES)
        report = self.merge(lines, "--keep-staging")
        self.assert_counts(report, inserted=TRADES, updated=0, unchanged=0)
        self.assertEqual(report["target_rows"], TRADES)
        self.assert_trades(rows)
        self.check_staging(report)

        report = self.merge(lines)
        self.assert_counts(report, inserted=0, updated=0, unchanged=TRADES)

        changed = {i: trade(i)[:2] + ("0.07",) + trade(i)[3:] for i in range(1000, TRADES + 1, 1000)}           # NULL may become a value
        changed |= {i: trade(i)[:1] + (None,) + trade(i)[2:] for i in range(501, TRADES, 5000) if trade(i)[1] is not None}
        changed |= {i: trade(i)[:3] + ("1999-12-31 23:59:59.999999",) for i in range(777, TRADES, 10_000)}
        added = [trade(TRADES + i) for i in range(1, 301)]
        left_out = range(TRADES // 2 + 3, TRADES // 2 + 103)  # and so stay as they are: a merge deletes nothing
        self.assertTrue(changed.keys().isdisjoint(left_out))
        report = self.merge([csv_line(changed[i]) if i in changed else lines[i - 1] for i in range(1, TRADES + 1) if i not in left_out] + list(map(csv_line, added)))
        self.assert_counts(report, inserted=len(added), updated=len(changed), unchanged=TRADES - len(changed) - len(left_out))
        self.assertEqual(report["target_rows"], TRADES + len(added))
        self.assert_trades([changed.get(i, rows[i - 1]) for i in range(1, TRADES + 1)] + added)
        self.assertEqual(self.database.staging_tables(), [])

    def check_staging(self, report):
        """What --keep-staging left: every record once, from several writers, in units that are not too large; until it is discarded."""
        staging = self.database.staging("trade")
        columns = "worker_id, count(*), count(DISTINCT src_row), min(run_id), max(run_id), count(insert_ts), count(stg_id)"
        writers = self.database.texts(f"SELECT {columns} FROM {staging} GROUP BY worker_id ORDER BY worker_id")
        self.assertGreater(len(writers), 1, writers)
        self.assertEqual(sum(int(row[1]) for row in writers), TRADES)
        for _, rows, *distinct in writers:
            self.assertEqual(distinct, [rows, report["run_id"], report["run_id"], rows, rows])
        numbers = self.database.texts(f"SELECT count(DISTINCT src_row), min(src_row), max(src_row), count(DISTINCT stg_id), sum(CASE WHEN src_row <> id THEN 1 ELSE 0 END) FROM {staging}")
        self.assertEqual(numbers, [(str(TRADES), "1", str(TRADES), str(TRADES), "0")])
        self.assertEqual(self.database.texts("SELECT max(last_src_row - first_src_row + 1), count(*) FROM millrace_ledger"), [(str(UNIT_ROWS), str(TRADES // UNIT_ROWS))])
        of_ledger = f"SELECT count(*) FROM millrace_ledger l JOIN {staging} s ON s.run_id = l.run_id AND s.src_row BETWEEN l.first_src_row AND l.last_src_row AND s.worker_id = l.worker_id"
        self.assertEqual(self.database.texts(of_ledger), [(str(TRADES),)], "the ledger and the staged rows name the same writers")
        self.assertIn(str(TRADES), self.command("discard", report["run_id"]).out)
        self.assertEqual(self.database.count(staging), 0)


class KilledItemTest(OdbcTest, ItemTest):
    pass


@on_both_backends
class KilledClient:
    """kill -9 of the command, at random moments."""

    base = KilledItemTest
    UNIT_BYTES = 32768
    MODES = ("merge", "append")
    PUBLISH_SECONDS = 0.6

    def setUp(self):
        super().setUp()
        self.prepare()
        self.source = self.write("in.csv", text())

    def start(self, mode, run_id):
        return self.start_load(self.source, "--table", "item", *OPTIONS[mode], "--unit-bytes", self.UNIT_BYTES, "--writers", 4, *QUICK, "--run-id", run_id)

    def test_a_resume_after_a_kill_at_any_moment_ends_with_exactly_the_files_rows(self):
        dice = random.Random(f"{SEED} {self.backend} odbc")
        died_in = collections.Counter()
        for number in range(KILLS):
            mode = self.MODES[number % len(self.MODES)]
            # Every third kill, and a merge's, comes when everything is staged.
            units = None if number % 6 == 2 else dice.randrange(len(text()) // self.UNIT_BYTES)
            seconds, at_once = dice.uniform(0, 0.2 if units is not None else self.PUBLISH_SECONDS), dice.random() < 0.5
            message = f"seed {SEED}, {self.backend}, kill {number}, {mode}, {seconds:.3f} s after {'all' if units is None else units} units"
            with self.subTest(message):
                died_in[self.kill_once(f"kill-{number}", mode, units, seconds, at_once, message)] += 1
        print(f"\nODBC, {self.backend}: {KILLS} kills of the client, seed {SEED}: died while {dict(died_in)}", file=sys.stderr)

    def kill_once(self, run_id, mode, units, seconds, at_once, message):
        self.refill(mode)
        running = self.start(mode, run_id)
        reached = (lambda: self.state_of(run_id) not in (None, "loading")) if units is None else lambda: units == 0 or self.committed_units(run_id) >= units
        while running.is_running() and not reached():
            time.sleep(0.1)  # not in haste: asking takes the load's time
        time.sleep(seconds)
        running.kill()
        if not at_once and self.on_postgresql:  # else the dead client's backends may still be at work
            wait_until(lambda: not self.database.backends(), "the dead client's backends are gone")
        state = self.state_of(run_id)
        if mode == "merge" and state != "published" and not (at_once and self.on_postgresql):
            self.assert_items(before(mode), message + ", before the resume")
        self.resume_to_the_end(run_id, self.source, mode, False, message)
        return f"{state or 'starting'} ({mode})"


@on_both_backends
class Rejects:
    """Records that the decoder refuses, and records that only the server does."""

    base = OdbcTest
    OLD = [("1", "one", "1", "1")]
    BAD = {"x12,a,1,1": ("id", "22P02"), "14,one,5,1": ("", "23505"), "15,,5,1": ("code", "23502"), "16,b,-1,1": ("", "23514"), "17,c,1,99": ("", "23503"),
           "18,d,1": ("", "22P04"), "19,two,1,1": ("", "23505"), "1,f,1,1": ("", "23505"), "22,longer than ten,1,1": ("code", "22001"), "23,g,1,x": ("owner", "22P02")}

    def setUp(self):
        super().setUp()
        self.database.execute("""
            CREATE TABLE owner (id integer NOT NULL PRIMARY KEY);
            INSERT INTO owner VALUES (1), (2);
            CREATE TABLE item (id integer NOT NULL PRIMARY KEY, code varchar(10) NOT NULL, price integer,
              owner integer, CONSTRAINT item_code_key UNIQUE (code), CONSTRAINT item_price_check CHECK (price >= 0),
              CONSTRAINT item_owner_fkey FOREIGN KEY (owner) REFERENCES owner(id));
            INSERT INTO item VALUES (1, 'one', 1, 1)""")

    def items(self):
        return self.database.texts("SELECT id, code, price, owner FROM item ORDER BY id")

    def make(self, goods, bad):
        """A file whose records are good ones, with bad ones spread among them: the file, what the reject file has to say, the good rows."""
        records = [f'{1000 + i},"c\n{i}",{i},{i % 2 + 1}' for i in range(goods)]
        records.insert(0, "100,two,1,1")  # before the bad record with the same code
        distance = max(len(records) // (len(bad) + 1), 1)
        for i, record in enumerate(bad):
            records.insert((i + 1) * distance + i, record)
        line, expected = 2, []
        for number, record in enumerate(records, 1):
            if record in self.BAD:
                expected.append((number, line, record, *self.BAD[record]))
            line += 1 + record.count("\n")
        rows = [("100", "two", "1", "1"), *((str(1000 + i), f"c\n{i}", str(i), str(i % 2 + 1)) for i in range(goods))]
        return self.write("in.csv", "id,code,price,owner\n" + "".join(record + "\n" for record in records)), expected, rows

    def assert_rejects(self, expected, run_id):
        found = [(r["record"], r["line"], r["raw"], r["column"], r["sqlstate"]) for r in sorted(self.rejects(), key=lambda r: r["record"]) if r["run"] == run_id]
        self.assertEqual(found, expected)

    def test_an_append_names_each_of_them_and_loads_the_others(self):
        for goods, writers in ((30, 1), (6000, 4)):
            with self.subTest(goods=goods, writers=writers):
                self.database.execute("DELETE FROM item WHERE id > 1")
                # Units do not wait for each other: of two records with one code either may be the first, unless one writer has them all.
                source, expected, rows = self.make(goods, [record for record in self.BAD if writers == 1 or record != "19,two,1,1"])
                report = self.loaded(source, "--mode", "append", "--writers", writers, "--max-rejects", len(expected), "--reject-file", "in.rejects", status=2)
                self.assert_counts(report, read=len(expected) + len(rows), accepted=len(rows), rejected=len(expected), inserted=len(rows))
                self.assert_rejects(expected, report["run_id"])
                self.assertEqual(self.items(), sorted(self.OLD + rows, key=lambda row: int(row[0])))

    def test_a_mended_reject_file_is_replayed(self):
        source, _, rows = self.make(10, ["14,one,5,1", "16,b,-1,1"])
        self.loaded(source, "--mode", "append", "--max-rejects", 2, "--reject-file", "in.rejects", status=2)
        kept = pathlib.Path(self.path("in.rejects")).read_text("utf-8")
        self.write("in.rejects", kept.replace("14,one", "14,new").replace("b,-1", "b,1"))
        ended = self.assert_ended(self.millrace("load", "--replay", self.path("in.rejects"), "--to", self.database.url, "--json"), 0)
        self.assert_counts(ended.report, read=2, inserted=2, rejected=0)
        self.assertEqual(self.items(), sorted(self.OLD + rows + [("14", "new", "5", "1"), ("16", "b", "1", "1")], key=lambda row: int(row[0])))

    def test_past_the_limit_an_append_keeps_its_whole_units(self):
        source, expected, _ = self.make(6000, list(self.BAD))
        ended = self.load(source, "--table", "item", "--mode", "append", "--writers", 1, "--max-rejects", len(expected) - 1, "--reject-file", "in.rejects", "--json", "--run-id", "part")
        self.assert_ended(ended, 3, "--max-rejects", "--resume part")
        committed = self.database.texts("SELECT coalesce(sum(rows_accepted), 0), count(*) FROM millrace_ledger")[0]
        self.assertGreater(int(committed[1]), 0)
        self.assertEqual(self.database.count("item"), 1 + int(committed[0]))
        self.assertIn(f"{committed[0]} rows are committed", ended.err)

    def test_past_the_limit_in_the_first_unit_nothing_is_written(self):
        source, expected, _ = self.make(50, list(self.BAD))
        ended = self.load(source, "--table", "item", "--mode", "append", "--max-rejects", len(expected) - 1, "--reject-file", "in.rejects", "--json")
        self.assert_ended(ended, 1, "--max-rejects")
        self.assertEqual(self.items(), self.OLD)

    def test_past_the_limit_a_merge_publishes_nothing(self):
        decoder = [record for record, (column, _) in self.BAD.items() if column or record == "18,d,1"]
        source, expected, rows = self.make(6000, decoder)
        ended = self.load(source, "--table", "item", "--key", "id", "--max-rejects", len(decoder) - 1, "--reject-file", "in.rejects", "--json")
        self.assert_ended(ended, 1, "--max-rejects")
        self.assertEqual(self.items(), self.OLD)
        report = self.loaded(source, "--key", "id", "--max-rejects", len(decoder), "--reject-file", "in.rejects", status=2)
        self.assert_counts(report, rejected=len(decoder), inserted=len(rows), updated=0)
        self.assert_rejects(expected, report["run_id"])
        self.assertEqual(self.items(), self.OLD + rows)

    def test_a_publish_that_the_server_refuses_names_the_record_and_writes_nothing(self):
        for mode, record, row in (("merge", "16,b,-1,1", "id = 16"), ("atomic append", "1,f,1,1", "id = 1"), ("merge", "17,c,1,99", "id = 17")):
            with self.subTest(record, mode=mode):
                source, ((number, *_),), _ = self.make(20, [record])
                self.assert_ended(self.load(source, "--table", "item", *OPTIONS[mode]), 1, f"record {number}", row)
                self.assertEqual(self.items(), self.OLD)


@on_both_backends
class Modes:
    base = OdbcTest
    ROWS = 6000  # two units
    OLD = [("5", "0.05", "old"), ("20001", "20.01", "old")]

    def setUp(self):
        super().setUp()
        self.database.execute("CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount decimal(10,2), note text);")
        self.refill()
        self.new = [(str(i), f"{i}.25", f"note {i}, quoted") for i in range(1, self.ROWS + 1)]
        self.source = self.write("in.csv", csv_text("id,amount,note", self.new))

    def refill(self, rows=OLD):
        self.database.execute("DELETE FROM item; INSERT INTO item VALUES " + ",".join(f"({i}, {amount}, '{note}')" for i, amount, note in rows))

    def items(self):
        amount = "amount" if self.on_postgresql else "printf('%.2f', amount)"
        return self.database.texts(f"SELECT id, {amount}, note FROM item ORDER BY id")

    def merged(self):
        return self.new + self.OLD[1:]

    def run_state_of(self, run_id):
        runs = self.command("runs", "--json").report
        return {run["run_id"]: run["state"] for run in (runs if isinstance(runs, list) else runs["runs"])}[run_id]

    def test_a_reload_replaces_the_rows(self):
        for how in ("swap", "delete", "direct"):
            with self.subTest(how):
                self.refill()
                report = self.loaded(self.source, "--mode", "reload", "--reload", how)
                self.assert_counts(report, read=self.ROWS, inserted=self.ROWS, deleted=len(self.OLD))
                self.assertEqual(self.items(), self.new)
                self.assertEqual(self.database.staging_tables(), [])

    def test_an_append_adds_to_them(self):
        for atomic in ([], ["--atomic"]):
            with self.subTest(atomic):
                self.refill(self.OLD[1:])
                report = self.loaded(self.source, "--mode", "append", *atomic)
                self.assert_counts(report, read=self.ROWS, inserted=self.ROWS, staged=self.ROWS if atomic else 0)
                self.assertEqual(self.items(), self.merged())

    def test_an_atomic_append_is_all_or_nothing(self):
        self.refill()  # 5 is there
        self.assert_ended(self.load(self.source, "--table", "item", "--mode", "append", "--atomic"), 1, "record 5", "id = 5")
        self.assertEqual(self.items(), self.OLD)

    def test_staging_and_publishing_are_two_steps(self):
        for mode, options in {"merge": ["--key", "id"], "reload": ["--mode", "reload"]}.items():
            with self.subTest(mode):
                self.refill()
                run_id = f"two steps {mode}"
                report = self.loaded(self.source, *options, "--stage-only", "--run-id", run_id)
                self.assert_counts(report, read=self.ROWS, accepted=self.ROWS, inserted=0)
                self.assertEqual(self.database.count(self.database.staging()), self.ROWS)
                self.assertEqual((report["state"], self.items()), ("loaded", self.OLD))
                self.assertEqual(self.run_state_of(run_id), "loaded")
                shown = self.command("show", run_id, "--json").report
                self.assertEqual((shown["state"], len(shown["ledger"]), sum(unit["accepted"] for unit in shown["ledger"])), ("loaded", 2, self.ROWS))
                for _ in range(2):  # safe to repeat
                    self.command("publish", run_id)
                    self.assertEqual(self.items(), self.merged() if mode == "merge" else self.new)
                self.assertEqual(self.run_state_of(run_id), "published")
                self.assertTrue(all(check["ok"] for check in self.command("show", run_id, "--json").report["checks"]))
                self.assertIn("published", self.command("show", run_id).out)
                self.assertEqual(self.database.staging_tables(), [])

    def test_a_discarded_run_takes_only_its_own_rows_along(self):
        for run_id in ("kept", "given up"):
            self.loaded(self.source, "--key", "id", "--stage-only", "--run-id", run_id)
        staging = self.database.staging()
        self.assertEqual(self.database.count(staging), 2 * self.ROWS, "runs share the permanent staging table")
        self.command("discard", "given up")
        self.assertEqual(self.run_state_of("given up"), "abandoned")
        self.assertEqual(self.database.texts(f"SELECT DISTINCT run_id FROM {staging}"), [("kept",)])
        self.assertEqual(self.items(), self.OLD)
        self.assert_ended(self.resume("given up"), 1, "given up", "discarded")
        self.command("publish", "kept")
        self.assertEqual(self.items(), self.merged())

    def test_a_staging_table_of_ones_own(self):
        self.loaded(self.source, "--key", "id", "--staging", "waiting_room", "--keep-staging")
        self.assertEqual(self.database.count("waiting_room"), self.ROWS)
        self.assertEqual([table for table in self.database.tables() if table.lower() == "item_stg"], [])
        self.assertEqual(self.items(), self.merged())

    def test_audit_columns(self):
        self.database.execute("CREATE TABLE audited (id integer NOT NULL PRIMARY KEY, note text, run varchar(50), loaded timestamp, kind varchar(10), fate varchar(10));")
        source = self.write("audited.csv", "id,note\n1,a\n2,b\n3,c\n")
        options = ["--table", "audited", "--key", "id", "--set", "run=:run_id", "--set", "loaded=now", "--set-insert", "kind=new", "--set-update", "fate=changed"]
        self.assert_ended(self.load(source, *options, "--run-id", "first"), 0)
        query = "SELECT id, note, run, kind, fate FROM audited ORDER BY id"
        self.assertEqual(self.database.texts(query), [(*row, "first", "new", "") for row in (("1", "a"), ("2", "b"), ("3", "c"))])
        stamps = self.database.texts("SELECT id, loaded FROM audited ORDER BY id")
        for _, stamp in stamps:
            self.assertRegex(stamp, re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$"))
        source = self.write("audited.csv", "id,note\n1,a\n2,b2\n4,d\n")
        self.assert_ended(self.load(source, *options, "--run-id", "second"), 0)
        self.assertEqual(self.database.texts(query), [("1", "a", "first", "new", ""), ("2", "b2", "second", "new", "changed"), ("3", "c", "first", "new", ""), ("4", "d", "second", "new", "")])
        self.assertEqual([old == new for old, new in zip(stamps, self.database.texts("SELECT id, loaded FROM audited ORDER BY id"))], [True, False, True])
        append = ["--table", "audited", "--mode", "append", "--set", "run=:run_id", "--set", "loaded=now"]
        self.assert_ended(self.load(self.write("audited.csv", "id,note\n5,e\n"), *append, "--run-id", "third"), 0)
        self.assertEqual(self.database.texts("SELECT run, kind FROM audited WHERE id = 5"), [("third", "")])
        self.assertEqual(self.database.count("audited WHERE loaded IS NULL"), 0)

    def test_a_dry_run_prints_the_sql_and_writes_nothing(self):
        tables = self.database.tables()
        for mode, options in OPTIONS.items():
            with self.subTest(mode):
                report = self.loaded(self.source, *options, "--dry-run", "--run-id", "dry")
                self.assert_counts(report, read=self.ROWS, accepted=self.ROWS)
                self.assertTrue(report["planned_sql"])
                printed = self.assert_ended(self.load(self.source, "--table", "item", *options, "--dry-run", "--run-id", "dry"), 0).out
                for planned in report["planned_sql"]:
                    self.assertIn(planned.split("\n")[0], printed)
                self.assertIn("bulk write into" if mode == "append" else "MERGE INTO" if mode == "merge" and self.on_postgresql else "INSERT INTO", printed)
        self.assertEqual((self.database.tables(), self.items()), (tables, self.OLD))

    def test_the_ddl_of_the_state_can_be_run_by_hand(self):
        ddl = self.command("ddl", "--state").out
        self.assertEqual(self.database.tables(), ["item"], "ddl makes nothing itself")
        self.database.execute(ddl)
        self.assertEqual([table for table in self.database.tables() if table.startswith("millrace_")], ["millrace_ledger", "millrace_meta", "millrace_reconciliation", "millrace_run"])
        self.loaded(self.source, "--key", "id")
        self.assertEqual(self.items(), self.merged())

    def test_a_missing_table_is_made_from_the_file(self):
        ended = self.load(self.source, "--table", "fresh", "--create", "--key", "id", "--json")
        self.assert_ended(ended, 0)
        self.assert_counts(ended.report, inserted=self.ROWS)
        amount = "amount" if self.on_postgresql else "printf('%.2f', amount)"
        self.assertEqual(self.database.texts(f"SELECT id, {amount}, note FROM fresh ORDER BY id"), self.new)

    def test_what_changed_after_it_was_staged_is_found(self):
        changes = {"DELETE FROM {0} WHERE src_row = 17": "staged rows"}
        if self.on_postgresql:  # SQLite has no exact sum behind its driver
            changes |= {"UPDATE {0} SET amount = amount + 0.01 WHERE src_row = 17": "sum of amount in staging", "UPDATE {0} SET amount = NULL WHERE src_row = 17": "sum of amount in staging",
                        "UPDATE {0} SET id = id + 50000 WHERE src_row = 17": "sum of id in staging"}
        for number, ((change, check), mode) in enumerate(zip(changes.items(), itertools.cycle(("merge", "reload", "atomic append")))):
            with self.subTest(change, mode=mode):
                self.refill(self.OLD[1:])
                run_id = f"changed-{number}"
                self.loaded(self.source, *OPTIONS[mode], "--stage-only", "--run-id", run_id)
                self.database.execute(change.format(self.database.staging()))
                self.assert_ended(self.millrace("publish", run_id, "--to", self.database.url), 1, check)
                self.assertEqual(self.items(), self.OLD[1:], "the target is as it was")
                self.assertEqual(self.run_state(run_id), "loaded")
                self.command("discard", run_id)


class Passwords:
    """Whatever fails, no output holds a password."""

    # As a connection string writes it, and what it stands for.
    FORMS = {"PWD=secret{x": "secret{x", "pwd={sec;ret}}=1}": "sec;ret}=1", "PASSWORD={secret word}": "secret word", "Pwd = secret5": "secret5"}

    def assert_silent(self, ended, password, *files):
        for output in (ended.out, ended.err, *(pathlib.Path(file).read_text("utf-8") for file in files if os.path.exists(file))):
            for part in {password, "secret", "sec;ret", *password.split(";")}:
                self.assertNotIn(part, output, str(ended))

    def check_all(self, base):
        source = self.write("in.csv", "id\n1\n")
        report = self.path("report.json")
        for number, (form, password) in enumerate(self.FORMS.items()):
            url = f"{base};{form}"
            load = ["load", source, "--to", url, "--table", "item", "--max-attempts", 1]
            for command in [[*load, "--report", report, "--log-level", "debug"], ["ping", url]] + [["runs", "--to", url], [*load, "--json"]] * (number == 0):
                with self.subTest(form, command=command[0]):
                    ended = self.assert_ended(self.millrace(*command), 1)
                    self.assertTrue(ended.err)
                    self.assert_silent(ended, password, report)
            with self.subTest(form, place="DATABASE_URL"):
                self.assert_silent(self.assert_ended(self.millrace("runs", DATABASE_URL=url), 1), password)


class PasswordsOnPostgreSQL(Passwords, FaultTest):
    RIGHT = "secret{r}ight;\\'%"

    @classmethod
    def setUpClass(cls):
        driver("postgresql")  # without one no server is started
        cls.cluster = faults.Cluster("--password-auth")
        cls.addClassCleanup(cls.cluster.stop)

    def test_a_server_that_is_not_there(self):
        self.check_all(postgresql_url(self.cluster.url, Port=1))

    def test_a_wrong_password(self):
        self.check_all(postgresql_url(self.cluster.url))

    def test_the_right_one_opens_and_is_kept_nowhere(self):
        quoted = self.RIGHT.replace("'", "''")
        faults.psql(self.cluster.socket_url, f"SET standard_conforming_strings = on; ALTER ROLE postgres PASSWORD '{quoted}'; CREATE TABLE item (id integer PRIMARY KEY)")
        source, report = self.write("in.csv", "id\n1\n2\n"), self.path("report.json")
        plain = postgresql_url(self.cluster.url)
        ways = {"in the URL": [f"{plain};PWD={braced(self.RIGHT)}"], "in a file": [plain, "--password-file", self.write("password", self.RIGHT + "\n")]}
        for way, to in ways.items():
            with self.subTest(way):
                ended = self.millrace("load", source, "--to", *to, "--table", "item", "--key", "id", "--report", report, "--log-level", "debug")
                self.assert_silent(self.assert_ended(ended, 0), self.RIGHT, report)
        kept = faults.psql(self.cluster.socket_url, "SELECT string_agg(r::text, ' ') FROM millrace_run r")
        self.assertIn("item", kept)
        self.assertNotIn("secret", kept)


class PasswordsOnSQLite(Passwords, FaultTest):
    def test_a_file_that_is_not_there(self):
        self.check_all(sqlite_url(self.path("absent/file.db")))


if __name__ == "__main__":
    support.main()
