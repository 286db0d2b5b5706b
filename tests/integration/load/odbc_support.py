"""What the tests over ODBC share: the drivers, and databases that the command reaches through them and the tests without them.

    MILLRACE_TEST_ODBC_POSTGRESQL, MILLRACE_TEST_ODBC_SQLITE    the drivers' libraries (default: where the distributions put them)
"""

import os
import pathlib
import sys
import unittest
import urllib.parse

import faults_support as faults
from faults_support import FaultTest

DRIVERS = {"postgresql": ("MILLRACE_TEST_ODBC_POSTGRESQL", "psqlodbcw.so", "odbc-postgresql"),
           "sqlite": ("MILLRACE_TEST_ODBC_SQLITE", "libsqlite3odbc.so", "libsqliteodbc")}


def driver_folders():
    """The folder of the library architecture comes first; its name is the C compiler's business, so any will do."""
    return [*sorted(pathlib.Path("/usr/lib").glob("*-linux-gnu*/odbc")), pathlib.Path("/usr/lib64"), pathlib.Path("/usr/lib")]


def driver(backend):
    """The path of the driver's library. Without one the test is skipped."""
    variable, library, package = DRIVERS[backend]
    if given := os.environ.get(variable):
        return given
    for folder in driver_folders():
        if (folder / library).exists():
            return str(folder / library)
    missing = f"{library} is not installed (Debian, Ubuntu: {package}), and {variable} names none"
    print(f"\nSKIPPED: {missing}", file=sys.stderr)
    raise unittest.SkipTest(missing)


def braced(value):
    return "{" + value.replace("}", "}}") + "}"


def postgresql_url(native, **more):
    """The same database as a postgresql:// URL, through the driver. `more` adds keywords or replaces them; None leaves one out."""
    parts = urllib.parse.urlsplit(native)
    words = {"Driver": driver("postgresql"), "Server": parts.hostname, "Port": parts.port or 5432, "Database": parts.path[1:], "UID": parts.username}
    if parts.password is not None:
        words["PWD"] = braced(urllib.parse.unquote(parts.password))
    return "odbc:" + ";".join(f"{key}={value}" for key, value in (words | more).items() if value is not None)


def sqlite_url(path):
    return f"odbc:Driver={driver('sqlite')};Database={path}"


class ThroughDriver:
    """A database whose `url` goes through an ODBC driver. Everything else does not, so that what is asked is not what is tested."""

    def __init__(self, native, url):
        self.native, self.url = native, url

    def __getattr__(self, name):
        return getattr(self.native, name)

    def staging_tables(self):
        """Those that hold rows: staging tables are permanent here, and empty after a publish."""
        return [table for table in self.tables() if table.lower().endswith("_stg") and self.native.count(f'"{table}"')]

    def staging(self, table="item"):
        """The staging table of a target, quoted."""
        (found,) = [t for t in self.tables() if t.lower() == f"{table}_stg"]
        return f'"{found}"'

    def tables(self):
        catalog = "tablename FROM pg_tables WHERE schemaname = 'public'" if self.native.name == "postgresql" else "name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        return [row[0] for row in self.native.texts(f"SELECT {catalog} ORDER BY 1")]

    def backends(self):
        """Process ids of the command's backends. The driver gives its sessions no name; ours are over when they have answered."""
        return [int(row[0]) for row in self.native.texts("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'")]


def open_database(backend):
    driver(backend)  # before a server is asked for a database
    if backend == "postgresql":
        native = faults.Postgres("odbc")
        return ThroughDriver(native, postgresql_url(native.url))
    native = faults.Sqlite("odbc")
    return ThroughDriver(native, sqlite_url(native.path))


class OdbcTest(FaultTest):
    """A database of its own behind each driver."""

    def make_database(self):
        return open_database(self.backend)

    def command(self, name, *arguments, status=0):
        return self.assert_ended(self.millrace(name, *arguments, "--to", self.database.url), status)

    def loaded(self, source, *arguments, status=0):
        """A load into `item`; its report."""
        return self.assert_ended(self.load(source, "--table", "item", "--json", *arguments), status).report

    def assert_counts(self, report, **expected):
        self.assertEqual({name: report["counts"][name] for name in expected}, expected, report)
