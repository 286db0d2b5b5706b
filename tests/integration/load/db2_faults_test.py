#!/usr/bin/env python3
"""Loads through db2: URLs into Apache Derby while the client is killed, the server crashes or stands still, and others hold the locks.

MILLRACE_KILLS    kills of the client (default 3)
MILLRACE_SEED     of their moments
"""

import collections
import contextlib
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

import support
from csv_text import csv_text
from db2_support import MODES, OLD, SMALL_UNITS, TLS_SERVER, ItemTest, by_id, item, with_parameters
from faults_support import Running, wait_until

KILLS = int(os.environ.get("MILLRACE_KILLS", "3"))
SEED = int(os.environ.get("MILLRACE_SEED", str(time.time_ns() % 1_000_000)))


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


class Locks(ItemTest):
    """Another session holds what the load needs."""

    def test_a_lock_that_goes_away_is_waited_for_by_trying_again(self):
        for mode in MODES:
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


class Deadlocks(ItemTest):
    """Another session and the load wait for each other, in Derby's own words: 40001. Nothing here could end by a lock time-out."""

    OPTIONS = ("derby.locks.waitTimeout=100", "derby.locks.deadlockTimeout=1")
    HELD = 1000  # rows that the other one has written: Derby gives up the transaction that has the fewest locks

    def setUp(self):
        super().setUp()
        self.unit = [item(i) for i in range(1, 51)]
        self.refill(OLD[2:])

    def end_of_load_that_is_given_up(self, *arguments):
        source = self.write("unit.csv", csv_text("id,amount,note", self.unit))
        with self.server.session() as other:
            other.run(f"AUTOCOMMIT OFF; SET SCHEMA {self.database.schema}; INSERT INTO item VALUES (40, 4, 'theirs'), " +
                      ",".join(f"({i}, 0, 'theirs')" for i in range(100_000, 100_000 + self.HELD)))
            running = self.start_load(source, "--table", "item", "--mode", "append", "--writers", 1, "--json", *arguments)
            wait_until(self.waits_for_a_lock, "the load waits for row 40")
            other.run("INSERT INTO item VALUES (1, 1, 'theirs')")  # which the load has written
            other.run("ROLLBACK")
        return running.ended()

    def waits_for_a_lock(self):
        return int(self.database.texts("SELECT count(*) FROM SYSCS_DIAG.LOCK_TABLE WHERE STATE = 'WAIT'")[0][0]) > 0

    def assert_all_there(self, report):
        self.assert_counts(report, accepted=len(self.unit), inserted=len(self.unit), rejected=0)
        self.assert_rows(self.items(), by_id(self.unit + OLD[2:]))

    def test_the_unit_that_the_server_gave_up_is_written_again(self):
        ended = self.assert_ended(self.end_of_load_that_is_given_up(), 0)
        self.assertIn("40001", ended.err)
        self.assertGreaterEqual(ended.report["replays"], 1)
        self.assert_all_there(ended.report)

    def test_with_no_attempt_left_the_deadlock_is_named_and_a_resume_loads_the_rest(self):
        ended = self.assert_ended(self.end_of_load_that_is_given_up("--max-attempts", 1, "--run-id", "given-up"), 1, "deadlock", "--resume given-up")
        self.assertEqual((ended.report["error_code"], ended.report["sqlstate"]), ("deadlock", "40001"))
        self.assert_rows(self.items(), OLD[2:])
        self.assert_all_there(self.assert_ended(self.resume("given-up"), 0).report)


class Escalation(ItemTest):
    """Derby's own threshold: a unit's transaction takes the whole table's lock, and the other writers wait for it or try again."""

    OPTIONS = TLS_SERVER

    def test_writers_that_take_the_tables_lock_lose_nothing(self):
        rows = [item(i) for i in range(10_001, 22_001)]
        source = self.write("many.csv", csv_text("id,amount,note", rows))
        for mode in MODES:
            with self.subTest(mode):
                self.refill(self.old(mode))
                ended = self.load(source, "--table", "item", *MODES[mode], "--writers", 4, "--max-attempts", 20, "--retry-delay", "50ms", "--json")
                self.assert_ended(ended, 0)
                self.assert_counts(ended.report, read=len(rows), inserted=len(rows))
                self.assert_rows(self.items(), by_id(self.old(mode) + rows), mode)


class FailingServer(ItemTest):
    """A server that dies or stands still while a load is at work, whose input ends only after that."""

    def feed_half(self, mode, run_id, *arguments, url=None):
        self.refill(self.old(mode))
        running = Running("load", "-", "--to", url or self.database.url, "--table", "item", *MODES[mode], *SMALL_UNITS, "--run-id", run_id, "--json", *arguments,
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
        for mode in MODES:
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


if __name__ == "__main__":
    support.main()
