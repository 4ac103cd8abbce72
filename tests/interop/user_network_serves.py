#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The device on the user-mode network, started by a user without any privileges, serves curl and sockets of the host."""
import hashlib
import json
import os
import socket

from lib_interop import InThread, MIB, case, check_captures, equal, finish, require, receive_all, start
from lib_user_network import World, curl, curl_status, is_unprivileged, pattern_sha256

SIZE = 64 * MIB


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def page(url, device):
    require(is_unprivileged(device), "linnet has no privileges")
    head = curl("--include", url).decode()
    require(head.startswith("HTTP/1.1 200 OK\r\n"), f"answered by {head[:100]!r}")
    for words in ("Content-Type: text/html", "<!DOCTYPE html>", "10.0.2.15/24", "10.0.2.3", "ESTABLISHED", "LISTEN"):
        require(words in head, f"the page says '{words}'")
    report = json.loads(curl(f"{url}status.json"))
    addresses = {row["address"]: row["origin"] for row in report["addresses"]}
    equal(addresses.get("10.0.2.15/24"), "DHCP", "the address")
    equal(report["dns_servers"], ["10.0.2.3"], "the name server")
    equal(report["dhcp"]["state"].lower(), "bound", "the lease")
    require(any(row["state"] == "ESTABLISHED" and row["local"] == "10.0.2.15:80" for row in report["connections"]),
            "our own connection is on the page")


def files(url, path):
    equal(sha256(curl(f"{url}files/large.bin")), sha256(path.read_bytes()), "a served file")
    head = curl("--head", f"{url}files/large.bin").decode()
    require(f"Content-Length: {path.stat().st_size}\r\n" in head, "HEAD tells the size")
    require(b"large.bin" in curl(f"{url}files/"), "the list of files")
    equal(curl_status(f"{url}files/missing"), 404, "a file that is not there")
    for outside in ("../linnet", "%2e%2e/linnet", "..%2flinnet", "/etc/passwd", "link"):
        equal(curl_status("--path-as-is", f"{url}files/{outside}"), 404, f"files/{outside}")
    equal(curl_status("--request", "DELETE", f"{url}files/large.bin"), 405, "DELETE")
    equal(curl_status(f"{url}nowhere"), 404, "a page that is not there")
    equal(curl_status("--header", f"X: {'x' * 9000}", url), 431, "a head of more than 8 KiB")


def uploads(url):
    content = os.urandom(8 * MIB + 1)
    for method in (["--request", "PUT"], ["--request", "POST", "--header", "Transfer-Encoding: chunked"],
                   ["--request", "POST", "--header", "Expect: 100-continue"]):
        answer = json.loads(upload(url, content, *method))
        equal((answer["bytes"], answer["sha256"]), (len(content), sha256(content)), f"upload {method}")


def upload(url, content, *method):
    path = WORLD.path / "upload.bin"
    path.write_bytes(content)
    return curl(*method, "--data-binary", f"@{path}", f"{url}upload")


def echo_tcp(port):
    content = os.urandom(4 * MIB)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        back = InThread(receive_all, connection)
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        equal(sha256(back.result()), sha256(content), "what came back")


def echo_udp(port):
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect(("127.0.0.1", port))
        for size in (1, 512, 1472):
            content = os.urandom(size)
            client.send(content)
            equal(client.recv(65536), content, f"a datagram of {size} bytes")


def many_at_once(url):
    expected = pattern_sha256(2 * MIB)
    transfers = [InThread(curl, f"{url}download?bytes={2 * MIB}") for _ in range(16)]
    for transfer in transfers:
        equal(sha256(transfer.result()), expected, "one of 16 downloads at once")


def main():
    start("curl", "setpriv", "tshark", "capinfos", "mergecap", root=False)
    served = WORLD.path / "served"
    served.mkdir(mode=0o755)
    large = served / "large.bin"
    large.write_bytes(os.urandom(SIZE))
    (served / "link").symlink_to("/etc/passwd")
    capture = WORLD.path / "up.pcapng"
    device, http, _ = WORLD.up("--hostname", "garden", "--capture", capture)
    url = f"http://localhost:{http}/"

    with case("curl gets the status page, unprivileged"):
        page(url, device)
    with case("curl gets 64 MiB of the pattern, SHA-256 right"):
        equal(sha256(curl(f"{url}download?bytes={SIZE}")), pattern_sha256(SIZE), "SHA-256")
    with case("ends cleanly"):
        device.stop()
        require("garden is down" in device.output(), "says so")
    with case("tshark: capture of all that"):
        check_captures({capture: SIZE // 1460}, data_ports=(80,))

    device, http, echo = WORLD.up("--serve", served)
    url = f"http://localhost:{http}/"
    with case("curl gets a 64 MiB file, SHA-256 right; and nothing outside of the directory"):
        files(url, large)
    with case("curl uploads by length and in chunks"):
        uploads(url)
    with case("16 downloads at once"):
        many_at_once(url)
    with case("requests one after the other on one connection"):
        body = curl(*[f"{url}download?bytes={n}" for n in (0, 1, 100000, 3)])
        equal(len(body), 100004, "bytes of four answers")
    with case("echo over TCP, with a half-close"):
        echo_tcp(echo)
    with case("echo over UDP"):
        echo_udp(echo)
    with case("ends cleanly again"):
        device.stop()
    finish()


WORLD = World()
main()
