"""What the tests over db2: URLs share: Apache Derby's network server, what its own ij reads of a table, never our client, and loads of a small table."""

import atexit
import contextlib
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import support
from csv_text import csv_text
from faults_support import FaultTest

FIXTURE = support.REPOSITORY / "tests/support/derby_fixture.sh"
LOCK_WAITS = 20  # each as long as the server's lock time-out
FIELD = re.compile(r'("(?:[^"]|"")*"|[^,\n]*)([,\n])')
ITEMS = 2000  # of the smaller loads
SMALL_UNITS = ["--unit-bytes", "8192", "--retry-delay", "100ms"]
MODES = {"merge": ["--key", "id"], "append": ["--mode", "append"]}
CREATE_ITEM = "CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount decimal(10,2), note varchar(60))"
TLS_SERVER = ("--tls", "derby.locks.escalationThreshold=5000", "derby.locks.waitTimeout=1")


def by_id(rows):
    return sorted(rows, key=lambda row: int(row[0]))


def item(i):
    return (str(i), f"{i * 7919 % 100000 / 100:.2f}", f"note {i * 31} of record {i}, quoted")


NEW = [item(i) for i in range(1, ITEMS + 1)]
OLD = [("100", "1.00", "old"), ("200", "2.00", "old"), (str(ITEMS + 7), "7.00", "old")]


def merged(old=OLD, new=NEW):
    return by_id(({row[0]: row for row in old} | {row[0]: row for row in new}).values())


def with_parameters(url, **parameters):
    return url + ("&" if "?" in url else "?") + "&".join(f"{key}={value}" for key, value in parameters.items())


class Ij:
    """One session of Derby's ij that runs script after script: a JVM for each would cost more than what is tested. It can hold locks."""

    def __init__(self, jdbc_url):
        self._directory = tempfile.mkdtemp(prefix="millrace-ij-")
        pipe, script = os.path.join(self._directory, "statements"), os.path.join(self._directory, "script")
        os.mkfifo(pipe)
        pathlib.Path(script).write_text(f"run '{pipe}';\n")
        self._statements = os.open(pipe, os.O_RDWR)  # does not wait for the reader, and its end is the reader's
        self._process = subprocess.Popen([FIXTURE, "ij", jdbc_url, script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self._ends = itertools.count()

    def run(self, script):
        """Runs statements, and returns everything that ij prints. @raise RuntimeError one failed"""
        end = f"end-{next(self._ends)}"
        text = f"{script.rstrip().rstrip(';')};\nVALUES '{end}';\n".encode()
        while text:
            text = text[os.write(self._statements, text[:4096]):]
        output = bytearray()
        while not output.endswith(f"\n{end}\n".encode()):
            line = self._process.stdout.readline()
            if not line:
                raise RuntimeError(f"ij ended: {output.decode()}")
            output += line
        if b"\nERROR " in output or output.startswith(b"ERROR "):
            raise RuntimeError(output.decode()[-3000:])
        return output.decode()

    def close(self):
        with contextlib.suppress(OSError):
            os.close(self._statements)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:  # the server does not answer
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Derby:
    """A server of this process's own, whose databases survive a crash."""

    def __init__(self, *options):
        self.directory = tempfile.mkdtemp(prefix="millrace-db2-load-")
        done = subprocess.run([FIXTURE, "start", self.directory, "--disk", "--owner", str(os.getpid()), *options], capture_output=True, text=True)
        if done.returncode != 0:
            shutil.rmtree(self.directory, ignore_errors=True)
        if done.returncode == support.SKIPPED:
            print(f"\nSKIPPED: {done.stderr.strip()}", file=sys.stderr)
            raise unittest.SkipTest(done.stderr.strip())
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        atexit.register(self.stop)
        self._ij = None
        self.url, self.jdbc_url, self.port, self.folder = (self._read(name) for name in ("url", "jdbc_url", "port", "server"))
        if "--tls" in options:
            self.ca_file = f"{self.folder}/tls/ca.crt"
            self.url += f"?security=SSL&sslservercertificate={self.ca_file}"
        self._schemas = itertools.count(1)

    def _read(self, name):
        return (pathlib.Path(self.directory) / name).read_text().strip()

    def _fixture(self, command):
        subprocess.run([FIXTURE, command, self.directory], check=True, capture_output=True)

    def session(self):
        return Ij(self.jdbc_url)

    def run(self, script):
        if self._ij is None:
            self._ij = self.session()
        return self._ij.run(script)

    def forget_session(self):
        if self._ij is not None:
            self._ij.close()
            self._ij = None

    def new_schema(self):
        return f"LOAD{next(self._schemas)}"

    def crash(self):
        self._fixture("crash")
        self.forget_session()

    def start_again(self):
        self._fixture("resume")

    def pause(self):
        self._fixture("pause")

    def unpause(self):
        self._fixture("unpause")

    def stop(self):
        atexit.unregister(self.stop)
        subprocess.run([FIXTURE, "unpause", self.directory], capture_output=True)
        self.forget_session()
        subprocess.run([FIXTURE, "stop", self.directory], capture_output=True)
        shutil.rmtree(self.directory, ignore_errors=True)


class Db2Database:
    """A schema of its own."""

    name = "db2"

    def __init__(self, server):
        self.server, self.schema = server, server.new_schema()
        self.url = with_parameters(server.url, currentschema=self.schema)
        self.execute(f"CREATE SCHEMA {self.schema}")

    def close(self):
        """The schema stays: its server ends with the file's tests, and dropping takes time."""

    def execute(self, script):
        return self.server.run(f"SET SCHEMA {'SYS' if script.startswith('CREATE SCHEMA') else self.schema};\n{script}")

    def texts(self, query):
        """The rows as text, NULL as None: Derby's server writes them into a file, which is faster than ij's own printing, and exact."""
        path = os.path.join(self.server.directory, "export")
        quoted = query.replace("'", "''")
        for attempt in range(LOCK_WAITS, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
            try:
                self.execute(f"CALL SYSCS_UTIL.SYSCS_EXPORT_QUERY('{quoted}', '{path}', NULL, NULL, 'UTF-8')")
                break
            except RuntimeError as error:  # a load that publishes holds what is read
                if "40XL1" not in str(error) or attempt == 1:
                    raise
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        rows, row, at = [], [], 0
        while at < len(text):
            field = FIELD.match(text, at)
            value, at = field[1], field.end()
            row.append(value[1:-1].replace('""', '"') if value.startswith('"') else value or None)
            if field[2] == "\n":
                rows.append(tuple(row))
                row = []
        return rows

    def count(self, table):
        return int(self.texts(f"SELECT count(*) FROM {table}")[0][0])

    def tables(self):
        return [row[0] for row in self.texts(f"SELECT TABLENAME FROM SYS.SYSTABLES t JOIN SYS.SYSSCHEMAS s ON s.SCHEMAID = t.SCHEMAID WHERE s.SCHEMANAME = '{self.schema}' ORDER BY 1")]

    def staging(self, table="item"):
        return f"{table.upper()}_STG"

    def staged(self, table="item"):
        """Rows in the staging table, which is permanent; 0 where there is none."""
        return self.count(self.staging(table)) if self.staging(table) in self.tables() else 0


class Db2Test(FaultTest):
    """A schema of its own on a server of the file's own."""

    backend = "db2"
    servers = {}
    OPTIONS = ("derby.locks.waitTimeout=1",)

    @classmethod
    def setUpClass(cls):
        cls.server = cls.server_of(cls.OPTIONS)

    @staticmethod
    def server_of(options):
        if options not in Db2Test.servers:
            Db2Test.servers[options] = Derby(*options)
        return Db2Test.servers[options]

    def make_database(self):
        return Db2Database(self.server)

    def command(self, name, *arguments, status=0):
        return self.assert_ended(self.millrace(name, *arguments, "--to", self.database.url), status)

    def loaded(self, source, *arguments, status=0):
        """A load into `item`; its report."""
        return self.assert_ended(self.load(source, "--table", "item", "--json", *arguments), status).report

    def assert_counts(self, report, **expected):
        self.assertEqual({name: report["counts"][name] for name in expected}, expected, report)

    def assert_rows(self, found, expected, message=""):
        different = [pair for pair in itertools.zip_longest(expected, found) if pair[0] != pair[1]]
        self.assertEqual(len(different), 0, f"{message}: {len(found)} rows instead of {len(expected)}; expected and found: {different[:3]}")

    def has_state(self):
        return "MILLRACE_META" in self.database.tables()

    def committed_units(self, run_id):
        return int(self.database.texts(f"SELECT count(*) FROM millrace_ledger WHERE run_id = '{run_id}'")[0][0]) if self.has_state() else 0

    def state_of(self, run_id):
        return self.run_state(run_id) if self.has_state() else None


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
        return self.start_load(self.source, *(["--to", url] if url else []), "--table", "item", *MODES[mode], *SMALL_UNITS, "--writers", 4, "--run-id", run_id, "--json", *arguments)
