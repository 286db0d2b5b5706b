#!/usr/bin/env python3
"""Loads through db2: URLs into Apache Derby: what the command says of a load is what Derby's own tools read.

MILLRACE_TRADES   rows of the large merge (default 10,000; a multiple of 10,000)
MILLRACE_KILLS    kills of the client (default 3)
MILLRACE_SEED     of their moments
"""

import collections
import contextlib
import os
import pathlib
import random
import socket
import subprocess
import sys
import threading
import time

import support
from db2_support import Db2Test, with_parameters
from faults_support import Running, wait_until

KILLS = int(os.environ.get("MILLRACE_KILLS", "3"))
SEED = int(os.environ.get("MILLRACE_SEED", str(time.time_ns() % 1_000_000)))
TRADES = int(os.environ.get("MILLRACE_TRADES", "10000"))
ITEMS = 2000            # of the smaller loads
SMALL_UNITS = ["--unit-bytes", "8192", "--retry-delay", "100ms"]
OPTIONS = {"merge": ["--key", "id"], "append": ["--mode", "append"]}
CREATE_ITEM = "CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount decimal(10,2), note varchar(60))"


def csv_field(value):
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if value == "" or set(value) & set('",\r\n') else value


def csv_line(row):
    return ",".join(map(csv_field, row)) + "\n"


def csv_text(header, rows):
    return header + "\n" + "".join(map(csv_line, rows))


def by_id(rows):
    return sorted(rows, key=lambda row: int(row[0]))


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


def item(i):
    return (str(i), f"{i * 7919 % 100000 / 100:.2f}", f"note {i * 31} of record {i}, quoted")


NEW = [item(i) for i in range(1, ITEMS + 1)]
OLD = [("100", "1.00", "old"), ("200", "2.00", "old"), (str(ITEMS + 7), "7.00", "old")]


def merged(old=OLD, new=NEW):
    return by_id(({row[0]: row for row in old} | {row[0]: row for row in new}).values())


class LargeMerge(Db2Test):
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
        self.database.execute("CREATE TABLE trade (id bigint NOT NULL PRIMARY KEY, name varchar(60), amount decimal(15,2), booked timestamp)")
        rows = [trade(i) for i in range(1, TRADES + 1)]
        self.assertEqual(TRADES % 10_000, 0)
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


class ItemTest(Db2Test):
    def setUp(self):
        super().setUp()
        self.database.execute(CREATE_ITEM)
        self.refill()
        self.source = self.write("in.csv", csv_text("id,amount,note", NEW))

    def refill(self, rows=OLD):
        self.database.execute("DELETE FROM item; INSERT INTO item VALUES " + ",".join(f"({i}, {amount}, '{note}')" for i, amount, note in rows))

    def items(self):
        return self.database.texts("SELECT id, amount, note FROM item ORDER BY id")

    def assert_ended_whole(self, ended, mode, message):
        self.assert_ended(ended, 0)
        self.assertEqual((ended.report["state"], ended.report["reconciled"], ended.report["counts"]["accepted"]), ("published", True, ITEMS), f"{message}\n{ended}")
        self.assert_rows(self.items(), merged(self.old(mode)), message)
        self.assertEqual(self.database.staged(), 0, message)

    @staticmethod
    def old(mode):
        return OLD if mode == "merge" else OLD[2:]

    def start(self, mode, run_id, *arguments, url=None):
        return self.start_load(self.source, *(["--to", url] if url else []), "--table", "item", *OPTIONS[mode], *SMALL_UNITS, "--writers", 4, "--run-id", run_id, "--json", *arguments)


class KilledClient(ItemTest):
    def test_a_resume_after_a_kill_at_any_moment_ends_with_exactly_the_files_rows(self):
        dice = random.Random(SEED)
        died_in = collections.Counter()
        for number in range(KILLS):
            mode = ("merge", "append")[number % 2]
            units, seconds = (None, dice.uniform(0, 0.3)) if number % 3 == 2 else (dice.randrange(10), dice.uniform(0, 0.1))
            message = f"seed {SEED}, kill {number}, {mode}, {seconds:.3f} s after {'all' if units is None else units} units"
            with self.subTest(message):
                run_id = f"kill-{number}"
                self.refill(self.old(mode))
                running = self.start(mode, run_id)
                reached = (lambda: self.state_of(run_id) not in (None, "loading")) if units is None else lambda: units == 0 or self.committed_units(run_id) >= units
                while running.is_running() and not reached():
                    time.sleep(0.02)
                time.sleep(seconds)
                running.kill()
                state = self.state_of(run_id)
                died_in[state] += 1
                ended = self.start(mode, run_id).ended() if state is None else self.resume(run_id)
                self.assert_ended_whole(ended, mode, message)
        print(f"\ndb2: {KILLS} kills of the client, seed {SEED}: died while {dict(died_in)}", file=sys.stderr)


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


class Locks(ItemTest):
    """Another session holds what the load needs."""

    def test_a_lock_that_goes_away_is_waited_for_by_trying_again(self):
        for mode in OPTIONS:
            with self.subTest(mode), self.server.session() as other:
                self.refill(self.old(mode))
                other.run(f"AUTOCOMMIT OFF; SET SCHEMA {self.database.schema}; LOCK TABLE item IN EXCLUSIVE MODE")
                running = self.start(mode, f"waits-{mode}", "--max-attempts", 10)
                time.sleep(1.5)  # longer than the server's lock time-out
                self.assertTrue(running.is_running())
                other.run("ROLLBACK")
                self.assert_ended_whole(running.ended(), mode, mode)

    def test_a_lock_that_stays_is_named(self):
        with self.server.session() as other:
            other.run(f"AUTOCOMMIT OFF; SET SCHEMA {self.database.schema}; LOCK TABLE item IN EXCLUSIVE MODE")
            ended = self.start("merge", "locked", "--max-attempts", 1).ended()
            other.run("ROLLBACK")
        self.assert_ended(ended, 1, "lock", "--resume locked")
        self.assert_rows(self.items(), OLD)
        self.assert_ended_whole(self.resume("locked"), "merge", "resumed")


class FailingServer(ItemTest):
    """A server that dies or stands still while a load is at work, whose input ends only after that."""

    def feed_half(self, mode, run_id, *arguments, url=None):
        self.refill(self.old(mode))
        running = Running("load", "-", "--to", url or self.database.url, "--table", "item", *OPTIONS[mode], *SMALL_UNITS, "--run-id", run_id, "--json", *arguments,
                          cwd=self.directory, stdin=subprocess.PIPE)
        self.addCleanup(lambda: running.kill() if running.is_running() else None)
        self.text = pathlib.Path(self.source).read_bytes()
        running.process.stdin.write(self.text[:len(self.text) // 2])
        running.process.stdin.flush()
        wait_until(lambda: self.committed_units(run_id) >= 2, "units are committed")
        return running

    def feed_rest(self, running):
        with contextlib.suppress(BrokenPipeError):
            running.process.stdin.write(self.text[len(self.text) // 2:])
        with contextlib.suppress(BrokenPipeError):
            running.process.stdin.close()
        running.process.stdin = None
        return running.ended()

    def resume_if_failed(self, ended, mode, run_id):
        if ended.status != 0:
            self.assertIn(ended.status, (1, 3, 4), str(ended))
            self.assertTrue(ended.err, str(ended))
            ended = self.millrace("load", "-", "--resume", run_id, "--to", self.database.url, "--json", "--max-attempts", 12, stdin=self.text)
        self.assert_ended_whole(ended, mode, run_id)

    def test_a_crash_in_the_middle_of_a_load(self):
        running = self.feed_half("merge", "crash", "--max-attempts", 12)
        self.server.crash()
        self.server.start_again()
        self.resume_if_failed(self.feed_rest(running), "merge", "crash")

    def test_a_server_that_stays_away(self):
        running = self.feed_half("append", "away", "--max-attempts", 2)
        self.server.crash()
        ended = self.feed_rest(running)
        self.server.start_again()
        self.assertIn(ended.status, (3, 4), str(ended))
        self.assertIn("--resume away", ended.err)
        self.resume_if_failed(ended, "append", "away")

    def test_a_server_that_stands_still_for_longer_than_the_bound(self):
        for mode in OPTIONS:
            with self.subTest(mode):
                running = self.feed_half(mode, f"still-{mode}", "--max-attempts", 1, url=with_parameters(self.database.url, receivetimeout=1, connecttimeout=1))
                self.server.pause()
                try:
                    began = time.monotonic()
                    ended = self.feed_rest(running)
                    self.assertLess(time.monotonic() - began, 25, str(ended))
                finally:
                    self.server.unpause()
                self.assertIn(ended.status, (1, 3, 4), str(ended))  # 4: what was in doubt can not be asked about
                self.assertIn(f"--resume still-{mode}", ended.err)
                self.resume_if_failed(ended, mode, f"still-{mode}")

    def test_a_server_that_goes_on_within_the_bound(self):
        running = self.feed_half("merge", "goes-on", url=with_parameters(self.database.url, receivetimeout=30))
        self.server.pause()
        timer = threading.Timer(1.5, self.server.unpause)
        timer.start()
        ended = self.feed_rest(running)
        timer.join()
        self.assert_ended_whole(ended, "merge", "goes on")
        self.assertEqual(ended.report["replays"], 0)


class Listener:
    """A port that speaks no DRDA: what it answers to every connection; None: nothing at all, not even its end."""

    def __init__(self, answer):
        self._answer, self._open = answer, []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                self._open.append(client)
                if self._answer is not None:
                    client.recv(4096)
                    client.sendall(self._answer)
                    client.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for opened in [self._socket, *self._open]:
            opened.close()


TLS_SERVER = ("--tls", "derby.locks.escalationThreshold=5000", "derby.locks.waitTimeout=1")


class Unreachable(Db2Test):
    """Every way not to get in ends with one sentence, exit 1 and no password."""

    OPTIONS = TLS_SERVER

    def setUp(self):
        super().setUp()
        self.plain = self.server_of(Db2Test.OPTIONS)

    def assert_refused(self, url, *sentences, seconds=15):
        source = self.write("in.csv", "id\n1\n")
        for command in (["ping", url], ["load", source, "--to", url, "--table", "item", "--max-attempts", 1]):
            with self.subTest(url=url, command=command[0]):
                began = time.monotonic()
                ended = self.assert_ended(self.millrace(*command), 1, *sentences)
                self.assertLess(time.monotonic() - began, seconds)
                said = [line for line in ended.err.splitlines() if line]
                self.assertEqual(len(said), 1, str(ended))
                self.assertNotIn("secret", ended.out + ended.err)

    def test_the_right_way_in(self):
        for url in (self.plain.url, self.server.url):
            self.assertIn("Derby", self.assert_ended(self.millrace("ping", url), 0).out)

    def test_logins_and_names(self):
        url = self.plain.url
        self.assert_refused(url.replace("drda-secret", "wrong-secret"), "password")
        self.assert_refused(url.replace("drda-secret", "wrong%3Bsecret%7D"), "password")
        self.assert_refused(url.replace("millrace:", "nobody:"), "password")
        self.assert_refused(url + "-of-nobody", "database")

    def test_ports(self):
        url = self.plain.url.replace(f":{self.plain.port}/", ":{}/")
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))  # and does not listen
            self.assert_refused(url.format(bound.getsockname()[1]), "refused")
        for answer in (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"E\0\0\0\x20SFATAL\0C0A000\0Munsupported\0\0", bytes(range(256))):
            with self.subTest(answer), Listener(answer) as listener:
                self.assert_refused(url.format(listener.port), str(listener.port))
        with Listener(None) as listener:
            self.assert_refused(url.format(listener.port) + "?connecttimeout=1", str(listener.port), seconds=8)

    def test_tls(self):
        plain, tls = self.plain.url, self.server.url
        self.assert_refused(with_parameters(plain, security="SSL", sslservercertificate=self.server.ca_file), "TLS")
        self.assert_refused(tls.partition("?")[0] + "?connecttimeout=2", str(self.server.port))
        self.assert_refused(tls.replace("@localhost", "@127.0.0.1"), "certificate")
        self.assert_refused(tls.partition("?")[0] + "?security=SSL", "certificate")
        self.assertIn("Derby", self.assert_ended(self.millrace("ping", with_parameters(tls.replace("@localhost", "@127.0.0.1"), sslclienthostnamevalidation="Off")), 0).out)


class Escalation(ItemTest):
    """Derby's own threshold: a unit's transaction takes the whole table's lock, and the other writers wait for it or try again."""

    OPTIONS = TLS_SERVER

    def test_writers_that_take_the_tables_lock_lose_nothing(self):
        rows = [item(i) for i in range(10_001, 22_001)]
        source = self.write("many.csv", csv_text("id,amount,note", rows))
        for mode in OPTIONS:
            with self.subTest(mode):
                self.refill(self.old(mode))
                ended = self.load(source, "--table", "item", *OPTIONS[mode], "--writers", 4, "--max-attempts", 20, "--retry-delay", "50ms", "--json")
                self.assert_ended(ended, 0)
                self.assert_counts(ended.report, read=len(rows), inserted=len(rows))
                self.assert_rows(self.items(), by_id(self.old(mode) + rows), mode)


if __name__ == "__main__":
    support.main()
