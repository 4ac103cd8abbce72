#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""NTS (RFC 8915): the time from chrony, proven; whoever cannot prove it is not believed. Needs a linnet with mbedTLS 3.6, which
is looked for in build/tls36 (docs/tls.md)."""
import re
import socket
import struct
import threading
import time
from pathlib import Path

from lib_interop import LINNET, LOGS, ROOT, Namespace, Process, TapWire, case, finish, require, run, start
from lib_tls import Certificates, s_server

NTP_TO_UNIX = 2208988800
MOST = 0.005

# What needs TLS 1.3, by the names of the cases: where it is left out, they are told.
PROVEN = "chrony's time, proven, within 5 ms"
STRANGER = "a key server whose certificate nobody vouches for is refused"
NO_NTS = "a server that speaks TLS, but not NTS"
BETWEEN = "somebody between us and the server is not believed"


class NtsChrony(Process):
    """Gives keys and the time at `address`; with `elsewhere` it sends its clients there for the time."""

    def __init__(self, certificates, address, elsewhere=None):
        folder = LOGS / f"chrony-{address}"
        folder.mkdir(exist_ok=True)
        configuration = folder / "chrony.conf"
        configuration.write_text(
            f"local stratum 8\nallow 10.0.0.0/8\nbindaddress {address}\ncmdport 0\nbindcmdaddress /\npidfile {folder}/pid\n"
            f"ntsservercert {certificates.ec}\nntsserverkey {certificates.key('ec')}\nntsdumpdir {folder}\nntsprocesses 0\n"
            + (f"ntsntpserver {elsewhere}\n" if elsewhere else ""), encoding="utf-8")
        super().__init__("chronyd", "-x", "-F", "0", "-d", "-u", "root", "-f", configuration, name="chronyd")
        self.wait_for("starting")


def lie(address):
    """Answers each request, a day wrong, and with the fields that it had: all that somebody between the two can."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 123))
    requests = []

    def serve():
        while True:
            data, peer = server.recvfrom(2000)
            requests.append(data)
            now = int((time.time() + 86400 + NTP_TO_UNIX) * 2**32)
            server.sendto(struct.pack("!BBbbII4s", 0x24, 1, 0, -20, 0, 0, b"LIE\0") + struct.pack("!Q", now) + data[40:48]
                          + struct.pack("!QQ", now, now) + data[48:], peer)
    threading.Thread(target=serve, daemon=True).start()
    return requests


def main():
    start("chronyd", "openssl")
    Namespace().enter()
    wire = TapWire()
    certificates = Certificates()

    def ntp(linnet, *words, authority=certificates.ca):
        return Process(linnet, "ntp", "--nts", "--cacert", authority, *words, *wire.options, name="ntp")

    linnet = Path(LINNET)
    refused = ntp(linnet, wire.kernel)
    refused.process.wait(20)
    if "built with mbedTLS 2.28" in refused.errors():
        with case("without TLS 1.3, --nts says what is missing"):
            refused.wait(2)
        linnet = ROOT / "build/tls36/apps/linnet"
    if not linnet.exists():
        for name in (PROVEN, STRANGER, NO_NTS, BETWEEN):
            print(f"SKIP {name}: there is no {linnet.relative_to(ROOT)} (docs/tls.md)")
        finish()
        return
    chrony = NtsChrony(certificates, wire.kernel)
    with case(PROVEN):
        said = ntp(linnet, wire.kernel).wait().output()
        offset = re.search(r"^time .*, offset ([+-]\d+\.\d+) s, from", said, re.MULTILINE)
        require(offset and abs(float(offset[1])) < MOST and "stratum 8" in said, said)
    with case(STRANGER):
        said = ntp(linnet, wire.kernel, authority=certificates.stranger).wait(1)
        require("gives no keys: " in said.errors() and "not trusted" in said.errors(), str(said))
    with case(NO_NTS):
        chrony.stop()
        web = s_server(certificates, "-www", port=4460)
        said = ntp(linnet, wire.kernel).wait(1)
        require("does not speak NTS" in said.errors(), str(said))
        web.process.kill()
        web.process.wait()
    with case(BETWEEN):
        liar = wire.kernel.rsplit(".", 1)[0] + ".31"
        run("ip", "address", "add", f"{liar}/24", "dev", wire.tap)
        requests = lie(liar)
        NtsChrony(certificates, wire.kernel, elsewhere=liar)
        said = ntp(linnet, wire.kernel).wait(1)
        require("no time from it" in said.output() and "no server's time can be believed" in said.errors(), str(said))
        require(len(requests) == 1 and len(requests[0]) > 200, f"{len(requests)} requests")
    finish()


main()
