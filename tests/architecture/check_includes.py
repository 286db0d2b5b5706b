#!/usr/bin/env python3
"""Checks which room includes which: the rules of docs/architecture.md.

usage: check_includes.py SOURCE_DIRECTORY

Prints one line for every include that breaks a rule and exits with 1 if there is one.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SOURCE_SUFFIXES = {".hpp", ".cpp", ".h", ".ipp"}

# A room of core and the rooms it may know. An arrow is never turned round: data <- access <- load, access <- schema.
ROOMS = {
    "data": {"data"},
    "access": {"data", "access"},
    "load": {"data", "access", "load"},
    "schema": {"data", "access", "schema"},
    "testing": {"data", "access", "testing"},
}

# Headers of database clients, by the backend that may include them.
CLIENTS = {
    "soci": re.compile(r"soci/"),
    "postgresql": re.compile(r"(postgresql/|pgsql/)?(libpq-fe|libpq-events|pg_config|postgres|postgres_ext)\.h|libpq/|catalog/pg_|server/"),
    "sqlite3": re.compile(r"sqlite3(ext)?\.h"),
    "odbc": re.compile(r"(sql|sqlext|sqltypes|sqlucode|odbcinst\w*)\.h"),
    "db2": re.compile(r"sqlcli\w*\.h"),
}

# The one place where the sources that are compiled for every call-level interface learn for which.
CLI_HEADER = "backends/common/cli/cli.hpp"

# The rooms of the Db2 client, which know nothing of Millrace: what each may include.
DB2_ROOMS = {"drda": {"db2/drda"}, "cli": {"db2/cli", "db2/drda"}}
# What encrypts and carries Db2's protocol is the client's business alone.
TRANSPORT = re.compile(r"(boost|openssl)/")
TRANSPORT_ROOM = "backends/db2/drda/"

# The two public headers that may include a third party's, and which.
ASIO_HEADERS = {"core/include/millrace/access/async.hpp", "core/include/millrace/load/async_load.hpp"}
ASIO = re.compile(r"boost/(asio/[a-z_/]+|version)\.hpp")


def client_of(header):
    """The client that a header belongs to, or None. SOCI's header of one backend is that backend's client."""
    soci_backend = re.fullmatch(r"soci/(postgresql|sqlite3|odbc|db2)/.*", header)
    if soci_backend:
        return soci_backend.group(1)
    return next((client for client, pattern in CLIENTS.items() if pattern.match(header)), None)


def room_of_include(header):
    """The room that "millrace/<room>/x.hpp" or the private "<room>/x.hpp" names, or None."""
    parts = header.split("/")
    parts = parts[1:] if parts[0] == "millrace" else parts
    return parts[0] if len(parts) > 1 else None


def check_core(path, quoted, header):
    room = path.parts[3] if path.parts[1] == "include" else path.parts[2]
    client = client_of(header)
    if client:
        return f"core may not include a header of a database client ({client})"
    if room not in ROOMS:
        return f"'{room}' is not a room that tests/architecture/check_includes.py knows; add it with the rooms it may include"
    if header == "millrace/backends.hpp":
        return "core may not know the backends"
    if not quoted:
        if header.startswith("boost/"):
            allowed = path.as_posix() in ASIO_HEADERS and ASIO.fullmatch(header)
            return None if allowed else "core includes Boost.Asio in millrace/access/async.hpp and millrace/load/async_load.hpp, and no other part of Boost"
        return "a public header may only include the standard library and Millrace" if path.parts[1] == "include" and "/" in header else None
    named = room_of_include(header)
    if path.parts[1] == "include" and not header.startswith("millrace/"):
        return "a public header may include public headers only"
    if named in ROOMS and named not in ROOMS[room]:
        return f"room '{room}' may not include room '{named}'"
    if named not in ROOMS:
        return "core includes its headers as \"millrace/<room>/x.hpp\" or \"<room>/x.hpp\""
    return None


def check_db2_client(room, quoted, header, client):
    if client and (room == "drda" or client != "db2" or header.startswith("soci/")):
        return f"backends/db2/{room} may not include the client of '{client}'"
    if quoted and header.rpartition("/")[0] not in DB2_ROOMS[room]:
        return f"backends/db2/{room} may include " + " and ".join(f'"{folder}/..."' for folder in sorted(DB2_ROOMS[room])) + ", nothing else"
    return None


def check_backends(path, quoted, header):
    here = path.parts[1]
    client = client_of(header)
    if TRANSPORT.match(header) and not path.as_posix().startswith(TRANSPORT_ROOM):
        return f"only {TRANSPORT_ROOM} may include Boost and OpenSSL"
    if here == "db2" and path.parts[2] in DB2_ROOMS:
        return check_db2_client(path.parts[2], quoted, header, client)
    if path.as_posix() == CLI_HEADER and client in ("odbc", "db2"):
        return None
    if here == "include":
        return "a public header may include public headers only" if client or (quoted and not header.startswith("millrace/")) else None
    if here == "products":
        if client:
            return f"products are known without any client, and so without that of '{client}'"
        return "products include \"millrace/...\" and \"products/...\", nothing else" if quoted and header.split("/")[0] not in ("millrace", here) else None
    if client and client not in ("soci", here):
        return f"backend '{here}' may not include the client of '{client}'"
    if not quoted:
        return None
    folder = header.split("/")[0]
    if folder in ("millrace", "common", "products", here):
        return None
    return f"backend '{here}' may include \"millrace/...\", \"common/...\", \"products/...\" and \"{here}/...\", nothing else"


def check_user(path, quoted, header):
    """cli and examples: programs like any other."""
    room = path.parts[0]
    if client_of(header):
        return f"{room} may not include a header of a database client"
    # Private headers of core and of the backends begin with their room ("load/plan.hpp"); a program's own do not.
    if quoted and header.split("/")[0] in {*ROOMS, "common", "products", *CLIENTS}:
        return f"{room} may include public headers only"
    return None


CHECKS = {"core": check_core, "backends": check_backends, "cli": check_user, "examples": check_user}


def strip_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def violations(root):
    root = pathlib.Path(root)
    for room, check in CHECKS.items():
        for file in sorted((root / room).rglob("*")):
            if file.suffix not in SOURCE_SUFFIXES:
                continue
            path = file.relative_to(root)
            for bracket, header in INCLUDE.findall(strip_comments(file.read_text(encoding="utf-8"))):
                problem = check(path, bracket == '"', header)
                if problem:
                    yield f"{path}: includes {header}: {problem}"


def main(root):
    found = list(violations(root))
    print("\n".join(found) if found else "every include keeps the rules of docs/architecture.md")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
