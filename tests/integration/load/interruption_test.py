#!/usr/bin/env python3
"""A killed command, at whatever moment: a resume ends with exactly the file's rows."""

import collections
import random
import sys
import time

import faults_support as faults
import support
from faults_support import on_both_backends, wait_until
from interruption_support import after, before, Feeder, HEADER, ItemTest, KILLS, OPTIONS, PUBLISHED_AT_ONCE, QUICK, SEED, text, UNITS


@on_both_backends
class KilledClient:
    """kill -9 of the command, at random moments."""

    base = ItemTest

    def setUp(self):
        super().setUp()
        self.prepare()
        self.sources = {rejects: self.write(f"in{rejects}.csv", text(rejects)) for rejects in (False, True)}

    def start(self, mode, run_id, with_rejects=False):
        return self.start_load(self.sources[with_rejects], "--table", "item", *OPTIONS[mode], *UNITS, *QUICK, "--run-id", run_id,
                               "--reject-file", "in.rejects", "--max-rejects", 100)

    def test_a_resume_after_a_kill_at_any_moment_ends_with_exactly_the_files_rows(self):
        dice = random.Random(f"{SEED} {self.backend}")
        modes = list(OPTIONS)
        phases = {mode: self.uninterrupted(mode, self.start) for mode in modes}
        died_in = collections.Counter()
        for number in range(KILLS):
            mode, with_rejects, at_once = modes[number % len(modes)], dice.random() < 0.3, dice.random() < 0.5
            first, last, end = phases[mode]
            # Every third kill comes when everything is staged: units take the most time, publishing is the more delicate.
            moment = dice.uniform(last, end) if number % 3 == 2 else dice.uniform(first * 0.8, last)
            message = (f"seed {SEED}, {self.backend}, kill {number} after {moment:.3f} of {end:.3f} s, {mode}"
                       f"{', with rejects' if with_rejects else ''}")
            with self.subTest(message):
                died_in[self.kill_once(f"kill-{number}", mode, with_rejects, moment, at_once, message)] += 1
        whole = [end for _, _, end in phases.values()]
        print(f"\n{self.backend}: {KILLS} kills of the client in runs of {min(whole):.2f} to {max(whole):.2f} s, seed {SEED}: died while {dict(died_in)}", file=sys.stderr)

    def kill_once(self, run_id, mode, with_rejects, moment, at_once, message):
        self.refill(mode)
        self.forget_rejects()
        running = self.start(mode, run_id, with_rejects)
        time.sleep(moment)
        running.kill()
        if not at_once and self.on_postgresql:  # else the dead client's backends may still be at work
            wait_until(lambda: not self.database.backends(), "the dead client's backends are gone")
        state = self.state_of(run_id)
        units = self.committed_units(run_id) if state else 0
        if (not at_once or not self.on_postgresql) and mode in PUBLISHED_AT_ONCE and state != "published":
            self.assert_items(before(mode), message + ", before the resume")
        self.resume_to_the_end(run_id, self.sources[with_rejects], mode, with_rejects, message)
        return "starting" if state is None else f"loading, {'no unit' if units == 0 else 'some units'} committed" if state == "loading" else state

    def test_a_run_may_be_killed_again_and_again(self):
        dice = random.Random(f"{SEED} {self.backend} again")
        for mode in ("merge", "append"):
            self.refill(mode)
            run_id = f"often-{mode}"
            running = self.start(mode, run_id, True)
            wait_until(lambda: self.state_of(run_id) is not None, "the run has begun")
            for number in range(5):
                time.sleep(dice.uniform(0.0, 0.3))
                running.kill()
                running = faults.Running("load", "--resume", run_id, "--to", self.database.url, "--json", cwd=self.directory)
            running.ended()
            self.resume_to_the_end(run_id, self.sources[True], mode, True, f"seed {SEED}, {mode}")
            self.forget_rejects()

    def test_a_direct_reload_starts_over(self):
        """It has no units: everything is one transaction."""
        dice = random.Random(f"{SEED} {self.backend} direct")
        for number in range(3):
            self.refill("reload")
            run_id = f"direct-{number}"
            running = self.start_load(self.sources[False], "--table", "item", "--mode", "reload", "--reload", "direct", "--run-id", run_id)
            wait_until(lambda: self.state_of(run_id), "the run has begun")
            time.sleep(dice.uniform(0.0, 0.2))
            running.kill()
            if self.on_postgresql:
                wait_until(lambda: not self.database.backends(), "the dead client's backends are gone")
            if self.run_state(run_id) != "published":
                self.assert_items(before("reload"), "killed")
            self.assert_ended(self.resume(run_id), 0)
            self.assert_items(after("reload"), "resumed")

    def test_an_uncommitted_units_rejects_are_not_kept_twice(self):
        """The reject file is written before the unit's commit, so a kill in between leaves lines of a unit that never was."""
        self.refill("append")
        running = self.start("append", "lines", True)
        wait_until(lambda: self.rejects(), "the first reject is written")
        running.kill()
        # What such a kill leaves behind at worst: a whole line of a unit that has no ledger row, and half of one.
        with open(self.path("in.rejects"), "a", encoding="utf-8") as rejects:
            rejects.write('{"run":"lines","unit":49999,"record":50000,"line":50001,"byte_offset":1,"column":"id","code":"x","sqlstate":"","reason":"r","raw":"x"}\n{"run":"lines","un')
        self.resume_to_the_end("lines", self.sources[True], "append", True, "rejects")

    def test_the_input_must_be_the_same(self):
        self.refill("append")
        feeder = Feeder(self, "item", "append", "changed")
        feeder.feed(0.5)
        feeder.wait_for_units(3)
        feeder.running.kill()
        changed = text().replace("note 31 of", "Note 31 of", 1)
        for wrong, says in ((changed, "changed"), (text()[:text().index("\n11,") + 1], "changed"), (HEADER, "shorter")):
            ended = self.millrace("load", "-", "--resume", "changed", "--to", self.database.url, stdin=wrong.encode())
            self.assert_ended(ended, ended.status, says)
            self.assertIn(ended.status, (1, 3), str(ended))
        ended = self.millrace("load", "-", "--resume", "changed", "--to", self.database.url, "--json", stdin=text().encode())
        self.check_end(ended, "append", False, "the right input at last")

    def test_a_contradicting_option_is_refused_by_name(self):
        self.refill("merge")
        feeder = Feeder(self, "item", "merge", "options")
        feeder.feed(0.5)
        feeder.wait_for_units(1)
        feeder.running.kill()
        for contradiction in (["--unit-bytes", "65536"], ["--mode", "append"], ["--delimiter", ";"], ["--table", "other"]):
            ended = self.millrace("load", "-", "--resume", "options", "--to", self.database.url, *contradiction, stdin=text().encode())
            self.assertIn(ended.status, (1, 64), str(ended))
            self.assertIn(contradiction[0], ended.err, str(ended))
        ended = self.millrace("load", "-", "--resume", "options", "--to", self.database.url, "--writers", "1", "--json", stdin=text().encode())
        self.check_end(ended, "merge", False, "the same options")

    def test_a_discarded_run_leaves_nothing_and_is_not_resumed(self):
        self.refill("merge")
        feeder = Feeder(self, "item", "merge", "given-up")
        feeder.feed(0.5)
        feeder.wait_for_units(3)
        feeder.running.kill()
        if self.on_postgresql:
            wait_until(lambda: not self.database.backends(), "the dead client's backends are gone")
        self.assert_ended(self.millrace("discard", "given-up", "--to", self.database.url), 0)
        self.assertEqual(self.database.staging_tables(), [])
        self.assert_items(before("merge"), "discarded")
        self.assert_ended(self.millrace("load", "-", "--resume", "given-up", "--to", self.database.url, stdin=text().encode()), 1, "given-up", "discarded")


if __name__ == "__main__":
    support.main()
