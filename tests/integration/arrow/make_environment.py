#!/usr/bin/env python3
"""Makes the virtual environment of the Arrow tests, unless it is there already.

usage: make_environment.py DIRECTORY

Exits with 77 where it can not be made (no venv module, no way to PyPI), and says why. With MILLRACE_ARROW_REQUIRED=1 that is a failure.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")
SKIPPED = 77


def wanted():
    """What the environment was made from: changes when it has to be made anew."""
    return hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode() + sys.executable.encode()).hexdigest()


def python_of(directory):
    """The environment's Python, or None where it is missing or out of date."""
    directory = pathlib.Path(directory)
    stamp, python = directory / "stamp", directory / "venv/bin/python"
    return python if stamp.is_file() and stamp.read_text() == wanted() and python.exists() else None


def skip(reason):
    required = os.environ.get("MILLRACE_ARROW_REQUIRED") == "1"
    print(f"\n{'*' * 100}\n{'FAILED' if required else 'SKIPPED'}: Arrow streams were NOT tested against pyarrow, polars and duckdb: {reason}\n{'*' * 100}", file=sys.stderr)
    sys.exit(1 if required else SKIPPED)


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        skip("\n".join([f"{' '.join(map(str, command))} failed:", *done.stdout.splitlines()[-8:]]))


def make(directory):
    venv = directory / "venv"
    shutil.rmtree(venv, ignore_errors=True)
    (directory / "stamp").unlink(missing_ok=True)
    run(sys.executable, "-m", "venv", venv)  # Debian, Ubuntu: the package python3-venv
    run(venv / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1", "--only-binary", ":all:", "-r", REQUIREMENTS)
    (directory / "stamp").write_text(wanted())


def main(directory):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another ctest may be at it
        if not python_of(directory):
            make(directory)


if __name__ == "__main__":
    main(*sys.argv[1:])
