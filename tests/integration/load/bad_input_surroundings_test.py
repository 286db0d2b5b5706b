#!/usr/bin/env python3
"""Good input in bad surroundings: files, tables, rights, passwords and disks that are not as they should be."""

import contextlib
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

import faults_support as faults
import support
from bad_input_support import ACCOUNT, EVERYTHING, GOOD, HEADER, MODES
from faults_support import FaultTest, on_both_backends


@on_both_backends
class BadSurroundings:
    def setUp(self):
        super().setUp()
        self.database.execute(ACCOUNT)
        self.good = self.write("good.csv", HEADER + GOOD[1])

    def test_a_missing_file(self):
        self.assert_ended(self.load("absent.csv", "--table", "account"), 1, "absent.csv", "no such file")

    def test_a_directory_instead_of_a_file(self):
        os.mkdir(self.path("folder.csv"))
        self.assert_ended(self.load("folder.csv", "--table", "account"), 1, "folder.csv", "directory")

    def test_a_missing_table(self):
        self.assert_ended(self.load(self.good, "--table", "acount"), 1, "acount", "--create")

    def test_a_key_that_is_not_unique(self):
        self.assert_ended(self.load(self.good, "--table", "account", "--key", "owner"), 1, "account", "unique", "--key-not-unique")

    def test_a_unique_key_that_may_be_null(self):
        self.database.execute("CREATE TABLE loose (id integer UNIQUE, note text)")
        source = self.write("in.csv", "id,note\n1,a\n")
        self.assert_ended(self.load(source, "--table", "loose", "--key", "id"), 1, "loose", "not null")

    def test_a_merge_without_any_key(self):
        self.database.execute("CREATE TABLE keyless (id integer, note text)")
        source = self.write("in.csv", "id,note\n1,a\n")
        self.assert_ended(self.load(source, "--table", "keyless", "--mode", "merge"), 1, "keyless", "primary key", "--key")

    def test_an_empty_reload_needs_permission(self):
        empty = self.write("empty.csv", HEADER)
        before = self.database.texts(EVERYTHING)
        for kind in ("swap", "delete", "direct"):
            with self.subTest(kind):
                self.assert_ended(self.load(empty, "--table", "account", "--mode", "reload", "--reload", kind), 1, "account", "--allow-empty")
                self.assertEqual(self.database.texts(EVERYTHING), before)
        self.assert_ended(self.load(empty, "--table", "account", "--mode", "reload", "--allow-empty"), 0)
        self.assertEqual(self.database.texts(EVERYTHING), [])

    def test_a_run_id_that_exists(self):
        self.assert_ended(self.load(self.good, "--table", "account", "--key", "id", "--run-id", "monday"), 0)
        before = self.database.texts(EVERYTHING)
        self.assert_ended(self.load(self.good, "--table", "account", "--key", "id", "--run-id", "monday"), 1, "monday", "--resume", "--run-id")
        self.assertEqual(self.database.texts(EVERYTHING), before)

    def test_a_run_id_that_is_too_long(self):
        self.assert_ended(self.load(self.good, "--table", "account", "--run-id", "r" * 51), 64, "run-id", "50")

    def test_a_run_that_does_not_exist(self):
        self.assert_ended(self.load(self.good, "--table", "account"), 0)
        for command in (["load", "--resume", "nobody"], ["show", "nobody"], ["publish", "nobody"], ["discard", "nobody"]):
            self.assert_ended(self.millrace(*command, "--to", self.database.url), 1, "nobody", "millrace runs")

    def test_an_unknown_key_of_a_job_file(self):
        job = self.write("job.json", '{"source": "good.csv", "table": "account", "writrs": 3}')
        self.assert_ended(self.millrace("load", "--job", job, "--to", self.database.url), 64, "job.json", '"writrs"', "writers")

    def test_a_job_file_with_bad_syntax(self):
        job = self.write("job.json", '{"source": "good.csv",\n "table": }')
        self.assert_ended(self.millrace("load", "--job", job, "--to", self.database.url), 64, "job.json", "line 2")

    def test_a_full_disk_under_the_reject_file(self):
        source = self.write("in.csv", HEADER + GOOD[1] + "x,1,2023-01-01,a,\n")
        before = self.database.texts(EVERYTHING)
        for mode, options in MODES.items():
            with self.subTest(mode):
                ended = self.load(source, "--table", "account", *options, "--max-rejects", 5, "--reject-file", "/dev/full")
                self.assert_ended(ended, 1, "/dev/full", "no space left", "--reject-file")
                self.assertEqual(self.database.texts(EVERYTHING), before)
        # The rows of a unit whose rejects can not be kept are not committed either.
        ended = self.load(source, "--table", "account", "--max-rejects", 5, "--reject-file", "/dev/full")
        self.assert_ended(ended, 1, "/dev/full", "no space left")
        self.assertEqual(self.database.texts(EVERYTHING), before)

    def test_a_full_disk_under_the_report(self):
        ended = self.load(self.good, "--table", "account", "--key", "id", "--report", "/dev/full")
        self.assert_ended(ended, 1, "/dev/full", "no space left")

    def test_a_reject_file_in_a_missing_folder(self):
        source = self.write("in.csv", HEADER + "x,1,2023-01-01,a,\n")
        ended = self.load(source, "--table", "account", "--key", "id", "--max-rejects", 5, "--reject-file", "absent/in.rejects")
        self.assert_ended(ended, 1, "absent/in.rejects", "no such file")


class PostgresOnly(FaultTest):
    backend = "postgresql"

    def test_an_identity_always_column_takes_the_files_values(self):
        self.database.execute("CREATE TABLE counted (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)")
        source = self.write("in.csv", "id,note\n41,a\n42,b\n")
        for options in (["--mode", "append"], ["--key", "id"], ["--mode", "reload"]):
            with self.subTest(options):
                self.assert_ended(self.load(source, "--table", "counted", *options), 0)
                self.assertEqual(self.database.texts("SELECT * FROM counted ORDER BY id"), [("41", "a"), ("42", "b")])

    def test_without_create_rights_the_error_prints_ddl_and_grants(self):
        role = "loader_" + secrets.token_hex(4)
        self.database.execute(f"{ACCOUNT}; CREATE ROLE {role} LOGIN; GRANT ALL ON account TO {role}; REVOKE CREATE ON SCHEMA public FROM public")
        self.addCleanup(self.database.drop_role, role)
        source = self.write("in.csv", HEADER + GOOD[1])
        url = self.database.url.replace("postgres@", f"{role}@")
        ended = self.millrace("load", source, "--to", url, "--table", "account")
        self.assert_ended(ended, 1, "permission denied", "--state-schema", "millrace ddl --state", 'create table "public"."millrace_run"', "create table",
                          'grant select, insert, update, delete on "public"."millrace_ledger" to')
        self.assertEqual(self.database.texts("SELECT tablename FROM pg_tables WHERE tablename LIKE 'millrace%'"), [])
        # The printed DDL and grants are all that is needed, and they are valid SQL.
        script = ended.err.split("ddl --state`):")[1].replace('"LOADING_ROLE"', role)
        self.database.execute(script)
        self.assert_ended(self.millrace("load", source, "--to", url, "--table", "account"), 0)

    def test_a_table_without_insert_right(self):
        role = "reader_" + secrets.token_hex(4)
        self.database.execute(f"{ACCOUNT}; CREATE ROLE {role} LOGIN; GRANT SELECT ON account TO {role}; GRANT CREATE ON SCHEMA public TO {role}")
        self.addCleanup(self.database.drop_role, role)
        source = self.write("in.csv", HEADER + GOOD[1])
        url = self.database.url.replace("postgres@", f"{role}@")
        for mode, options in [*MODES.items(), ("append", [])]:
            with self.subTest(mode):
                self.assert_ended(self.millrace("load", source, "--to", url, "--table", "account", *options), 1, "permission denied", "account")

    def test_the_server_is_down(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        url = f"postgresql://postgres:tell-nobody-7@127.0.0.1:{port}/postgres"
        source = self.write("in.csv", HEADER + GOOD[1])
        ended = self.millrace("load", source, "--to", url, "--table", "account", "--retry-delay", "10ms")
        self.assert_ended(ended, 1, "127.0.0.1", str(port), "refused")
        self.assertNotIn("tell-nobody-7", str(ended.out + ended.err))

    def test_a_database_that_does_not_exist(self):
        source = self.write("in.csv", HEADER + GOOD[1])
        ended = self.millrace("load", source, "--to", self.database.url + "_absent", "--table", "account")
        self.assert_ended(ended, 1, "_absent", "does not exist")

    def test_a_column_that_vanishes_between_staging_and_publishing(self):
        self.database.execute(ACCOUNT)
        source = self.write("in.csv", HEADER + GOOD[1])
        run_id = self.assert_ended(self.load(source, "--table", "account", "--key", "id", "--stage-only", "--json"), 0).report["run_id"]
        self.database.execute("ALTER TABLE account DROP COLUMN note")
        self.assert_ended(self.millrace("publish", run_id, "--to", self.database.url), 1, "note")
        self.assertEqual(self.database.texts("SELECT count(*) FROM account"), [("2",)])


class WrongPassword(unittest.TestCase):
    """Needs a server that asks for one."""

    SECRET = "s3cr#t/wörd-41"

    @classmethod
    def setUpClass(cls):
        cls.cluster = faults.Cluster("--password-auth")
        faults.psql(cls.cluster.socket_url, f"CREATE ROLE loader LOGIN PASSWORD '{cls.SECRET}'; CREATE SCHEMA loader AUTHORIZATION loader; "
                                             "CREATE TABLE loader.t (id integer); ALTER TABLE loader.t OWNER TO loader")
        cls.host = cls.cluster.url.split("@")[1].split("/")[0]
        cls.directory = tempfile.mkdtemp()
        with open(os.path.join(cls.directory, "in.csv"), "w", encoding="utf-8") as file:
            file.write("id\n1\n")

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()
        shutil.rmtree(cls.directory)

    def load(self, user_part, *arguments, **more):
        return faults.millrace("load", "in.csv", "--to", f"postgresql://{user_part}@{self.host}/postgres", "--table", "t", *arguments, cwd=self.directory, **more)

    def assert_refused(self, ended, *secrets):
        self.assertEqual(ended.status, 1, str(ended))
        self.assertIn("authentication", ended.err)
        self.assertIn("loader", ended.err)
        for secret in secrets:
            self.assertNotIn(secret, ended.out + ended.err)

    def test_a_wrong_password_is_refused_and_printed_nowhere(self):
        self.assert_refused(self.load("loader:wrong-5up3r"), "wrong-5up3r")
        self.assert_refused(self.load("loader:wrong-5up3r", "--log-level", "debug", "--json"), "wrong-5up3r")

    def test_a_password_with_special_characters_is_printed_nowhere(self):
        encoded = "wr%20ng%2Fp%40ss"
        self.assert_refused(self.load(f"loader:{encoded}"), encoded, "wr ng/p@ss", "p@ss")

    def test_a_malformed_url_is_refused_without_its_password(self):
        for user_part in ("loader:half%zzwrong-5up3r", "loader:wrong 5up3r", "loader:wrong@5up3r:x"):
            ended = self.load(user_part)
            self.assertIn(ended.status, (1, 64), str(ended))
            self.assertNotIn("5up3r", ended.out + ended.err)

    def test_no_password_at_all(self):
        ended = self.load("loader")
        self.assertEqual(ended.status, 1, str(ended))
        self.assertIn("password", ended.err)

    def test_the_right_password_in_a_file(self):
        with open(os.path.join(self.directory, "password"), "w", encoding="utf-8") as file:
            file.write(self.SECRET + "\n")
        ended = self.load("loader", "--password-file", "password", "--json")
        self.assertEqual(ended.status, 0, str(ended))
        self.assertNotIn(self.SECRET, ended.out + ended.err)
        kept = faults.psql(self.cluster.socket_url, "SELECT plan || report || source FROM loader.millrace_run")
        self.assertNotIn(self.SECRET, kept)

    def test_an_empty_password_file(self):
        open(os.path.join(self.directory, "empty"), "w", encoding="utf-8").close()
        ended = self.load("loader", "--password-file", "empty")
        self.assertEqual(ended.status, 64, str(ended))
        self.assertIn("password file empty", ended.err)


class SqliteOnly(FaultTest):
    backend = "sqlite"

    def setUp(self):
        super().setUp()
        self.good = self.write("good.csv", HEADER + GOOD[1])

    def test_a_mistyped_path_makes_no_file(self):
        url = "sqlite:" + self.path("tarket.db")
        self.assert_ended(self.millrace("load", self.good, "--to", url, "--table", "account"), 1, "tarket.db", "--create")
        self.assertFalse(os.path.exists(self.path("tarket.db")))
        for command in (["runs"], ["show", "x"], ["publish", "x"], ["ddl", "--state"]):
            self.assert_ended(self.millrace(*command, "--to", url), 1, "tarket.db")
            self.assertFalse(os.path.exists(self.path("tarket.db")))

    def test_a_dry_run_with_create_makes_no_file(self):
        url = "sqlite:" + self.path("new.db")
        self.millrace("load", self.good, "--to", url, "--table", "account", "--create", "--dry-run")
        self.assertFalse(os.path.exists(self.path("new.db")))

    def test_a_read_only_file(self):
        path = self.path("readonly.db")
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(ACCOUNT)
        if os.geteuid() == 0:
            # Root may write to every file, so the file lies where nobody can.
            mounted = self.path("mounted")
            os.mkdir(mounted)
            mount = subprocess.run(["mount", "--bind", self.directory, mounted], capture_output=True)
            if mount.returncode != 0 or subprocess.run(["mount", "-o", "remount,bind,ro", mounted], capture_output=True).returncode != 0:
                if mount.returncode == 0:
                    subprocess.run(["umount", mounted], check=False)
                self.skipTest("neither an ordinary user nor a mount: nothing is read-only here")
            self.addCleanup(subprocess.run, ["umount", mounted], check=False)
            path = os.path.join(mounted, "readonly.db")
        else:
            os.chmod(path, 0o444)
        self.assert_ended(self.millrace("load", self.good, "--to", "sqlite:" + path, "--table", "account", "--reject-file", "/dev/null"), 1, "readonly", "writable")

    def test_a_file_that_is_no_database(self):
        self.write("notes.db", "these are notes, no database at all" * 100)
        self.assert_ended(self.millrace("load", self.good, "--to", "sqlite:" + self.path("notes.db"), "--table", "account"), 1, "notes.db", "not a SQLite database")

    def test_a_file_that_another_process_has_locked_is_waited_for(self):
        self.database.execute(ACCOUNT)
        with contextlib.closing(sqlite3.connect(self.database.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            running = self.start_load(self.good, "--table", "account")
            time.sleep(0.5)
            self.assertTrue(running.is_running())
            other.execute("ROLLBACK")
        self.assert_ended(running.ended(), 0)

    def test_a_full_disk_under_the_database(self):
        mounted = self.path("tiny")
        os.mkdir(mounted)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", mounted], capture_output=True).returncode != 0:
            self.skipTest("a tiny filesystem can not be mounted here")
        self.addCleanup(subprocess.run, ["umount", mounted], check=False)
        path = os.path.join(mounted, "target.db")
        connection = sqlite3.connect(path)
        connection.executescript(ACCOUNT)
        connection.close()
        rows = "".join(f"{i},1.00,2023-01-01,a,{'x' * 100}\n" for i in range(100, 10000))
        source = self.write("big.csv", HEADER + rows)
        for mode, options in MODES.items():
            with self.subTest(mode):
                self.assert_ended(self.millrace("load", source, "--to", "sqlite:" + path, "--table", "account", *options), 1, "full")
                connection = sqlite3.connect(path)
                self.assertEqual(connection.execute("SELECT count(*) FROM account").fetchone(), (2,))
                connection.close()


if __name__ == "__main__":
    support.main()
