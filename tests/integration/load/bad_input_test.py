#!/usr/bin/env python3
"""Bad input: every fault has its own sentence, the rejected record is kept as it was, and the target stays as it was wherever
a load publishes at once."""

import base64
import gzip

import support
from bad_input_support import ACCOUNT, EVERYTHING, GOOD, HEADER, LAST, MODES
from faults_support import on_both_backends

# What a decoder refuses: name, the record's bytes, its column, and what the sentence says.
BAD_RECORDS = [
    ("too many columns", b"3,1.00,2023-01-01,eve,x,surplus\n", "", "found 6"),
    ("too few columns", b"3,1.00\n", "", "found 2"),
    ("an empty line", b"\n", "", "found 1"),
    ("text in an integer", b"abc,1.00,2023-01-01,eve,x\n", "id", '"abc"'),
    ("a fraction in an integer", b"3.5,1.00,2023-01-01,eve,x\n", "id", '"3.5"'),
    ("an integer that is too large for any type", b"99999999999999999999,1.00,2023-01-01,eve,x\n", "id", "99999999999999999999"),
    ("text in a decimal", b"3,ten,2023-01-01,eve,x\n", "amount", '"ten"'),
    ("a decimal that is too large", b"3,1234567.00,2023-01-01,eve,x\n", "amount", "1234567.00"),
    ("a decimal that rounds up to too large", b"3,999999.995,2023-01-01,eve,x\n", "amount", "999999.995"),
    ("a day that does not exist", b"3,1.00,2023-02-30,eve,x\n", "opened", '"2023-02-30"'),
    ("the 29th of February of another year", b"3,1.00,1900-02-29,eve,x\n", "opened", '"1900-02-29"'),
    ("text that is too long", b"3,1.00,2023-01-01,nine char,x\n", "owner", "8"),
    ("invalid UTF-8", b"3,1.00,2023-01-01,eve,\xff\xfe\n", "note", "utf-8"),
    ("an overlong UTF-8 form", b"3,1.00,2023-01-01,eve,\xc0\xaf\n", "note", "utf-8"),
    ("a UTF-8 surrogate", b"3,1.00,2023-01-01,eve,\xed\xa0\x80\n", "note", "utf-8"),
    ("a NUL byte", b"3,1.00,2023-01-01,eve,a\x00b\n", "note", "nul"),
    ("NULL in a key column", b",1.00,2023-01-01,eve,x\n", "id", "null"),
]

# Elsewhere it means 64 bits.
BAD_ON_POSTGRESQL = [("an integer that is too large", b"2147483648,1.00,2023-01-01,eve,x\n", "id", '"2147483648"')]


def raw_of(reject):
    return base64.b64decode(reject["raw_base64"]) if "raw_base64" in reject else reject["raw"].encode()


@on_both_backends
class BadRecords:
    def setUp(self):
        super().setUp()
        self.database.execute(ACCOUNT)
        self.before = self.database.texts(EVERYTHING)

    def input_with(self, record):
        return self.write("in.csv", (HEADER + "".join(GOOD)).encode() + record + LAST.encode())

    def assert_untouched(self, message=""):
        self.assertEqual(self.database.texts(EVERYTHING), self.before, message)

    def check_sentence(self, ended, record, column, says):
        text = "record 3 (line 5)" + (f", column {column}: " if column else ": ")
        self.assert_ended(ended, 1, text, says, "--max-rejects allows 0", "in.rejects")

    def check_reject(self, record, column):
        rejects = self.rejects("in.rejects")
        self.assertEqual(len(rejects), 1, rejects)
        reject = rejects[0]
        self.assertEqual(raw_of(reject), record.rstrip(b"\n"))
        self.assertEqual((reject["record"], reject["line"], reject["column"]), (3, 5, column))
        self.assertEqual(reject["byte_offset"], len((HEADER + "".join(GOOD)).encode()))
        self.assertTrue(reject["code"] and reject["reason"])

    def test_a_bad_record_has_its_sentence_is_kept_and_publishes_nothing(self):
        modes = list(MODES.items())
        for number, (name, record, column, says) in enumerate(BAD_RECORDS + (BAD_ON_POSTGRESQL if self.on_postgresql else [])):
            self.forget_rejects()
            mode, options = modes[number % len(modes)]
            with self.subTest(name, mode=mode):
                source = self.input_with(record)
                ended = self.load(source, "--table", "account", *options, "--reject-file", "in.rejects")
                self.check_sentence(ended, record, column, says)
                self.check_reject(record, column)
                self.assert_untouched(name)

    def test_within_the_limit_everything_else_is_loaded_and_the_mended_record_follows(self):
        for mode, options in MODES.items():
            self.forget_rejects()
            with self.subTest(mode):
                self.database.execute("DELETE FROM account")
                source = self.input_with(b"3,1.00,2023-02-30,eve,x\n")
                ended = self.load(source, "--table", "account", *options, "--max-rejects", 1, "--reject-file", "in.rejects", "--json")
                self.assert_ended(ended, 2, "rejected", "in.rejects")
                counts = ended.report["counts"]
                self.assertEqual((counts["read"], counts["accepted"], counts["rejected"]), (4, 3, 1))
                self.assertEqual([row[0] for row in self.database.texts(EVERYTHING)], ["1", "2", "9"])
                with open(self.path("in.rejects"), encoding="utf-8") as rejects:
                    self.write("mended.rejects", rejects.read().replace("3,1.00,2023-02-30", "3,1.00,2023-02-28"))
                replay = ["--mode", "append"] if mode == "reload" else []  # a reload of the mended record alone would empty the table
                self.assert_ended(self.millrace("load", "--replay", "mended.rejects", "--to", self.database.url, *replay), 0)
                self.assertEqual([row[0] for row in self.database.texts(EVERYTHING)], ["1", "2", "3", "9"])

    def test_one_reject_too_many_publishes_nothing(self):
        source = self.write("in.csv", HEADER + GOOD[1] + "x,1,2023-01-01,a,\ny,1,2023-01-01,a,\nz,1,2023-01-01,a,\n")
        for limit, says in (("2", "allows 2"), ("50%", "allows 50%")):
            for mode, options in MODES.items():
                with self.subTest(mode, limit=limit):
                    ended = self.load(source, "--table", "account", *options, "--max-rejects", limit, "--reject-file", "in.rejects")
                    self.assert_ended(ended, 1, "3 ", "rejected", says)
                    self.assert_untouched()

    def test_a_percentage_is_judged_at_the_end(self):
        source = self.write("in.csv", HEADER + "x,1,2023-01-01,a,\n" + GOOD[1] + "3,1,2023-01-01,a,\n4,1,2023-01-01,a,\n")
        self.assert_ended(self.load(source, "--table", "account", "--key", "id", "--max-rejects", "25%"), 2)

    def test_an_append_keeps_the_units_before_the_bad_one_and_says_how_many(self):
        rows = "".join(f"{i},1.00,2023-01-01,a,{'x' * 40}\n" for i in range(100, 300))
        source = self.write("in.csv", HEADER + rows + "bad,1.00,2023-01-01,a,x\n")
        ended = self.load(source, "--table", "account", "--unit-bytes", 1024, "--writers", 1, "--reject-file", "in.rejects", "--json")
        self.assert_ended(ended, 3, "record 201 (line 202), column id", "rows are committed", "--resume")
        committed = len(self.database.texts(EVERYTHING)) - len(self.before)
        self.assertIn(f"{committed} rows are committed", ended.err)
        self.assertEqual(ended.report["counts"]["accepted"], committed)
        self.assertGreater(committed, 0)
        self.assertLess(committed, 200 + 1)
        # What was committed is not sent again; the bad record is let through as a reject.
        resumed = self.assert_ended(self.resume(ended.report["run_id"], "--max-rejects", "1"), 2)
        self.assertEqual(resumed.report["counts"]["accepted"], 200)
        self.assertEqual(len(self.database.texts(EVERYTHING)), 202)

    def test_an_unterminated_quote_is_fatal_and_names_the_line_where_it_opened(self):
        source = self.write("in.csv", HEADER + "".join(GOOD) + '3,1.00,2023-01-01,eve,"open\n' + LAST)
        for mode, options in MODES.items():
            with self.subTest(mode):
                self.assert_ended(self.load(source, "--table", "account", *options), 1, "line 5", "quote", "in.csv")
                self.assert_untouched()

    def test_a_record_without_end_is_fatal_before_it_fills_the_memory(self):
        source = self.write("in.csv", HEADER + GOOD[1] + '3,1.00,2023-01-01,eve,"' + "x" * 20000 + "\n" + LAST)
        self.assert_ended(self.load(source, "--table", "account", "--key", "id", "--max-record-bytes", "10000"), 1, "line 3", "10000 bytes", "longer records")
        self.assert_untouched()

    def test_a_truncated_gzip_publishes_nothing(self):
        rows = "".join(f"{i},1.00,2023-01-01,a,{i * 7919}\n" for i in range(100, 20000))
        whole = gzip.compress((HEADER + rows).encode())
        for cut in (len(whole) - 1, len(whole) - 8, len(whole) // 2, 12):
            with self.subTest(cut=cut):
                source = self.write("in.csv.gz", whole[:cut])
                for mode, options in MODES.items():
                    ended = self.load(source, "--table", "account", *options, "--unit-bytes", 65536)
                    self.assert_ended(ended, 1, "in.csv.gz", "trunc")
                    self.assert_untouched(mode)

    def test_a_gzip_with_a_wrong_checksum_publishes_nothing(self):
        whole = bytearray(gzip.compress((HEADER + GOOD[1] * 1).encode()))
        whole[-6] ^= 0x55
        self.assert_ended(self.load(self.write("in.csv.gz", bytes(whole)), "--table", "account", "--key", "id"), 1, "in.csv.gz")
        self.assert_untouched()


@on_both_backends
class BadHeaders:
    def setUp(self):
        super().setUp()
        self.database.execute(ACCOUNT)
        self.before = self.database.texts(EVERYTHING)

    def refused(self, text, *sentences, options=(), status=1):
        source = self.write("in.csv", text)
        ended = self.assert_ended(self.load(source, "--table", "account", *options), status, *sentences)
        self.assertEqual(self.database.texts(EVERYTHING), self.before)
        return ended

    def test_an_unknown_column(self):
        self.refused("id,amount,opened,owner,remark\n1,1,2023-01-01,a,b\n", '"remark"', "account", "note", "--skip", "--map")

    def test_a_column_twice(self):
        self.refused("id,amount,opened,owner,owner\n1,1,2023-01-01,a,b\n", "column 5", "owner", "name")

    def test_a_column_twice_in_different_case(self):
        self.refused("id,amount,opened,owner,OWNER\n1,1,2023-01-01,a,b\n", "owner")

    def test_a_header_that_is_not_utf8(self):
        self.refused(b"id,amount,opened,owner,n\xf6te\n1,1,2023-01-01,a,b\n", "column 5", "utf-8", "encoding", "in.csv")

    def test_a_header_of_another_encoding_is_loaded_with_its_name(self):
        source = self.write("in.csv", "id,amount,opened,owner,note\n5,1,2023-01-01,a,\xe9\n".encode("latin-1"))
        self.assert_ended(self.load(source, "--table", "account", "--encoding", "ISO-8859-1"), 0)
        self.assertEqual(self.database.texts("SELECT note FROM account WHERE id = 5"), [("\xe9",)])

    def test_an_unknown_encoding(self):
        self.refused(HEADER + GOOD[1], "NOSUCH-8", "--encoding", options=["--encoding", "NOSUCH-8"], status=64)

    def test_a_header_with_a_nul_byte(self):
        self.refused(b"id,amount,opened,owner,no\x00te\n1,1,2023-01-01,a,b\n", "header")

    def test_no_header_at_all(self):
        self.refused("", "in.csv", "empty")

    def test_the_first_record_is_data(self):
        self.refused(LAST, '"9"', "account", "id, amount", "--no-header")

    def test_a_source_without_the_key(self):
        self.refused("amount,opened\n1,2023-01-01\n", "id", "key", options=["--key", "id"])

    def test_a_not_null_column_that_nothing_fills(self):
        self.database.execute("CREATE TABLE strict (id integer NOT NULL PRIMARY KEY, must text NOT NULL)")
        source = self.write("in.csv", "id\n1\n")
        self.assert_ended(self.load(source, "--table", "strict"), 1, '"must"', "strict", "not null", "--set")
        self.assertEqual(self.database.texts("SELECT * FROM strict"), [])

    def test_a_generated_column(self):
        self.database.execute("CREATE TABLE derived (id integer NOT NULL PRIMARY KEY, twice integer GENERATED ALWAYS AS (id * 2) STORED)")
        source = self.write("in.csv", "id,twice\n1,2\n")
        self.assert_ended(self.load(source, "--table", "derived"), 1, '"twice"', "generated", "--skip")
        self.assert_ended(self.load(source, "--table", "derived", "--skip", "twice"), 0)
        self.assertEqual(self.database.texts("SELECT * FROM derived"), [("1", "2")])


if __name__ == "__main__":
    support.main()
