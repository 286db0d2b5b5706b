#!/usr/bin/env python3
"""SIGTERM, SIGINT, SIGHUP, and a reader that went away."""

import os
import signal
import subprocess

import faults_support as faults
import support
from faults_support import on_both_backends, wait_until
from interruption_support import after, before, Feeder, ItemTest, OLD_BEYOND, OPTIONS, PUBLISHED_AT_ONCE, text, UNITS


@on_both_backends
class Signals:
    """SIGTERM and SIGINT: an orderly end, which a resume continues."""

    base = ItemTest

    def setUp(self):
        super().setUp()
        self.prepare()

    def end_by(self, number, mode, units):
        run_id = f"signal-{number}-{mode.replace(' ', '-')}-{units}"
        self.refill(mode)
        feeder = Feeder(self, "item", mode, run_id)
        feeder.feed(0.5)
        feeder.wait_for_units(units) if units else wait_until(lambda: self.state_of(run_id), "the run has begun")
        feeder.running.send(number)
        feeder.trickle()
        ended = feeder.ended()
        self.assertIn("interrupted", ended.err, str(ended))
        self.assertIn(f"--resume {run_id}", ended.err, str(ended))
        self.assertEqual(self.run_state(run_id), "failed", str(ended))
        self.assertEqual(ended.report["state"], "failed", str(ended))
        return run_id, ended

    def resume_from_input(self, run_id, mode):
        ended = self.millrace("load", "-", "--resume", run_id, "--to", self.database.url, "--json", stdin=text().encode())
        self.check_end(ended, mode, False, f"{run_id} resumed")

    def test_where_a_load_publishes_at_once_the_target_is_as_it_was(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            for mode in PUBLISHED_AT_ONCE:
                with self.subTest(mode, signal=number.name):
                    run_id, ended = self.end_by(number, mode, 3)
                    self.assertEqual(ended.status, 128 + number, str(ended))
                    self.assert_items(before(mode), mode)
                    self.resume_from_input(run_id, mode)

    def test_after_part_of_an_append_the_status_is_3_and_the_rows_are_counted(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                run_id, ended = self.end_by(number, "append", 3)
                self.assertEqual(ended.status, 3, str(ended))
                rows = self.count("item") - OLD_BEYOND
                self.assertGreater(rows, 0)
                self.assertIn(f"{rows} rows are committed", ended.err)
                self.assertEqual(ended.report["counts"]["accepted"], rows)
                self.resume_from_input(run_id, "append")

    def test_before_the_first_unit_of_an_append_the_target_is_as_it_was(self):
        self.refill("append")
        feeder = Feeder(self, "item", "append", "early")
        feeder.feed(0.001)
        wait_until(lambda: self.state_of("early"), "the run has begun")
        feeder.running.send(signal.SIGTERM)
        feeder.running.process.wait(30)  # no byte and no end of the input follows the signal: the unit can not become whole before it is seen
        ended = feeder.ended()
        self.assertEqual(ended.status, 128 + signal.SIGTERM, str(ended))
        self.assertEqual(self.count("item"), OLD_BEYOND)
        self.resume_from_input("early", "append")

    def test_a_load_that_waits_for_its_input_ends_at_once(self):
        """Nobody feeds the pipe any more, and nobody closes it."""
        self.refill("append")
        feeder = Feeder(self, "item", "append", "stalled")
        feeder.feed(0.5)
        feeder.wait_for_units(3)
        feeder.running.send(signal.SIGTERM)
        try:
            feeder.running.process.wait(10)
        except subprocess.TimeoutExpired:
            self.fail("it goes on waiting for its input")
        self.assertEqual(feeder.ended().status, 3)
        self.assertEqual(self.run_state("stalled"), "failed")
        self.resume_from_input("stalled", "append")

    def test_a_publish_that_waits_for_a_lock_ends_at_once(self):
        if not self.on_postgresql:
            return  # one connection does everything there
        self.refill("merge")
        source = self.write("in.csv", text())
        with self.database.session() as other:
            other.run("BEGIN; LOCK TABLE item IN ROW EXCLUSIVE MODE")
            running = self.start_load(source, "--table", "item", *OPTIONS["merge"], *UNITS, "--run-id", "waiting", "--json")
            wait_until(lambda: self.database.backends("wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'"), "the publish waits for the lock")
            running.send(signal.SIGTERM)
            ended = running.ended(timeout=10)
        self.assertEqual(ended.status, 128 + signal.SIGTERM, str(ended))
        self.assertEqual(self.run_state("waiting"), "loaded", "what is staged can be published")
        self.assert_items(before("merge"), "nothing is published")
        self.check_end(self.resume("waiting"), "merge", False, "resumed")

    def test_an_ignored_signal_stays_ignored(self):
        """As under nohup."""
        self.refill("append")
        program = "trap '' HUP; exec \"$0\" \"$@\""
        source = self.write("in.csv", text())
        process = subprocess.Popen(["sh", "-c", program, str(faults.MILLRACE), "load", source, "--to", self.database.url, "--table", "item", *UNITS, "--run-id", "hup"],
                                   cwd=self.directory, env=faults.ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.state_of("hup"), "the run has begun")
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.wait(60), 0)
        self.assert_items(after("append"), "SIGHUP ignored")

    def test_a_closed_standard_output_does_not_end_the_load(self):
        self.refill("append")
        source = self.write("in.csv", text())
        read_end, write_end = os.pipe()
        os.close(read_end)
        process = subprocess.Popen([str(faults.MILLRACE), "load", source, "--to", self.database.url, "--table", "item", *UNITS], cwd=self.directory,
                                   env=faults.ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=write_end, stderr=write_end)
        os.close(write_end)
        process.wait(60)
        self.assert_items(after("append"), "nobody reads the report")


if __name__ == "__main__":
    support.main()
