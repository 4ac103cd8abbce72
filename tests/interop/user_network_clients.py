#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The client commands on the user-mode network, without privileges, against programs on the host's loopback: get from
Python's HTTP server and from misbehaving ones, connect and listen with plain sockets, ping and resolve."""
import contextlib
import hashlib
import http.server
import os
import socket
import subprocess
import threading

from lib_interop import InThread, MIB, case, digest_line, equal, finish, receive_all, require, start
from lib_user_network import HOST, World, free_port, pattern_sha256

CONTENT = os.urandom(8 * MIB + 3)


class Handler(http.server.BaseHTTPRequestHandler):
    """A few paths, and what a client may meet behind them."""
    protocol_version = "HTTP/1.1"
    seen = []

    def do_GET(self):  # pylint: disable=invalid-name
        Handler.seen.append((self.command, self.path, dict(self.headers)))
        path, _, rest = self.path.partition("?")
        if path == "/file":
            self.answer(200, CONTENT)
        elif path == "/chunked":
            self.chunked()
        elif path == "/until-close":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(CONTENT)
            self.close_connection = True
        elif path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT) + 1))
            self.end_headers()
            self.wfile.write(CONTENT)
            self.close_connection = True
        elif path == "/hops":
            self.answer(302, b"", Location=f"/hops?{int(rest) - 1}" if int(rest) > 0 else "sub/../file")
        elif path == "/elsewhere":
            self.answer(301, b"", Location="ftp://example.com/")
        else:
            self.answer(404, b"nothing here")

    do_HEAD = do_GET

    def answer(self, code, body, **fields):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(CONTENT), 70001):
            piece = CONTENT[at:at + 70001]
            self.wfile.write(b"%x;x=y\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\nTrailer: x\r\n\r\n")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def http_server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server, server.getsockname()[1]


def get(url, *options, code=0):
    result = WORLD.run("get", url, *options)
    equal(result.returncode, code, f"linnet get {url} {options}: {result.stderr}")
    return result


def downloads(url):
    expected = (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    for path in ("/file", "/chunked", "/until-close", "/hops?4"):
        equal(digest_line(get(url + path, "--sha256").stdout), expected, path)
    target = WORLD.path / "download.bin"
    get(f"{url}/file", "-o", target)
    equal(target.read_bytes() == CONTENT, True, "the file")
    head = get(f"{url}/file", "--head").stdout
    require(f"content-length: {len(CONTENT)}\n" in head, "the head")
    get(f"{url}/file", "--sha256", "-H", "X-One: 1", "-H", "X-Two: 2")
    fields = Handler.seen[-1][2]
    equal((fields.get("X-One"), fields.get("X-Two")), ("1", "2"), "header fields sent")


def failed_downloads(url):
    for path, words in (("/missing", "404"), ("/short", "before the transfer was complete"), ("/hops?9", "redirects"),
                        ("/elsewhere", "only http")):
        require(words in get(url + path, "--sha256", code=1).stderr, f"{path}: says '{words}'")
    target = WORLD.path / "none.bin"
    get(f"{url}/missing", "-o", target, code=1)
    require(not target.exists(), "a failed request makes no file")
    refused = get(f"http://{HOST}:{free_port()}/", code=1).stderr
    require("refused" in refused, f"a port that nobody has: {refused}")
    with listener() as (_, port):
        silent = get(f"http://{HOST}:{port}/", "--timeout", "0.5", code=1).stderr
        require("too long" in silent, f"a server that says nothing: {silent}")


def connect_half_close():
    with listener() as (server, port):
        client = WORLD.start("connect", HOST, port, stdin=subprocess.PIPE)
        client.stdin.write(b"hello")
        client.stdin.close()
        connection, _ = server.accept()
        with connection:
            equal(receive_all(connection), b"hello", "what came until our FIN")
            connection.sendall(b"still open this way")
        client.wait()
        equal(client.output(), "still open this way", "what came back after it")


def connect_pattern():
    with listener() as (server, port):
        client = WORLD.start("connect", HOST, port, "--bytes", 16 * MIB, "--sha256")
        connection, _ = server.accept()
        with connection:
            received = receive_all(connection)
            connection.sendall(CONTENT)
        equal(hashlib.sha256(received).hexdigest(), pattern_sha256(16 * MIB), "what the host got")
        equal(digest_line(client.wait().output()), (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT)), "what linnet got")


def listen_keep():
    port = free_port()
    server = WORLD.start("listen", "99", "--keep", "--sha256", "--forward", f"{port}:99").wait_for("listening on")
    for size in (0, 1, 3 * MIB):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(CONTENT[:size])
            connection.shutdown(socket.SHUT_WR)
            equal(receive_all(connection), b"", "nothing comes back")
    server.stop(130)
    expected = [f"{hashlib.sha256(CONTENT[:size]).hexdigest()}  {size} bytes" for size in (0, 1, 3 * MIB)]
    equal(server.output().splitlines(), expected, "a line for each connection")


def listen_echo():
    port = free_port()
    server = WORLD.start("listen", "99", "--echo", "--forward", f"{port}:99").wait_for("listening on")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        back = InThread(receive_all, connection)
        connection.sendall(CONTENT)
        connection.shutdown(socket.SHUT_WR)
        require(back.result() == CONTENT, "all comes back")
    server.wait()


def datagrams():
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)
        client = WORLD.start("connect", "--udp", HOST, server.getsockname()[1], "--bytes", 1000, "--count", 1, "--sha256")
        content, address = server.recvfrom(65536)
        server.sendto(content, address)
        equal(digest_line(client.wait().output()), (pattern_sha256(1000), 1000), "the datagram that came back")


def ping():
    result = WORLD.run("ping", HOST, "-c", 5, "-i", "0.05")
    equal(result.returncode, 0, result.stderr)
    require("5 packets transmitted, 5 received, 0% packet loss" in result.stdout, result.stdout)


def main():
    start("setpriv", root=False)
    with http_server() as url:
        with case("get: by length, chunked, until close, by redirects, to a file"):
            downloads(url)
        with case("get: errors in plain words"):
            failed_downloads(url)
    with case("connect: stdin, half-close, stdout"):
        connect_half_close()
    with case("connect: 16 MiB of the pattern out and 8 MiB in"):
        connect_pattern()
    with case("listen: one connection after the other"):
        listen_keep()
    with case("listen: echo"):
        listen_echo()
    with case("connect: datagrams"):
        datagrams()
    with case("ping: the virtual host"):
        ping()
    with case("resolve: addresses and localhost need no server"):
        equal(WORLD.run("resolve", "localhost").stdout, "::1\n127.0.0.1\n", "localhost, in the order of RFC 6724")
        equal(WORLD.run("resolve", "192.0.2.7").stdout, "192.0.2.7\n", "an address")
        bad = WORLD.run("resolve", "no..name")
        equal(bad.returncode, 1, "a name that is none")
    finish()


WORLD = World()
main()
