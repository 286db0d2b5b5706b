"""What the Arrow tests share: Millrace through its C bridge, and the environment to run in.

    MILLRACE_ARROW_BRIDGE        the bridge library
    MILLRACE_ARROW_ENVIRONMENT   the directory of make_environment.py
    MILLRACE_TEST_POSTGRESQL_URL, MILLRACE_TEST_PG_DIR   as in tests/integration/load/support.py
"""

import ctypes
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
sys.path += [str(HERE), str(HERE.parent / "load")]

import make_environment


def enter_environment():
    """Goes on in the environment's Python. Before any other import of a test."""
    directory = os.environ.get("MILLRACE_ARROW_ENVIRONMENT") or str(REPOSITORY / "build/release/tests/arrow_environment")
    if pathlib.Path(sys.prefix).resolve() == pathlib.Path(directory, "venv").resolve():
        return
    python = make_environment.python_of(directory)
    if not python:
        make_environment.skip(f"there is no environment with them in {directory}; make_environment.py makes it")
    os.execv(python, [str(python), *sys.argv])


class ArrowArrayStream(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")]


def _load():
    path = os.environ.get("MILLRACE_ARROW_BRIDGE")
    if not path or not pathlib.Path(path).exists():
        sys.exit("set MILLRACE_ARROW_BRIDGE to the library millrace_arrow_bridge of a build")
    bridge = ctypes.CDLL(path)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for name, result, *arguments in [
        ("open", pointer, text), ("close", None, pointer), ("execute", ctypes.c_int, pointer, text),
        ("copy_in", ctypes.c_int64, pointer, text, pointer, text), ("copy_out", ctypes.c_int, pointer, text, pointer),
        ("message", text), ("column", text), ("row", ctypes.c_int64),
    ]:
        function = getattr(bridge, f"millrace_{name}")
        function.restype, function.argtypes = result, arguments
    return bridge


_python = ctypes.pythonapi
_python.PyCapsule_GetPointer.restype, _python.PyCapsule_GetPointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_python.PyCapsule_New.restype, _python.PyCapsule_New.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_STREAM = b"arrow_array_stream"


class MillraceError(Exception):
    def __init__(self, bridge):
        super().__init__(bridge.millrace_message().decode())
        self.column = bridge.millrace_column().decode()
        self.row = bridge.millrace_row()


class Result:
    """A query's stream, as other libraries ask for it. It can be read once."""

    def __init__(self):
        self.stream = ArrowArrayStream()

    def __arrow_c_stream__(self, requested_schema=None):
        return _python.PyCapsule_New(ctypes.addressof(self.stream), _STREAM, None)

    def __del__(self):
        if self.stream.release:
            ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.stream.release)(ctypes.addressof(self.stream))


class Millrace:
    """One connection."""

    _bridge = None

    def __init__(self, url):
        if Millrace._bridge is None:
            Millrace._bridge = _load()
        self._connection = self._bridge.millrace_open(url.encode())
        if not self._connection:
            raise MillraceError(self._bridge)

    def close(self):
        self._bridge.millrace_close(self._connection)

    def execute(self, sql):
        if self._bridge.millrace_execute(self._connection, sql.encode()) != 0:
            raise MillraceError(self._bridge)

    def copy_in(self, table, source, columns=()):
        """Rows copied from anything that has __arrow_c_stream__."""
        capsule = source.__arrow_c_stream__()
        pointer = _python.PyCapsule_GetPointer(capsule, _STREAM)
        rows = self._bridge.millrace_copy_in(self._connection, table.encode(), pointer, "\n".join(columns).encode())
        if ArrowArrayStream.from_address(pointer).release:
            raise AssertionError("copy_from_arrow left the stream alive")
        if rows < 0:
            raise MillraceError(self._bridge)
        return rows

    def copy_out(self, sql):
        result = Result()
        if self._bridge.millrace_copy_out(self._connection, sql.encode(), ctypes.addressof(result.stream)) != 0:
            raise MillraceError(self._bridge)
        return result


def main():
    """Runs the tests of the calling file. Exit status 77 when nothing failed and something was skipped."""
    result = unittest.main(module="__main__", exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(make_environment.SKIPPED if result.skipped else 0)
