"""Servers in containers, and what can be done to them: kills, pauses, bad networks. What is in their databases is asked with the
servers' own clients.

    MILLRACE_TEST_POSTGRESQL_URL, MILLRACE_TEST_POSTGRESQL_CONTAINER    a server, and the container that it runs in
    MILLRACE_TEST_DERBY_URL, MILLRACE_TEST_DERBY_CONTAINER              the same
"""

import contextlib
import functools
import os
import pathlib
import re
import subprocess
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration/load"))

import faults_support as faults
from faults_support import wait_until


def run(*command, check=True, stdin=b""):
    done = subprocess.run([str(c) for c in command], input=stdin, capture_output=True, timeout=120)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr.decode()}{done.stdout.decode()}")
    return done


def as_root(*command, check=True):
    return run(*([] if os.geteuid() == 0 else ["sudo", "-n"]), *command, check=check)


class Container:
    """A running container, one TCP port of which is published on `port` of 127.0.0.1."""

    def __init__(self, name, port, inner_port):
        self.name, self.port, self.inner_port = name, port, inner_port

    # ---- The server's processes

    def kill(self):
        """SIGKILL to everything in it, as when a machine dies; the disk stays."""
        run("docker", "kill", "--signal", "KILL", self.name)
        wait_until(lambda: not self._inspect("{{.State.Running}}") == "true", "the container is dead")

    def start(self):
        run("docker", "start", self.name)

    @contextlib.contextmanager
    def paused(self):
        """Frozen: the kernel goes on taking its packets, and nobody answers."""
        run("docker", "pause", self.name)
        try:
            yield
        finally:
            run("docker", "unpause", self.name)

    def heal(self):
        """Whatever a failed test left."""
        if self._inspect("{{.State.Paused}}") == "true":
            run("docker", "unpause", self.name)
        if self._inspect("{{.State.Running}}") != "true":
            self.start()

    # ---- The network

    @contextlib.contextmanager
    def cut_off(self):
        """A partition: no packet passes between clients and the published port, and nobody is told. Cut at the clients' end, as engines differ
        in what they do there: some put a proxy in between, whose connections would stay alive."""
        rules = [[chain, "-p", "tcp", "-m", "conntrack", "--ctorigdst", "127.0.0.1", "--ctorigdstport", self.port, "-j", "DROP"] for chain in ("OUTPUT", "INPUT")]
        with contextlib.ExitStack() as stack:
            for rule in rules:
                as_root("iptables", "-w", "-I", *rule)
                stack.callback(as_root, "iptables", "-w", "-D", *rule)
            yield

    @contextlib.contextmanager
    def losing(self, share):
        """Every packet to the server and from it is lost with this probability. Yields a function that counts the lost ones."""
        rules = [[chain, "-p", "tcp", end, self.inner_port, "-m", "statistic", "--mode", "random", "--probability", share, "-j", "DROP"]
                 for chain, end in (("INPUT", "--dport"), ("OUTPUT", "--sport"))]

        def lost():
            counted = [self._inside("iptables", "-w", "-nvxL", chain).stdout.decode() for chain in ("INPUT", "OUTPUT")]
            return sum(int(line.split()[0]) for text in counted for line in text.splitlines() if "statistic" in line)

        with contextlib.ExitStack() as stack:
            for rule in rules:
                self._inside("iptables", "-w", "-I", *rule)
                stack.callback(self._inside, "iptables", "-w", "-D", *rule, check=False)
            yield lost

    @contextlib.contextmanager
    def shaped(self, *discipline):
        """Traffic control in both directions, such as "netem", "delay", "20ms". Skips the test where the kernel does not have it."""
        with contextlib.ExitStack() as stack:
            for place, device in ((self._inside, "eth0"), (as_root, self._outer_device())):
                done = place("tc", "qdisc", "replace", "dev", device, "root", *discipline, check=False)
                if done.returncode != 0 and b"qdisc kind is unknown" in done.stderr:
                    raise unittest.SkipTest(f"this kernel has no {discipline[0]} (CONFIG_NET_SCH_{discipline[0].upper()})")
                if done.returncode != 0:
                    raise RuntimeError(done.stderr.decode())
                stack.callback(place, "tc", "qdisc", "del", "dev", device, "root", check=False)
            yield

    def _outer_device(self):
        """The engine's end of the container's network cable."""
        number = self._inside("ip", "-o", "link", "show", "eth0").stdout.decode().split("@if")[1].split(":")[0]
        for line in run("ip", "-o", "link").stdout.decode().splitlines():
            if line.startswith(f"{number}: "):
                return line.split(": ")[1].split("@")[0]
        raise RuntimeError(f"the container's peer device {number} is not in this network")

    def _inside(self, *command, check=True):
        """A command of this machine's in the container's network."""
        return as_root("nsenter", "--target", self._inspect("{{.State.Pid}}"), "--net", *command, check=check)

    def _inspect(self, template):
        return run("docker", "inspect", "--format", template, self.name).stdout.decode().strip()


# ---- Databases

def with_parameters(url, **parameters):
    return url + ("&" if "?" in url else "?") + urllib.parse.urlencode(parameters)


class Postgres(faults.Postgres):
    """A database of its own on the server in the container."""

    backend = "postgresql"
    create = "CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount decimal(10,2), note text);"
    connect_timeout = "connect_timeout"   # what its URLs call it
    unit_bytes = 4096

    def impatient_url(self, seconds):
        """Of a client that gives up so long after the network lets nothing through."""
        return with_parameters(self.url, connect_timeout=seconds, tcp_user_timeout=seconds * 1000, keepalives_idle=1, keepalives_interval=1, keepalives_count=seconds)

    def has_state(self):
        return bool(self.texts("SELECT 1 FROM pg_tables WHERE tablename = 'millrace_meta'"))


class Derby:
    """The one database of a Derby server, emptied; asked with Derby's own ij in the container."""

    backend = "derby"
    create = "CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount decimal(10,2), note varchar(200));"
    connect_timeout = "connecttimeout"
    unit_bytes = 131072   # a commit and a unit more cost more than on PostgreSQL

    def __init__(self, server, container):
        self.url, self._container = server, container
        self.close()

    def close(self):
        self.execute("".join(f'DROP TABLE "{table}";\n' for table, in self.texts("SELECT TABLENAME FROM SYS.SYSTABLES WHERE TABLETYPE = 'T'")))

    def execute(self, script):
        if script.strip():
            self._ij(script)

    def texts(self, query):
        """The rows as text, NULL as ''. No value may hold a `|` or end in blanks."""
        out = self._ij(query)
        found = re.search(r"^-+\n(.*?)^$", out, re.MULTILINE | re.DOTALL)  # between the rule under the columns' names and an empty line
        if not found:
            raise RuntimeError(f"{out}\n{query}")
        rows = found[1].splitlines()
        return [tuple("" if value.rstrip() == "NULL" else value.rstrip() for value in row.split("|")) for row in rows]

    def staging_tables(self):
        return [name for name, in self.texts("SELECT TABLENAME FROM SYS.SYSTABLES WHERE TABLETYPE = 'T'") if "_stg_" in name.lower()]

    def impatient_url(self, seconds):
        return with_parameters(self.url, connecttimeout=seconds, receivetimeout=seconds)

    def has_state(self):
        return bool(self.texts("SELECT TABLENAME FROM SYS.SYSTABLES WHERE TABLENAME = 'MILLRACE_META'"))

    def _ij(self, script):
        """All at once: each call starts a JVM."""
        script = script.strip().rstrip(";")
        out = run("docker", "exec", "-i", self._container, "derby-ij", stdin=f"MAXIMUMDISPLAYWIDTH 1000;\n{script};\nexit;\n".encode()).stdout.decode()
        if re.search(r"^(ij> )*(IJ )?ERROR", out, re.MULTILINE):
            raise RuntimeError(f"{out}\n{script[:2000]}")
        return out


class Server:
    """The container of a backend's server, and its databases."""

    def __init__(self, backend):
        self.backend = backend
        self.url, name = (os.environ.get(f"MILLRACE_TEST_{backend.upper()}_{what}", "") for what in ("URL", "CONTAINER"))
        if not self.url or not name:
            raise unittest.SkipTest(f"MILLRACE_TEST_{backend.upper()}_URL and _CONTAINER name no server in a container: tests/docker/run.sh sets them")
        answer = faults.millrace("ping", self.url)
        if answer.status == 64:
            raise unittest.SkipTest(f"this build of millrace does not know {self.url.partition(':')[0]}:// URLs: {answer.err.strip()}")
        if answer.status != 0:
            raise RuntimeError(str(answer))
        inner = run("docker", "inspect", "--format", "{{range $p, $c := .NetworkSettings.Ports}}{{if $c}}{{$p}}{{end}}{{end}}", name).stdout.decode()
        self.container = Container(name, urllib.parse.urlsplit(self.url).port, int(inner.split("/")[0]))

    def database(self):
        return Postgres(server=self.url) if self.backend == "postgresql" else Derby(self.url, self.container.name)

    def ping(self, connect_timeout):
        name = (Postgres if self.backend == "postgresql" else Derby).connect_timeout
        return faults.millrace("ping", with_parameters(self.url, **{name: connect_timeout}))

    def wait_until_up(self):
        wait_until(lambda: self.ping(2).status == 0, "the server accepts connections", 60)


@functools.cache
def server(backend):
    return Server(backend)
