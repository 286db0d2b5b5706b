#!/usr/bin/env python3
"""The dead client's backend is still at work when its run is resumed: the ledger row decides, nothing else can."""

import signal

import faults_support as faults
import support
from faults_support import wait_until
from interruption_support import after, before, ItemTest, OPTIONS, QUICK, text

UNITS = ["--unit-bytes", "32768"]


class DeadClientLiveBackend(ItemTest):
    """A gate (an advisory lock) holds the dead client's backend where the test wants it: a trigger waits for it."""

    backend = "postgresql"
    GATE = 4711

    def setUp(self):
        super().setUp()
        self.prepare()
        self.source = self.write("in.csv", text())
        self.gate = self.database.session()
        self.addCleanup(self.gate.close)
        self.gate.run(f"SELECT pg_advisory_lock({self.GATE})")

    def hold(self, table, when, event="INSERT", deferred=True):
        """Transactions that touch such a row wait at the gate: in COMMIT if deferred, else in the statement."""
        kind = "CONSTRAINT TRIGGER held AFTER" if deferred else "TRIGGER held BEFORE"
        timing = "DEFERRABLE INITIALLY DEFERRED" if deferred else ""
        self.database.execute(f"""
            CREATE OR REPLACE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN
                -- Not by waiting for the lock, which the session's lock_timeout would end.
                WHILE NOT pg_try_advisory_xact_lock_shared({self.GATE}) LOOP PERFORM pg_sleep(0.02); END LOOP;
                RETURN NEW;
              END $$;
            CREATE {kind} {event} ON {table} {timing} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION wait_at_gate()""")

    def open_gate(self):
        self.gate.run(f"SELECT pg_advisory_unlock({self.GATE})")

    def make_state(self):
        """Millrace's own tables, so that triggers can be put on them."""
        self.database.execute("CREATE TABLE other (id integer)")
        self.assert_ended(self.load(self.write("other.csv", "id\n1\n"), "--table", "other"), 0)

    def held_backends(self):
        return self.database.backends("wait_event = 'PgSleep'")

    def waiting_for_predecessor(self, statement):
        return self.database.backends(f"wait_event_type = 'Lock' AND wait_event = 'transactionid' AND query LIKE '{statement}%'")

    def start_and_kill(self, mode):
        running = self.start_load(self.source, "--table", "item", *OPTIONS[mode], *UNITS, *QUICK, "--run-id", "held")
        held = wait_until(self.held_backends, "a backend waits at the gate")
        running.kill()
        self.assertIn(held[0], self.held_backends(), "the dead client's backend is still at work")

    def start_resume(self):
        running = faults.Running("load", "--resume", "held", "--to", self.database.url, "--json", cwd=self.directory)
        self.addCleanup(lambda: running.kill() if running.is_running() else None)
        return running

    def terminate_predecessors(self):
        for pid in self.held_backends():
            self.database.texts(f"SELECT pg_terminate_backend({pid})")
            wait_until(lambda: pid not in self.database.backends(), "the predecessor is gone")

    def resume_against(self, mode, commits, waits_in='INSERT INTO "public"."millrace_ledger"'):
        resumed = self.start_resume()
        wait_until(lambda: self.waiting_for_predecessor(waits_in), "the resume waits for its predecessor")
        if not commits:
            self.terminate_predecessors()
        self.open_gate()
        self.check_end(resumed.ended(), mode, False, f"{mode}, the predecessor {'commits' if commits else 'aborts'}")

    def test_a_unit_whose_predecessor_commits_after_the_resume_began(self):
        self.make_state()
        self.hold("millrace_ledger", "NEW.run_id = 'held' AND NEW.first_src_row > 5000 AND NEW.first_src_row < 6000")
        for mode in ("append", "merge", "reload"):
            with self.subTest(mode):
                self.reset(mode)
                self.start_and_kill(mode)
                self.resume_against(mode, commits=True)

    def test_a_unit_whose_predecessor_aborts_after_the_resume_began(self):
        self.make_state()
        self.hold("millrace_ledger", "NEW.run_id = 'held' AND NEW.first_src_row > 5000 AND NEW.first_src_row < 6000")
        for mode in ("append", "merge", "reload"):
            with self.subTest(mode):
                self.reset(mode)
                self.start_and_kill(mode)
                self.resume_against(mode, commits=False)

    def reset(self, mode):
        self.gate.run("SELECT pg_advisory_unlock_all()")
        wait_until(lambda: not self.database.backends(), "nothing is left of the case before")
        self.database.execute("DELETE FROM millrace_run WHERE run_id = 'held'; DELETE FROM millrace_ledger WHERE run_id = 'held'")
        self.refill(mode)
        self.gate.run(f"SELECT pg_advisory_lock({self.GATE})")

    def test_a_predecessor_that_waits_in_the_middle_of_its_copy(self):
        """It finds out that its client is dead when it may go on."""
        self.hold("item", "NEW.id = 10000", deferred=False)
        self.refill("append")
        self.start_and_kill("append")
        resumed = self.start_resume()
        wait_until(lambda: self.waiting_for_predecessor('INSERT INTO "public"."millrace_ledger"'), "the resume waits for its predecessor")
        self.open_gate()
        self.check_end(resumed.ended(), "append", False, "the predecessor was in its COPY")

    def test_a_predecessor_that_waits_for_the_tables_lock(self):
        self.refill("append")
        with self.database.session() as other:
            other.run("BEGIN; LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
            running = self.start_load(self.source, "--table", "item", *UNITS, "--run-id", "held")
            wait_until(lambda: self.database.backends("wait_event_type = 'Lock' AND query LIKE 'COPY%'"), "the COPY waits for the lock")
            running.kill()
            resumed = self.start_resume()
            wait_until(lambda: self.waiting_for_predecessor('INSERT INTO "public"."millrace_ledger"'), "the resume waits for its predecessor")
            other.run("COMMIT")
        self.check_end(resumed.ended(), "append", False, "the predecessor waited for a lock")

    def test_a_stopped_client_that_goes_on_later(self):
        """Two live clients of one run: every unit is committed once, whoever commits it."""
        self.hold("item", "NEW.id = 10000", deferred=False)
        self.refill("append")
        first = self.start_load(self.source, "--table", "item", *UNITS, "--run-id", "held")
        wait_until(self.held_backends, "a backend waits at the gate")
        first.send(signal.SIGSTOP)
        second = self.start_resume()
        wait_until(lambda: self.waiting_for_predecessor('INSERT INTO "public"."millrace_ledger"'), "the resume waits for its predecessor")
        self.open_gate()
        first.send(signal.SIGCONT)
        ends = [first.ended(), second.ended()]
        self.assertIn(0, [ended.status for ended in ends], "\n".join(map(str, ends)))
        self.assert_items(after("append"), "two clients")
        self.assertEqual(self.run_state("held"), "published")

    def test_a_publish_that_commits_after_the_resume_began(self):
        self.make_state()
        self.hold("millrace_run", "NEW.run_id = 'held' AND NEW.state = 'published'", event="UPDATE")
        for mode in ("append", "merge", "reload"):
            with self.subTest(mode):
                self.reset(mode)
                self.start_and_kill(mode)
                self.resume_against(mode, commits=True, waits_in='UPDATE "public"."millrace_run"')

    def test_a_publish_that_aborts_after_the_resume_began(self):
        self.make_state()
        self.hold("millrace_run", "NEW.run_id = 'held' AND NEW.state = 'published'", event="UPDATE")
        for mode in ("append", "merge", "reload"):
            with self.subTest(mode):
                self.reset(mode)
                self.start_and_kill(mode)
                self.resume_against(mode, commits=False, waits_in='UPDATE "public"."millrace_run"')

    def test_a_publish_that_waits_for_the_targets_lock(self):
        for mode in ("merge", "reload"):
            with self.subTest(mode):
                if self.has_state():
                    self.reset(mode)
                else:
                    self.refill(mode)
                with self.database.session() as other:
                    other.run("BEGIN; LOCK TABLE item IN ROW EXCLUSIVE MODE")
                    running = self.start_load(self.source, "--table", "item", *OPTIONS[mode], *UNITS, *QUICK, "--run-id", "held")
                    wait_until(lambda: self.database.backends("wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'"), "the publish waits for the lock")
                    running.kill()
                    self.assert_items(before(mode), "killed in the publish")
                    resumed = self.start_resume()
                    wait_until(lambda: self.waiting_for_predecessor('UPDATE "public"."millrace_run"'), "the resume waits for its predecessor")
                    other.run("COMMIT")
                self.check_end(resumed.ended(), mode, False, mode)


if __name__ == "__main__":
    support.main()
