# SPDX-License-Identifier: Apache-2.0
"""What the tests of programs for ESP-IDF (tests/esp_apps) share."""
import contextlib
import functools
import http.server
import os
import socket
import threading
from pathlib import Path

from lib_interop import InThread, LINNET, Namespace, Process, receive_all, require, skip, start

APPS = Path(LINNET).parent.parent / "esp_apps"
PORT = 3333
FORWARD = ["--forward", f"{PORT}:{PORT}"]


def app(name, *options):
    return Process(APPS / f"esp_{name}", *options, name=f"esp-{name}")


@contextlib.contextmanager
def datagrams_answered(count, answer, port=PORT):
    """A server for so many datagrams; they have come in the end."""
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        server.settimeout(20)

        def serve():
            for _ in range(count):
                data, peer = server.recvfrom(2000)
                server.sendto(answer(data), peer)
        serving = InThread(serve)
        yield
        serving.result()


def echoed(address, content):
    """What an echo server gives back until the end of the stream."""
    with socket.create_connection(address, timeout=20) as connection:
        back = InThread(receive_all, connection)
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        return back.result()


def listener():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", PORT))
    server.listen()
    server.settimeout(20)
    return server


def answer_tcp(server, answers):
    """Answers a connection each; gives what came."""
    got = []
    for answer in answers:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(20)
            got.append(connection.recv(1000))
            connection.sendall(answer)
            require(connection.recv(1000) == b"", "the client closes")
    return got


class Pages(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):  # not into the test's own lines
        pass


@contextlib.contextmanager
def web_server(root):
    """The files of a folder, at port 8000."""
    handler = functools.partial(Pages, directory=root)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 8000), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def start_apps(*programs):
    """To be called first, in the place of start()."""
    start(*programs)
    if not os.access(APPS / "esp_tcp_server", os.X_OK):
        skip(f"needs {APPS}")
    Namespace().enter()
