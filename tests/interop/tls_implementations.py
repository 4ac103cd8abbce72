#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS with GnuTLS and mbedTLS alone at the other end, in both roles, and with curl and openssl's commands: every suite that both
have, client certificates, resumption, ALPN, records of 1 byte and of 16 KiB, truncated and half-closed streams, and each
certificate that is to be refused, with the reason that each side gives."""
import ctypes
import socket
import subprocess
import sys

from lib_interop import LOGS, MIB, InThread, Process, case, device, equal, finish, require, run
from lib_tls import (NAME, PEER, PERSON, PROGRAMS, SUITES, capture_to, client, client_hears_of_truncation, client_refuses, end,
                     kind_of, prepare, require_records, server, server_hears_of_truncation, server_is_refused, shown)


def suites_are_complete():
    with case("the suites of these tests are those that we speak"):
        spoken = {name for name in run(PEER, "--list").splitlines() if not name.startswith("TLS1-3-")}
        equal(spoken, set(SUITES), "the suites")
        theirs = run("openssl", "ciphers", "-tls1_2", "ALL:@SECLEVEL=0").strip().split(":")
        equal([name for name, _ in SUITES.values() if name not in theirs], [], "suites that openssl has not")


# ---- mbedTLS alone

COUNTED = "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"  # whose overhead require_records knows


class Mbedtls:
    """tests/mbedtls_peer at the kernel's end."""

    def __init__(self, wire, certificates):
        self.wire, self.certificates = wire, certificates

    def server(self, *options, kind="ec", count=1):
        return Process(PROGRAMS / "mbedtls_peer", "--server", "--connections", count, *shown(self.certificates, kind), *options,
                       name="mbedtls").wait_for("listening")

    def client(self, *options):
        return Process(PROGRAMS / "mbedtls_peer", "--peer", self.wire.stack, "--name", NAME, "--cacert", self.certificates.ca,
                       *options, name="mbedtls")


def mbedtls(wire, certificates):
    other = Mbedtls(wire, certificates)
    person, asked = shown(certificates), ("--ask-client", "--cacert", certificates.ca)
    with case("mbedTLS: every suite, client certificates, both roles"):
        for suite in SUITES:
            theirs = other.server(*asked, kind=kind_of(suite))
            peer = client(wire, certificates, "--suite", suite, "--send", 50000, *person).wait()
            require(f"TLSv1.2 {suite} " in peer.output() and "the same" in peer.output(), str(peer))
            theirs.wait()
            peer = server(wire, certificates, *asked, kind=kind_of(suite))
            theirs = other.client("--suite", suite, "--send", 50000, *person).wait()
            require(f"{suite} " in theirs.output() and "the same" in theirs.output(), str(theirs))
            peer.wait()
    with case("mbedTLS: client certificates that are missing or unknown, both roles"):
        for shows in ((), shown(certificates, "alone")):
            theirs = other.server(*asked)
            client(wire, certificates, "--send", 1, *shows).wait(code=1)
            theirs.wait(code=1)
            peer = server(wire, certificates, *asked)
            other.client("--send", 1, *shows).wait(code=1)
            peer.wait(code=1)
            require("are trusted" in peer.output() if shows else "showed no certificate" in peer.output(), str(peer))
    with case("mbedTLS: records of 1 byte and of 16 KiB, ALPN, both roles"):
        for piece, size in ((1, 3000), (16384, MIB)):
            theirs = other.server("--piece", piece, "--alpn", "http/1.1")
            capture = capture_to(f"mbedtls-client-records-{piece}")
            peer = client(wire, certificates, "--suite", COUNTED, "--send", size, "--piece", piece, "--alpn", "h2", "--alpn",
                          "http/1.1", "--capture", capture).wait()
            require("the same" in peer.output() and "alpn=http/1.1" in peer.output(), str(peer))
            theirs.wait()
            require_records(capture, wire, piece, size)
            capture = capture_to(f"mbedtls-server-records-{piece}")
            peer = server(wire, certificates, "--suite", COUNTED, "--alpn", "http/1.1", "--capture", capture)
            theirs = other.client("--send", size, "--piece", piece, "--alpn", "h2", "--alpn", "http/1.1").wait()
            require("the same" in theirs.output() and "alpn=http/1.1" in theirs.output(), str(theirs))
            peer.wait()
            require_records(capture, wire, piece, size)
    with case("mbedTLS: resumption, both roles"):
        theirs = other.server(count=2)
        session = LOGS / "mbedtls-session"
        for resumed in (0, 1):
            peer = client(wire, certificates, "--send", 10, "--session", session).wait()
            require(f"resumed={resumed}" in peer.output(), str(peer))
        theirs.wait()
        peer = server(wire, certificates, "--connections", 2)
        theirs = other.client("--connections", 2, "--send", 10).wait()
        for said in (theirs, peer):
            require("resumed=0" in said.output() and "resumed=1" in said.output(), str(said))
        peer.wait()
    with case("mbedTLS: half-closed streams arrive whole, both roles"):
        theirs = other.server()
        peer = client(wire, certificates, "--send", 60000, "--half-close").wait()
        require("60000 bytes came back, the same" in peer.output(), str(peer))
        end(theirs)
        peer = server(wire, certificates)
        theirs = other.client("--send", 16000, "--half-close").wait()
        require("16000 bytes came back, the same" in theirs.output(), str(theirs))
        peer.wait()
    with case("mbedTLS sees our truncated end as one"):
        peer = server(wire, certificates, "--truncate")
        theirs = other.client("--send", 10, "--idle").wait(code=1)
        require("failed: " in theirs.output(), str(theirs))
        peer.wait()
    client_hears_of_truncation(wire, certificates, "mbedTLS", other.server())
    server_hears_of_truncation(wire, certificates, "mbedTLS", lambda: other.client("--idle").wait_for("alpn="))
    client_refuses(wire, certificates, "mbedTLS", lambda kind, count: other.server(kind=kind, count=count))
    server_is_refused(wire, certificates, "mbedTLS",
                      {"other": "Common Name (CN) does not match", "old": "validity has expired",
                       "early": "validity starts in the future", "alone": "not correctly signed by the trusted CA",
                       "strange": "not correctly signed by the trusted CA"},
                      lambda count: [other.client().wait(code=1).output() for _ in range(count)])


# ---- GnuTLS

def priority(words):
    return f"NONE:+VERS-TLS1.2:+SIGN-ALL:+GROUP-ALL:+COMP-NULL:{words}"


TLS_1_2 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"


def gnutls_server(certificates, *options, kind="ec", words=TLS_1_2):
    return Process("gnutls-serv", "--echo", "-p", 4433, "--x509certfile", getattr(certificates, kind), "--x509keyfile",
                   certificates.key(kind), "--priority", words, *options, name="gnutls-serv").wait_for("listening on")


def gnutls_client(wire, certificates, *options, said="hello\n", words=TLS_1_2):
    return subprocess.run(["gnutls-cli", "-p", "4433", "--x509cafile", certificates.ca, "--verify-hostname", NAME,
                           "--sni-hostname", NAME, "--priority", words, *options, wire.stack], input=said, text=True,
                          capture_output=True, check=False, timeout=20)


class GnutlsLibrary:
    """libgnutls itself, for records of a size that its commands do not send: an end of a connection of the kernel's."""
    SERVER, CLIENT, CERTIFICATE, PEM, DNS, BOTH_WAYS = 1, 2, 1, 1, 1, 0

    def __init__(self, plain, certificates, role):
        self.plain, self.library = plain, ctypes.CDLL("libgnutls.so.30")
        self.session, self.credentials = ctypes.c_void_p(), ctypes.c_void_p()
        for name in ("gnutls_record_send", "gnutls_record_recv"):
            getattr(self.library, name).argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
            getattr(self.library, name).restype = ctypes.c_ssize_t
        self.call("gnutls_certificate_allocate_credentials", ctypes.byref(self.credentials))
        self.call("gnutls_init", ctypes.byref(self.session), role)
        self.call("gnutls_priority_set_direct", self.session, TLS_1_2.encode() + b":-CIPHER-ALL:+AES-128-GCM", None)
        if role == self.CLIENT:
            self.call("gnutls_certificate_set_x509_trust_file", self.credentials, certificates.ca.encode(), self.PEM)
            self.call("gnutls_server_name_set", self.session, self.DNS, NAME.encode(), ctypes.c_size_t(len(NAME)))
            self.library.gnutls_session_set_verify_cert(self.session, NAME.encode(), 0)
        else:
            self.call("gnutls_certificate_set_x509_key_file", self.credentials, certificates.ec.encode(),
                      certificates.key("ec").encode(), self.PEM)
        self.call("gnutls_credentials_set", self.session, self.CERTIFICATE, self.credentials)
        self.library.gnutls_transport_set_int2(self.session, plain.fileno(), plain.fileno())
        self.call("gnutls_handshake", self.session)

    def call(self, name, *arguments):
        result = getattr(self.library, name)(*arguments)
        require(result >= 0, f"{name}: {result}")
        return result

    def send(self, data):
        equal(self.call("gnutls_record_send", self.session, data, len(data)), len(data), "a record")

    def receive(self):
        buffer = ctypes.create_string_buffer(16384)
        size = self.call("gnutls_record_recv", self.session, buffer, 16384)
        return buffer.raw[:size]

    def close(self):
        self.call("gnutls_bye", self.session, self.BOTH_WAYS)
        self.plain.close()


def gnutls_records(wire, certificates):
    for size, total in ((1, 2000), (16384, MIB)):
        with case(f"GnuTLS: records of {size} bytes, both roles, both directions"):
            with socket.create_server((wire.kernel, 4433)) as listener:
                def echo():
                    connection = GnutlsLibrary(listener.accept()[0], certificates, GnutlsLibrary.SERVER)
                    while data := connection.receive():
                        connection.send(data)
                    connection.close()
                theirs = InThread(echo)
                capture = capture_to(f"gnutls-client-records-{size}")
                client(wire, certificates, "--send", total, "--piece", size, "--capture", capture).wait()
                theirs.result()
            require_records(capture, wire, size, total)
            capture = capture_to(f"gnutls-server-records-{size}")
            peer = server(wire, certificates, "--capture", capture)
            plain = socket.create_connection((wire.stack, 4433))
            connection = GnutlsLibrary(plain, certificates, GnutlsLibrary.CLIENT)
            data = bytes(i % 251 for i in range(size))
            for _ in range(total // size):
                connection.send(data)
                equal(connection.receive(), data, "the echo")
            connection.close()
            peer.wait()
            require_records(capture, wire, size, total)


def gnutls(wire, certificates):
    gnutls_records(wire, certificates)
    for suite, (_, words) in SUITES.items():
        with case(f"GnuTLS, both roles: {suite}"):
            theirs = gnutls_server(certificates, kind=kind_of(suite), words=priority(words))
            peer = client(wire, certificates, "--suite", suite, "--text", "--send", 5000, "--piece", 1000).wait()
            require(suite in peer.output() and "the same" in peer.output(), str(peer))
            end(theirs)
            peer = server(wire, certificates, kind=kind_of(suite))
            result = gnutls_client(wire, certificates, words=priority(words))
            require("hello" in result.stdout and "Handshake was completed" in result.stdout, result.stdout + result.stderr)
            peer.wait()
            require(suite in peer.output(), str(peer))
    with case("GnuTLS: a client with a key that both know instead of certificates"):
        # The other role is not: gnutls-cli 3.7.9 crashes with --pskkey, at openssl's server, too.
        known, words = "00112233445566778899aabbccddeeff", f"{TLS_1_2}:-KX-ALL:+ECDHE-PSK:+DHE-PSK"
        passwords = LOGS / "psk.txt"
        passwords.write_text(f"a-device:{known}\n", encoding="utf-8")
        theirs = Process("gnutls-serv", "--echo", "-p", 4433, "--pskpasswd", passwords, "--priority", words,
                         name="gnutls-serv").wait_for("listening on")
        ours = ("--psk", known, "--psk-identity", "a-device")
        peer = client(wire, certificates, *ours, "--text", "--send", 640).wait()
        require("-PSK-WITH-" in peer.output() and "the same" in peer.output(), str(peer))
        end(theirs)
    with case("GnuTLS: client certificates, good and missing, both roles"):
        theirs = gnutls_server(certificates, "--require-client-cert", "--verify-client-cert", "--x509cafile", certificates.ca)
        peer = client(wire, certificates, "--text", "--send", 64, *shown(certificates)).wait()
        require("the same" in peer.output(), str(peer))
        peer = client(wire, certificates, "--text", "--send", 64).wait(code=1)
        require("the other side refused" in peer.output(), str(peer))
        end(theirs)
        for name, good in ((PERSON, True), ("alone", False), (None, False)):
            peer = server(wire, certificates, "--ask-client", "--cacert", certificates.ca)
            own = ("--x509certfile", getattr(certificates, name), "--x509keyfile", certificates.key(name)) if name else ()
            result = gnutls_client(wire, certificates, *own)
            equal("hello" in result.stdout.split("Handshake was completed")[-1], good, f"{name}: {result}")
            peer.wait(code=0 if good else 1)
    with case("GnuTLS: ALPN, both roles"):
        theirs = gnutls_server(certificates, "--alpn", "http/1.1")
        peer = client(wire, certificates, "--text", "--send", 65536, "--alpn", "http/1.1").wait()
        require("the same" in peer.output() and "alpn=http/1.1" in peer.output(), str(peer))
        end(theirs)
        peer = server(wire, certificates, "--alpn", "http/1.1")
        text = "".join(f"{i:063}\n" for i in range(3000))
        result = gnutls_client(wire, certificates, "--alpn", "http/1.1", said=text)
        require(result.stdout.endswith(text) or text in result.stdout, result.stdout[:3000])
        require("Application protocol: http/1.1" in result.stdout, result.stdout[:3000])
        peer.wait()
    with case("GnuTLS: resumption, both roles"):
        theirs = gnutls_server(certificates)
        session = LOGS / "gnutls-session"
        for resumed in (0, 1):
            peer = client(wire, certificates, "--text", "--send", 64, "--session", session).wait()
            require(f"resumed={resumed}" in peer.output(), str(peer))
        end(theirs)
        peer = server(wire, certificates, "--connections", 2)
        result = gnutls_client(wire, certificates, "--resume")
        require("This is a resumed session" in result.stdout, result.stdout)
        peer.wait()
        require("resumed=1" in peer.output(), str(peer))
    with case("GnuTLS: half-closed streams arrive whole, both roles"):
        theirs = gnutls_server(certificates)
        peer = client(wire, certificates, "--text", "--send", 64, "--half-close").wait()
        require("64 bytes came back, the same" in peer.output(), str(peer))
        end(theirs)
        peer = server(wire, certificates)
        text = "".join(f"{i:063}\n" for i in range(500))
        result = gnutls_client(wire, certificates, said=text)  # the end of its input is its close_notify
        require(text in result.stdout, result.stdout[:3000])
        peer.wait()
    with case("GnuTLS sees our truncated end as one"):
        peer = server(wire, certificates, "--truncate")
        theirs = Process("gnutls-cli", "-p", "4433", "--x509cafile", certificates.ca, "--verify-hostname", NAME, wire.stack,
                         stdin=subprocess.PIPE, name="gnutls-cli").wait_for("Handshake was completed")
        theirs.stdin.write(b"x\n")
        theirs.stdin.flush()
        theirs.wait_for("non-properly terminated")
        end(theirs)
        peer.wait()
    client_hears_of_truncation(wire, certificates, "GnuTLS", gnutls_server(certificates))
    server_hears_of_truncation(wire, certificates, "GnuTLS", lambda: Process(
        "gnutls-cli", "-p", "4433", "--x509cafile", certificates.ca, "--verify-hostname", NAME, wire.stack,
        stdin=subprocess.PIPE, name="gnutls-cli").wait_for("Handshake was completed"))
    client_refuses(wire, certificates, "GnuTLS", lambda kind, _: gnutls_server(certificates, kind=kind))
    server_is_refused(wire, certificates, "gnutls-cli",
                      {"other": "name in the certificate does not match", "old": "certificate chain uses expired certificate",
                       "early": "certificate chain uses not yet valid certificate", "alone": "certificate issuer is unknown",
                       "strange": "certificate issuer is unknown"},
                      lambda count: [gnutls_client(wire, certificates).stdout for _ in range(count)])


# ---- curl and openssl s_client: how they see our certificates (what else there is with openssl: tls_openssl.py)

def curl_asks(wire, certificates, *options, port=443):
    return subprocess.run(["curl", "-sSv", "--cacert", certificates.ca, "--resolve", f"{NAME}:{port}:{wire.stack}", *options,
                           f"https://{NAME}:{port}/status.json"], text=True, capture_output=True, check=False, timeout=20)


def curl_suites(wire, certificates):
    for kind in ("ec", "rsa"):
        with case(f"curl: each suite by its name, ALPN, {kind}"):
            up = device(wire, "--tls-cert", getattr(certificates, kind), "--tls-key", certificates.key(kind))
            for ours, (theirs, _) in SUITES.items():
                said = curl_asks(wire, certificates, "--ciphers", theirs, "--http1.1")
                if kind_of(ours) == kind:
                    equal(said.returncode, 0, said.stderr)
                    require(f"TLSv1.2 / {theirs}" in said.stderr and said.stdout.startswith("{"), said.stderr)
                    require("ALPN: server accepted http/1.1" in said.stderr, said.stderr)
                else:
                    require("handshake failure" in said.stderr, f"a suite for another certificate: {said.stderr}")
            up.stop()


def curl_client_certificates(wire, certificates):
    with case("curl: a client certificate, good, missing and unknown"):
        # The server sends the request back, which is an answer of HTTP 0.9, and closes.
        for name, good in ((PERSON, True), (None, False), ("alone", False)):
            peer = server(wire, certificates, "--once", "--ask-client", "--cacert", certificates.ca)
            own = ("--cert", getattr(certificates, name), "--key", certificates.key(name)) if name else ()
            said = curl_asks(wire, certificates, "--http0.9", *own, port=4433)
            equal((said.returncode == 0, "GET /status.json" in said.stdout), (good, good), said.stderr)
            peer.wait(code=0 if good else 1)
            require(not good or "verified=1" in peer.output(), str(peer))


def commands(wire, certificates):
    curl_suites(wire, certificates)
    curl_client_certificates(wire, certificates)

    def curl(count):
        return [subprocess.run(["curl", "-sS", "--cacert", certificates.ca, "--resolve", f"{NAME}:4433:{wire.stack}",
                                f"https://{NAME}:4433/"], text=True, capture_output=True, check=False, timeout=20).stderr
                for _ in range(count)]

    def s_client(count):
        return [subprocess.run(["openssl", "s_client", "-connect", f"{wire.stack}:4433", "-CAfile", certificates.ca,
                                "-verify_return_error", "-verify_hostname", NAME], text=True, input="", capture_output=True,
                               check=False, timeout=20).stderr for _ in range(count)]
    server_is_refused(wire, certificates, "curl",
                      {"other": "no alternative certificate subject name matches", "old": "certificate has expired",
                       "early": "certificate is not yet valid", "alone": "self-signed certificate",
                       "strange": "unable to get local issuer certificate"}, curl, afterwards=1)
    server_is_refused(wire, certificates, "openssl s_client",
                      {"other": "num=62:hostname mismatch", "old": "num=10:certificate has expired",
                       "early": "num=9:certificate is not yet valid", "alone": "num=18:self-signed certificate",
                       "strange": "num=20:unable to get local issuer certificate"}, s_client)


def main():
    wire, certificates = prepare("openssl", "gnutls-cli", "gnutls-serv", "curl", "tshark")
    suites_are_complete()
    parts = {"mbedtls": mbedtls, "gnutls": gnutls, "commands": commands}
    for name in sys.argv[1:] or parts:
        parts[name](wire, certificates)
    finish()


main()
