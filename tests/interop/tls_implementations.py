#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS with GnuTLS, Java's SSLSocket, node and mbedTLS alone at the other end, in both roles, and with curl and openssl's
commands: every suite that both have, client certificates, resumption, ALPN, records of 1 byte and of 16 KiB, truncated and
half-closed streams, and each certificate that is to be refused, with the reason that each side gives."""
import shutil
import subprocess
import sys

from lib_interop import LOGS, MIB, ROOT, Process, case, equal, finish, require, run
from lib_tls import NAME, PEER, PROGRAMS, REFUSED, SUITES, client, end, prepare, server

PERSON = "person"


def kind_of(suite):
    return "rsa" if "-RSA-" in suite else "ec"


def shown(certificates, name=PERSON):
    return "--cert", getattr(certificates, name), "--key", certificates.key(name)


def suites_are_complete():
    with case("the suites of these tests are those that we speak"):
        spoken = {name for name in run(PEER, "--list").splitlines() if not name.startswith("TLS1-3-")}
        equal(spoken, set(SUITES), "the suites")
        theirs = run("openssl", "ciphers", "-tls1_2", "ALL:@SECLEVEL=0").strip().split(":")
        equal([name for name, _ in SUITES.values() if name not in theirs], [], "suites that openssl has not")


# ---- what is the same with everybody

def client_refuses(wire, certificates, name, serve):
    """`serve(kind, count)`: a server of theirs with this certificate."""
    for kind, words in REFUSED.items():
        with case(f"client refuses {name}: {kind}"):
            theirs = serve(kind, 1)
            peer = client(wire, certificates).wait(code=1)
            require(words in peer.output(), str(peer))
            end(theirs)


def server_is_refused(wire, certificates, name, words, ask, afterwards=0):
    """`ask(count)`: what their client says of each of the connections that it tries, one after the other. `afterwards`: of how
    many it thinks so only when the handshake is done, and says goodbye."""
    with case(f"server is refused by {name}: {', '.join(words)}"):
        peer = server(wire, certificates, kinds=list(words))
        for (kind, reason), said in zip(words.items(), ask(len(words))):
            require(reason in said, f"{kind}: {said}")
        peer.wait(code=1)
        equal(peer.output().count("failed: "), len(words) - afterwards, "handshakes that ended")


def client_hears_of_truncation(wire, certificates, name, theirs, *options):
    with case(f"client: {name}'s end without close_notify is an error"):
        peer = client(wire, certificates, "--idle", *options).wait_for("alpn=")
        end(theirs)  # its kernel sends a FIN
        peer.wait(code=1)
        require("without the word that it was complete" in peer.output(), str(peer))


def server_hears_of_truncation(wire, certificates, name, ask):
    """`ask()`: a client of theirs that has done its handshake, to the last byte, and says nothing more: else its kernel would
    send an RST for what it has not read."""
    with case(f"server: {name}'s end without close_notify is an error"):
        peer = server(wire, certificates)
        theirs = ask()
        peer.wait_for("alpn=")
        end(theirs)
        peer.wait(code=1)
        require("without the word that it was complete" in peer.output(), str(peer))


# ---- mbedTLS alone

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
            peer = client(wire, certificates, "--send", size, "--piece", piece, "--alpn", "h2", "--alpn", "http/1.1").wait()
            require("the same" in peer.output() and "alpn=http/1.1" in peer.output(), str(peer))
            theirs.wait()
            peer = server(wire, certificates, "--alpn", "http/1.1")
            theirs = other.client("--send", size, "--piece", piece, "--alpn", "h2", "--alpn", "http/1.1").wait()
            require("the same" in theirs.output() and "alpn=http/1.1" in theirs.output(), str(theirs))
            peer.wait()
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


def gnutls(wire, certificates):
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
    with case("GnuTLS: records of 1 byte and of 16 KiB, ALPN, both roles"):
        theirs = gnutls_server(certificates, "--alpn", "http/1.1")
        for piece, size in ((1, 2048), (16384, 65536)):
            peer = client(wire, certificates, "--text", "--send", size, "--piece", piece, "--alpn", "http/1.1").wait()
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

def commands(wire, certificates):
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
    if shutil.which("javac") is None:
        print("no javac: left out")
        return
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
    with case("Java, both roles: a client without a certificate is refused; records of 1 byte, ALPN, resumption"):
        theirs = other.server(4, "ec")
        peer = client(wire, certificates, "--send", 1).wait(code=1)
        require("the other side refused" in peer.output(), str(peer))
        client(wire, certificates, "--send", 3000, "--piece", 1, "--alpn", "h2", "--alpn", "http/1.1", *person).wait()
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
    if shutil.which("node") is None:
        print("no node: left out")
        return
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
            peer = client(wire, certificates, "--send", 2000, "--piece", 1, "--session", session).wait()
            require(f"resumed={resumed}" in peer.output() and "the same" in peer.output(), str(peer))
        client(wire, certificates, "--send", MIB, "--piece", 16384).wait()
        peer = client(wire, certificates, "--send", 60000, "--half-close").wait()
        require("60000 bytes came back, the same" in peer.output(), str(peer))
        end(theirs)
        peer = server(wire, certificates, "--connections", 2)
        theirs = other.client(suites=f"{suite}:{suite}", size=2000, piece=1, again=1).wait()
        equal(theirs.output().count("got 2000 true"), 2, str(theirs))
        peer.wait()
        require("resumed=0" in peer.output() and "resumed=1" in peer.output(), str(peer))
        peer = server(wire, certificates)
        theirs = other.client(suites=suite, size=MIB, piece=16384, half=1).wait()
        require(f"got {MIB} true" in theirs.output(), str(theirs))
        peer.wait()
    client_hears_of_truncation(wire, certificates, "node", other.server(count=1))
    server_hears_of_truncation(wire, certificates, "node", lambda: other.client(suites=suite, size=0, piece=1).wait_for("established"))
    client_refuses(wire, certificates, "node", lambda kind, count: other.server(kind, count=count))
    server_is_refused(wire, certificates, "node",
                      {"other": "ERR_TLS_CERT_ALTNAME_INVALID", "old": "CERT_HAS_EXPIRED", "early": "CERT_NOT_YET_VALID",
                       "alone": "DEPTH_ZERO_SELF_SIGNED_CERT", "strange": "UNABLE_TO_"},
                      lambda count: other.client(suites=":".join([suite] * count), size=1,
                                                 piece=1).wait().output().splitlines())


def main():
    wire, certificates = prepare("openssl", "gnutls-cli", "gnutls-serv", "curl")
    suites_are_complete()
    parts = {"mbedtls": mbedtls, "gnutls": gnutls, "commands": commands, "java": java, "node": node}
    for name in sys.argv[1:] or parts:
        parts[name](wire, certificates)
    finish()


main()
