"""The loads that the interruption tests kill: what is in the table before, what has to be in it after, however often the load died.

MILLRACE_KILLS    kills of the client on each backend, and half as many of the server's backend process (default 12)
MILLRACE_SEED     of the random moments (default: the clock); printed, so that a failure can be repeated
"""

import collections
import contextlib
import datetime
import os
import subprocess
import time

import faults_support as faults
from faults_support import FaultTest, wait_until

KILLS = int(os.environ.get("MILLRACE_KILLS", "12"))
SEED = int(os.environ.get("MILLRACE_SEED", str(time.time_ns() % 1_000_000)))

ROWS = 50_000
REJECT_EVERY = 6_000
OLD_EVERY = 100         # of the file's ids, these are in the target before, with other values
OLD_BEYOND = 500        # and these, which the file does not have
HEADER = "id,amount,note\n"
CREATE = "CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount decimal(10,2), note text);"


def record(i):
    return (str(i), f"{i * 7919 % 100000 / 100:.2f}", f"note {i * 31} of record {i}, quoted")


def old_record(i):
    return (str(i), f"{i / 100:.2f}", "old")


def csv_line(row):
    return f'{row[0]},{row[1]},"{row[2]}"\n'


GOOD = [record(i) for i in range(1, ROWS + 1)]
OLD_INSIDE = [old_record(i) for i in range(OLD_EVERY, ROWS + 1, OLD_EVERY)]
OLD_OUTSIDE = [old_record(ROWS + i) for i in range(1, OLD_BEYOND + 1)]
REJECTED = {i for i in range(REJECT_EVERY, ROWS + 1, REJECT_EVERY)}
OPTIONS = {"merge": ["--key", "id"], "reload": ["--mode", "reload"], "append": ["--mode", "append"], "atomic append": ["--mode", "append", "--atomic"]}
PUBLISHED_AT_ONCE = ("merge", "reload", "atomic append")
UNITS = ["--unit-bytes", "4096"]
QUICK = ["--retry-delay", "100ms"]
PATIENT = [*QUICK, "--max-attempts", "12"]


def text(with_rejects=False):
    return HEADER + "".join(f"x{row[0]},{row[1]},bad\n" if with_rejects and int(row[0]) in REJECTED else csv_line(row) for row in GOOD)


def before(mode):
    return (OLD_INSIDE if mode in ("merge", "reload") else []) + OLD_OUTSIDE


def after(mode, with_rejects=False):
    """What has to be in the table at the end."""
    rows = {row[0]: row for row in before(mode)} if mode != "reload" else {}
    rows |= {row[0]: row for row in GOOD if not (with_rejects and int(row[0]) in REJECTED)}
    return sorted(rows.values(), key=lambda row: int(row[0]))


class ItemTest(FaultTest):
    """A table, what is in it before, and what has to be in it after."""

    def prepare(self):
        self.database.execute(CREATE)

    def refill(self, mode):
        for staging in self.database.staging_tables():
            self.database.execute(f'DROP TABLE "{staging}"')
        self.database.execute("DELETE FROM item; INSERT INTO item VALUES " + ",".join(f"({i}, {amount}, '{note}')" for i, amount, note in before(mode)))

    def items(self):
        amount = "amount" if self.on_postgresql else "printf('%.2f', amount)"
        return self.database.texts(f"SELECT id, {amount}, note FROM item ORDER BY id")

    def assert_items(self, expected, message):
        found = self.items()
        if found == expected:
            return
        surplus = list((collections.Counter(found) - collections.Counter(expected)).elements())
        missing = list((collections.Counter(expected) - collections.Counter(found)).elements())
        self.fail(f"{message}: {len(found)} rows instead of {len(expected)}; {len(surplus)} surplus, such as {surplus[:3]}; {len(missing)} missing, such as {missing[:3]}")

    def count(self, table, where="true"):
        return int(self.database.texts(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])

    def committed_units(self, run_id):
        return self.count("millrace_ledger", f"run_id = '{run_id}'") if self.has_state() else 0

    def has_state(self):
        catalog = "pg_tables WHERE tablename" if self.on_postgresql else "sqlite_master WHERE name"
        return bool(self.database.texts(f"SELECT 1 FROM {catalog} = 'millrace_meta'"))

    def state_of(self, run_id):
        return self.run_state(run_id) if self.has_state() else None

    def uninterrupted(self, mode, start):
        """When a load that nobody kills commits its first unit, its last one, and ends, in seconds after its start."""
        for attempt in (1, 2):  # the first one finds cold caches
            self.refill(mode)
            run_id = f"whole-{mode}-{attempt}".replace(" ", "-")
            started, clock = time.monotonic(), datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
            ended = start(mode, run_id).ended()
            end = time.monotonic() - started
            self.assertEqual(ended.status, 0, str(ended))
            self.assert_items(after(mode), mode)
        commits = self.database.texts(f"SELECT min(committed_at), max(committed_at) FROM millrace_ledger WHERE run_id = '{run_id}'")[0]
        return [(datetime.datetime.fromisoformat(commit) - clock).total_seconds() for commit in commits] + [end]

    def check_end(self, ended, mode, with_rejects, message):
        """The end of a load that is allowed to take as many attempts as it wants."""
        rejected = len(REJECTED) if with_rejects else 0
        self.assertIn(ended.status, (0, 2) if with_rejects else (0,), f"{message}\n{ended}")
        report = ended.report
        counts = report["counts"]
        self.assertEqual((counts["read"], counts["rejected"], counts["accepted"]), (ROWS, rejected, ROWS - rejected), f"{message}\n{ended}")
        self.assertEqual((report["state"], report["reconciled"], report["error"]), ("published", True, ""), f"{message}\n{ended}")
        if mode == "merge":
            self.assertEqual(counts["inserted"] + counts["updated"] + counts["unchanged"], counts["accepted"], f"{message}\n{ended}")
        else:
            self.assertEqual(counts["inserted"], counts["accepted"], f"{message}\n{ended}")
        self.assertEqual(self.count("millrace_ledger", f"run_id = '{report['run_id']}'"), report["units"], message)
        self.assertEqual(self.run_state(report["run_id"]), "published", message)
        self.assertEqual(self.database.staging_tables(), [], message)
        self.assert_items(after(mode, with_rejects), message)
        if with_rejects:
            kept = [reject["record"] for reject in self.rejects() if reject["run"] == report["run_id"]]
            self.assertEqual(sorted(kept), sorted(REJECTED), message)

    def resume_to_the_end(self, run_id, source, mode, with_rejects, message, *arguments):
        if self.state_of(run_id) is None:  # it died before it had begun
            ended = self.load(source, "--table", "item", *OPTIONS[mode], *UNITS, "--run-id", run_id, "--reject-file", "in.rejects", "--max-rejects", 100, "--json")
        else:
            ended = self.resume(run_id, *arguments)
        self.check_end(ended, mode, with_rejects, message)
        again = self.resume(run_id)
        self.assertEqual(again.status, 0, f"{message}\n{again}")
        self.assert_items(after(mode, with_rejects), message + ", resumed again")


class Feeder:
    """A load that is fed through a pipe, so that it can not end before it shall."""

    def __init__(self, test, table, mode, run_id, *arguments, with_rejects=False):
        self.test, self.run_id = test, run_id
        self.text = text(with_rejects).encode()
        self.fed = 0
        self.running = faults.Running("load", "-", "--to", test.database.url, "--table", table, *OPTIONS[mode], *UNITS, "--run-id", run_id,
                                      "--reject-file", "in.rejects", "--max-rejects", 100, "--json", *(arguments or QUICK), cwd=test.directory, stdin=subprocess.PIPE)
        test.addCleanup(lambda: self.running.kill() if self.running.is_running() else None)

    def feed(self, share):
        """Up to this share of the file; it stays open until everything is fed."""
        end = int(len(self.text) * share)
        self.running.process.stdin.write(self.text[self.fed:end])
        self.running.process.stdin.flush()
        self.fed = end
        if share == 1:
            self.running.process.stdin.close()
            self.running.process.stdin = None

    def wait_for_units(self, units):
        wait_until(lambda: self.test.committed_units(self.run_id) >= units, f"{units} units are committed")

    def trickle(self):
        """Feeds on, a little at a time, until the load ends; never to the end of the file."""
        with contextlib.suppress(BrokenPipeError):
            while self.running.is_running() and self.fed < len(self.text) * 0.95:
                self.feed(self.fed / len(self.text) + 0.002)
                time.sleep(0.005)

    def ended(self):
        return self.running.ended()
