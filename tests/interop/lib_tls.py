# SPDX-License-Identifier: Apache-2.0
"""What the tests of TLS share: certificates made by openssl, the peer program, and a namespace with a wire."""
import os
import subprocess
from pathlib import Path

from lib_interop import LINNET, LOGS, Namespace, Process, TapWire, case, equal, require, run, skip, start

PROGRAMS = Path(LINNET).resolve().parent.parent / "tests"
PEER = PROGRAMS / "tls_peer"
NAME = "device.example"

SUITES = {  # mbedTLS's name: (openssl's, GnuTLS's priority words)
    "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256": ("ECDHE-ECDSA-AES128-GCM-SHA256", "+ECDHE-ECDSA:+AES-128-GCM:+AEAD"),
    "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384": ("ECDHE-ECDSA-AES256-GCM-SHA384", "+ECDHE-ECDSA:+AES-256-GCM:+AEAD"),
    "TLS-ECDHE-ECDSA-WITH-CHACHA20-POLY1305-SHA256": ("ECDHE-ECDSA-CHACHA20-POLY1305",
                                                      "+ECDHE-ECDSA:+CHACHA20-POLY1305:+AEAD"),
    "TLS-ECDHE-ECDSA-WITH-AES-128-CCM": ("ECDHE-ECDSA-AES128-CCM", "+ECDHE-ECDSA:+AES-128-CCM:+AEAD"),
    "TLS-ECDHE-ECDSA-WITH-AES-256-CCM": ("ECDHE-ECDSA-AES256-CCM", "+ECDHE-ECDSA:+AES-256-CCM:+AEAD"),
    "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256": ("ECDHE-RSA-AES128-GCM-SHA256", "+ECDHE-RSA:+AES-128-GCM:+AEAD"),
    "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384": ("ECDHE-RSA-AES256-GCM-SHA384", "+ECDHE-RSA:+AES-256-GCM:+AEAD"),
    "TLS-ECDHE-RSA-WITH-CHACHA20-POLY1305-SHA256": ("ECDHE-RSA-CHACHA20-POLY1305",
                                                    "+ECDHE-RSA:+CHACHA20-POLY1305:+AEAD"),
}

# Certificates that nobody who trusts our authority and means NAME takes, and why, in our words.
REFUSED = {
    "other": "the certificate is for other.example, not for device.example",
    "old": "the certificate expired on 2021-01-01 00:00 UTC",
    "early": "the certificate is not valid before 2049-01-01",
    "alone": "the certificate is self-signed, and not among those that are trusted",
    "strange": "the certificate was issued by somebody who is not trusted: CN=another authority"}


class Certificates:
    """An authority and what it has issued, in a folder of the logs."""

    def __init__(self):
        self.folder = LOGS / "certificates"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._self_signed("ca", "/CN=an authority", "basicConstraints=critical,CA:TRUE")
        self._self_signed("stranger", "/CN=another authority", "basicConstraints=critical,CA:TRUE")
        self._self_signed("alone", f"/CN={NAME}", f"subjectAltName=DNS:{NAME}")
        for name, kind in (("ec", "ec"), ("rsa", "rsa")):
            self.issue(name, kind)
        self.issue("other", "ec", alternative="DNS:other.example")
        self.issue("old", "ec", start="20200101000000Z", end="20210101000000Z")
        self.issue("early", "ec", start="20490101000000Z", end="20491231000000Z")
        self.issue("person", "ec", alternative="DNS:person.example")
        self.issue("strange", "ec", authority=(self.stranger, self.key("stranger")))
        self.issue("between", "ec", constraint="critical,CA:TRUE")
        self.issue("chained", "ec", authority=(self.between, self.key("between")))
        self.issue("worst", "ec", alternative="DNS:other.example", start="20200101000000Z", end="20210101000000Z",
                   authority=(self.stranger, self.key("stranger")), more="extendedKeyUsage=clientAuth\n")

    def __getattr__(self, name):
        return str(self.folder / f"{name}.pem")

    def key(self, name):
        return str(self.folder / f"{name}.key")

    @staticmethod
    def _key_words(kind):
        return ["-newkey", "rsa:2048"] if kind == "rsa" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]

    def _self_signed(self, name, subject, extension):
        run("openssl", "req", "-x509", *self._key_words("ec"), "-nodes", "-keyout", self.key(name), "-out",
            getattr(self, name), "-days", 30, "-subj", subject, "-addext", extension, cwd=self.folder)

    def issue(self, name, kind, alternative=f"DNS:{NAME},IP:10.77.1.2,IP:10.77.1.1", start=None, end=None, authority=None,
              constraint="CA:FALSE", more=""):
        """By our own authority, or by that of the files `authority`: its certificate and key. `more`: lines of extensions."""
        request = self.folder / f"{name}.csr"
        run("openssl", "req", *self._key_words(kind), "-nodes", "-keyout", self.key(name), "-out", request, "-subj",
            f"/CN={name}")
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternative}\nbasicConstraints={constraint}\n{more}", encoding="utf-8")
        (self.folder / "index.txt").write_text("", encoding="utf-8")
        (self.folder / "serial").write_text(f"{abs(hash(name)) % 10**9 + 10:010d}\n", encoding="utf-8")
        config = self.folder / "ca.conf"
        config.write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
                          "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n", encoding="utf-8")
        dates = ["-startdate", start, "-enddate", end] if start else ["-days", "30"]
        issuer, key = authority or (self.ca, self.key("ca"))
        run("openssl", "ca", "-batch", "-notext", "-config", config, "-cert", issuer, "-keyfile", key, "-in", request,
            "-out", getattr(self, name), "-extfile", extensions, *dates, cwd=self.folder)


def require_peer():
    if not os.access(PEER, os.X_OK):
        skip(f"needs {PEER}: cmake --build build/release --target tls_peer")


def prepare(*programs):
    """Looks that these are there; a namespace of the test's own, with the device's wire and certificates."""
    start(*programs)
    require_peer()
    Namespace().enter()
    return TapWire(), Certificates()


def end(*processes):
    """At once, without any farewell."""
    for process in processes:
        process.process.kill()
        process.process.wait()


def client(wire, certificates, *options, port=4433, authority="ca", name=NAME, **more):
    return Process(PEER, "--peer", wire.kernel, "--port", port, "--name", name, "--cacert",
                   getattr(certificates, authority), *wire.options, *options, name="tls-client", **more)


def server(wire, certificates, *options, port=4433, kind="ec", kinds=None, **more):
    """With a certificate of this kind; or with one of each of these, for a connection each."""
    own = [word for each in kinds or [kind] for word in ("--cert", getattr(certificates, each), "--key", certificates.key(each))]
    count = ["--connections", len(kinds)] if kinds else []
    return Process(PEER, "--server", "--port", port, *own, *count, *wire.options, *options, name="tls-server",
                   **more).wait_for("listening")


def s_server(certificates, *options, port=4433, kind="ec"):
    """openssl's server; with -rev it sends back lines turned round, without it it stays silent."""
    return Process("openssl", "s_server", "-accept", port, "-cert", getattr(certificates, kind), "-key",
                   certificates.key(kind), *options, name="s_server", stdin=subprocess.PIPE).wait_for("ACCEPT")


def s_client(wire, *options):
    """openssl's client, in TLS 1.2: what is written to it is sent, and what comes is printed."""
    return Process("openssl", "s_client", "-connect", f"{wire.stack}:4433", "-servername", NAME, "-tls1_2", *options,
                   name="s_client", stdin=subprocess.PIPE)


# ---- records, as tshark finds them in a capture of the wire

OVERHEAD = 24  # of AES-GCM and AES-CCM in TLS 1.2: 8 bytes of nonce before what is sent, 16 of tag behind it


def capture_to(name):
    return LOGS / f"{name}.pcapng"


def record_sizes(capture, wire, port=4433):
    """How many bytes of data each record holds: {address: of those that it sent, in their order}."""
    sizes = {wire.stack: [], wire.kernel: []}
    fields = [word for name in ("ip.src", "tls.record.content_type", "tls.record.length") for word in ("-e", name)]
    for line in run("tshark", "-n", "-r", capture, "-d", f"tcp.port=={port},tls", "-Y", "tls.record.content_type == 23", "-T",
                    "fields", *fields).splitlines():
        source, kinds, lengths = line.split("\t")
        sizes[source] += [int(length) - OVERHEAD for kind, length in zip(kinds.split(","), lengths.split(",")) if kind == "23"]
    return sizes


def require_records(capture, wire, size, total):
    """Both ends have sent `total` bytes, each record of `size`."""
    for sender, sizes in record_sizes(capture, wire).items():
        equal((set(sizes), sum(sizes)), ({size}, total), f"records of {sender}")


# ---- cases that are the same with everybody

PERSON = "person"


def kind_of(suite):
    return "rsa" if "-RSA-" in suite else "ec"


def shown(certificates, name=PERSON):
    return "--cert", getattr(certificates, name), "--key", certificates.key(name)


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
