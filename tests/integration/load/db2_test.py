#!/usr/bin/env python3
"""Loads through db2: URLs into Apache Derby: what the command says of a load is what Derby's own tools read.

MILLRACE_TRADES   rows of the large merges (default 200,000; a multiple of 10,000)
"""

import os

import support
from csv_text import csv_line, csv_text
from db2_support import ITEMS, NEW, OLD, SMALL_UNITS, Db2Test, ItemTest, by_id, merged
from faults_support import wait_until

TRADES = int(os.environ.get("MILLRACE_TRADES", "200000"))


def trade(i):
    """Every kind of text that a field can hold, both signs, NULL and the empty text."""
    name = (f"trade {i}", f'say "{i}", then go', f"line {i}\nline two\r\n", "", None, f"ünïcode {i} 漢字", f"'{i}'; -- \\", f" {i} ")[i % 8]
    amount = None if i % 13 == 0 else f"{'-' if i % 2 else ''}{i * 7_919_000_001 % 10**12 + 1}.{i % 100:02d}"
    booked = None if i % 17 == 0 else f"20{i % 30:02d}-{i % 12 + 1:02d}-{i % 28 + 1:02d} {i % 24:02d}:{i % 60:02d}:{i % 59:02d}.{i * 7919 % 1_000_000:06d}"
    return (str(i), name, amount, booked)


def exported(row):
    """Java's way to write a timestamp: its fraction without the zeros at the end, but never without a digit."""
    key, name, amount, booked = row
    if booked:
        seconds, _, fraction = booked.partition(".")
        booked = f"{seconds}.{fraction.rstrip('0') or '0'}"
    return key, name, amount, booked


class LargeMerge(Db2Test):
    def setUp(self):
        super().setUp()
        self.assertEqual(TRADES % 10_000, 0)
        self.database.execute("CREATE TABLE trade (id bigint NOT NULL PRIMARY KEY, name varchar(60), amount decimal(15,2), booked timestamp)")

    def merge(self, rows, *arguments):
        source = self.write("trades.csv", csv_text("id,name,amount,booked", rows))
        ended = self.assert_ended(self.load(source, "--table", "trade", "--key", "id", "--writers", 4, "--json", *arguments), 0)
        self.assert_counts(ended.report, read=len(rows), accepted=len(rows), staged=len(rows), rejected=0, deleted=0)
        self.assertEqual((ended.report["state"], ended.report["reconciled"]), ("published", True), ended)
        return ended.report

    def assert_trades(self, expected):
        found = self.database.texts("SELECT id, name, amount, booked FROM trade ORDER BY id")
        self.assert_rows(found, list(map(exported, expected)))

    def test_new_rows_equal_rows_changed_rows_and_duplicates(self):
        rows = [trade(i) for i in range(1, TRADES + 1)]
        report = self.merge(rows, "--unit-bytes", 65536)
        self.assert_counts(report, inserted=TRADES, updated=0, unchanged=0, duplicates=0)
        self.assertEqual(report["target_rows"], TRADES)
        self.assertGreater(sum(writer["rows"] > 0 for writer in report["writers"]), 1)
        self.assert_trades(rows)

        self.assert_counts(self.merge(rows), inserted=0, updated=0, unchanged=TRADES, duplicates=0)

        changed = {i: trade(i)[:2] + ("0.07",) + trade(i)[3:] for i in range(1000, TRADES + 1, 1000)}
        changed |= {i: trade(i)[:1] + (None,) + trade(i)[2:] for i in range(501, TRADES, 5000)}                   # a text becomes NULL
        changed |= {i: trade(i)[:1] + ("was NULL",) + trade(i)[2:] for i in range(4, TRADES, 5000 * 8)}           # and NULL a text
        changed |= {i: trade(i)[:3] + ("1999-12-31 23:59:59.999999",) for i in range(777, TRADES, 10_000)}
        added = [trade(TRADES + i) for i in range(1, 301)]
        left_out = range(TRADES // 2 + 3, TRADES // 2 + 103)  # and so stay as they are: a merge deletes nothing
        self.assertTrue(changed.keys().isdisjoint(left_out))
        again = [(str(i), f"first try {i}", "1.00", None) for i in range(2, TRADES, 400) if i not in left_out]     # their last records win
        report = self.merge(again + [changed.get(i, rows[i - 1]) for i in range(1, TRADES + 1) if i not in left_out] + added)
        self.assert_counts(report, inserted=len(added), updated=len(changed), unchanged=TRADES - len(changed) - len(left_out), duplicates=len(again))
        self.assert_trades([changed.get(i, rows[i - 1]) for i in range(1, TRADES + 1)] + added)
        self.assertEqual(self.database.staged("trade"), 0)

    def test_killed_in_the_middle_and_resumed_it_has_exactly_the_files_rows_and_names_the_rejected_ones(self):
        rows = [trade(i) for i in range(1, TRADES + 1)]
        records = list(map(csv_line, rows))
        bad = {TRADES // 9 * i: record for i, record in enumerate(("x,no number,1.00,\n", "-5,no date,1.00,2024-02-30 00:00:00\n", f"-6,{'long' * 16},1.00,\n", "-7,one,too,many,fields\n"), 1)}
        for at, record in bad.items():
            records.insert(at - 1, record)
        source = self.write("trades.csv", "id,name,amount,booked\n" + "".join(records))
        running = self.start_load(source, "--table", "trade", "--key", "id", "--writers", 4, "--unit-bytes", 65536, "--max-rejects", len(bad), "--reject-file", "in.rejects", "--run-id", "large")
        wait_until(lambda: self.committed_units("large") >= TRADES // 4000, "units are committed")
        running.kill()
        self.assertEqual(self.state_of("large"), "loading")
        report = self.assert_ended(self.resume("large"), 2).report
        self.assertEqual((report["state"], report["reconciled"]), ("published", True), report)
        self.assert_counts(report, read=len(records), accepted=TRADES, rejected=len(bad), inserted=TRADES)
        self.assertGreater(report["units_skipped"], 0)
        self.assert_trades(rows)
        self.assertEqual(self.database.staged("trade"), 0)
        named = sorted((reject["record"], reject["raw"] + "\n", reject["sqlstate"]) for reject in self.rejects())
        self.assertEqual(named, [(at, record, state) for (at, record), state in zip(bad.items(), ("22P02", "22008", "22001", "22P04"))])


class Rejects(Db2Test):
    """Records that the decoder refuses, and records that only the server does."""

    OLD = [("1", "one", "1.00")]
    # What each is refused for: the column, where one is known, and the SQLSTATE.
    BAD = {"x12,a,1": ("id", "22P02"), "13,longer than ten,1": ("code", "22001"), "14,,5": ("code", "23502"), "15,b,-1": ("", "23513"), "16,c,12345678.00": ("price", "22003"),
           "1,d,1": ("", "23505"), "17,e,1,2": ("", "22P04")}

    def setUp(self):
        super().setUp()
        self.database.execute("CREATE TABLE item (id integer NOT NULL PRIMARY KEY, code varchar(10) NOT NULL, price decimal(5,2), CONSTRAINT price_check CHECK (price >= 0)); "
                              "INSERT INTO item VALUES (1, 'one', 1)")
        goods = [f"{1000 + i},c{i},{i % 900}.25" for i in range(2000)]
        records = list(goods)
        for i, record in enumerate(self.BAD):
            records.insert(100 + i * 250, record)
        self.source = self.write("in.csv", "id,code,price\n" + "\n".join(records) + "\n")
        self.expected = [(number, number + 1, record, *self.BAD[record]) for number, record in enumerate(records, 1) if record in self.BAD]
        self.goods = [tuple(record.split(",")) for record in goods]

    def items(self):
        return self.database.texts("SELECT id, code, price FROM item ORDER BY id")

    def test_an_append_names_each_of_them_and_loads_the_others(self):
        report = self.loaded(self.source, "--mode", "append", "--writers", 2, "--max-rejects", len(self.BAD), "--reject-file", "in.rejects", *SMALL_UNITS, status=2)
        self.assert_counts(report, read=len(self.goods) + len(self.BAD), accepted=len(self.goods), rejected=len(self.BAD), inserted=len(self.goods))
        rejects = sorted(self.rejects(), key=lambda reject: reject["record"])
        self.assertEqual([(r["record"], r["line"], r["raw"], r["column"].lower(), r["sqlstate"]) for r in rejects], self.expected)
        self.assertTrue(all(reject["reason"] for reject in rejects))
        self.assert_rows(self.items(), by_id(self.OLD + self.goods))

    def test_past_the_limit_an_append_keeps_its_whole_units_and_a_merge_publishes_nothing(self):
        arguments = ["--table", "item", "--max-rejects", 2, "--reject-file", "in.rejects", *SMALL_UNITS, "--writers", 1]
        ended = self.load(self.source, "--mode", "append", *arguments, "--run-id", "part")
        self.assert_ended(ended, 3, "--max-rejects", "--resume part")
        committed = int(self.database.texts("SELECT sum(rows_accepted) FROM millrace_ledger")[0][0])
        self.assertGreater(committed, 0)
        self.assertEqual(self.database.count("item"), 1 + committed)
        self.assertIn(f"{committed} rows are committed", ended.err)
        before = self.items()
        self.assert_ended(self.load(self.source, "--key", "id", *arguments), 1, "--max-rejects")
        self.assertEqual(self.items(), before)

    def test_a_publish_that_the_server_refuses_writes_nothing(self):
        # Derby's MERGE looks at check constraints for its last row only, so what a merge refuses is a second unique key here.
        self.database.execute("ALTER TABLE item ADD CONSTRAINT code_key UNIQUE (code)")
        for mode, record in (("merge", "15,one,1"), ("append --atomic", "1,d,1")):
            with self.subTest(record, mode=mode):
                source = self.write("one.csv", f"id,code,price\n20,a,1\n{record}\n21,b,1\n")
                self.assert_ended(self.load(source, "--table", "item", *(["--key", "id"] if mode == "merge" else ["--mode", "append", "--atomic"])), 1, "record 2")
                self.assertEqual(self.items(), self.OLD)

    def test_wrong_usage(self):
        self.assert_ended(self.load(self.source, "--table", "item", "--mode", "sideways"), 64)
        self.assert_ended(self.load(self.source, "--table", "absent"), 1, "absent")


class Modes(ItemTest):
    def test_a_reload_replaces_the_rows(self):
        for how in ("swap", "delete", "direct"):
            with self.subTest(how):
                self.refill()
                self.assert_counts(self.loaded(self.source, "--mode", "reload", "--reload", how), read=ITEMS, inserted=ITEMS, deleted=len(OLD))
                self.assert_rows(self.items(), NEW)
                self.assertEqual(self.database.staged(), 0)

    def test_an_append_adds_to_them(self):
        for atomic in ([], ["--atomic"]):
            with self.subTest(atomic):
                self.refill(OLD[2:])
                self.assert_counts(self.loaded(self.source, "--mode", "append", *atomic), read=ITEMS, inserted=ITEMS, staged=ITEMS if atomic else 0)
                self.assert_rows(self.items(), merged(OLD[2:]))
        self.refill()
        self.assert_ended(self.load(self.source, "--table", "item", "--mode", "append", "--atomic"), 1, "record 100")
        self.assert_rows(self.items(), OLD, "all or nothing")

    def test_staging_publishing_and_discarding_are_steps(self):
        for run_id in ("kept", "given up"):
            report = self.loaded(self.source, "--key", "id", "--stage-only", "--run-id", run_id)
            self.assertEqual((report["state"], report["counts"]["accepted"]), ("loaded", ITEMS))
        self.assertEqual(self.database.staged(), 2 * ITEMS, "runs share the permanent staging table")
        self.assert_rows(self.items(), OLD)
        self.command("discard", "given up")
        self.assertEqual(self.run_state("given up"), "abandoned")
        self.assertEqual(self.database.texts("SELECT DISTINCT run_id FROM item_stg"), [("kept",)])
        for _ in range(2):  # safe to repeat
            self.command("publish", "kept")
            self.assert_rows(self.items(), merged())
        self.assertEqual((self.run_state("kept"), self.database.staged()), ("published", 0))
        self.assertTrue(all(check["ok"] for check in self.command("show", "kept", "--json").report["checks"]))

    def test_a_missing_table_is_made_as_its_users_would_have_made_it(self):
        long, longer = "x" * 600, "y" * 9000
        source = self.write("fresh.csv", csv_text("code,Trade Day,price,note,remark", [("a1", "2024-02-29", "1.50", long, longer), ("b2", "2024-03-01", "-2.25", "short", None)]))
        for _ in range(2):
            ended = self.assert_ended(self.load(source, "--table", "fresh", "--create", "--key", 'code,"Trade Day"', "--json"), 0)
        self.assert_counts(ended.report, unchanged=2)
        self.assertEqual(self.database.texts('SELECT code, "Trade Day", price, note, remark FROM fresh ORDER BY code'), [("a1", "2024-02-29", "1.50", long, longer), ("b2", "2024-03-01", "-2.25", "short", None)])
        types = self.database.texts("SELECT COLUMNNAME, CAST(COLUMNDATATYPE AS VARCHAR(60)) FROM SYS.SYSCOLUMNS c JOIN SYS.SYSTABLES t ON c.REFERENCEID = t.TABLEID JOIN SYS.SYSSCHEMAS s ON "
                                    f"s.SCHEMAID = t.SCHEMAID WHERE TABLENAME = 'FRESH' AND SCHEMANAME = '{self.database.schema}' ORDER BY COLUMNNUMBER")
        self.assertEqual(types, [("CODE", "VARCHAR(255) NOT NULL"), ("Trade Day", "DATE NOT NULL"), ("PRICE", "DECIMAL(18,2)"), ("NOTE", "VARCHAR(2000)"), ("REMARK", "VARCHAR(32672)")])

    def test_audit_columns(self):
        self.database.execute("CREATE TABLE audited (id integer NOT NULL PRIMARY KEY, note varchar(20), LAST_RUN_ID varchar(50), UPDATE_TS timestamp)")
        options = ["--table", "audited", "--key", "id", "--set", "LAST_RUN_ID=:run_id", "--set", "UPDATE_TS=now"]
        self.assert_ended(self.load(self.write("audited.csv", "id,note\n1,a\n2,b\n3,c\n"), *options, "--run-id", "first"), 0)
        stamps = dict(self.database.texts("SELECT id, UPDATE_TS FROM audited"))
        self.assertTrue(all(stamps.values()))
        self.assert_ended(self.load(self.write("audited.csv", "id,note\n1,a\n2,b2\n4,d\n"), *options, "--run-id", "second"), 0)
        self.assertEqual(self.database.texts("SELECT id, note, LAST_RUN_ID FROM audited ORDER BY id"),
                         [("1", "a", "first"), ("2", "b2", "second"), ("3", "c", "first"), ("4", "d", "second")])
        now = dict(self.database.texts("SELECT id, UPDATE_TS FROM audited"))
        self.assertEqual([now[i] == stamps[i] for i in "123"], [True, False, True])
        self.assertTrue(now["4"])


class WideRows(Db2Test):
    def test_a_large_text_and_every_type_with_nulls(self):
        self.database.execute("CREATE TABLE wide (id integer NOT NULL PRIMARY KEY, s smallint, b bigint, r real, d double, n decimal(31,10), f boolean, c char(5), v varchar(100), t clob(1M), "
                              "daily date, hourly time, stamp timestamp)")
        large = "".join(f"{i} ünïcode, \"quoted\"\n" for i in range(2600))
        self.assertGreater(len(large.encode()), 60_000)
        full = ("1", "-32768", "9223372036854775807", "1.5", "-2.25", "123456789012345678901.0123456789", "true", "abc", "text", large, "2024-02-29", "23:59:58", "2024-02-29 23:59:58.123456")
        nulls = ("2", *[None] * 12)
        rows = [full, nulls, ("3", *full[1:9], "", *full[10:]), *((str(i), *(value if (i + n) % 2 else None for n, value in enumerate(full[1:]))) for i in range(4, 24))]
        source = self.write("wide.csv", csv_text("id,s,b,r,d,n,f,c,v,t,daily,hourly,stamp", rows))
        for _ in range(2):
            ended = self.assert_ended(self.load(source, "--table", "wide", "--mode", "reload", "--json"), 0)
            self.assert_counts(ended.report, inserted=len(rows))
            found = self.database.texts("SELECT id, s, b, r, d, n, f, c, v, t, daily, hourly, stamp FROM wide ORDER BY id")
            self.assert_rows([tuple(value and value.rstrip(" ") if n == 7 else value for n, value in enumerate(row)) for row in found], rows)


if __name__ == "__main__":
    support.main()
