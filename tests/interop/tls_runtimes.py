#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS with Java's SSLSocket and node at the other end, in both roles: every suite that both have, client certificates,
resumption, ALPN, records of 1 byte and of 16 KiB, truncated and half-closed streams, and each certificate that is to be
refused, with the reason that each side gives."""
import sys

from lib_interop import LOGS, MIB, ROOT, Process, case, equal, finish, require, run
from lib_tls import (NAME, PERSON, REFUSED, SUITES, capture_to, client, client_hears_of_truncation, client_refuses, end, kind_of,
                     prepare, require_records, server, server_hears_of_truncation, server_is_refused, shown)


# ---- Java

class Java:
    """tests/interop/java/TlsPeer.java at the kernel's end."""

    def __init__(self, wire, certificates):
        self.wire, self.classes, self.trust = wire, LOGS / "classes", LOGS / "trust.p12"
        run("javac", "-d", self.classes, ROOT / "tests/interop/java/TlsPeer.java")
        run("keytool", "-importcert", "-noprompt", "-file", certificates.ca, "-keystore", self.trust, "-storetype", "PKCS12",
            "-storepass", "password", "-alias", "ca")
        for kind in ("ec", "rsa", *REFUSED):
            run("openssl", "pkcs12", "-export", "-in", getattr(certificates, kind), "-inkey", certificates.key(kind), "-out",
                self.store(kind), "-passout", "pass:password", "-name", "device")

    @staticmethod
    def store(kind):
        return LOGS / f"{kind}.p12"

    def process(self, *words):
        return Process("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Dcom.sun.net.ssl.requireCloseNotify=true", "-cp",
                       self.classes, "TlsPeer", *words, name="java")

    def server(self, count, *kinds):
        return self.process("server", 4433, self.trust, ",".join(str(self.store(kind)) for kind in kinds),
                            count).wait_for("listening")

    def client(self, how, size, piece, *suites):
        return self.process("client", self.wire.stack, 4433, self.trust, self.store("ec"), size, piece, how, *suites)


def java(wire, certificates):
    other = Java(wire, certificates)
    person, asked = shown(certificates), ("--ask-client", "--cacert", certificates.ca)
    a_suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    for kind in ("ec", "rsa"):
        # Java has no CCM, and calls the others as mbedTLS does, but for one letter.
        suites = {ours: ours.replace("TLS-", "TLS_", 1).replace("-", "_") for ours in SUITES
                  if kind_of(ours) == kind and "CCM" not in ours}
        with case(f"client with Java's SSLServerSocket, {kind}: every suite, a client certificate, 1 MiB there and back"):
            theirs = other.server(len(suites), kind)
            for ours, name in suites.items():
                peer = client(wire, certificates, "--suite", ours, "--send", MIB, *person).wait()
                require("the same" in peer.output(), str(peer))
                theirs.wait_for(f"{name} CN=person")
            theirs.wait()
        with case(f"server with Java's SSLSocket, {kind}: every suite, a client certificate, 1 MiB there and back"):
            peer = server(wire, certificates, "--connections", len(suites), *asked, kind=kind)
            theirs = other.client("whole", MIB, MIB, *suites.values()).wait()
            for name in suites.values():
                require(f"the same by {name}" in theirs.output(), str(theirs))
            peer.wait()
    with case("Java, both roles: a client without a certificate is refused; records of 1 byte and of 16 KiB, ALPN, resumption"):
        theirs = other.server(5, "ec")
        peer = client(wire, certificates, "--send", 1).wait(code=1)
        require("the other side refused" in peer.output(), str(peer))
        for piece, size in ((1, 3000), (16384, MIB)):
            capture = capture_to(f"java-client-records-{piece}")
            client(wire, certificates, "--send", size, "--piece", piece, "--alpn", "h2", "--alpn", "http/1.1", "--capture", capture,
                   *person).wait()
            require_records(capture, wire, piece, size)
        session = LOGS / "java-session"
        for resumed in (0, 1):
            peer = client(wire, certificates, "--send", 10, "--session", session, *person).wait()
            require(f"resumed={resumed}" in peer.output(), str(peer))
        theirs.wait()
        require("protocol http/1.1" in theirs.output(), str(theirs))
        peer = server(wire, certificates, "--connections", 2, "--alpn", "http/1.1")
        theirs = other.client("whole", 3000, 1, a_suite, a_suite).wait()
        equal(theirs.output().count("the same by"), 2, str(theirs))
        peer.wait()
        require("alpn=http/1.1 resumed=0" in peer.output() and "resumed=1" in peer.output(), str(peer))
        for piece, size in ((1, 3000), (16384, MIB)):
            capture = capture_to(f"java-server-records-{piece}")
            peer = server(wire, certificates, "--capture", capture)
            theirs = other.client("whole", size, piece, a_suite).wait()
            require("the same by" in theirs.output(), str(theirs))
            peer.wait()
            require_records(capture, wire, piece, size)
    with case("Java's half-closed stream gets its whole answer; our truncated end is none for it"):
        peer = server(wire, certificates)
        theirs = other.client("half", MIB, 10000, a_suite).wait()
        require("the same by" in theirs.output(), str(theirs))
        peer.wait()
        peer = server(wire, certificates, "--truncate")
        theirs = other.client("cut", 2 * MIB, 10, a_suite).wait()
        require("refused: " in theirs.output() and "terminated" in theirs.output(), str(theirs))
    client_hears_of_truncation(wire, certificates, "Java", other.server(1, "ec"), *person)
    server_hears_of_truncation(wire, certificates, "Java", lambda: other.client("idle", 1, 1, a_suite).wait_for("established"))
    theirs = other.server(len(REFUSED), *REFUSED)
    for kind, words in REFUSED.items():
        with case(f"client refuses Java: {kind}"):
            peer = client(wire, certificates, *person).wait(code=1)
            require(words in peer.output(), str(peer))
    theirs.wait()
    equal(theirs.output().count("refused: "), len(REFUSED), str(theirs))
    server_is_refused(wire, certificates, "Java",
                      {"other": "No subject alternative DNS name matching device.example", "old": "NotAfter: ",
                       "early": "NotBefore: ", "alone": "unable to find valid certification path",
                       "strange": "unable to find valid certification path"},
                      lambda count: other.client("whole", 1, 1, *[a_suite] * count).wait().output().splitlines())


# ---- node

class Node:
    """tests/interop/tls_peer.js at the kernel's end."""

    def __init__(self, wire, certificates):
        self.wire, self.certificates = wire, certificates

    def process(self, role, **words):
        script = ROOT / "tests/interop/js/tls_peer.js"
        ca = self.certificates.ca
        return Process("node", script, role, *(f"{name}={value}" for name, value in {"ca": ca, **words}.items()), name="node")

    def server(self, kind="ec", **words):
        return self.process("server", cert=getattr(self.certificates, kind), key=self.certificates.key(kind),
                            **words).wait_for("listening")

    def client(self, **words):
        return self.process("client", host=self.wire.stack, name=NAME, **words)


def node(wire, certificates):
    other = Node(wire, certificates)
    for kind in ("ec", "rsa"):
        suites = {ours: theirs for ours, (theirs, _) in SUITES.items() if kind_of(ours) == kind}
        with case(f"node, both roles, {kind}: every suite, a client certificate, ALPN"):
            theirs = other.server(kind, count=len(suites), suites=":".join(suites.values()), ask=1, alpn="http/1.1")
            for ours, name in suites.items():
                peer = client(wire, certificates, "--suite", ours, "--send", 100000, "--alpn", "h2", "--alpn", "http/1.1",
                              *shown(certificates)).wait()
                require("the same" in peer.output() and "alpn=http/1.1" in peer.output(), str(peer))
                theirs.wait_for(f"{name} true person http/1.1 {NAME}")
            theirs.wait()
            peer = server(wire, certificates, "--connections", len(suites), "--alpn", "http/1.1", "--ask-client", "--cacert",
                          certificates.ca, kind=kind)
            theirs = other.client(suites=":".join(suites.values()), size=100000, piece=100000, alpn="h2,http/1.1",
                                  cert=certificates.person, key=certificates.key(PERSON)).wait()
            for name in suites.values():
                require(f"{name} got 100000 true http/1.1" in theirs.output(), str(theirs))
            peer.wait()
    suite = "ECDHE-ECDSA-AES128-GCM-SHA256"
    with case("node, both roles: a client without a certificate is refused"):
        theirs = other.server(count=1, ask=1)
        peer = client(wire, certificates, "--send", 1).wait(code=1)
        end(theirs)
        peer = server(wire, certificates, "--ask-client", "--cacert", certificates.ca)
        other.client(suites=suite, size=1, piece=1).wait()
        peer.wait(code=1)
        require("showed no certificate" in peer.output(), str(peer))
    with case("node, both roles: records of 1 byte and of 16 KiB, resumption, half-closed streams"):
        theirs = other.server(count=5)
        session = LOGS / "node-session"
        for resumed in (0, 1):
            capture = capture_to(f"node-client-records-1-{resumed}")
            peer = client(wire, certificates, "--send", 2000, "--piece", 1, "--session", session, "--capture", capture).wait()
            require(f"resumed={resumed}" in peer.output() and "the same" in peer.output(), str(peer))
            require_records(capture, wire, 1, 2000)
        capture = capture_to("node-client-records-16384")
        client(wire, certificates, "--send", MIB, "--piece", 16384, "--capture", capture).wait()
        require_records(capture, wire, 16384, MIB)
        peer = client(wire, certificates, "--send", 60000, "--half-close").wait()
        require("60000 bytes came back, the same" in peer.output(), str(peer))
        end(theirs)
        capture = capture_to("node-server-records-1")
        peer = server(wire, certificates, "--connections", 2, "--capture", capture)
        theirs = other.client(suites=f"{suite}:{suite}", size=2000, piece=1, again=1).wait()
        equal(theirs.output().count("got 2000 true"), 2, str(theirs))
        peer.wait()
        require_records(capture, wire, 1, 4000)
        require("resumed=0" in peer.output() and "resumed=1" in peer.output(), str(peer))
        capture = capture_to("node-server-records-16384")
        peer = server(wire, certificates, "--capture", capture)
        theirs = other.client(suites=suite, size=MIB, piece=16384, half=1).wait()
        require(f"got {MIB} true" in theirs.output(), str(theirs))
        peer.wait()
        require_records(capture, wire, 16384, MIB)
    client_hears_of_truncation(wire, certificates, "node", other.server(count=1))
    server_hears_of_truncation(wire, certificates, "node", lambda: other.client(suites=suite, size=0, piece=1).wait_for("established"))
    client_refuses(wire, certificates, "node", lambda kind, count: other.server(kind, count=count))
    server_is_refused(wire, certificates, "node",
                      {"other": "ERR_TLS_CERT_ALTNAME_INVALID", "old": "CERT_HAS_EXPIRED", "early": "CERT_NOT_YET_VALID",
                       "alone": "DEPTH_ZERO_SELF_SIGNED_CERT", "strange": "UNABLE_TO_"},
                      lambda count: other.client(suites=":".join([suite] * count), size=1,
                                                 piece=1).wait().output().splitlines())


def main():
    parts = {"java": java, "node": node}
    chosen = sys.argv[1:] or list(parts)
    needed = {"java": ("java", "javac", "keytool"), "node": ("node",)}
    wire, certificates = prepare("openssl", "tshark", *(program for name in chosen for program in needed[name]))
    for name in chosen:
        parts[name](wire, certificates)
    finish()


main()
