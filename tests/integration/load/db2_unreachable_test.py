#!/usr/bin/env python3
"""Ways not to reach a server through a db2: URL."""

import contextlib
import socket
import threading
import time

import support
from db2_support import TLS_SERVER, Db2Test, with_parameters


class Listener:
    """A port that speaks no DRDA: what it answers to every connection; None: nothing at all, not even its end."""

    def __init__(self, answer):
        self._answer, self._open = answer, []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                self._open.append(client)
                if self._answer is not None:
                    client.recv(4096)
                    client.sendall(self._answer)
                    client.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for opened in [self._socket, *self._open]:
            opened.close()


class Unreachable(Db2Test):
    """Every way not to get in ends with one sentence, exit 1 and no password."""

    OPTIONS = TLS_SERVER

    def setUp(self):
        super().setUp()
        self.plain = self.server_of(Db2Test.OPTIONS)

    def assert_refused(self, url, *sentences, seconds=15):
        source = self.write("in.csv", "id\n1\n")
        for command in (["ping", url], ["load", source, "--to", url, "--table", "item", "--max-attempts", 1]):
            with self.subTest(url=url, command=command[0]):
                began = time.monotonic()
                ended = self.assert_ended(self.millrace(*command), 1, *sentences)
                self.assertLess(time.monotonic() - began, seconds)
                said = [line for line in ended.err.splitlines() if line]
                self.assertEqual(len(said), 1, str(ended))
                self.assertNotIn("secret", ended.out + ended.err)

    def test_the_right_way_in(self):
        for url in (self.plain.url, self.server.url):
            self.assertIn("Derby", self.assert_ended(self.millrace("ping", url), 0).out)

    def test_logins_and_names(self):
        url = self.plain.url
        self.assert_refused(url.replace("drda-secret", "wrong-secret"), "password")
        self.assert_refused(url.replace("drda-secret", "wrong%3Bsecret%7D"), "password")
        self.assert_refused(url.replace("millrace:", "nobody:"), "password")
        self.assert_refused(url + "-of-nobody", "database")

    def test_ports(self):
        url = self.plain.url.replace(f":{self.plain.port}/", ":{}/")
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))  # and does not listen
            self.assert_refused(url.format(bound.getsockname()[1]), "refused")
        for answer in (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"E\0\0\0\x20SFATAL\0C0A000\0Munsupported\0\0", bytes(range(256))):
            with self.subTest(answer), Listener(answer) as listener:
                self.assert_refused(url.format(listener.port), str(listener.port))
        with Listener(None) as listener:
            self.assert_refused(url.format(listener.port) + "?connecttimeout=1", str(listener.port), seconds=8)

    def test_tls(self):
        plain, tls = self.plain.url, self.server.url
        self.assert_refused(with_parameters(plain, security="SSL", sslservercertificate=self.server.ca_file), "TLS")
        self.assert_refused(tls.partition("?")[0] + "?connecttimeout=2", str(self.server.port))
        self.assert_refused(tls.replace("@localhost", "@127.0.0.1"), "certificate")
        self.assert_refused(tls.partition("?")[0] + "?security=SSL", "certificate")
        self.assertIn("Derby", self.assert_ended(self.millrace("ping", with_parameters(tls.replace("@localhost", "@127.0.0.1"), sslclienthostnamevalidation="Off")), 0).out)


if __name__ == "__main__":
    support.main()
