#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS with OpenSSL at the other end, in both roles: suites, certificates, resumption, ALPN, truncation, large transfers;
the seed's callhttps(); nmap's and sslscan's opinion of `linnet up`. `tls_openssl.py gigabyte` sends 1 GiB each way."""
import contextlib
import hashlib
import re
import socket
import ssl
import subprocess
import sys
import time

from lib_interop import LOGS, MIB, InThread, Process, case, device, equal, eventually, finish, require, run
from lib_tls import (NAME, PROGRAMS, REFUSED, SUITES, capture_to, client, end, kind_of, prepare, record_sizes, require_records,
                     s_client, s_server, server, server_hears_of_truncation)

BIG = 64 * MIB


def context(certificates, role, kind="ec", **more):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if role == "server" else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if role == "server":
        made.load_cert_chain(getattr(certificates, kind), certificates.key(kind))
    else:
        made.load_verify_locations(certificates.ca)
    for name, value in more.items():
        getattr(made, name)(value)
    return made


class EchoServer:
    """Python's ssl, which is OpenSSL: sends back what it gets, at the end if `late`; `end` says how it ends."""

    def __init__(self, wire, made, port=4433, end="clean", record=16384, late=False):
        self.listener = socket.create_server((wire.kernel, port))
        self.made, self.end, self.record, self.late, self.count = made, end, record, late, 0
        self.thread = InThread(self.serve)

    def serve(self):
        plain, _ = self.listener.accept()
        self.listener.close()
        plain.settimeout(120)
        try:
            with self.made.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as connection:
                kept = b""
                while (data := connection.recv(65536)) or kept:
                    self.count += len(data)
                    if self.late and data:
                        kept += data
                        continue
                    data, kept = data or kept, b""
                    for at in range(0, len(data), self.record):
                        connection.sendall(data[at:at + self.record])
                spoken = connection.version(), connection.cipher()[0]
                if self.end == "clean":
                    connection.unwrap().close()
                return spoken
        except (ssl.SSLError, OSError) as error:
            return "error", str(error)


def exchange(connection, data, record=16384):
    """Sends it in pieces and reads it back. On one thread: Python's ssl has no lock around a connection."""
    got = hashlib.sha256()
    window = max(record, 65536 // record * record)
    for begin in range(0, len(data), window):
        piece = data[begin:begin + window]
        for at in range(0, len(piece), record):
            connection.sendall(piece[at:at + record])
        left = len(piece)
        while left > 0:
            back = connection.recv(65536)
            require(back, "the echo ended early")
            got.update(back)
            left -= len(back)
    equal(got.hexdigest(), hashlib.sha256(data).hexdigest(), "the echo")


def connect(wire, made, port=4433, name=NAME):
    plain = socket.create_connection((wire.stack, port), timeout=60)
    return made.wrap_socket(plain, server_hostname=name)


def suites(wire, certificates):
    for ours, (theirs, _) in SUITES.items():
        kind = "rsa" if "-RSA-" in ours else "ec"
        with case(f"client, {theirs}"):
            echo = EchoServer(wire, context(certificates, "server", kind, set_ciphers=f"{theirs}:@SECLEVEL=1"))
            peer = client(wire, certificates, "--suite", ours, "--send", 50000).wait()
            require(ours in peer.output() and "the same" in peer.output(), str(peer))
            equal(echo.thread.result()[1], theirs, "what openssl speaks")
        with case(f"server, {theirs}"):
            peer = server(wire, certificates, "--suite", ours, kind=kind)
            with connect(wire, context(certificates, "client", set_ciphers=theirs)) as connection:
                equal(connection.cipher()[0], theirs, "the suite")
                exchange(connection, b"0123456789" * 5000)
                connection.unwrap()
            peer.wait()


def refusals(wire, certificates):
    for kind, words in REFUSED.items():
        with case(f"client refuses: {kind}"):
            echo = EchoServer(wire, context(certificates, "server", kind))
            peer = client(wire, certificates).wait(code=1)
            require(words in peer.output(), str(peer))
            equal(echo.thread.result()[0], "error", "openssl hears of it")
    with case("a self-signed certificate that is trusted is accepted"):
        EchoServer(wire, context(certificates, "server", "alone"))
        client(wire, certificates, "--send", 10, authority="alone").wait()


def client_certificates(wire, certificates):
    made = context(certificates, "server")
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(certificates.ca)
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    with case("client shows its certificate"):
        EchoServer(wire, made)
        client(wire, certificates, "--send", 10, "--cert", certificates.person, "--key", certificates.key("person")).wait()
    with case("client without a certificate is refused, in words"):
        EchoServer(wire, made)
        peer = client(wire, certificates, "--send", 10).wait(code=1)
        require("the other side refused" in peer.output(), str(peer))
    with case("server wants a certificate, and gets a good, none and a bad one"):
        for name, good in (("person", True), (None, False), ("alone", False)):
            peer = server(wire, certificates, "--ask-client", "--cacert", certificates.ca)
            theirs = context(certificates, "client")
            theirs.maximum_version = ssl.TLSVersion.TLSv1_2
            if name:
                theirs.load_cert_chain(getattr(certificates, name), certificates.key(name))
            try:
                with connect(wire, theirs) as connection:
                    exchange(connection, b"x" * 100)
                    connection.unwrap()
                require(good, f"{name} was accepted")
            except (ssl.SSLError, OSError):
                require(not good, f"{name} was refused: {peer}")
            peer.wait(code=0 if good else 1)


def resumption(wire, certificates):
    with case("client resumes with a ticket that it had saved"):
        session = LOGS / "session"
        session.unlink(missing_ok=True)
        openssl = s_server(certificates, "-tls1_2", "-rev")
        first = client(wire, certificates, "--session", session)
        first.wait_for("resumed=0")
        eventually(lambda: session.is_file() and session.stat().st_size > 100, "a session was saved")
        end(first)
        second = client(wire, certificates, "--session", session)
        second.wait_for("resumed=1")
        end(second, openssl)
    with case("server resumes openssl's session"):
        peer = server(wire, certificates, "--connections", 2)
        made = context(certificates, "client")
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        with connect(wire, made) as connection:
            session = connection.session
            exchange(connection, b"x")
            connection.unwrap()
        plain = socket.create_connection((wire.stack, 4433), timeout=20)
        with made.wrap_socket(plain, server_hostname=NAME, session=session) as connection:
            require(connection.session_reused, "the session was resumed")
            exchange(connection, b"y" * 1000)
            connection.unwrap()
        peer.wait()
        require("resumed=1" in peer.output(), str(peer))


def shared_keys(wire, certificates):
    key, other, named = "00112233445566778899aabbccddeeff", "ff112233445566778899aabbccddeeff", ("--psk-identity", "a-device")
    theirs = ("-psk_identity", "a-device", "-tls1_2", "-cipher")
    for suite in ("ECDHE-PSK-CHACHA20-POLY1305", "DHE-PSK-AES128-GCM-SHA256", "DHE-PSK-AES256-GCM-SHA384",
                  "DHE-PSK-CHACHA20-POLY1305"):
        with case(f"a key that both know instead of certificates, both roles, and another: {suite}"):
            for ours in (key, other) if suite.startswith("ECDHE") else (key,):
                openssl = s_server(certificates, "-nocert", "-psk", key, *theirs, suite, "-www")
                peer = client(wire, certificates, "--psk", ours, *named).wait(code=int(ours == other))
                require("TLSv1.2 TLS-" in peer.output() or ours == other, str(peer))
                end(openssl)
                peer = server(wire, certificates, "--psk", key, *named)
                openssl = Process("openssl", "s_client", "-connect", f"{wire.stack}:4433", "-psk", ours, *theirs, suite, "-quiet",
                                  stdin=subprocess.PIPE, name="s_client")
                if ours == key:
                    openssl.stdin.write(b"hello\n")
                    openssl.stdin.flush()
                    openssl.wait_for("hello")
                    end(openssl, peer)
                else:
                    peer.wait(code=1)
                    openssl.wait(code=1)


def records(wire, certificates):
    for size in (1, 16384):
        count = 3000 if size == 1 else MIB
        with case(f"records of {size} bytes, both roles, both directions"):
            capture = capture_to(f"client-records-{size}")
            EchoServer(wire, context(certificates, "server"), record=size)
            client(wire, certificates, "--send", count, "--piece", size, "--capture", capture).wait()
            require_records(capture, wire, size, count)
            capture = capture_to(f"server-records-{size}")
            peer = server(wire, certificates, "--capture", capture)
            with connect(wire, context(certificates, "client")) as connection:
                exchange(connection, b"z" * count, record=size)
                connection.unwrap()
            peer.wait()
            require_records(capture, wire, size, count)
    with case("a maximum fragment length that the client asks for: no record is longer, in both roles, both directions"):
        capture = capture_to("client-fragment")
        EchoServer(wire, context(certificates, "server"))
        client(wire, certificates, "--fragment", 512, "--send", 20000, "--piece", 16384, "--capture", capture).wait()
        for sender, sizes in record_sizes(capture, wire).items():
            equal((max(sizes), sum(sizes)), (512, 20000), f"records of {sender}")
        capture = capture_to("server-fragment")
        peer = server(wire, certificates, "--capture", capture)
        openssl = s_client(wire, "-maxfraglen", 1024, "-quiet", "-no_ign_eof")
        openssl.stdin.write(b"z" * 4999 + b"\n")
        openssl.stdin.flush()
        eventually(lambda: len(openssl.output()) == 5000, "the echo")
        openssl.stdin.close()
        peer.wait()
        openssl.wait()
        for sender, sizes in record_sizes(capture, wire).items():
            equal((max(sizes), sum(sizes)), (1024, 5000), f"records of {sender}")
    with case("ALPN in both roles"):
        made = context(certificates, "server", set_alpn_protocols=["mqtt", "http/1.1"])
        EchoServer(wire, made)
        peer = client(wire, certificates, "--send", 10, "--alpn", "http/1.1", "--alpn", "h2").wait()
        require("alpn=http/1.1" in peer.output(), str(peer))
        peer = server(wire, certificates, "--alpn", "http/1.1")
        with connect(wire, context(certificates, "client", set_alpn_protocols=["h2", "http/1.1"])) as connection:
            equal(connection.selected_alpn_protocol(), "http/1.1", "ALPN")
            connection.unwrap()
        peer.wait()
    large(wire, certificates, BIG)


def large(wire, certificates, size):
    with case(f"{size // MIB} MiB there and back, both roles, the same SHA-256"):
        for role in ("client", "server"):
            began = time.monotonic()
            if role == "client":
                EchoServer(wire, context(certificates, "server"))
                peer = client(wire, certificates, "--send", size).wait(seconds=900)
                require("the same" in peer.output() and f"{size} bytes" in peer.output(), str(peer))
            else:
                peer = server(wire, certificates)
                with connect(wire, context(certificates, "client")) as connection:
                    exchange(connection, bytes(range(251)) * (size // 251))
                    connection.unwrap()
                peer.wait()
            seconds = time.monotonic() - began
            print(f"   {role}: {seconds:.1f} s, {2 * size / MIB / seconds:.0f} MiB/s")


def gigabyte(wire, certificates):
    large(wire, certificates, 1024 * MIB)


def endings(wire, certificates):
    with case("client: a FIN without close_notify is an error"):
        listener = socket.create_server((wire.kernel, 4433))

        def cut():
            plain, _ = listener.accept()
            made = context(certificates, "server")
            made.num_tickets = 0
            connection = made.wrap_socket(plain, server_side=True)
            connection.sendall(connection.recv(100))
            connection.recv(100)
            plain = socket.socket(fileno=connection.detach())
            plain.shutdown(socket.SHUT_WR)
            plain.close()
        thread = InThread(cut)
        peer = client(wire, certificates, "--send", 10).wait(code=1)
        require("without the word that it was complete" in peer.output(), str(peer))
        thread.result()
        listener.close()
    with case("client: after its close_notify, what the server still sends arrives whole"):
        echo = EchoServer(wire, context(certificates, "server"), late=True)
        peer = client(wire, certificates, "--send", 60000, "--half-close").wait()
        require("60000 bytes came back, the same" in peer.output() and "closed" in peer.output(), str(peer))
        equal(echo.count, 60000, "what openssl got before the end")
    with case("server: after openssl's close_notify, what we still send arrives whole"):
        peer = server(wire, certificates)
        equal(half_closed(wire, context(certificates, "client"), bytes(range(251)) * 200), "the same", "the echo")
        require("closed" in peer.wait().output(), str(peer))
    server_hears_of_truncation(wire, certificates, "OpenSSL", lambda: s_client(wire).wait_for("Verify return code"))
    with case("server: openssl sees our truncated end as one, and our close as clean"):
        for options, clean in ((("--truncate",), False), ((), True)):
            peer = server(wire, certificates, *options)
            plain = socket.create_connection((wire.stack, 4433), timeout=20)
            with context(certificates, "client").wrap_socket(plain, server_hostname=NAME,
                                                             suppress_ragged_eofs=False) as connection:
                connection.sendall(b"x")
                equal(connection.recv(10), b"x", "echo")
                try:
                    if clean:
                        connection.unwrap()
                    else:
                        connection.recv(10)
                    ended = True
                except (ssl.SSLError, OSError):
                    ended = False
            equal(ended, clean, "a clean end")
            peer.wait()
    with case("a peer that says nothing is given up, in both roles"):
        listener = socket.create_server((wire.kernel, 4433))
        peer = client(wire, certificates, "--flight", 1).wait(code=1)
        require("did nothing for too long" in peer.output(), str(peer))
        listener.close()
        peer = server(wire, certificates, "--flight", 1)
        with socket.create_connection((wire.stack, 4433)):
            peer.wait(code=1)
        require("did nothing for too long" in peer.output(), str(peer))
    with case("what is not TLS is refused"):
        peer = server(wire, certificates)
        with socket.create_connection((wire.stack, 4433), timeout=10) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                plain.recv(100)
        peer.wait(code=1)


def half_closed(wire, made, data):
    """Sends all of it and close_notify, and only then lets openssl read anything: by BIOs of memory."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = made.wrap_bio(incoming, outgoing, server_hostname=NAME)
    with socket.create_connection((wire.stack, 4433), timeout=20) as plain:
        def until_done(call, *arguments):
            while True:
                try:
                    result = call(*arguments)
                    plain.sendall(outgoing.read())
                    return result
                except ssl.SSLWantReadError:
                    plain.sendall(outgoing.read())
                    piece = plain.recv(65536)
                    incoming.write(piece) if piece else incoming.write_eof()
        until_done(connection.do_handshake)
        for at in range(0, len(data), 16384):
            connection.write(data[at:at + 16384])
        with contextlib.suppress(ssl.SSLWantReadError):
            connection.unwrap()
        plain.sendall(outgoing.read())
        got = b""
        with contextlib.suppress(ssl.SSLZeroReturnError):  # the peer's close_notify; its lack would be another error
            while piece := until_done(connection.read, 65536):
                got += piece
        return "the same" if got == data else f"{len(got)} bytes"


def renegotiation(wire, certificates):
    with case("server: openssl's wish to renegotiate is refused, and the next connection is as good as any"):
        peer = server(wire, certificates, "--connections", 2)
        openssl = s_client(wire)
        openssl.wait_for("Verify return code")
        openssl.stdin.write(b"R\n")
        openssl.stdin.flush()
        openssl.wait(code=1)
        require("no renegotiation" in openssl.errors(), str(openssl))
        with connect(wire, context(certificates, "client")) as connection:
            exchange(connection, b"y" * 1000)
            connection.unwrap()
        peer.wait(code=1)
        equal((peer.output().count("failed: "), peer.output().count("closed")), (1, 1), str(peer))
    with case("client: openssl's wish to renegotiate is refused, and no harm is done"):
        for wish in (b"r\n", b"R\n"):
            openssl = s_server(certificates, "-tls1_2")
            peer = client(wire, certificates, "--idle").wait_for("alpn=")
            openssl.stdin.write(wish)
            openssl.stdin.flush()
            peer.wait(code=1)
            require("the other side refused" in peer.output(), str(peer))
            openssl.wait_for("no renegotiation")
            end(openssl)


def weak(wire, certificates):
    with case("old protocols and weak suites are refused in both roles"):
        for options in (["-tls1"], ["-tls1_1"], ["-tls1_2", "-cipher", "AES128-SHA:AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA"
                                                 ":ECDHE-RSA-AES128-SHA256:@SECLEVEL=0"]):
            peer = server(wire, certificates)
            result = subprocess.run(["openssl", "s_client", "-connect", f"{wire.stack}:4433", *options], text=True,
                                    input="", capture_output=True, check=False, timeout=20)
            require(result.returncode != 0, f"{options}: {result.stdout}")
            peer.wait(code=1)
            openssl = s_server(certificates, *options)
            client(wire, certificates).wait(code=1)
            end(openssl)


def callhttps(wire, certificates):
    with case("the seed's callhttps() over our TCP, its name by our resolver"):
        names = Process("dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--port=53",
                        f"--address=/httpbin.org/{wire.kernel}", f"--listen-address={wire.kernel}", "--bind-interfaces",
                        "--pid-file=", name="dnsmasq").wait_for("started")
        openssl = s_server(certificates, "-tls1_2", "-www", port=443)
        program = Process(PROGRAMS / "callhttps", *wire.options, "--dns", wire.kernel, name="callhttps").wait()
        require("Result:\nHTTP/1.0 200 ok" in program.output(), str(program))
        end(openssl, names)


def opinions(wire, certificates):
    for kind in ("ec", "rsa"):
        with case(f"nmap and sslscan find nothing weak in linnet up, {kind}"):
            up = device(wire, "--tls-cert", getattr(certificates, kind), "--tls-key", certificates.key(kind))
            opinion_of_nmap(wire, kind, f"up-{kind}")
            opinion_of_sslscan(wire, kind, f"up-{kind}")
            up.stop()
    with case("nmap and sslscan find nothing weak in a server of the OpenSSL mapping"):
        peer = Process(PROGRAMS / "openssl_peer", "--server", "--connections", 100000, "--port", 443, "--cert", certificates.rsa,
                       "--key", certificates.key("rsa"), *wire.options, name="openssl_peer").wait_for("listening")
        opinion_of_nmap(wire, "rsa", "mapping")
        opinion_of_sslscan(wire, "rsa", "mapping")
        end(peer)


def opinion_of_nmap(wire, kind, name):
    text = run("nmap", "-Pn", "-n", "-p", "443", "--script", "ssl-enum-ciphers", wire.stack)
    (LOGS / f"nmap-{name}.txt").write_text(text, encoding="utf-8")
    found = re.findall(r"^\|\s+(TLS_\S+).* - (\w)$", text, re.MULTILINE)
    require(len(found) >= 3 and all(f"_{'ECDSA' if kind == 'ec' else 'RSA'}_" in suite for suite, _ in found), text)
    equal({grade for _, grade in found}, {"A"}, "the grades")
    equal(re.findall(r"(SSLv\d|TLSv1\.\d):", text), ["TLSv1.2"], "the protocols")


def opinion_of_sslscan(wire, kind, name):
    text = run("sslscan", "--no-colour", "--show-certificate", f"{wire.stack}:443")
    (LOGS / f"sslscan-{name}.txt").write_text(text, encoding="utf-8")
    equal(re.findall(r"^(SSLv\d|TLSv1\.\d)\s+enabled", text, re.MULTILINE), ["TLSv1.2"], "the protocols that sslscan finds")
    accepted = re.findall(r"^(?:Preferred|Accepted)\s+TLSv1\.2\s+\d+ bits\s+(\S+)", text, re.MULTILINE)
    strong = {theirs for ours, (theirs, _) in SUITES.items() if kind_of(ours) == kind}
    require(accepted and set(accepted) <= strong, f"{accepted}: {text}")
    for words in ("Session renegotiation not supported", "TLSv1.2 not vulnerable to heartbleed"):
        require(words in text, f"{words}: {text}")


def main():
    wire, certificates = prepare("openssl", "nmap", "sslscan", "dnsmasq", "tshark")
    with case("mbedtls_net_* are ours, with mbedTLS's shared library, too"):
        run(PROGRAMS / "tls_shared")
    parts = {"suites": suites, "refusals": refusals, "client_certificates": client_certificates,
             "resumption": resumption, "shared_keys": shared_keys, "records": records, "endings": endings,
             "renegotiation": renegotiation, "weak": weak, "callhttps": callhttps, "opinions": opinions}
    chosen = sys.argv[1:] or list(parts)
    parts["gigabyte"] = gigabyte
    for name in chosen:
        parts[name](wire, certificates)
    finish()


main()
