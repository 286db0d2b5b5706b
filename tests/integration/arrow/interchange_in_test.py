"""Arrow streams made by pyarrow, Polars and DuckDB are read into PostgreSQL and SQLite, and what is there then is read by psql and Python's sqlite3."""

import arrow_support

arrow_support.enter_environment()

import dataclasses
import datetime
import decimal
import unittest
import uuid

import duckdb
import polars as pl
import pyarrow as pa

from arrow_support import Millrace, MillraceError
from support import Postgres, Sqlite

UTC = datetime.timezone.utc
DAY = datetime.date(2023, 2, 28)
TIME = datetime.time(13, 45, 0, 123456)
MOMENT = datetime.datetime(1969, 12, 31, 23, 59, 59, 123456)
SECOND = MOMENT.replace(microsecond=0)
MILLI = MOMENT.replace(microsecond=123000)
ID = uuid.UUID("01020304-0506-0708-090a-0b0c0d0e0f10")
TEXTS = ["", "a 'quoted', \"text\" with \\ and \u20ac and \U0001F418"]
BYTES = [b"", b"\x00\xff" + b"bytes that do not fit into a view"]


@dataclasses.dataclass
class Case:
    """A column: its SQL type, and its first and last value, with a NULL between them. What the databases show of them, where it is not plain."""

    name: str
    type: str
    values: list
    postgresql: list = None
    sqlite: list = None

    def expected(self, backend):
        if backend == "sqlite":
            first, last = self.sqlite or self.values
        else:
            first, last = self.postgresql or [str(v) for v in self.values]
        return [first, None, last]


# SQL types that recur, with how values of theirs come back.
def integers(name, sql_type, *values):
    return Case(name, sql_type, list(values))


def floats(name, sql_type, *values):
    return Case(name, sql_type, list(values), [f"{v:g}" for v in values], list(values))


def decimals(name, *values):
    return Case(name, "decimal(15,2)", [decimal.Decimal(v) for v in values], list(values), [float(v) for v in values])


def booleans(name):
    return Case(name, "boolean", [True, False], ["true", "false"], [1, 0])


def texts(name):
    return Case(name, "text", TEXTS, TEXTS, TEXTS)


def binaries(name):
    return Case(name, "bytea", BYTES, ["\\x" + b.hex() for b in BYTES], BYTES)


def dates(name):
    values = [DAY, datetime.date(1, 1, 1)]
    return Case(name, "date", values, ["2023-02-28", "0001-01-01"], ["2023-02-28", "0001-01-01"])


def shown(moment):
    return str(moment).rstrip("0") if moment.microsecond else str(moment)


def times(name, value):
    return Case(name, "time", [value, datetime.time(0, 0)], [shown(value), "00:00:00"], [shown(value), "00:00:00"])


def timestamps(name, value):
    values = [value, datetime.datetime(2023, 2, 28)]
    text = [shown(value), "2023-02-28 00:00:00"]
    return Case(name, "timestamp", values, text, text)


def instants(name, value):
    plain = timestamps(name, value)
    values = [v.replace(tzinfo=UTC) for v in plain.values]
    return Case(name, "timestamp with time zone", values, [s + "+00" for s in plain.postgresql], [s + "+00:00" for s in plain.sqlite])


def uuids(name, values):
    text = [str(ID), str(uuid.UUID(int=0))]
    return Case(name, "uuid", values, text, text)


# Of each case the Arrow type.
ARROW = [
    (booleans("bool"), pa.bool_()),
    (integers("int8", "smallint", -128, 127), pa.int8()),
    (integers("uint8", "smallint", 0, 255), pa.uint8()),
    (integers("int16", "smallint", -32768, 32767), pa.int16()),
    (integers("uint16", "integer", 0, 65535), pa.uint16()),
    (integers("int32", "integer", -2147483648, 2147483647), pa.int32()),
    (integers("uint32", "bigint", 0, 4294967295), pa.uint32()),
    (integers("int64", "bigint", -(2**63), 2**63 - 1), pa.int64()),
    (integers("uint64", "bigint", 0, 2**63 - 1), pa.uint64()),
    (Case("uint64_as_decimal", "decimal(20,0)", [0, 2**64 - 1], None, ["0", str(2**64 - 1)]), pa.uint64()),
    (floats("float16", "real", 1.5, -0.25), pa.float16()),
    (floats("float32", "real", 1.5, -3.5), pa.float32()),
    (floats("float64", "double precision", 0.1, -2.5), pa.float64()),
    (decimals("decimal128", "0.01", "-9999999999999.99"), pa.decimal128(15, 2)),
    (decimals("decimal64", "0.01", "-99999.99"), pa.decimal64(12, 2)),
    (decimals("decimal32", "0.01", "-99999.99"), pa.decimal32(9, 2)),
    (texts("utf8"), pa.string()),
    (texts("large_utf8"), pa.large_string()),
    (texts("utf8_view"), pa.string_view()),
    (binaries("binary"), pa.binary()),
    (binaries("large_binary"), pa.large_binary()),
    (binaries("binary_view"), pa.binary_view()),
    (uuids("fixed_size_binary", [ID.bytes, bytes(16)]), pa.binary(16)),
    (uuids("uuid", [ID.bytes, bytes(16)]), pa.uuid()),
    (dates("date32"), pa.date32()),
    (dates("date64"), pa.date64()),
    (times("time32_s", TIME.replace(microsecond=0)), pa.time32("s")),
    (times("time32_ms", datetime.time(13, 45, 0, 120000)), pa.time32("ms")),
    (times("time64_us", TIME), pa.time64("us")),
    (times("time64_ns", TIME), pa.time64("ns")),
]
for unit, moment in [("s", SECOND), ("ms", MILLI), ("us", MOMENT), ("ns", MOMENT)]:
    ARROW += [(timestamps(f"timestamp_{unit}", moment), pa.timestamp(unit)),
              (instants(f"timestamp_{unit}_utc", moment), pa.timestamp(unit, "UTC")),
              (instants(f"timestamp_{unit}_berlin", moment), pa.timestamp(unit, "Europe/Berlin"))]
for case, arrow_type in list(ARROW):
    if isinstance(arrow_type, pa.BaseExtensionType) or pa.types.is_decimal32(arrow_type) or pa.types.is_decimal64(arrow_type):
        continue  # pyarrow makes no dictionaries of them
    index = [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()][len(ARROW) % 8]
    ARROW.append((dataclasses.replace(case, name=f"dictionary_{case.name}"), pa.dictionary(index, arrow_type)))

POLARS = [
    (booleans("boolean"), pl.Boolean),
    (integers("int8", "smallint", -128, 127), pl.Int8),
    (integers("uint8", "smallint", 0, 255), pl.UInt8),
    (integers("int16", "smallint", -32768, 32767), pl.Int16),
    (integers("uint16", "integer", 0, 65535), pl.UInt16),
    (integers("int32", "integer", -2147483648, 2147483647), pl.Int32),
    (integers("uint32", "bigint", 0, 4294967295), pl.UInt32),
    (integers("int64", "bigint", -(2**63), 2**63 - 1), pl.Int64),
    (integers("uint64", "bigint", 0, 2**63 - 1), pl.UInt64),
    (floats("float32", "real", 1.5, -3.5), pl.Float32),
    (floats("float64", "double precision", 0.1, -2.5), pl.Float64),
    (decimals("decimal", "0.01", "-9999999999999.99"), pl.Decimal(15, 2)),
    (texts("string"), pl.String),
    (texts("categorical"), pl.Categorical),
    (texts("enum"), pl.Enum(TEXTS)),
    (binaries("binary"), pl.Binary),
    (dates("date"), pl.Date),
    (times("time", TIME), pl.Time),
]
for unit, moment in [("ms", MILLI), ("us", MOMENT), ("ns", MOMENT)]:
    POLARS += [(timestamps(f"datetime_{unit}", moment), pl.Datetime(unit)), (instants(f"datetime_{unit}_utc", moment), pl.Datetime(unit, "UTC"))]

# Of each case the expressions of its values.
DUCKDB = [
    (booleans("boolean"), "true", "false"),
    (integers("tinyint", "smallint", -128, 127), "(-128)::tinyint", "127"),
    (integers("utinyint", "smallint", 0, 255), "0::utinyint", "255"),
    (integers("smallint", "smallint", -32768, 32767), "(-32768)::smallint", "32767"),
    (integers("usmallint", "integer", 0, 65535), "0::usmallint", "65535"),
    (integers("int", "integer", -2147483648, 2147483647), "(-2147483648)::int", "2147483647"),
    (integers("uinteger", "bigint", 0, 4294967295), "0::uinteger", "4294967295"),
    (integers("bigint", "bigint", -(2**63), 2**63 - 1), "(-9223372036854775808)::bigint", "9223372036854775807"),
    (integers("ubigint", "bigint", 0, 2**63 - 1), "0::ubigint", "9223372036854775807"),
    (floats("float", "real", 1.5, -3.5), "1.5::float", "-3.5"),
    (floats("double", "double precision", 0.1, -2.5), "0.1::double", "-2.5"),
    (decimals("decimal_15", "0.01", "-9999999999999.99"), "0.01::decimal(15,2)", "-9999999999999.99"),
    (decimals("decimal_4", "0.01", "-99.99"), "0.01::decimal(4,2)", "-99.99"),
    (texts("varchar"), "''", "'a ''quoted'', \"text\" with \\ and \u20ac and \U0001F418'"),
    (texts("enum"), "''::enum('', 'a ''quoted'', \"text\" with \\ and \u20ac and \U0001F418')", "'a ''quoted'', \"text\" with \\ and \u20ac and \U0001F418'"),
    (binaries("blob"), "''::blob", f"unhex('{BYTES[1].hex()}')"),
    (dates("date"), "date '2023-02-28'", "date '0001-01-01'"),
    (times("time", TIME), "time '13:45:00.123456'", "time '00:00:00'"),
    (timestamps("timestamp", MOMENT), "timestamp '1969-12-31 23:59:59.123456'", "timestamp '2023-02-28'"),
    (timestamps("timestamp_s", SECOND), "timestamp_s '1969-12-31 23:59:59'", "timestamp_s '2023-02-28'"),
    (timestamps("timestamp_ms", MILLI), "timestamp_ms '1969-12-31 23:59:59.123'", "timestamp_ms '2023-02-28'"),
    (timestamps("timestamp_ns", MOMENT), "timestamp_ns '1969-12-31 23:59:59.123456'", "timestamp_ns '2023-02-28'"),
    (instants("timestamptz", MOMENT), "timestamptz '1969-12-31 23:59:59.123456+00'", "timestamptz '2023-02-28 00:00:00+00'"),
    (uuids("uuid", None), f"uuid '{ID}'", "uuid '00000000-0000-0000-0000-000000000000'"),
]


def arrow_table(cases):
    """Three rows in two batches, cut out of longer arrays, so that offsets count."""
    arrays = []
    for case, arrow_type in cases:
        first, last = case.values
        if isinstance(arrow_type, pa.BaseExtensionType):
            storage = pa.array([last, last, first, None, last, first], arrow_type.storage_type)
            array = pa.ExtensionArray.from_storage(arrow_type, storage)
        elif pa.types.is_dictionary(arrow_type):
            array = pa.array([last, last, first, None, last, first], arrow_type.value_type).dictionary_encode().cast(arrow_type)
        else:
            array = pa.array([last, last, first, None, last, first], arrow_type)
        arrays.append(array)
    names = [case.name for case, _ in cases]
    batch = pa.record_batch(arrays + [pa.array([-1, -1, 1, 2, 3, -1], pa.int64())], names=names + ["id"])
    return pa.Table.from_batches([batch.slice(2, 2), batch.slice(4, 1)])


def polars_frame(cases):
    columns = {case.name: pl.Series([case.values[0], None, case.values[1]], dtype=dtype) for case, dtype in cases}
    return pl.DataFrame({**columns, "id": [1, 2, 3]})


def duckdb_relation(connection, cases):
    row = lambda index, values: "SELECT " + ", ".join(f'{v} AS "{c[0].name}"' for c, v in zip(cases, values)) + f", {index} AS id"
    union = " UNION ALL ".join([row(1, [c[1] for c in cases]), row(2, ["NULL"] * len(cases)), row(3, [c[2] for c in cases])])
    connection.execute(f"CREATE OR REPLACE TABLE source AS {union}")
    return connection.sql("SELECT * FROM source")


class Tests:
    """Run for each database."""

    @classmethod
    def setUpClass(cls):
        cls.database = cls.Database("arrow_in")
        cls.addClassCleanup(cls.database.close)
        cls.millrace = Millrace(cls.database.url)
        cls.addClassCleanup(cls.millrace.close)
        cls.duckdb = duckdb.connect()
        cls.duckdb.execute("SET TimeZone = 'UTC'")
        cls.addClassCleanup(cls.duckdb.close)

    def setUp(self):
        self.database.execute("DROP TABLE IF EXISTS t;")

    def create(self, cases):
        spelling = {"bytea": "blob", "timestamp with time zone": "timestamptz", "decimal(20,0)": "decimal_text(20,0)"} if self.database.name == "sqlite" else {}
        columns = "".join(f', "{c.name}" {spelling.get(c.type, c.type)}' for c in cases)
        self.database.execute(f"CREATE TABLE t (id bigint{columns});")

    def check(self, cases):
        text = '"{}"' if self.database.name == "sqlite" else '"{}"::text'
        columns = ", ".join(text.format(c.name) for c in cases)
        found = list(zip(*self.database.rows(f"SELECT {columns} FROM t ORDER BY id"), strict=True))
        self.assertEqual(len(found), len(cases))
        for case, column in zip(cases, found, strict=True):
            with self.subTest(column=case.name):
                self.assertEqual(list(column), case.expected(self.database.name))

    def refused(self, source, columns=()):
        with self.assertRaises(MillraceError) as caught:
            self.millrace.copy_in("t", source, columns)
        return caught.exception

    def test_every_type_of_pyarrow(self):
        cases = [c for c, _ in ARROW]
        self.create(cases)
        self.assertEqual(self.millrace.copy_in("t", arrow_table(ARROW)), 3)
        self.check(cases)

    def test_every_type_of_polars(self):
        cases = [c for c, _ in POLARS]
        self.create(cases)
        self.assertEqual(self.millrace.copy_in("t", polars_frame(POLARS)), 3)
        self.check(cases)

    def test_every_type_of_duckdb(self):
        cases = [c for c, *_ in DUCKDB]
        self.create(cases)
        self.assertEqual(self.millrace.copy_in("t", duckdb_relation(self.duckdb, DUCKDB)), 3)
        self.check(cases)

    def test_columns_without_a_type_are_null(self):
        self.create([Case("a", "integer", []), Case("b", "text", []), Case("c", "date", [])])
        for source in [pa.table({"a": pa.nulls(2), "b": pa.nulls(2), "c": pa.nulls(2)}), pl.DataFrame({"a": [None, None], "b": [None, None], "c": [None, None]})]:
            self.assertEqual(self.millrace.copy_in("t", source), 2)
        self.assertEqual(self.database.rows("SELECT a, b, c FROM t"), [(None, None, None)] * 4)

    def test_numbers_that_are_none(self):
        self.create([Case("a", "double precision", []), Case("b", "text", [])])
        nan, infinity = float("nan"), float("inf")
        self.assertEqual(self.millrace.copy_in("t", pl.DataFrame({"a": [infinity], "b": [nan]})), 1)
        self.assertEqual(self.database.rows("SELECT a, b FROM t")[0][1], "NaN")
        if self.database.name == "sqlite":
            self.assertIn("NaN", str(self.refused(pl.DataFrame({"a": [1.5, nan]}))))
        else:
            self.assertEqual(self.millrace.copy_in("t", pl.DataFrame({"a": [nan]})), 1)

    def test_many_rows_of_many_batches(self):
        self.create([Case("a", "bigint", []), Case("b", "text", [])])
        rows = 100_000
        frame = pl.DataFrame({"a": range(rows), "b": [f"text {i}" if i % 3 else None for i in range(rows)]})
        self.assertEqual(self.millrace.copy_in("t", frame), rows)
        relation = self.duckdb.sql(f"SELECT range + {rows} AS a, CASE WHEN range % 3 <> 0 THEN 'text ' || (range + {rows}) END AS b FROM range({rows})")
        self.assertEqual(self.millrace.copy_in("t", relation), rows)
        self.assertEqual(self.database.count("t"), 2 * rows)
        total = self.database.value("SELECT sum(a) FROM t")
        self.assertEqual(int(float(total)), sum(range(2 * rows)))
        self.assertEqual(int(self.database.value("SELECT count(b) FROM t")), 2 * (rows - (rows + 2) // 3))

    def test_a_list_of_columns_selects_and_orders(self):
        self.create([Case("a", "integer", []), Case("b", "text", [])])
        frame = pl.DataFrame({"b": ["x"], "list": [[1, 2]], "A": [1]})
        self.assertEqual(self.millrace.copy_in("t", frame, ["a", "b"]), 1)
        self.assertEqual(self.database.rows("SELECT a, b FROM t"), [(1 if self.database.name == "sqlite" else "1", "x")])

    def test_missing_columns_are_refused_by_name(self):
        self.create([Case("a", "integer", []), Case("b", "text", [])])
        frame = pl.DataFrame({"a": [1]})
        self.assertIn('"b"', str(self.refused(frame, ["a", "b"])))
        self.assertIn('"x", "y"', str(self.refused(pl.DataFrame({"a": [1], "x": [1], "y": [1]}))))
        self.assertEqual(self.database.count("t"), 0)

    def test_empty_frames_are_skipped(self):
        self.create([Case("a", "integer", []), Case("b", "text", [])])
        for source in [pl.DataFrame(), pl.DataFrame({"a": []}), pa.table({"a": pa.array([], pa.int32())}), self.duckdb.sql("SELECT 1 AS a WHERE false")]:
            self.assertEqual(self.millrace.copy_in("t", source), 0)

    def test_types_that_are_not_read_are_refused_by_name(self):
        one = datetime.timedelta(seconds=1)
        refusals = {
            "list": pa.table({"a": pa.array([[1]])}),
            "large_list": pa.table({"a": pa.array([[1]], pa.large_list(pa.int8()))}),
            "fixed_size_list": pa.table({"a": pa.array([[1]], pa.list_(pa.int8(), 1))}),
            "list_view": pa.table({"a": pa.array([[1]], pa.list_view(pa.int8()))}),
            "struct": pa.table({"a": pa.array([{"x": 1}])}),
            "map": pa.table({"a": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8()))}),
            "sparse_union": pa.table({"a": pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])}),
            "dense_union": pa.table({"a": pa.UnionArray.from_dense(pa.array([0], pa.int8()), pa.array([0], pa.int32()), [pa.array([1])])}),
            "duration": pa.table({"a": pa.array([one], pa.duration("us"))}),
            "interval[months, days, ns]": pa.table({"a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}),
            "run_end_encoded": pa.table({"a": pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array([7]))}),
            "decimal256(50, 2)": pa.table({"a": pa.array([decimal.Decimal("1.00")], pa.decimal256(50, 2))}),
        }
        self.create([Case("a", "text", [])])
        sources = [*refusals.items(), ("large_list", pl.DataFrame({"a": [[1]]})), ("struct", pl.DataFrame({"a": [{"x": 1}]})), ("duration", pl.DataFrame({"a": [one]})),
                   ("list", self.duckdb.sql("SELECT [1] AS a")), ("struct", self.duckdb.sql("SELECT {'x': 1} AS a")), ("map", self.duckdb.sql("SELECT MAP {'k': 1} AS a")),
                   ("interval[months, days, ns]", self.duckdb.sql("SELECT INTERVAL 1 DAY AS a"))]
        for name, source in sources:
            with self.subTest(type=name, made_by=type(source).__module__):
                error = self.refused(source)
                self.assertIn(f'column "a" of the Arrow stream is of type {name}, which Millrace does not read: ', str(error))
                self.assertEqual(error.column, "a")
        self.assertEqual(self.database.count("t"), 0)

    def test_values_between_microseconds_are_an_error(self):
        self.create([Case("a", "timestamp", []), Case("b", "time", [])])
        sources = {"pyarrow": pa.table({"a": pa.array([0, 1000, 1500], pa.timestamp("ns"))}), "polars": pl.DataFrame({"a": pl.Series([0, 1000, 1500], dtype=pl.Int64).cast(pl.Datetime("ns"))}),
                   "duckdb": self.duckdb.sql("SELECT unnest([make_timestamp_ns(0), make_timestamp_ns(1000), make_timestamp_ns(1500)]) AS a")}
        for name, source in sources.items():
            with self.subTest(made_by=name):
                error = self.refused(source)
                self.assertEqual((error.column, error.row), ("a", 2))
                self.assertIn("1970-01-01 00:00:00.000001500 is not on a whole microsecond", str(error))
        self.assertIn("whole microsecond", str(self.refused(pa.table({"b": pa.array([1], pa.time64("ns"))}))))
        self.assertEqual(self.database.count("t"), 0)

    def test_a_uint64_past_bigint_is_an_error(self):
        self.create([Case("a", "bigint", [])])
        error = self.refused(pl.DataFrame({"a": pl.Series([1, 2**63], dtype=pl.UInt64)}))
        self.assertEqual((error.column, error.row), ("a", 1))
        self.assertIn('"9223372036854775808" is out of range for bigint', str(error))

    def test_a_producer_that_fails_is_quoted_and_nothing_stays(self):
        self.create([Case("a", "bigint", [])])
        schema = pa.schema([("a", pa.int64())])

        def batches():
            yield pa.record_batch([pa.array([1, 2])], schema)
            raise RuntimeError("the well ran dry")

        self.assertIn("the well ran dry", str(self.refused(pa.RecordBatchReader.from_batches(schema, batches()))))
        failing = self.duckdb.sql("SELECT CASE WHEN range = 90000 THEN error('a bad row') ELSE range END AS a FROM range(100000)")
        self.assertIn("a bad row", str(self.refused(failing)))
        self.assertEqual(self.database.count("t"), 0)


class PostgresqlTest(Tests, unittest.TestCase):
    Database = Postgres


class SqliteTest(Tests, unittest.TestCase):
    Database = Sqlite


if __name__ == "__main__":
    arrow_support.main()
