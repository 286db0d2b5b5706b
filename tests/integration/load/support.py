"""What the black-box tests of the command share: running it, and a database of its own for each test file.

    MILLRACE               the command under test (default: build/bin/millrace of this repository)
    MILLRACE_TEST_POSTGRESQL_URL   a PostgreSQL server, or
    MILLRACE_TEST_PG_DIR   the directory of a cluster that postgres_fixture.sh started; without either the tests start one of their own
    MILLRACE_SHARED        the folder that holds data/nycflights13 (default: shared, beside this repository)
"""

import atexit
import concurrent.futures
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
FIXTURE = REPOSITORY / "tests/support/postgres_fixture.sh"
SHARED = pathlib.Path(os.environ.get("MILLRACE_SHARED") or REPOSITORY.parent / "shared")
MILLRACE = pathlib.Path(os.environ.get("MILLRACE") or REPOSITORY / "build/bin/millrace").resolve()
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
PARALLEL = 2

# What the developer's shell says must not change what is tested.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "DATABASE_URL"}
ENVIRONMENT |= {"PGCLIENTENCODING": "UTF8", "PGTZ": "UTC", "PGDATESTYLE": "ISO, YMD", "LC_ALL": "C.UTF-8"}


@dataclasses.dataclass
class Run:
    """What one call of the command did."""

    args: list
    status: int
    stdout: str
    stderr: str
    report: dict | None

    @property
    def counts(self):
        return self.report["counts"]

    @property
    def run_id(self):
        return self.report["run_id"]

    def __str__(self):
        return f"millrace {' '.join(self.args)}\nexit {self.status}\n{self.stderr}{self.stdout}"

    def rejects(self):
        """The lines that this run wrote into its reject file, in the order of their records."""
        if not self.report["reject_file"]:
            return []
        path = pathlib.Path(self.cwd, self.report["reject_file"])
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        return sorted((line for line in lines if line["run"] == self.run_id), key=lambda line: line["record"])

    cwd: str = "."


def run_millrace(*args, stdin=b"", cwd=None, timeout=60):
    """Runs the command. load, show, runs and publish are asked for JSON, which becomes `report`."""
    args = [str(a) for a in args]
    if args and args[0] in ("load", "show", "runs", "publish"):
        args.append("--json")
    cwd = str(cwd or workspace())
    done = subprocess.run([MILLRACE, *args], input=stdin, cwd=cwd, env=ENVIRONMENT, capture_output=True, timeout=timeout)
    stdout, stderr = (out.decode("utf-8", "replace") for out in (done.stdout, done.stderr))
    report = None
    with contextlib.suppress(ValueError):
        report = json.loads(stdout)
    return Run(args, done.returncode, stdout, stderr, report, cwd)


def in_parallel(function, items):
    """[function(item) for item in items], a few at a time."""
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(function, items))


_workspace = None


def workspace():
    """A folder for files of this process; it goes with it."""
    global _workspace
    if _workspace is None:
        # In memory where that is possible: SQLite waits for the disk at each of thousands of commits.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 256 << 20 else None
        _workspace = pathlib.Path(tempfile.mkdtemp(prefix="millrace-load.", dir=memory))
        atexit.register(shutil.rmtree, _workspace, ignore_errors=True)
    return _workspace


class NoServer(Exception):
    pass


def _start_cluster():
    directory = workspace() / "postgres"
    started = subprocess.run([FIXTURE, "start", directory, "--owner", str(os.getpid())], capture_output=True, text=True)
    if started.returncode == SKIPPED:
        raise NoServer(started.stderr.strip())
    if started.returncode != 0:
        raise RuntimeError(started.stderr)
    atexit.register(subprocess.run, [FIXTURE, "stop", directory], capture_output=True)
    return (directory / "url").read_text().strip()


@functools.cache  # one cluster for all tests of a file
def _server_url():
    if url := os.environ.get("MILLRACE_TEST_POSTGRESQL_URL"):
        return url
    directory = os.environ.get("MILLRACE_TEST_PG_DIR")
    if directory and (pathlib.Path(directory) / "url").exists():
        return (pathlib.Path(directory) / "url").read_text().strip()
    return _start_cluster()


class Psql:
    """One psql session that runs script after script: a process for each would cost more than what is tested.

    Any thread may use it; scripts run one after the other.
    """

    def __init__(self, url):
        self._url = url
        self._lock = threading.Lock()
        self._messages = tempfile.TemporaryFile()
        self._process = None

    def close(self):
        if self._process:
            with contextlib.suppress(BrokenPipeError):
                self._process.communicate()
        self._messages.close()

    def _open(self):
        """At the first script, and again when the server has ended the session."""
        if self._process and self._process.poll() is None:
            return
        self._process = subprocess.Popen(["psql", "-XAtq", "-d", self._url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._messages, env=ENVIRONMENT)

    def run(self, script):
        """Runs a script to its end, whatever fails in it: (output, messages)."""
        end = f"end-{secrets.token_hex(8)}"
        with self._lock:
            self._open()
            # A thread of its own, as a long script can fill the pipe while its output does.
            writer = threading.Thread(target=self._send, args=(f"{script}\n;\nSELECT '{end}';\n".encode(),))
            writer.start()
            output = bytearray()
            while not output.endswith(f"{end}\n".encode()):
                line = self._process.stdout.readline()
                if not line:
                    break
                output += line
            writer.join()
            # The file's position is shared with psql, which stands at its end: what is there was written by this script.
            position = self._messages.tell()
            messages = os.pread(self._messages.fileno(), position, 0).decode("utf-8", "replace")
            self._messages.seek(0)
            self._messages.truncate()
        if not output.endswith(f"{end}\n".encode()):
            raise AssertionError(f"psql ended: {messages}\n{script[:2000]}")
        return output.decode()[:-len(end) - 1], messages

    def _send(self, text):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(text)
            self._process.stdin.flush()


class Postgres:
    """A database of its own on the shared server."""

    name = "postgresql"
    _session = None

    def __init__(self, purpose):
        try:
            self._server = _server_url()
        except NoServer as missing:
            print(f"\nSKIPPED: {missing}", file=sys.stderr)
            raise unittest.SkipTest(str(missing)) from None
        self._database = f"millrace_{purpose}_{os.getpid()}_{secrets.token_hex(3)}"
        self._on_server(f"CREATE DATABASE {self._database} TEMPLATE template0")
        base, _, query = self._server.partition("?")
        self.url = base.rsplit("/", 1)[0] + "/" + self._database + ("?" + query if query else "")

    def close(self):
        if self._session:
            self._session.close()
        self._on_server(f"DROP DATABASE {self._database} WITH (FORCE)")

    def sql(self, script):
        """Runs a script, no statement of which may fail; its output as text, one line a row."""
        output, messages = self.script(script)
        if "ERROR:" in messages or "error:" in messages:
            raise AssertionError(f"psql: {messages}\n{script[:2000]}")
        return output

    execute = sql

    def script(self, script):
        """Runs a script to its end, whatever fails in it: (output, messages)."""
        if not self._session:
            self._session = Psql(self.url)
        return self._session.run(script)

    def rows(self, query):
        """The rows of a query; values as the server writes them, NULL as None."""
        # In hex, because psql drops what it takes for invalid UTF-8 (U+10FFFF).
        text = self.sql(f"SELECT encode(convert_to(coalesce(json_agg(to_json(v) ORDER BY n), '[]')::text, 'UTF8'), 'hex') FROM (SELECT row_number() OVER () AS n, "
                        f"ARRAY(SELECT value FROM json_each_text(to_json(q))) AS v FROM ({query}) q) r")
        return [tuple(row) for row in json.loads(bytes.fromhex(text))]

    def value(self, query):
        return self.sql(query).rstrip("\n")

    def count(self, table):
        return int(self.value(f"SELECT count(*) FROM {table}"))

    def _on_server(self, statement):
        done = subprocess.run(["psql", "-XAtq", "-d", self._server, "-c", statement], env=ENVIRONMENT, capture_output=True)
        if done.returncode != 0:
            raise AssertionError(f"psql: {done.stderr.decode()}")


class Sqlite:
    """A database file of its own."""

    name = "sqlite"

    def __init__(self, purpose):
        self.path = workspace() / f"{purpose}_{secrets.token_hex(3)}.db"
        self.url = f"sqlite:{self.path}"
        self._connection().close()
        self.path.touch()

    def close(self):
        self.path.unlink(missing_ok=True)

    def execute(self, script):
        with contextlib.closing(self._connection()) as connection:
            connection.executescript(script)

    def rows(self, query):
        with contextlib.closing(self._connection()) as connection:
            return connection.execute(query).fetchall()

    def value(self, query):
        value = self.rows(query)[0][0]
        return "" if value is None else str(value)

    def count(self, table):
        return int(self.value(f"SELECT count(*) FROM {table}"))

    def _connection(self):
        return sqlite3.connect(self.path, timeout=30)


def write(name, content):
    """A file of this process's own."""
    path = workspace() / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def main():
    """Runs the tests of the calling file. Exit status 77 when nothing failed and something was skipped."""
    if not MILLRACE.exists():
        sys.exit(f"there is no command at {MILLRACE}; set MILLRACE to the path of the one to test")
    program = unittest.main(module="__main__", exit=False, verbosity=1)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped else 0)
