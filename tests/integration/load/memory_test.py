#!/usr/bin/env python3
"""A load's memory is bounded, whatever the size of its input: two writers, default units, peak resident size under 128 MiB.

MILLRACE_MEMORY_GB    size of the input (default 0.2; 2 is the full proof and takes a few minutes)

The input is one block of records over and over, written into a pipe while the command reads, so it needs no room.
"""

import contextlib
import gzip
import json
import os
import subprocess
import sys
import threading
import unittest

import faults_support as faults
import support
from faults_support import FaultTest, on_both_backends

LIMIT_KIB = 128 << 10
INPUT_BYTES = int(float(os.environ.get("MILLRACE_MEMORY_GB", "0.2")) * (1 << 30))
COLUMNS = "(id integer, account varchar(20), amount decimal(12,2), booked date, note text)"
HEADER = b"id,account,amount,booked,note\n"


def narrow_block():
    """About 1 MiB of ordinary records."""
    return "".join(
        f'{i},AC{i * 7919 % 10**10:010d},{i * 31 % 10**7 / 100:.2f},2024-0{i % 9 + 1}-1{i % 10},"booking number {i}, second copy"\n'
        for i in range(15_000)).encode()


@unittest.skipUnless(sys.platform == "linux", "peak sizes are in other units elsewhere")
@on_both_backends
class PeakMemory:
    def measure(self, name, header, block, size, *arguments, compressed=False, more_kib=0):
        """Loads `size` bytes of blocks through standard input. @return the report"""
        count = max(1, size // len(block))
        if compressed:
            header, block = gzip.compress(header, 1), gzip.compress(block, 1)  # members one after the other are one input
        with open(self.path("errors"), "wb") as errors, open(self.path("report"), "wb") as output:
            process = subprocess.Popen([str(faults.MILLRACE), "load", "-", "--to", self.database.url, "--table", "item", "--writers", "2", "--json", *arguments],
                                       cwd=self.directory, env=faults.ENVIRONMENT, stdin=subprocess.PIPE, stdout=output, stderr=errors)
            feeder = threading.Thread(target=self.feed, args=(process.stdin, header, block, count))
            feeder.start()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            feeder.join()
        with open(self.path("errors"), encoding="utf-8") as errors, open(self.path("report"), encoding="utf-8") as output:
            self.assertEqual(process.returncode, 0, errors.read())
            report = json.load(output)
        print(f"\n{self.backend}, {name}: {count * len(block) / 1e6:.0f} MB{' compressed' if compressed else ''}, {report['counts']['accepted']} rows, "
              f"{report['duration_seconds']:.1f} s, peak {usage.ru_maxrss / 1024:.0f} MiB", file=sys.stderr)
        self.assertLess(usage.ru_maxrss, LIMIT_KIB + more_kib, "KiB")
        return report

    def feed(self, pipe, header, block, count):
        with contextlib.suppress(BrokenPipeError), pipe:
            pipe.write(header)
            for _ in range(count):
                pipe.write(block)

    def rows(self):
        return int(self.database.texts("SELECT count(*) FROM item")[0][0])

    def test_an_append(self):
        self.database.execute(f"CREATE TABLE item {COLUMNS}")
        report = self.measure("append", HEADER, narrow_block(), INPUT_BYTES)
        self.assertEqual(self.rows(), report["counts"]["accepted"])
        self.assertGreater(report["counts"]["accepted"], 15_000)

    def test_a_reload_of_compressed_input(self):
        self.database.execute(f"CREATE TABLE item {COLUMNS}")
        report = self.measure("reload", HEADER, narrow_block(), INPUT_BYTES // 2, "--mode", "reload", compressed=True)
        self.assertEqual(self.rows(), report["counts"]["accepted"])

    def test_a_merge_with_many_rows_of_each_key(self):
        self.database.execute(f"CREATE TABLE item {COLUMNS.replace('id integer', 'id integer NOT NULL PRIMARY KEY')}")
        report = self.measure("merge", HEADER, narrow_block(), INPUT_BYTES // 4, "--key", "id")
        self.assertEqual(self.rows(), 15_000)
        self.assertEqual(report["counts"]["inserted"], 15_000)

    def test_wide_rows(self):
        names = [f"c{i}" for i in range(300)]
        self.database.execute(f"CREATE TABLE item ({', '.join(name + ' text' for name in names)})")
        block = b"".join(b",".join(b"%d value %d" % (row, i) for i in range(300)) + b"\n" for row in range(300))
        self.measure("rows of 300 columns", ",".join(names).encode() + b"\n", block, INPUT_BYTES // 4)

    def test_long_fields(self):
        self.database.execute("CREATE TABLE item (id integer, note text)")
        for length in (100_000, 1_000_000):
            self.load_fields_of(length)

    def test_fields_as_long_as_half_a_unit(self):
        """Each is in memory several times: in its unit, decoded, encoded, on its way to the server; by two writers."""
        self.database.execute("CREATE TABLE item (id integer, note text)")
        self.load_fields_of(4_000_000, more_kib=8 * 4_000)

    def load_fields_of(self, length, **limit):
        with self.subTest(length=length):
            self.measure(f"fields of {length} bytes", b"id,note\n", b'1,"' + b"long, " * (length // 6) + b'"\n', INPUT_BYTES // 4, **limit)


if __name__ == "__main__":
    support.main()
