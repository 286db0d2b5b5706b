#!/usr/bin/env python3
"""Rows that only the server refuses, while they are loaded or when they are published."""

import support
from bad_input_support import MODES, SRC_ROW
from faults_support import on_both_backends


@on_both_backends
class Constraints:
    """What only the server refuses."""

    def setUp(self):
        super().setUp()
        self.database.execute("""
            CREATE TABLE owner (id integer NOT NULL PRIMARY KEY);
            INSERT INTO owner VALUES (1), (2);
            CREATE TABLE item (id integer NOT NULL PRIMARY KEY, code varchar(10), price integer,
              owner integer, CONSTRAINT item_code_key UNIQUE (code), CONSTRAINT item_price_check CHECK (price >= 0),
              CONSTRAINT item_owner_fkey FOREIGN KEY (owner) REFERENCES owner(id));
            INSERT INTO item VALUES (1, 'one', 1, 1)""")
        self.before = self.items()

    def items(self):
        return self.database.texts("SELECT * FROM item ORDER BY id")

    def items_file(self, *records):
        return self.write("items.csv", "id,code,price,owner\n" + "".join(record + "\n" for record in records))

    BAD = {"a unique violation": ("12,one,5,1", "unique"), "a primary key violation": ("1,new,5,1", "unique"), "a check violation": ("12,new,-5,1", "check"),
           "a foreign key violation": ("12,new,5,99", "foreign"), "a duplicate within the file": ("11,new,5,1", "unique")}

    def test_an_append_names_the_row_and_keeps_it(self):
        for name, (bad, code) in self.BAD.items():
            self.forget_rejects()
            with self.subTest(name):
                source = self.items_file("11,eleven,5,1", bad, "13,thirteen,5,2")
                ended = self.load(source, "--table", "item", "--reject-file", "in.rejects")
                self.assert_ended(ended, 1, "record 2 (line 3)", "--max-rejects")
                self.assertEqual(self.items(), self.before)
                (reject,) = self.rejects("in.rejects")
                self.assertEqual((reject["record"], reject["raw"]), (2, bad))
                self.assertIn(code, reject["code"])
                if self.on_postgresql:
                    self.assertTrue(reject["sqlstate"].startswith("23"), reject)

    def test_an_append_within_the_limit_loads_the_others(self):
        for name, (bad, _) in self.BAD.items():
            with self.subTest(name):
                self.database.execute("DELETE FROM item WHERE id > 1")
                source = self.items_file("11,eleven,5,1", bad, "13,thirteen,5,2")
                ended = self.load(source, "--table", "item", "--reject-file", "in.rejects", "--max-rejects", 1, "--json")
                self.assert_ended(ended, 2)
                self.assertEqual([row[0] for row in self.items()], ["1", "11", "13"])
                self.assertEqual(ended.report["counts"]["accepted"], 2)

    def make_room(self):
        for staging in self.database.staging_tables():
            self.database.execute(f'DROP TABLE "{staging}"')

    def test_a_publish_that_violates_names_key_and_record_keeps_staging_and_can_be_repeated(self):
        cases = [
            ("reload", "a duplicate within the file", ["11,eleven,5,1", "12,twelve,5,1", "11,again,5,1"], 3, "id = 11",
             "UPDATE {staging} SET id = 14 WHERE {src_row} = 3"),
            ("reload", "a unique violation", ["11,eleven,5,1", "12,eleven,5,1"], 2, "id = 12" if not self.on_postgresql else "code = eleven",
             "UPDATE {staging} SET code = 'twelve' WHERE {src_row} = 2"),
            ("atomic append", "a primary key violation", ["11,eleven,5,1", "1,new,5,1"], 2, "id = 1", "DELETE FROM item WHERE id = 1"),
            ("atomic append", "a check violation", ["11,eleven,-5,1"], 1, "check",
             "UPDATE {staging} SET price = -price; UPDATE millrace_ledger SET control_sums = replace(control_sums, '-5', '5')"),
            ("merge", "a foreign key violation", ["1,one,5,2", "12,twelve,5,99"], 2, "id = 12", "INSERT INTO owner VALUES (99)"),
            ("merge", "a unique violation", ["1,one,5,2", "12,one,5,1"], 2, "id = 12", "UPDATE {staging} SET code = 'twelve' WHERE {src_row} = 2"),
        ]
        for mode, name, records, src_row, key, mend in cases:
            with self.subTest(name, mode=mode):
                self.make_room()
                self.database.execute("DELETE FROM item; INSERT INTO item VALUES (1, 'one', 1, 1)")
                source = self.items_file(*records)
                ended = self.load(source, "--table", "item", *MODES[mode], "--json")
                self.assert_ended(ended, 1, f"record {src_row}", key)
                self.assertEqual(self.items(), self.before)
                run_id = ended.report["run_id"]
                self.assertEqual(self.run_state(run_id), "loaded")
                (staging,) = self.database.staging_tables()
                again = self.assert_ended(self.millrace("publish", run_id, "--to", self.database.url), 1, f"record {src_row}", key)
                self.assertEqual(again.status, 1)
                self.assertEqual(self.items(), self.before)
                if "millrace_ledger" in mend or "SET id" in mend:
                    mend += f"; UPDATE millrace_ledger SET control_sums = replace(control_sums, '\"34\"', '\"37\"') WHERE run_id = '{run_id}'"
                self.database.execute(mend.format(staging=f'"{staging}"', src_row=SRC_ROW))
                self.assert_ended(self.millrace("publish", run_id, "--to", self.database.url), 0)
                self.assertEqual(self.run_state(run_id), "published")
                self.assertEqual(self.database.staging_tables(), [])

    def test_a_reload_of_a_table_that_foreign_keys_point_to(self):
        source = self.write("owners.csv", "id\n1\n3\n")
        self.assert_ended(self.load(source, "--table", "owner", "--mode", "reload"), 1, "owner", "item", "--reload delete", "--cascade")
        self.assertEqual(self.database.texts("SELECT id FROM owner ORDER BY id"), [("1",), ("2",)])
        self.assertEqual(self.items(), self.before)

    def test_a_reload_by_delete_of_a_table_with_references_that_would_break(self):
        source = self.write("owners.csv", "id\n2\n3\n")
        self.assert_ended(self.load(source, "--table", "owner", "--mode", "reload", "--reload", "delete"), 1, "foreign key")
        self.assertEqual(self.database.texts("SELECT id FROM owner ORDER BY id"), [("1",), ("2",)])


if __name__ == "__main__":
    support.main()
