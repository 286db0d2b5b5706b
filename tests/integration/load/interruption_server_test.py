#!/usr/bin/env python3
"""A server whose processes are killed, which restarts at once, or stays away."""

import collections
import contextlib
import os
import random
import signal
import sys
import time

import faults_support as faults
import support
from faults_support import wait_until
from interruption_support import after, before, Feeder, ItemTest, KILLS, OPTIONS, PATIENT, QUICK, SEED, text, UNITS


class DyingServer(ItemTest):
    """Needs a server of its own: when one of its processes is killed it restarts, and empties what is UNLOGGED."""

    backend = "postgresql"

    @classmethod
    def setUpClass(cls):
        cls.cluster = faults.Cluster()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()

    def make_database(self):
        return faults.Postgres(server=self.cluster.url)

    def setUp(self):
        self.cluster.wait_until_up()
        super().setUp()
        self.prepare()
        self.source = self.write("in.csv", text())

    def start(self, mode, run_id, *arguments):
        return self.start_load(self.source, "--table", "item", *OPTIONS[mode], *UNITS, *PATIENT, "--run-id", run_id, "--json", *arguments)

    def finish(self, running, mode, run_id, message):
        """A patient client gets over it by itself; whatever it says, a resume ends right. @return how it ended"""
        ended = running.ended()
        self.cluster.wait_until_up()
        if ended.status == 0:
            self.check_end(ended, mode, False, message)
            return "went on by itself"
        self.assertIn(ended.status, (1, 3, 4), f"{message}\n{ended}")
        self.resume_to_the_end(run_id, self.source, mode, False, f"{message}\n{ended}", *PATIENT)
        return f"exit {ended.status}, resumed"

    def test_a_killed_backend_at_any_moment(self):
        dice = random.Random(f"{SEED} backend")
        modes = list(OPTIONS)
        ends = collections.Counter()
        phases = {mode: self.uninterrupted(mode, self.start) for mode in modes}
        kills = max(KILLS // 2, len(modes))
        for number in range(kills):
            mode = modes[number % len(modes)]
            first, last, end = phases[mode]
            moment = dice.uniform(last, end) if number % 3 == 2 else dice.uniform(first * 0.8, last)
            message = f"seed {SEED}, backend kill {number} after {moment:.3f} of {end:.3f} s, {mode}"
            with self.subTest(message):
                self.refill(mode)
                running = self.start(mode, f"backend-{number}")
                time.sleep(moment)
                backends = self.cluster.client_backends()
                if backends:
                    os.kill(dice.choice(backends), signal.SIGKILL)
                ends[self.finish(running, mode, f"backend-{number}", message) if backends else "was faster"] += 1
        whole = [end for _, _, end in phases.values()]
        print(f"\npostgresql: {kills} kills of a backend in runs of {min(whole):.2f} to {max(whole):.2f} s, seed {SEED}: {dict(ends)}", file=sys.stderr)

    def test_a_server_that_restarts_at_once_in_the_middle(self):
        self.refill("append")
        feeder = Feeder(self, "item", "append", "restart-append", *PATIENT)
        feeder.feed(0.5)
        feeder.wait_for_units(2)
        self.cluster.restart()
        feeder.feed(1)
        ended = feeder.ended()
        self.check_end(ended, "append", False, "append")
        self.assertGreater(ended.report["replays"], 0)
        for mode in ("merge", "reload", "atomic append"):
            with self.subTest(mode):
                self.refill(mode)
                running = self.start(mode, f"restart-{mode}")
                wait_until(lambda: self.committed_units(f"restart-{mode}") >= 2, "units are committed")
                self.cluster.restart()
                self.check_end(running.ended(), mode, False, mode)

    def test_staged_rows_that_a_crash_took_are_sent_again_by_a_resume(self):
        self.refill("merge")
        self.assert_ended(self.load(self.source, "--table", "item", "--key", "id", *UNITS, "--run-id", "emptied", "--stage-only"), 0)
        self.cluster.restart()
        self.assertEqual(self.count(self.database.staging_tables()[0]), 0, "a crash empties an UNLOGGED table")
        refused = self.millrace("publish", "emptied", "--to", self.database.url)
        self.assert_ended(refused, 1, "staged rows", "--resume")
        self.assert_items(before("merge"), "a publish of nothing")
        again = self.resume("emptied")
        self.assertEqual(again.status, 0, str(again))
        if again.report["state"] == "loaded":  # the run was told to stop there
            again = self.millrace("publish", "emptied", "--to", self.database.url, "--json")
        self.check_end(again, "merge", False, "resumed and published")

    def test_standard_input_can_not_be_read_again_so_the_error_says_how_to_go_on(self):
        self.refill("merge")
        feeder = Feeder(self, "item", "merge", "piped", *PATIENT)
        feeder.feed(0.6)
        feeder.wait_for_units(5)
        self.cluster.restart()
        feeder.feed(1)
        ended = feeder.ended()
        self.assert_ended(ended, 1, "staged rows", "--resume")
        self.assert_items(before("merge"), "nothing is published")
        resumed = self.millrace("load", "-", "--resume", "piped", "--to", self.database.url, "--json", stdin=text().encode())
        self.check_end(resumed, "merge", False, "fed again")

    def test_a_server_that_stays_away(self):
        self.refill("merge")
        feeder = Feeder(self, "item", "merge", "away", *QUICK, "--max-attempts", "2")
        feeder.feed(0.5)
        feeder.wait_for_units(2)
        self.cluster.crash()
        try:
            with contextlib.suppress(BrokenPipeError):
                feeder.feed(1)
            ended = feeder.ended()
        finally:
            self.cluster.start_again()
        self.assertEqual(ended.status, 1, str(ended))
        self.assertIn("--resume away", ended.err, str(ended))
        resumed = self.millrace("load", "-", "--resume", "away", "--to", self.database.url, "--json", stdin=text().encode())
        self.check_end(resumed, "merge", False, "the server is back")


if __name__ == "__main__":
    support.main()
