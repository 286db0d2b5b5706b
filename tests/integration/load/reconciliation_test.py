#!/usr/bin/env python3
"""What was staged is compared with what was read before anything is published: rows that change, vanish or appear in between
are found, and the target stays as it was."""

import threading

import faults_support as faults
import support
from faults_support import FaultTest, on_both_backends, wait_until

ROWS = 1000
OPTIONS = {"merge": ["--key", "id"], "reload": ["--mode", "reload"], "atomic append": ["--mode", "append", "--atomic"]}
OLD = [("5", "0.05", "old"), ("2001", "20.01", "old")]
NEW = [(str(i), f"{i}.25", f"note {i}") for i in range(1, ROWS + 1)]


class StagedTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.database.execute("CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount decimal(10,2), note text)")
        self.source = self.write("in.csv", "id,amount,note\n" + "".join(",".join(row) + "\n" for row in NEW))
        self.runs = 0

    def items(self):
        amount = "amount" if self.on_postgresql else "printf('%.2f', amount)"
        return self.database.texts(f"SELECT id, {amount}, note FROM item ORDER BY id")

    def old(self, mode):
        return OLD if mode != "atomic append" else OLD[1:]

    def expected(self, mode):
        rows = {row[0]: row for row in (self.old(mode) if mode != "reload" else [])} | {row[0]: row for row in NEW}
        return sorted(rows.values(), key=lambda row: int(row[0]))

    def stage(self, mode, *arguments):
        """@return the run's id and its staging table"""
        for staging in self.database.staging_tables():
            self.database.execute(f'DROP TABLE "{staging}"')
        self.database.execute("DELETE FROM item; INSERT INTO item VALUES " + ",".join(f"({i}, {amount}, '{note}')" for i, amount, note in self.old(mode)))
        self.runs += 1
        run_id = f"staged-{self.runs}"
        ended = self.load(self.source, "--table", "item", *OPTIONS[mode], "--unit-bytes", 4096, "--stage-only", "--run-id", run_id, "--json", *arguments)
        self.assert_ended(ended, 0)
        self.assertEqual(ended.report["state"], "loaded")
        self.assertEqual(self.items(), self.old(mode))
        (staging,) = self.database.staging_tables()
        return run_id, f'"{staging}"'

    def publish(self, run_id, *arguments):
        return self.millrace("publish", run_id, "--to", self.database.url, *arguments)

    def show(self, run_id, *arguments):
        return self.assert_ended(self.millrace("show", run_id, "--to", self.database.url, *arguments), 0)

    def kept_checks(self, run_id):
        return self.database.texts(f"SELECT attempt, name, expected, actual FROM millrace_reconciliation WHERE run_id = '{run_id}' ORDER BY attempt, check_no")

    def assert_refused(self, run_id, mode, *sentences):
        ended = self.assert_ended(self.publish(run_id), 1, *sentences)
        self.assertEqual(self.items(), self.old(mode), "the target is as it was")
        self.assertEqual(self.run_state(run_id), "loaded")
        self.assertEqual(len(self.database.staging_tables()), 1, "what is staged is kept")
        return ended

    def assert_published(self, run_id, mode, ended=None):
        self.assert_ended(ended or self.publish(run_id), 0)
        self.assertEqual(self.items(), self.expected(mode))
        self.assertEqual(self.run_state(run_id), "published")
        self.assertEqual(self.database.staging_tables(), [])


@on_both_backends
class ChangedStaging:
    base = StagedTest

    def test_nothing_changed(self):
        for mode in OPTIONS:
            with self.subTest(mode):
                run_id, _ = self.stage(mode)
                self.assert_published(run_id, mode)
                checks = self.kept_checks(run_id)
                self.assertGreaterEqual(len(checks), 5)
                self.assertTrue(all(expected == actual for _, _, expected, actual in checks), checks)

    def test_a_changed_value_fails_the_check_of_its_column(self):
        total, wrong = sum(range(1, ROWS + 1)) + ROWS // 4, sum(range(1, ROWS + 1)) + ROWS // 4 + 1
        for mode in OPTIONS:
            with self.subTest(mode):
                run_id, staging = self.stage(mode)
                self.database.execute(f"UPDATE {staging} SET amount = amount + 1 WHERE id = 17")
                sides = (f"{total}.00", f"{wrong}.00")
                self.assert_refused(run_id, mode, "reconciliation", "sum of amount in staging", *sides)
                failed = [check for check in self.kept_checks(run_id) if check[2] != check[3]]
                self.assertEqual(failed, [("1", "sum of amount in staging", *sides)])
                text = self.show(run_id).out
                for part in ("sum of amount in staging", *sides):
                    self.assertIn(part, text)
                shown = self.show(run_id, "--json").report["checks"]
                self.assertEqual([(check["name"], check["expected"], check["actual"]) for check in shown if not check["ok"]], [("sum of amount in staging", *sides)])
                # Another attempt is kept beside the first one; mended, it passes.
                self.assert_refused(run_id, mode, "sum of amount in staging")
                self.database.execute(f"UPDATE {staging} SET amount = amount - 1 WHERE id = 17")
                self.assert_published(run_id, mode)
                self.assertEqual({check[0] for check in self.kept_checks(run_id)}, {"1", "2", "3"})
                self.assertEqual([check for check in self.kept_checks(run_id) if check[0] == "3" and check[2] != check[3]], [])

    def test_a_changed_integer_a_changed_sign_and_a_null(self):
        changes = {"UPDATE {0} SET id = id + 5000 WHERE id = 17": "sum of id", "UPDATE {0} SET amount = -amount WHERE id = 17": "sum of amount",
                   "UPDATE {0} SET amount = NULL WHERE id = 17": "sum of amount", "UPDATE {0} SET amount = amount + 0.01 WHERE id = 17": "sum of amount"}
        for change, check in changes.items():
            with self.subTest(change):
                run_id, staging = self.stage("merge")
                self.database.execute(change.format(staging))
                self.assert_refused(run_id, "merge", check)

    def test_a_check_that_fails_in_the_load_itself(self):
        """The same checks, without --stage-only: here a trigger of the database's owner loses a row."""
        self.database.execute("INSERT INTO item VALUES (2001, 20.01, 'old')")
        if self.on_postgresql:
            self.database.execute("""CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                                     CREATE TRIGGER lose BEFORE INSERT ON item FOR EACH ROW WHEN (NEW.id = 17) EXECUTE FUNCTION lose()""")
        else:
            self.database.execute("CREATE TRIGGER lose BEFORE INSERT ON item WHEN NEW.id = 17 BEGIN SELECT RAISE(IGNORE); END")
        for mode, options in (OPTIONS | {"append": ["--mode", "append"]}).items():
            with self.subTest(mode):
                self.runs += 1
                ended = self.load(self.source, "--table", "item", *options, "--run-id", f"lost-{self.runs}", "--json")
                self.assert_ended(ended, 1)
                self.assertEqual(self.items(), OLD[1:])
                if mode == "append":
                    self.assertIn("record 17 (line 18): the server stored 0 of 1 rows", ended.err)
                else:
                    self.assertIn("the reconciliation failed and nothing was published", ended.err)
                    self.assertTrue([check for check in self.kept_checks(f"lost-{self.runs}") if check[2] != check[3]])

    def test_missing_and_surplus_rows_are_refused_and_a_resume_sends_their_units_again(self):
        changes = {"a row is missing": "DELETE FROM {0} WHERE id = 17",
                   "a unit is missing": "DELETE FROM {0} WHERE millrace_src_row > 900",
                   "all are missing": "DELETE FROM {0}",
                   "two rows of different units are missing": "DELETE FROM {0} WHERE id IN (17, 990)"}
        if self.on_postgresql:  # elsewhere SRC_ROW is the staging table's key
            changes |= {"a row is there twice": "INSERT INTO {0} SELECT * FROM {0} WHERE id = 17",
                        "a row moved to another unit": "UPDATE {0} SET millrace_src_row = 990 WHERE id = 17"}
        for mode in ("merge", "reload"):
            for name, change in changes.items():
                with self.subTest(name, mode=mode):
                    run_id, staging = self.stage(mode)
                    self.database.execute(change.format(staging))
                    self.assert_refused(run_id, mode, "staged rows", "--resume")
                    resumed = self.assert_ended(self.resume(run_id), 0)
                    self.assertEqual(resumed.report["state"], "loaded", str(resumed))
                    self.assertLess(resumed.report["units_skipped"], resumed.report["units"])
                    self.assert_published(run_id, mode)

    def test_a_row_outside_of_every_unit(self):
        run_id, staging = self.stage("merge")
        self.database.execute(f"INSERT INTO {staging} (id, amount, note, millrace_src_row) VALUES (3000, 0, 'x', 0)")
        self.assert_refused(run_id, "merge", "1000", "1001")

    def test_a_staging_table_that_was_dropped(self):
        run_id, staging = self.stage("merge")
        self.database.execute(f"DROP TABLE {staging}")
        ended = self.assert_ended(self.publish(run_id), 1, staging.strip('"'))
        self.assertIn("--resume", ended.err)
        self.assertEqual(self.items(), OLD)
        self.assert_ended(self.resume(run_id), 0)
        self.assert_published(run_id, "merge")

    def test_a_count_of_records_that_does_not_fit(self):
        """The splitter's count is one side, the ledger's the other."""
        run_id, _ = self.stage("merge")
        self.database.execute(f"UPDATE millrace_run SET rows_read = 1001 WHERE run_id = '{run_id}'")
        self.assert_refused(run_id, "merge", "records read", "1001", "1000")
        self.database.execute(f"UPDATE millrace_run SET rows_read = 1000 WHERE run_id = '{run_id}'")
        self.database.execute(f"UPDATE millrace_ledger SET rows_rejected = 1 WHERE run_id = '{run_id}' AND first_src_row = 1")
        self.assert_refused(run_id, "merge", "records read", "1001", "1000")

    def test_a_permanent_staging_table_counts_only_the_runs_own_rows(self):
        self.database.execute("DELETE FROM item")
        for run_id in ("one", "two"):
            self.assert_ended(self.load(self.source, "--table", "item", "--key", "id", "--staging", "item_stage", "--stage-only", "--run-id", run_id), 0)
        self.database.execute("DELETE FROM item_stage WHERE id = 17 AND run_id = 'one'")
        self.assert_ended(self.publish("one"), 1, "staged rows", "--resume")
        self.assert_ended(self.publish("two"), 0)
        self.assertEqual(self.items(), NEW)
        self.assertEqual(self.database.texts("SELECT count(*) FROM item_stage WHERE run_id = 'one'"), [(str(ROWS - 1),)])
        self.assert_ended(self.millrace("discard", "one", "--to", self.database.url), 0)
        self.assertEqual(self.database.texts("SELECT count(*) FROM item_stage"), [("0",)])


@on_both_backends
class Publishing:
    base = StagedTest

    def test_publishing_is_safe_to_repeat(self):
        for mode in OPTIONS:
            with self.subTest(mode):
                run_id, _ = self.stage(mode)
                first = self.publish(run_id, "--json")
                self.assert_published(run_id, mode, first)
                self.database.execute("UPDATE item SET note = 'changed since' WHERE id = 17")
                again = self.assert_ended(self.publish(run_id, "--json"), 0)
                self.assertEqual(again.report["counts"], first.report["counts"])
                self.assertEqual(self.database.texts("SELECT note FROM item WHERE id = 17"), [("changed since",)])
                self.assertEqual({check[0] for check in self.kept_checks(run_id)}, {"1"})

    def test_of_two_publishers_exactly_one_wins(self):
        for mode in OPTIONS:
            with self.subTest(mode):
                run_id, _ = self.stage(mode)
                ends = [None, None]

                def publish(number):
                    ends[number] = self.publish(run_id, "--json")

                threads = [threading.Thread(target=publish, args=(number,)) for number in range(2)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self.assert_one_won(run_id, mode, ends)

    def assert_one_won(self, run_id, mode, ends):
        both = "\n".join(map(str, ends))
        self.assertIn(sorted(ended.status for ended in ends), ([0, 0], [0, 1]), both)
        for ended in ends:
            if ended.status:
                self.assertIn("another process", ended.err, both)
        self.assertEqual(self.items(), self.expected(mode), both)
        self.assertEqual(self.run_state(run_id), "published")
        self.assertEqual({check[0] for check in self.kept_checks(run_id)}, {"1"}, "it was published once")

    def test_a_run_that_is_not_staged(self):
        self.assert_ended(self.load(self.source, "--table", "item", "--run-id", "appended"), 0)
        self.assert_ended(self.publish("appended"), 0)
        self.assertEqual(len(self.items()), ROWS)

    def test_a_discard_of_a_published_run_leaves_what_is_published(self):
        run_id, staging = self.stage("merge", "--keep-staging")
        self.assert_ended(self.publish(run_id), 0)
        self.assertEqual(self.database.texts(f"SELECT count(*) FROM {staging}"), [(str(ROWS),)])
        self.millrace("discard", run_id, "--to", self.database.url)
        self.assertEqual(self.items(), self.expected("merge"))
        self.assertEqual(self.run_state(run_id), "published")

    def test_a_discarded_run_can_not_be_published(self):
        run_id, _ = self.stage("merge")
        self.assertIn(str(ROWS), self.assert_ended(self.millrace("discard", run_id, "--to", self.database.url), 0).out)
        self.assert_ended(self.publish(run_id), 1, run_id, "abandoned")
        self.assertEqual(self.items(), OLD)


class PublishersThatMeet(StagedTest):
    """On PostgreSQL a lock on the target holds the first publisher until the second one has arrived."""

    backend = "postgresql"
    assert_one_won = Publishing.assert_one_won

    def start_publish(self, run_id):
        return faults.Running("publish", run_id, "--to", self.database.url, "--json", cwd=self.directory)

    def test_of_two_publishers_exactly_one_wins(self):
        for mode in OPTIONS:
            with self.subTest(mode):
                run_id, _ = self.stage(mode)
                with self.database.session() as other:
                    other.run("BEGIN; LOCK TABLE item IN ACCESS SHARE MODE; LOCK TABLE item IN ROW EXCLUSIVE MODE")
                    first = self.start_publish(run_id)
                    if mode != "atomic append":
                        wait_until(lambda: self.database.backends("wait_event_type = 'Lock'"), "the first publisher waits")
                    second = self.start_publish(run_id)
                    if mode != "atomic append":
                        wait_until(lambda: len(self.database.backends("wait_event_type = 'Lock'")) == 2, "the second publisher waits")
                    other.run("COMMIT")
                self.assert_one_won(run_id, mode, [first.ended(), second.ended()])

    def test_a_publisher_and_a_discard(self):
        run_id, _ = self.stage("merge")
        with self.database.session() as other:
            other.run("BEGIN; LOCK TABLE item IN ROW EXCLUSIVE MODE")
            publisher = self.start_publish(run_id)
            wait_until(lambda: self.database.backends("wait_event_type = 'Lock'"), "the publisher waits")
            discard = faults.Running("discard", run_id, "--to", self.database.url, cwd=self.directory)
            wait_until(lambda: len(self.database.backends("wait_event_type = 'Lock'")) == 2, "the discard waits")
            other.run("COMMIT")
        self.assertEqual(publisher.ended().status, 0)
        self.assert_ended(discard.ended(), 1, run_id, "can not be discarded")
        self.assertEqual(self.items(), self.expected("merge"))


if __name__ == "__main__":
    support.main()
