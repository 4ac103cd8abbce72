#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DTLS with OpenSSL and GnuTLS; the OpenSSL mapping's programs with openssl's own; HTTPS of `linnet get` and `linnet up` with
curl."""
import contextlib
import hashlib
import http.server
import os
import re
import ssl
import subprocess
import sys
import threading

from lib_interop import LOGS, MIB, Linnet, Process, case, device, equal, finish, require, run
from lib_tls import NAME, PROGRAMS, client, end, prepare, s_server, server

def dtls(wire, certificates):
    with case("DTLS client with openssl s_server, with a cookie"):
        theirs = Process("openssl", "s_server", "-dtls1_2", "-listen", "-accept", 4433, "-cert", certificates.ec, "-key",
                         certificates.key("ec"), name="s_server", stdin=subprocess.PIPE).wait_for("ACCEPT")
        peer = client(wire, certificates, "--dtls")
        peer.wait_for("DTLSv1.2").wait()
        end(theirs)
    with case("DTLS server with openssl s_client, with a cookie"):
        peer = server(wire, certificates, "--dtls")
        theirs = Process("openssl", "s_client", "-dtls1_2", "-connect", f"{wire.stack}:4433", "-CAfile", certificates.ca,
                         "-servername", NAME, "-verify_return_error", "-quiet", name="s_client", stdin=subprocess.PIPE)
        peer.wait_for("DTLSv1.2")
        theirs.stdin.write(b"hello\n")
        theirs.stdin.flush()
        theirs.wait_for("hello")
        end(theirs, peer)
    with case("DTLS with openssl, a key that both know instead of certificates, both roles"):
        known = ("-dtls1_2", "-psk_identity", "a-device", "-psk", "00112233445566778899aabbccddeeff")
        ours = ("--dtls", "--psk-identity", "a-device", "--psk", known[-1])
        theirs = Process("openssl", "s_server", "-nocert", "-listen", "-accept", 4433, *known, name="s_server",
                         stdin=subprocess.PIPE).wait_for("ACCEPT")
        client(wire, certificates, *ours).wait_for("DTLSv1.2 TLS-ECDHE-PSK").wait()
        end(theirs)
        peer = server(wire, certificates, *ours)
        theirs = Process("openssl", "s_client", "-connect", f"{wire.stack}:4433", *known, "-quiet", name="s_client",
                         stdin=subprocess.PIPE)
        peer.wait_for("DTLSv1.2 TLS-ECDHE-PSK")
        theirs.stdin.write(b"hello\n")
        theirs.stdin.flush()
        theirs.wait_for("hello")
        end(theirs, peer)
    with case("DTLS both ways with GnuTLS"):
        theirs = Process("gnutls-serv", "--udp", "--echo", "-p", 4433, "--x509certfile", certificates.ec, "--x509keyfile",
                         certificates.key("ec"), "--priority", "NORMAL:-VERS-ALL:+VERS-DTLS1.2",
                         name="gnutls-serv").wait_for("listening on")
        peer = client(wire, certificates, "--dtls", "--send", 5000, "--piece", 1000)
        peer.wait_for("the same")
        end(theirs, peer)
        peer = server(wire, certificates, "--dtls")
        result = subprocess.run(["gnutls-cli", "--udp", "-p", "4433", "--x509cafile", certificates.ca, "--verify-hostname",
                                 NAME, wire.stack], input="hello\n", text=True, capture_output=True, check=False, timeout=30)
        require("hello" in result.stdout.split("Handshake was completed")[-1], result.stdout + result.stderr)
        end(peer)


def program_of_both(wire, certificates):
    """tests/openssl_peer/programs.c; where OpenSSL's own headers are not, with openssl's commands alone."""
    real = PROGRAMS / "openssl_kernel"
    pem = certificates.ec, certificates.key("ec")

    def ours(*options):
        return Process(PROGRAMS / "openssl_peer", "--program", "--port", 4433, *wire.options, *options, name="openssl_peer")
    theirs = (Process(real, "server", 4433, *pem, name="openssl_kernel").wait_for("listening") if real.exists()
              else s_server(certificates, "-tls1_2", "-www"))
    said = ours("--peer", wire.kernel, "--name", NAME, "--cacert", certificates.ca).wait().output()
    require("TLSv1.2, peer /CN=ec" in said and ("18 bytes by TLSv1.2" in said or "200 ok" in said) and "closed" in said, said)
    end(theirs)
    server_of_ours = ours("--server", "--cert", pem[0], "--key", pem[1]).wait_for("listening")
    if real.exists():
        said = Process(real, "client", wire.stack, 4433, NAME, certificates.ca, name="openssl_kernel").wait().output()
        require("TLSv1.2, peer /CN=ec" in said and "18 bytes by TLSv1.2" in said and "closed" in said, said)
    else:
        run("openssl", "s_client", "-connect", f"{wire.stack}:4433", "-CAfile", certificates.ca, "-verify_return_error", "-quiet",
            "-no_ign_eof", input="hello\n", timeout=20)
    require("served" in server_of_ours.wait().output(), str(server_of_ours))


def mapping(wire, certificates):
    program = PROGRAMS / "openssl_peer"
    with case("a client of the OpenSSL mapping with openssl s_server"):
        theirs = s_server(certificates, "-tls1_2", "-www")
        peer = Process(program, "--peer", wire.kernel, "--port", 4433, "--name", NAME, "--cacert", certificates.ca,
                       *wire.options, name="openssl_peer").wait()
        require("HTTP/1.0 200 ok" in peer.output() and "closed" in peer.output(), str(peer))
        peer = Process(program, "--peer", wire.kernel, "--port", 4433, "--name", "other.example", "--cacert", certificates.ca,
                       *wire.options, name="openssl_peer").wait(code=1)
        require("verify: hostname mismatch" in peer.output(), str(peer))
        end(theirs)
    with case("a server of the OpenSSL mapping with openssl s_client"):
        peer = Process(program, "--server", "--port", 4433, "--cert", certificates.ec, "--key", certificates.key("ec"),
                       *wire.options, name="openssl_peer").wait_for("listening")
        result = subprocess.run(["openssl", "s_client", "-connect", f"{wire.stack}:4433", "-CAfile", certificates.ca,
                                 "-servername", NAME, "-verify_return_error", "-quiet", "-no_ign_eof"], input=b"hello\n",
                                capture_output=True, check=False, timeout=20)
        peer.wait()
        require("served" in peer.output(), f"{peer} {result}")
    with case("one text for OpenSSL's interface, with our headers and with OpenSSL's: a client and a server of each"):
        program_of_both(wire, certificates)
    for offered, words, code in (("h2,http/1.1", "ALPN protocol: http/1.1", 0), ("mqtt,http/1.1", "ALPN protocol: mqtt", 0),
                                 ("", "No ALPN negotiated", 0), ("h2", "no application protocol", 1)):
        with case(f"a server of the OpenSSL mapping that chooses a protocol: '{offered}'"):
            peer = Process(program, "--server", "--port", 4433, "--cert", certificates.ec, "--key", certificates.key("ec"),
                           "--alpn", "mqtt", "--alpn", "http/1.1", *wire.options, name="openssl_peer").wait_for("listening")
            result = subprocess.run(["openssl", "s_client", "-connect", f"{wire.stack}:4433", "-CAfile", certificates.ca,
                                     *(("-alpn", offered) if offered else ()), "-no_ign_eof"], input="hello\n", text=True,
                                    capture_output=True, check=False, timeout=20)
            peer.wait(code)
            require(words in result.stdout + result.stderr, f"{peer} {result}")
            require(not offered or f"offered {offered.count(',') + 1}" in peer.output(), str(peer))


def https(wire, certificates):
    home = LOGS / "state"
    environment = {**os.environ, "XDG_STATE_HOME": str(home)}
    with case("linnet up makes a certificate once, and curl and linnet get read its pages"):
        prints = []
        for _ in range(2):
            with changed(environment):
                up = device(wire)
            prints.append(re.search(r"its SHA-256\s+([0-9A-F:]{95})", up.output())[1])
            kept = home / "linnet/linnet.pem"
            equal(kept.stat().st_mode & 0o777, 0o600, "its key is its owner's")
            text = run("curl", "-sS", "--cacert", kept, f"https://{wire.stack}/status.json")
            require(text.startswith("{"), text)
            der = run("openssl", "x509", "-in", kept, "-noout", "-fingerprint", "-sha256")
            equal(der.strip().split("=")[1], prints[-1], "the fingerprint")
            up.stop()
        equal(prints[0], prints[1], "the fingerprint of the second start")
    with case("linnet up with a given certificate: 64 MiB by curl, over one connection with others"):
        up = device(wire, "--tls-cert", certificates.ec, "--tls-key", certificates.key("ec"), "--https-port", 8443)
        command = ["curl", "-sS", "--cacert", certificates.ca, "--resolve", f"{NAME}:8443:{wire.stack}"]
        data = subprocess.run([*command, f"https://{NAME}:8443/download?bytes={64 * MIB}"], capture_output=True, check=True,
                              timeout=120).stdout
        equal(len(data), 64 * MIB, "the size")
        plain = subprocess.run(["curl", "-sS", f"http://{wire.stack}/download?bytes={64 * MIB}"], capture_output=True,
                               check=True, timeout=120).stdout
        equal(hashlib.sha256(data).hexdigest(), hashlib.sha256(plain).hexdigest(), "the same by http")
        upload = LOGS / "upload"
        upload.write_bytes(data[:8 * MIB])
        text = run(*command, "-T", upload, f"https://{NAME}:8443/upload")
        require(hashlib.sha256(data[:8 * MIB]).hexdigest() in text, text)
        up.stop()
        up = device(wire, "--no-https")
        require("secure page" not in up.output(), up.output())
        require(subprocess.run(["curl", "-sk", f"https://{wire.stack}/"], check=False).returncode != 0, "no https")
        up.stop()
    with case("linnet get over https: authorities, refusals in words, --insecure with a warning"):
        theirs = s_server(certificates, "-tls1_2", "-www", port=443)
        address = f"https://{wire.kernel}/"

        def get(*options, code=0):
            return Linnet("get", *options, *wire.options).wait(code)
        said = get(address, "--cacert", certificates.stranger, code=1)
        require("issued by somebody who is not trusted: CN=an authority" in said.errors(), str(said))
        said = get(address, "--cacert", certificates.ca)
        require("s_server" in said.output(), str(said))
        said = get(address, "--insecure")
        require("warning: the certificate was issued by somebody who is not trusted" in said.errors(), str(said))
        require("s_server" in said.output(), str(said))
        end(theirs)


class Redirect(http.server.BaseHTTPRequestHandler):
    """/to?URL leads to URL, everything else is a page."""

    def do_GET(self):
        where = self.path.removeprefix("/to?")
        self.send_response(302 if where != self.path else 200)
        if where != self.path:
            self.send_header("Location", where)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"page\n")

    def log_message(self, *_):
        pass


def redirects(wire, certificates):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificates.ec, certificates.key("ec"))
    plain = http.server.ThreadingHTTPServer((wire.kernel, 80), Redirect)
    secure = http.server.ThreadingHTTPServer((wire.kernel, 443), Redirect)
    secure.socket = made.wrap_socket(secure.socket, server_side=True)
    for each in (plain, secure):
        threading.Thread(target=each.serve_forever, daemon=True).start()
    with case("linnet get follows redirects from http to https and back"):
        at = wire.kernel
        said = Linnet("get", f"http://{at}/to?https://{at}/to?http://{at}/page", "--cacert", certificates.ca,
                      *wire.options).wait()
        equal(said.output(), "page\n", "the page")
        said = Linnet("get", f"http://{at}/to?https://{at}/page", "--cacert", certificates.stranger, *wire.options).wait(1)
        require("not trusted" in said.errors(), str(said))
    plain.shutdown()
    secure.shutdown()


@contextlib.contextmanager
def changed(environment):
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def main():
    wire, certificates = prepare("openssl", "gnutls-cli", "gnutls-serv", "curl")
    parts = {"dtls": dtls, "mapping": mapping, "https": https,
             "redirects": redirects}
    for name in sys.argv[1:] or parts:
        parts[name](wire, certificates)
    finish()


main()
