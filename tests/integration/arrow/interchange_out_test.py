"""Millrace's Arrow streams are read by pyarrow, Polars and DuckDB."""

import arrow_support

arrow_support.enter_environment()

import datetime
import decimal
import unittest

import duckdb
import polars as pl
import pyarrow as pa

from arrow_support import Millrace
from support import Postgres, Sqlite

UTC = datetime.timezone.utc
TEXT = "a 'quoted', \"text\" with \\ and \u20ac and \U0001F418"
UUID = "01020304-0506-0708-090a-0b0c0d0e0f10"

# name, SQL type, Arrow type, the value as SQL, the value in Python
COLUMNS = [
    ("boolean", "boolean", pa.bool_(), "true", True),
    ("smallint", "smallint", pa.int16(), "-32768", -32768),
    ("integer", "integer", pa.int32(), "-2147483648", -2147483648),
    ("bigint", "bigint", pa.int64(), "9223372036854775807", 2**63 - 1),
    ("real", "real", pa.float32(), "1.5", 1.5),
    ("double", "double precision", pa.float64(), "0.1", 0.1),
    ("decimal", "decimal(15,2)", pa.decimal128(15, 2), "'-9999999999999.99'", decimal.Decimal("-9999999999999.99")),
    ("small_decimal", "decimal(4,4)", pa.decimal128(4, 4), "'0.0001'", decimal.Decimal("0.0001")),
    ("char", "char(3)", pa.string(), "'abc'", "abc"),
    ("varchar", "varchar(20)", pa.string(), "''", ""),
    ("text", "text", pa.string(), "'" + TEXT.replace("'", "''") + "'", TEXT),
    ("date", "date", pa.date32(), "'2023-02-28'", datetime.date(2023, 2, 28)),
    ("time", "time", pa.time64("us"), "'13:45:00.123456'", datetime.time(13, 45, 0, 123456)),
    ("timestamp", "timestamp", pa.timestamp("us"), "'1969-12-31 23:59:59.999999'", datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)),
    ("timestamptz", "timestamptz", pa.timestamp("us", "UTC"), "'2023-02-28 13:45:00+00:00'", datetime.datetime(2023, 2, 28, 13, 45, tzinfo=UTC)),
    ("uuid", "uuid", pa.string(), f"'{UUID}'", UUID),
    ("json", "json", pa.string(), "'{\"a\": [1, null]}'", '{"a": [1, null]}'),
]
BACKEND_COLUMNS = {
    "postgresql": COLUMNS + [
        ("bytea", "bytea", pa.binary(), "'\\x00ff'", b"\x00\xff"),
        ("numeric", "numeric", pa.string(), "'12345678901234567890123456789012345678901234567890.5'", "12345678901234567890123456789012345678901234567890.5"),
        ("long_decimal", "decimal(38,10)", pa.decimal128(38, 10), "'-0.0000000001'", decimal.Decimal("-0.0000000001")),
        ("inet", "inet", pa.string(), "'127.0.0.1'", "127.0.0.1"),
        ("array", "integer[]", pa.string(), "'{1,NULL}'", "{1,NULL}"),
    ],
    "sqlite": [(name, "json_text" if sql_type == "json" else sql_type, {"integer": pa.int64(), "real": pa.float64()}.get(sql_type, arrow_type), text, value)
               for name, sql_type, arrow_type, text, value in COLUMNS] + [
        ("blob", "blob", pa.binary(), "x'00ff'", b"\x00\xff"),
        ("decimal_text", "decimal_text(38,10)", pa.decimal128(38, 10), "'-0.0000000001'", decimal.Decimal("-0.0000000001")),
    ],
}


class Tests:
    """Run for each database."""

    @classmethod
    def setUpClass(cls):
        cls.database = cls.Database("arrow_out")
        cls.addClassCleanup(cls.database.close)
        cls.columns = BACKEND_COLUMNS[cls.database.name]
        cls.names = [name for name, *_ in cls.columns]
        declared = ", ".join(f'"{name}" {sql_type}' for name, sql_type, *_ in cls.columns)
        values = ", ".join(text for _, _, _, text, _ in cls.columns)
        nulls = ", ".join("NULL" for _ in cls.columns)
        cls.database.execute(f"CREATE TABLE source (id bigint, {declared}); INSERT INTO source VALUES (1, {values}), (2, {nulls}), (3, {values});")
        cls.expected = [(1, *(value for *_, value in cls.columns)), (2, *(None for _ in cls.columns)), (3, *(value for *_, value in cls.columns))]

    def setUp(self):
        self.millrace = Millrace(self.database.url)
        self.addCleanup(self.millrace.close)

    def source(self):
        return self.millrace.copy_out("SELECT * FROM source ORDER BY id")

    def numbers(self, last):
        return self.millrace.copy_out(f"WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n WHERE a < {last}) SELECT CAST(a AS bigint) AS a FROM n")

    def check(self, rows):
        self.assertEqual(len(rows), 3)
        for index, column in enumerate(["id", *self.names]):
            with self.subTest(column=column):
                self.assertEqual([row[index] for row in rows], [row[index] for row in self.expected])

    def test_pyarrow_reads_every_type(self):
        table = pa.table(self.source())
        table.validate(full=True)
        self.assertEqual(table.schema, pa.schema([("id", pa.int64()), *((name, arrow_type) for name, _, arrow_type, _, _ in self.columns)]))
        self.check([tuple(row.values()) for row in table.to_pylist()])

    def test_polars_reads_every_type(self):
        self.check(pl.DataFrame(self.source()).rows())
        self.check(pl.from_arrow(pa.RecordBatchReader.from_stream(self.source())).rows())

    def test_duckdb_reads_every_type(self):
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            reader = pa.RecordBatchReader.from_stream(self.source())
            rows = connection.from_arrow(reader).fetchall()
        self.check([tuple(v.astimezone(UTC) if isinstance(v, datetime.datetime) and v.tzinfo else v for v in row) for row in rows])

    def test_an_empty_result_keeps_its_schema(self):
        table = pa.table(self.millrace.copy_out("SELECT * FROM source WHERE id > 99"))
        self.assertEqual(table.num_rows, 0)
        self.assertEqual(table.column_names, ["id", *self.names])
        self.assertEqual(pl.DataFrame(self.millrace.copy_out("SELECT id FROM source WHERE id > 99")).schema, {"id": pl.Int64})

    def test_many_rows_arrive_in_batches(self):
        batches = list(pa.RecordBatchReader.from_stream(self.numbers(50_000)))
        self.assertGreater(len(batches), 1)
        self.assertEqual([n for batch in batches for n in batch["a"].to_pylist()], list(range(1, 50_001)))

    def test_a_reader_that_stops_early_leaves_the_connection_free(self):
        reader = pa.RecordBatchReader.from_stream(self.numbers(1_000_000))
        reader.read_next_batch()
        reader.close()
        self.assertEqual(pa.table(self.numbers(3))["a"].to_pylist(), [1, 2, 3])

    def test_batches_outlive_the_connection(self):
        millrace = Millrace(self.database.url)
        table = pa.table(millrace.copy_out("SELECT * FROM source ORDER BY id"))
        millrace.close()
        self.check([tuple(row.values()) for row in table.to_pylist()])

    def test_an_error_in_the_middle_is_told_in_millraces_words(self):
        bad, sentence = ("abs(-9223372036854775768 - (a - 39960))", "integer overflow") if self.database.name == "sqlite" else ("100 / (40000 - a)", "division by zero")
        result = self.millrace.copy_out(f"WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n WHERE a < 50000) SELECT {bad} AS a FROM n")
        with self.assertRaisesRegex((OSError, pa.ArrowException), sentence):
            pa.table(result)
        self.assertEqual(pa.table(self.numbers(1))["a"].to_pylist(), [1])

    def test_what_goes_out_through_polars_and_duckdb_comes_in_the_same(self):
        other = Millrace(self.database.url)
        self.addCleanup(other.close)
        frame = pl.DataFrame(self.source())
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for name, source in [("polars", frame), ("duckdb", connection.from_arrow(frame.to_arrow()))]:
                with self.subTest(through=name):
                    self.database.execute(f"DROP TABLE IF EXISTS copy; CREATE TABLE copy AS SELECT * FROM source WHERE false;" if self.database.name == "postgresql" else
                                          "DROP TABLE IF EXISTS copy; CREATE TABLE copy (id bigint, " + ", ".join(f'"{n}" {t}' for n, t, *_ in self.columns) + ");")
                    self.assertEqual(other.copy_in("copy", source), 3)
                    self.assertEqual(self.database.rows("SELECT * FROM copy ORDER BY id"), self.database.rows("SELECT * FROM source ORDER BY id"))


class PostgresqlTest(Tests, unittest.TestCase):
    Database = Postgres


class SqliteTest(Tests, unittest.TestCase):
    Database = Sqlite


if __name__ == "__main__":
    arrow_support.main()
