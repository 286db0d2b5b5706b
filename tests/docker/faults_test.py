#!/usr/bin/env python3
"""Faults that only containers allow, in the middle of a load: the server's machine dies, freezes, and is cut off; its network delays and loses
packets. However a load ends, it says how to go on, and what is in the table at the end is exactly the file's rows.

MILLRACE_KILLS    kills of PostgreSQL's container at random moments (default 4), and half as many of Derby's, whose JVM starts cold after each
MILLRACE_SEED     of these moments; printed
"""

import collections
import os
import random
import subprocess
import sys
import threading
import time

import containers
import faults_support as faults
import support
from faults_support import wait_until
from interruption_support import before, Feeder, ItemTest, OPTIONS, PATIENT, PUBLISHED_AT_ONCE, QUICK, SEED, text, UNITS

KILLS = int(os.environ.get("MILLRACE_KILLS", "4"))
TIME_OUT = 3          # of the clients that are told to be impatient, in seconds
BOUND = 45            # by then they have given up, both attempts and every writer included
BACKENDS = ("postgresql", "derby")
MODES = ("merge", "append")    # published at once, and unit by unit


class ContainerTest(ItemTest):
    """A load into a server in a container."""

    @classmethod
    def setUpClass(cls):
        try:
            cls.server = containers.server(cls.backend)
        except support.unittest.SkipTest as reason:
            print(f"\nSKIPPED {cls.__name__}: {reason}", file=sys.stderr)
            raise
        cls.container = cls.server.container
        cls.modes = MODES if cls.backend == "postgresql" else MODES[:1]  # Derby's loads take many times as long

    def setUp(self):
        self.container.heal()
        self.server.wait_until_up()
        super().setUp()
        UNITS[:] = ["--unit-bytes", str(self.database.unit_bytes)]  # what all loads here have in common, also those of interruption_support
        self.database.execute(self.database.create)
        self.source = self.write("in.csv", text())

    def make_database(self):
        return self.server.database()

    def items(self):
        return self.database.texts("SELECT id, amount, note FROM item ORDER BY id")

    def has_state(self):
        return self.database.has_state()

    # ---- Loads

    def start(self, mode, run_id, *arguments):
        return self.start_load(self.source, "--table", "item", *OPTIONS[mode], *UNITS, *(arguments or PATIENT), "--run-id", run_id, "--json")

    def half_fed(self, mode, run_id, *arguments):
        """A load that has committed some units and waits for more."""
        self.refill(mode)
        feeder = Feeder(self, "item", mode, run_id, *arguments)
        feeder.feed(0.5)
        feeder.wait_for_units(5)
        return feeder

    def resume_fed(self, run_id):
        return self.millrace("load", "-", "--resume", run_id, "--to", self.database.url, "--json", stdin=text().encode())

    def give_up(self, feeder):
        """Feeds on until the load gives up, which it has to do before its input ends. @return how it ended, and after how many seconds"""
        started = time.monotonic()
        overdue = threading.Timer(BOUND, feeder.running.process.kill)  # who waits for ever reads nothing, and the feeder would wait for it
        overdue.start()
        try:
            feeder.trickle()
            self.assertLess(feeder.fed, len(feeder.text) * 0.95, "the load took its input as if nothing had happened")
            return feeder.ended(), time.monotonic() - started
        finally:
            overdue.cancel()

    def check_failure(self, ended, mode, run_id):
        """It says what happened and how to go on, and has published nothing of what is published at once."""
        self.assertEqual(ended.status, 1 if mode in PUBLISHED_AT_ONCE else 3, str(ended))
        self.assertRegex(ended.err, "can not connect|connection", str(ended))
        self.assertIn(f"--resume {run_id}", ended.err, str(ended))
        if mode in PUBLISHED_AT_ONCE:
            self.assert_items(before(mode), f"{mode}: half of it is published")


class Deaths(ContainerTest):
    """SIGKILL to the container, which is started again."""

    def test_a_load_outlives_a_server_that_comes_back(self):
        for mode in self.modes:
            with self.subTest(mode):
                self.refill(mode)
                running = self.start(mode, f"back-{mode}")
                wait_until(lambda: self.committed_units(f"back-{mode}") >= 2, "units are committed")
                self.container.kill()
                self.assertTrue(running.is_running(), "it was over before the server was killed")
                self.container.start()
                ended = running.ended()
                self.check_end(ended, mode, False, mode)
                self.assertGreater(ended.report["replays"], 0, str(ended))

    def test_a_load_gives_up_on_a_server_that_stays_away_and_a_resume_finishes_it(self):
        for mode in MODES:
            with self.subTest(mode):
                feeder = self.half_fed(mode, f"away-{mode}", *QUICK, "--max-attempts", "2")
                self.container.kill()
                ended, _ = self.give_up(feeder)
                self.container.start()
                self.server.wait_until_up()
                self.check_failure(ended, mode, f"away-{mode}")
                self.check_end(self.resume_fed(f"away-{mode}"), mode, False, "resumed")

    def test_a_death_at_any_moment(self):
        dice = random.Random(f"{SEED} {self.backend}")
        modes = list(OPTIONS)
        kills = KILLS if self.backend == "postgresql" else KILLS // 2
        phases = {mode: self.uninterrupted(mode, self.start) for mode in modes[:kills]}
        ends = collections.Counter()
        for number in range(kills):
            mode, run_id = modes[number % len(modes)], f"dead-{number}"
            first, last, end = phases[mode]
            # Every other one when everything is staged: units take the most time, publishing is the more delicate.
            moment = dice.uniform(last, end) if number % 2 else dice.uniform(first * 0.8, last)
            message = f"seed {SEED}, {self.backend}, death {number} after {moment:.3f} of {end:.3f} s, {mode}"
            with self.subTest(message):
                self.refill(mode)
                running = self.start(mode, run_id, *QUICK, "--max-attempts", "1")
                time.sleep(moment)
                self.container.kill()
                ended = running.ended()
                self.container.start()
                self.server.wait_until_up()
                ends[f"exit {ended.status}, {self.state_of(run_id)}"] += 1
                if ended.status == 0:
                    self.check_end(ended, mode, False, message)
                else:
                    self.assertIn(ended.status, (1, 3, 4), f"{message}\n{ended}")
                    self.resume_to_the_end(run_id, self.source, mode, False, f"{message}\n{ended}")
        print(f"\n{self.backend}: {kills} deaths of the container, seed {SEED}: {dict(ends)}", file=sys.stderr)


class Pauses(ContainerTest):
    """The container is frozen: its kernel still acknowledges packets, so that no connection breaks."""

    def test_a_load_goes_on_after_a_pause_that_is_longer_than_new_clients_wait(self):
        for mode in self.modes:
            with self.subTest(mode):
                feeder = self.half_fed(mode, f"paused-{mode}")
                with self.container.paused():
                    rest = threading.Thread(target=feeder.feed, args=(1,))
                    rest.start()
                    started = time.monotonic()
                    refused = self.server.ping(TIME_OUT)
                    waited = time.monotonic() - started
                    self.assert_ended(refused, 1, "can not connect")
                    self.assertTrue(TIME_OUT - 1 < waited < TIME_OUT + 5, f"waited {waited:.1f} s\n{refused}")
                    self.assertTrue(feeder.running.is_running(), "the load does not wait")
                rest.join()
                self.check_end(feeder.ended(), mode, False, mode)

    def test_a_load_that_begins_in_a_pause_ends_within_its_time_out(self):
        self.refill("merge")
        with self.container.paused():
            started = time.monotonic()
            ended = self.load_impatiently("merge", "frozen")
            waited = time.monotonic() - started
        self.assert_ended(ended, 1, "can not connect")
        self.assertLess(waited, BOUND, str(ended))
        self.assert_items(before("merge"), "nothing was loaded")
        self.assertIsNone(self.state_of("frozen"))

    def load_impatiently(self, mode, run_id):
        return self.millrace("load", self.source, "--to", self.database.impatient_url(TIME_OUT), "--table", "item", *OPTIONS[mode], *UNITS, *QUICK,
                             "--max-attempts", "2", "--run-id", run_id)


class Partitions(ContainerTest):
    """No packet passes, and nobody is told."""

    def test_a_load_goes_on_when_the_network_is_healed(self):
        for mode in self.modes:
            with self.subTest(mode):
                feeder = self.half_fed(mode, f"healed-{mode}")
                with self.container.cut_off():
                    rest = threading.Thread(target=feeder.feed, args=(1,))
                    rest.start()
                    time.sleep(TIME_OUT)
                    self.assertTrue(feeder.running.is_running(), "the load does not wait")
                rest.join()
                self.check_end(feeder.ended(), mode, False, mode)

    def test_an_impatient_load_ends_within_its_bound_and_a_resume_finishes_it(self):
        whole = self.database.url
        for mode in self.modes:
            with self.subTest(mode):
                self.database.url = self.database.impatient_url(TIME_OUT)
                feeder = self.half_fed(mode, f"cut-{mode}", *QUICK, "--max-attempts", "2")
                self.database.url = whole
                with self.container.cut_off():
                    ended, waited = self.give_up(feeder)
                self.assertTrue(TIME_OUT - 1 < waited < BOUND, f"{waited:.1f} s\n{ended}")
                self.check_failure(ended, mode, f"cut-{mode}")
                self.check_end(self.resume_fed(f"cut-{mode}"), mode, False, f"resumed; given up after {waited:.1f} s")


class BadNetworks(ContainerTest):
    """Everything arrives in the end."""

    def check_loads(self, name):
        for mode in self.modes:
            with self.subTest(mode):
                self.refill(mode)
                self.check_end(self.start(mode, f"{name}-{mode}").ended(), mode, False, mode)

    def test_lost_packets_cost_time_only(self):
        with self.container.losing(0.01 if self.backend == "postgresql" else 0.03) as lost:  # more units, more packets
            self.check_loads("lost")
            self.assertGreater(lost(), 0)

    def test_a_slow_line_costs_time_only(self):
        self.refill("merge")
        with self.container.shaped("tbf", "rate", "6mbit", "burst", "16kb", "latency", "50ms"):
            started = time.monotonic()
            self.check_end(self.start("merge", "slow").ended(), "merge", False, "slow")
            self.assertGreater(time.monotonic() - started, len(text()) * 8 / 6e6, "the line was not slow")

    def test_late_lost_and_overtaken_packets_cost_time_only(self):
        with self.container.shaped("netem", "delay", "5ms", "5ms", "loss", "0.5%", "reorder", "10%", "duplicate", "0.5%"):
            self.check_loads("late")


def for_every_backend():
    """Deaths becomes DeathsOnPostgresql and DeathsOnDerby, and so on."""
    for cls in (Deaths, Pauses, Partitions, BadNetworks):
        del globals()[cls.__name__]
        for backend in BACKENDS:
            name = f"{cls.__name__}On{backend.capitalize()}"
            globals()[name] = type(name, (cls,), {"backend": backend, "__module__": __name__, "__qualname__": name})


def main():
    """The backends at the same time: for the most part their tests wait. Arguments are unittest's, and then it is one process."""
    if len(sys.argv) > 1:
        support.main()
    command = [sys.executable, __file__, "-k"]
    running = [subprocess.Popen([*command, f"On{backend.capitalize()}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for backend in BACKENDS]
    statuses = set()
    for process in running:
        print(process.communicate()[0], flush=True)
        statuses.add(process.returncode)
    sys.exit(1 if statuses - {0, support.SKIPPED} else max(statuses))


for_every_backend()
del ContainerTest, ItemTest  # unittest would run them

if __name__ == "__main__":
    main()
