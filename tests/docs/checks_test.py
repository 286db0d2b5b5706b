#!/usr/bin/env python3
"""Shows that the checks of this folder find what they are there to find."""
import unittest

import check_error_tables
import check_log_events
import check_metric_names
import check_test_names

CALL = 'log(LogLevel::warning, "unit.replayed", "x (" + f(a, "b,c") + ")",\n    {{"run_id", id}, {"delay_ms", text(g(1, 2))}});'
RECORD = 'return {LogLevel::info, "connection.opened", "pool", {{"pool", pool}}};'
LOG_TABLE = """
## Events

| Event | Level | Fields | When |
|---|---|---|---|
| `unit.replayed` | warning | `run_id` `delay_ms` | again |
| `connection.opened` | info | `pool` | opened |
"""
STATES = """
constexpr SqlStateMeaning kMeanings[] = {
    {"40001", ErrorCode::serialization, kRetry},  // {"99999", ErrorCode::unknown}
    {"57P01", ErrorCode::server_shutdown, kRetry, kPoisons},
    {"08", ErrorCode::connection_lost, false, kPoisons},
};
"""


def code_of(*texts):
    found = {}
    for text in texts:
        for event, level, fields in check_log_events.logged(text):
            found.setdefault(event, set()).add((level, fields))
    return found


class LogEvents(unittest.TestCase):
    def differences(self, table, *texts):
        return list(check_log_events.differences(code_of(*texts), check_log_events.events_of_table(table)))

    def test_equal_sides_agree(self):
        self.assertEqual(self.differences(LOG_TABLE, CALL, RECORD), [])

    def test_an_event_that_only_one_side_knows_is_found(self):
        self.assertEqual(len(self.differences(LOG_TABLE, CALL)), 1)
        self.assertEqual(len(self.differences(LOG_TABLE, CALL, RECORD, CALL.replace("unit.replayed", "other"))), 1)

    def test_another_level_and_another_field_are_found(self):
        self.assertEqual(len(self.differences(LOG_TABLE, CALL.replace("warning", "info"), RECORD)), 1)
        self.assertEqual(len(self.differences(LOG_TABLE, CALL.replace("delay_ms", "delay"), RECORD)), 1)
        self.assertEqual(len(self.differences(LOG_TABLE, CALL, CALL.replace("warning", "info"), RECORD)), 1)

    def test_what_can_not_be_looked_up_is_refused(self):
        for text in ('log(level, "a.b", "m");', 'log(failed ? LogLevel::info : LogLevel::error, "a", "m");', 'log(LogLevel::info, name, "m");'):
            with self.assertRaises(ValueError):
                list(check_log_events.logged(text))


class ErrorTables(unittest.TestCase):
    def differences(self, *rows):
        return list(check_error_tables.differences("", check_error_tables.sqlstate_code(STATES), check_error_tables.documented(rows, 3)))

    ROWS = (["`40001`", "`serialization`", "yes", "stays", "why"], ["`57P01`", "`server_shutdown`", "yes", "lost", "why"], ["`08`", "`connection_lost`", "no", "lost", "why"])

    def test_equal_sides_agree(self):
        self.assertEqual(self.differences(*self.ROWS), [])

    def test_a_row_too_few_or_too_many_is_found(self):
        self.assertEqual(len(self.differences(*self.ROWS[:2])), 1)
        self.assertEqual(len(self.differences(*self.ROWS, ["`99999`", "`unknown`", "no", "stays", "why"])), 1)

    def test_every_cell_counts(self):
        for column, other in ((1, "`deadlock`"), (2, "no"), (3, "lost")):
            row = list(self.ROWS[0])
            row[column] = other
            self.assertEqual(len(self.differences(row, *self.ROWS[1:])), 1)

    def test_a_row_without_a_reason_and_a_row_twice_are_refused(self):
        with self.assertRaises(ValueError):
            self.differences([*self.ROWS[0][:4], ""])
        with self.assertRaises(ValueError):
            self.differences(self.ROWS[0], self.ROWS[0])

    def test_db2_has_sqlcodes_and_sqlstates(self):
        text = ('constexpr SqlcodeMeaning kSqlcodes[] = {\n    {-289, {"57011", ErrorCode::disk_full}},  // full\n};\n'
                'constexpr SqlStateMeaning kMeanings[] = {\n    {"40001", ErrorCode::deadlock, kRetry}, {"28", ErrorCode::authentication, false, kPoisons},\n};\n')
        self.assertEqual(check_error_tables.db2_code(text), {"-289": ("disk_full", "no", "stays"), "40001": ("deadlock", "yes", "stays"), "28": ("authentication", "no", "lost")})

    def test_sqlite_has_codes_and_phrases(self):
        text = ('constexpr Meaning kMeanings[] = {\n    {SQLITE_BUSY, {"55P03", ErrorCode::lock_timeout, kRetry}},\n};\n'
                'constexpr Phrase kPhrases[] = {\n    {"no such table", {"42P01", ErrorCode::undefined_object}},\n};\n')
        self.assertEqual(check_error_tables.sqlite_code(text), {"SQLITE_BUSY": ("55P03", "lock_timeout", "yes", "stays"), "no such table": ("42P01", "undefined_object", "no", "stays")})


class MetricNames(unittest.TestCase):
    def test_both_ways_to_write_a_name_are_read(self):
        text = "| a | b |\n|---|---|\n| `db.client.connection.count{state=idle}` | `db_client_connection_timeouts_total` |\n| `db.client.connection.pool.name` | `other` |\n"
        docs = check_metric_names.documented([text])
        self.assertEqual(docs, {"db_client_connection_count", "db_client_connection_timeouts"})
        self.assertEqual(list(check_metric_names.differences(docs, docs)), [])

    def test_a_metric_that_only_one_side_knows_is_found(self):
        self.assertEqual(len(list(check_metric_names.differences({"a", "b"}, {"b", "c"}))), 2)


class TestNames(unittest.TestCase):
    def test_names_are_read_from_cells_and_paragraphs(self):
        text = '| a | Shown by "one", "two\nlines" | "no name" |\n\nShown by "three".\n\n"no name"\n'
        self.assertEqual(list(check_test_names.names_in(text)), ["one", "two lines", "three"])


if __name__ == "__main__":
    unittest.main()
