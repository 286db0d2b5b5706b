"""What the tests of a load's faults share beyond support.py: commands that are killed while they run, clusters that crash,
sessions that hold locks, and what every failure has in common."""

import atexit
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import support
from support import ENVIRONMENT, FIXTURE, MILLRACE


class Ended:
    """How a command ended."""

    def __init__(self, arguments, status, out, err):
        self.arguments, self.status = arguments, status
        self.out = out.decode("utf-8", "replace")
        self.err = err.decode("utf-8", "replace")

    @property
    def report(self):
        return json.loads(self.out)

    def __str__(self):
        return f"{' '.join(map(str, self.arguments))}\nexit {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Running:
    """A command at work."""

    def __init__(self, *arguments, cwd=None, stdin=subprocess.DEVNULL, **more):
        self.arguments = [str(MILLRACE), *map(str, arguments)]
        self.process = subprocess.Popen(self.arguments, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=ENVIRONMENT | more)

    def send(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        return self.ended()

    def is_running(self):
        return self.process.poll() is None

    def ended(self, timeout=120):
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            raise AssertionError(f"did not end within {timeout} s: {Ended(self.arguments, None, out, err)}") from None
        return Ended(self.arguments, self.process.returncode, out, err)


def millrace(*arguments, cwd=None, stdin=b"", timeout=120, **more):
    process = subprocess.run([str(MILLRACE), *map(str, arguments)], cwd=cwd, input=stdin, capture_output=True, timeout=timeout,
                             env=ENVIRONMENT | more)
    return Ended(process.args, process.returncode, process.stdout, process.stderr)


def wait_until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


# ---- Databases

class Cluster:
    """A server of this process's own. `url` speaks TCP as postgres, `socket_url` the same through the socket, without a password."""

    def __init__(self, *settings):
        self.directory = tempfile.mkdtemp(prefix="millrace-cluster.")
        done = subprocess.run([FIXTURE, "start", self.directory, "--owner", str(os.getpid()), *settings], capture_output=True)
        if done.returncode == support.SKIPPED:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise unittest.SkipTest("no PostgreSQL server is installed")
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        atexit.register(self.stop)
        self.url, self.socket_url = ((pathlib.Path(self.directory) / name).read_text().strip() for name in ("url", "socket_url"))

    def restart(self):
        self.crash()
        self.start_again()

    def crash(self):
        """As in a power cut: no shutdown checkpoint."""
        subprocess.run([FIXTURE, "crash", self.directory], check=True)

    def start_again(self):
        subprocess.run([FIXTURE, "resume", self.directory], check=True)

    def client_backends(self):
        """Process ids of the server's processes that serve a client over TCP: without a query, which would take its time."""
        data = pathlib.Path((pathlib.Path(self.directory) / "cluster").read_text().strip()) / "data"
        postmaster = (data / "postmaster.pid").read_text().split("\n")[0]
        found = []
        for pid in pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
            with contextlib.suppress(OSError):
                if b"127.0.0.1(" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(int(pid))
        return found

    def wait_until_up(self):
        wait_until(lambda: run_psql(self.url, "SELECT 1").returncode == 0, "the server accepts connections", 60)

    def stop(self):
        atexit.unregister(self.stop)
        subprocess.run([FIXTURE, "stop", self.directory], capture_output=True)
        shutil.rmtree(self.directory, ignore_errors=True)


def run_psql(url, script):
    return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url], input=script.encode(), env=ENVIRONMENT, capture_output=True)


def psql(url, script):
    done = run_psql(url, script)
    if done.returncode != 0:
        raise RuntimeError(f"{done.stderr.decode()}\n{script}")
    return done.stdout.decode().rstrip("\n")


class Session(support.Psql):
    """A session that stays open, so that it can hold locks and transactions."""

    def run(self, script):
        output, messages = super().run(script)
        if "ERROR:" in messages:
            raise RuntimeError(messages)
        return output

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Postgres(support.Postgres):
    """A database of its own, on the shared server or on a given one."""

    def __init__(self, purpose="faults", server=None):
        if server is None:
            super().__init__(purpose)
        else:
            self._server, self._database = server, f"{purpose}_{support.secrets.token_hex(4)}"
            psql(server, f"CREATE DATABASE {self._database}")
            self.url = server.rsplit("/", 1)[0] + "/" + self._database

    def script(self, script):
        """In a session of its own, as servers are crashed here."""
        done = run_psql(self.url, script)
        return done.stdout.decode(), done.stderr.decode()

    def texts(self, query):
        """The rows as text, NULL as ''."""
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\x1f", "-R", "\x1e", "-d", self.url], input=query.encode(), env=ENVIRONMENT, capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"{done.stderr.decode()}\n{query}")
        text = done.stdout.decode().removesuffix("\n")
        return [tuple(row.split("\x1f")) for row in text.split("\x1e")] if text else []

    def session(self):
        return Session(self.url)

    def staging_tables(self):
        return [row[0] for row in self.texts("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE '%\\_stg\\_%'")]

    def backends(self, condition="true"):
        """Process ids of the command's backends."""
        return [int(row[0]) for row in self.texts(f"SELECT pid FROM pg_stat_activity WHERE datname = '{self._database}' AND application_name LIKE 'millrace%' AND {condition}")]

    def drop_role(self, role):
        psql(self.url, f"DROP OWNED BY {role}; DROP ROLE {role}")


class Sqlite(support.Sqlite):
    def texts(self, query):
        return [tuple("" if value is None else str(value) for value in row) for row in self.rows(query)]

    def execute(self, script):
        with contextlib.closing(self._connection()) as connection:
            connection.executescript("PRAGMA foreign_keys = ON; BEGIN;" + script + ";COMMIT")

    def staging_tables(self):
        return [row[0] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%\\_stg\\_%' ESCAPE '\\'")]


# ---- Tests

class FaultTest(unittest.TestCase):
    """A folder of its own, an empty database, and what every failure has in common."""

    backend = "sqlite"

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="millrace-faults-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.database = self.make_database()
        self.addCleanup(self.database.close)

    def make_database(self):
        return Postgres() if self.backend == "postgresql" else Sqlite("faults")

    @property
    def on_postgresql(self):
        return self.backend == "postgresql"

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        return path

    def millrace(self, *arguments, **more):
        return millrace(*arguments, cwd=self.directory, **more)

    def load(self, source, *arguments, **more):
        return self.millrace("load", source, "--to", self.database.url, *arguments, **more)

    def start_load(self, source, *arguments):
        running = Running("load", source, "--to", self.database.url, *arguments, cwd=self.directory)
        self.addCleanup(lambda: running.kill() if running.is_running() else None)
        return running

    def resume(self, run_id, *arguments):
        return self.millrace("load", "--resume", run_id, "--to", self.database.url, "--json", *arguments)

    def assert_ended(self, ended, status, *sentences):
        """The status, and every text (in any case) on standard error."""
        self.assertEqual(ended.status, status, str(ended))
        for sentence in sentences:
            self.assertIn(sentence.lower(), ended.err.lower(), str(ended))
        return ended

    def run_state(self, run_id):
        found = self.database.texts(f"SELECT state FROM millrace_run WHERE run_id = '{run_id}'")
        return found[0][0] if found else None

    def rejects(self, name="in.rejects"):
        path = self.path(name)
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def forget_rejects(self, name="in.rejects"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.path(name))


def on_both_backends(cls):
    """Makes a test class for each backend of one that names none."""
    module = sys.modules[cls.__module__]
    for backend in ("PostgreSQL", "SQLite"):
        name = f"{cls.__name__}On{backend}"
        made = type(name, (cls, getattr(cls, "base", FaultTest)), {"backend": backend.lower(), "__module__": cls.__module__, "__qualname__": name})
        setattr(module, name, made)
    return cls
