#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DTLS with OpenSSL and GnuTLS; the OpenSSL mapping's programs with openssl's own; HTTPS of `linnet get` and `linnet up` with
curl."""
import contextlib
import hashlib
import http.server
import os
import pty
import re
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

from lib_interop import LINNET, LOGS, MIB, Linnet, Process, case, device, equal, eventually, finish, require, run, skip
from lib_ipv6 import set_ipv6
from lib_tls import NAME, PROGRAMS, REFUSED, client, end, prepare, s_server, server, shown

REAL = PROGRAMS / "openssl_kernel"


def dtls(wire, certificates):
    with case("DTLS client with openssl s_server, with a cookie"):
        theirs = Process("openssl", "s_server", "-dtls1_2", "-listen", "-accept", 4433, "-cert", certificates.ec, "-key",
                         certificates.key("ec"), name="s_server", stdin=subprocess.PIPE).wait_for("ACCEPT")
        peer = client(wire, certificates, "--dtls")
        peer.wait_for("DTLSv1.2").wait()
        end(theirs)
    with case("DTLS with openssl: data both ways, client's role"):
        theirs = Process("openssl", "s_server", "-dtls1_2", "-listen", "-quiet", "-accept", 4433, "-cert", certificates.ec, "-key",
                         certificates.key("ec"), name="s_server", stdin=subprocess.PIPE)
        peer = client(wire, certificates, "--dtls", "--text", "--send", 6400, "--piece", 640)
        eventually(lambda: len(theirs.output()) == 6400, "all has come")
        theirs.stdin.write(theirs.output().encode())
        theirs.stdin.flush()
        require("6400 bytes came back, the same" in peer.wait().output(), str(peer))
        end(theirs)
    with case("DTLS with openssl: client certificates, good and missing, both roles"):
        for name, good in (("person", True), (None, False)):
            theirs = Process("openssl", "s_server", "-dtls1_2", "-listen", "-accept", 4433, "-cert", certificates.ec, "-key",
                             certificates.key("ec"), "-Verify", 1, "-verify_return_error", "-CAfile", certificates.ca,
                             name="s_server", stdin=subprocess.PIPE).wait_for("ACCEPT")
            peer = client(wire, certificates, "--dtls", *(shown(certificates, name) if name else ())).wait(code=0 if good else 1)
            theirs.wait_for("subject=CN = person" if good else "peer did not return a certificate")
            require(good or "the other side refused" in peer.output(), str(peer))
            end(theirs)
            peer = server(wire, certificates, "--dtls", "--ask-client", "--cacert", certificates.ca)
            own = ("-cert", certificates.person, "-key", certificates.key("person")) if good else ()
            theirs = Process("openssl", "s_client", "-dtls1_2", "-connect", f"{wire.stack}:4433", "-CAfile", certificates.ca, *own,
                             "-servername", NAME, "-quiet", "-no_ign_eof", name="s_client", stdin=subprocess.PIPE)
            if good:
                theirs.stdin.write(b"hello\n")
                theirs.stdin.flush()
                theirs.wait_for("hello")
                theirs.stdin.close()
            peer.wait(code=0 if good else 1)
            require("verified=1" in peer.output() if good else "showed no certificate" in peer.output(), str(peer))
            end(theirs)
    for kind, words in REFUSED.items():
        with case(f"DTLS client refuses openssl: {kind}"):
            theirs = Process("openssl", "s_server", "-dtls1_2", "-listen", "-accept", 4433, "-cert", getattr(certificates, kind),
                             "-key", certificates.key(kind), name="s_server", stdin=subprocess.PIPE).wait_for("ACCEPT")
            peer = client(wire, certificates, "--dtls").wait(code=1)
            require(words in peer.output(), str(peer))
            end(theirs)
    with case("DTLS server is refused by openssl: another host, expired"):
        for kind, words in (("other", "num=62:hostname mismatch"), ("old", "num=10:certificate has expired")):
            peer = server(wire, certificates, "--dtls", kind=kind)
            result = subprocess.run(["openssl", "s_client", "-dtls1_2", "-connect", f"{wire.stack}:4433", "-CAfile",
                                     certificates.ca, "-verify_return_error", "-verify_hostname", NAME], text=True, input="",
                                    capture_output=True, check=False, timeout=20)
            require(words in result.stderr, result.stderr)
            peer.wait(code=1)
            require("the other side refused" in peer.output(), str(peer))
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
    """tests/openssl_peer/programs.c, as either end with our headers and with OpenSSL's own."""
    pem = certificates.ec, certificates.key("ec")

    def ours(*options):
        return Process(PROGRAMS / "openssl_peer", "--program", "--port", 4433, *wire.options, *options, name="openssl_peer")
    theirs = Process(REAL, "server", 4433, *pem, name="openssl_kernel").wait_for("listening")
    said = ours("--peer", wire.kernel, "--name", NAME, "--cacert", certificates.ca).wait().output()
    require("TLSv1.2, peer /CN=ec" in said and "18 bytes by TLSv1.2" in said and "closed" in said, said)
    end(theirs)
    server_of_ours = ours("--server", "--cert", pem[0], "--key", pem[1]).wait_for("listening")
    said = Process(REAL, "client", wire.stack, 4433, NAME, certificates.ca, name="openssl_kernel").wait().output()
    require("TLSv1.2, peer /CN=ec" in said and "18 bytes by TLSv1.2" in said and "closed" in said, said)
    require("served" in server_of_ours.wait().output(), str(server_of_ours))


def depth_of_both(wire, certificates):
    """The verify depth, with our headers and with OpenSSL's own: neither the server's certificate nor the trusted one counts."""
    theirs = s_server(certificates, "-tls1_2", "-www", "-cert_chain", certificates.between, kind="chained")
    for authority, depth, words in (("ca", 4, "closed"), ("ca", 1, "closed"), ("ca", 0, "verify: certificate chain too long"),
                                    ("stranger", 1, "verify: unable to get local issuer certificate"),
                                    ("stranger", 0, "verify: certificate chain too long")):
        trusted = getattr(certificates, authority)
        code = 0 if words == "closed" else 1
        for program in (
                Process(REAL, "client", wire.kernel, 4433, NAME, trusted, depth, name="openssl_kernel"),
                Process(PROGRAMS / "openssl_peer", "--program", "--port", 4433, *wire.options, "--peer", wire.kernel, "--name", NAME,
                        "--cacert", trusted, "--verify-depth", depth, name="openssl_peer")):
            require(words in program.wait(code).output(), f"{authority}, {depth}: {program}")
    end(theirs)


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
    with case("verify depths, with our headers and with OpenSSL's: a client of each"):
        depth_of_both(wire, certificates)
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
        machine = Process("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"',
                          certificates.ca, LINNET, "get", address, *wire.options, name="linnet-get").wait()
        require("s_server" in machine.output(), f"by the machine's own authorities: {machine}")
        said = get(address, code=1)
        require("issued by somebody who is not trusted" in said.errors(), f"which do not know ours: {said}")
        said = get(address, "--insecure")
        require("warning: the certificate was issued by somebody who is not trusted" in said.errors(), str(said))
        require("s_server" in said.output(), str(said))
        end(theirs)
        theirs = s_server(certificates, "-tls1_2", "-www", port=443)
        said = get(address, "--insecure", "--cacert", certificates.ca)
        require("s_server" in said.output() and not said.errors(), f"nothing to warn of: {said}")
        end(theirs)
        theirs = s_server(certificates, "-tls1_2", "-www", port=443, kind="worst")
        said = get(address, "--insecure")
        equal(said.errors().splitlines()[0],
              "linnet: warning: the certificate was issued by somebody who is not trusted: CN=another authority; "
              f"the certificate is for other.example, not for {wire.kernel}; the certificate expired on 2021-01-01 00:00 UTC; "
              "the certificate is made for another use; going on because of --insecure", "all doubts")
        end(theirs)
        long = LOGS / "long.pem"
        long.write_bytes(Path(certificates.between).read_bytes() * 40)
        theirs = s_server(certificates, "-tls1_2", "-www", "-cert_chain", long, port=443, kind="chained")
        require("too long for one record" in get(address, "--cacert", certificates.ca, code=1).errors(), "more than 16 KiB of chain")
        end(theirs)
        said = get(address, "--cacert", "/nonexistent", code=2)
        require("--cacert /nonexistent" in said.errors(), f"before anybody is asked: {said}")
        for kind, words in (("other", f"the certificate is for other.example, not for {wire.kernel}"), ("old", REFUSED["old"])):
            theirs = s_server(certificates, "-tls1_2", "-www", port=443, kind=kind)
            said = get(address, "--cacert", certificates.ca, code=1)
            require(words in said.errors() and not said.output(), str(said))
            end(theirs)


class Redirect(http.server.BaseHTTPRequestHandler):
    """/to?URL leads to URL, /chunked is CHUNKED, half of /slow comes once somebody says so, everything else is a page."""
    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def do_GET(self):
        if self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in (*CHUNKED, b""):
                self.wfile.write(f"{len(chunk):x};name=value\r\n".encode() + chunk + b"\r\n")
            return
        if self.path == "/slow":
            self.send_response(200)
            self.send_header("Content-Length", str(2 * MIB))
            self.end_headers()
            for _ in range(2):
                self.wfile.write(bytes(MIB))
                self.go_on.wait(20)
            return
        where = self.path.removeprefix("/to?")
        self.send_response(302 if where != self.path else 200)
        if where != self.path:
            self.send_header("Location", where)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"page\n")

    def log_message(self, *_):
        pass


CHUNKED = [bytes([size % 251]) * size for size in (1, 2, 5, 1000, 16384, 16385, 70000, 3)]


def progress(wire, certificates):
    """What a terminal sees of /slow: the line again and again, each over the one before, and in the end the summary alone."""
    ours, terminal = pty.openpty()
    file = LOGS / "slow"
    getting = subprocess.Popen([LINNET, "get", f"https://{wire.kernel}/slow", "-o", file, "--cacert", certificates.ca,
                                *wire.options], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    seen = b""
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while piece := os.read(ours, 4096):
            seen += piece
            # The first half was drawn at its first byte; a line that is drawn a tenth of a second later says more.
            if b"% [" in seen and not Redirect.go_on.is_set():
                drawn = time.monotonic()
                eventually(lambda: time.monotonic() > drawn + 0.2, "time to draw again")  # pylint: disable=cell-var-from-loop
                Redirect.go_on.set()
    os.close(ours)
    equal(getting.wait(20), 0, seen)
    text = seen.decode()
    lines = re.findall(r"\r *(\d+)% \[(=*>? *)\] \S+ \S+ of 2\.00 MiB, \S+ \S+/s, \d+ s left\x1b\[K", text)
    shares = [int(share) for share, _ in lines]
    require(len(shares) >= 2 and shares == sorted(shares) and shares[-1] >= 50, text)
    require(all(len(bar) == 24 and abs(bar.count("=") - share * 24 / 100) <= 1 for share, (_, bar) in zip(shares, lines)), text)
    require(re.search(rf"\r\x1b\[K{file}: 2\.00 MiB in \S+ s, \S+ \S+/s\r\n$", text), text)
    equal(file.stat().st_size, 2 * MIB, "what was written")


def redirects(wire, certificates):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificates.ec, certificates.key("ec"))
    plain = http.server.ThreadingHTTPServer((wire.kernel, 80), Redirect)
    secure = http.server.ThreadingHTTPServer((wire.kernel, 443), Redirect)
    secure.socket = made.wrap_socket(secure.socket, server_side=True)
    for each in (plain, secure):
        threading.Thread(target=each.serve_forever, daemon=True).start()
    with case("linnet get follows redirects from http to https, and back if it is told to"):
        at = wire.kernel
        there_and_back = f"http://{at}/to?https://{at}/to?http://{at}/page"
        said = Linnet("get", there_and_back, "--cacert", certificates.ca, *wire.options).wait(1)
        require(f"redirected to 'http://{at}/page', without TLS: --redirect-to-http" in said.errors(), str(said))
        require("page" not in said.output(), str(said))
        said = Linnet("get", there_and_back, "--redirect-to-http", "--cacert", certificates.ca, *wire.options).wait()
        equal(said.output(), "page\n", "the page")
        said = Linnet("get", f"http://{at}/to?https://{at}/page", "--cacert", certificates.ca, *wire.options).wait()
        equal(said.output(), "page\n", "the page by https")
        said = Linnet("get", f"http://{at}/to?https://{at}/page", "--cacert", certificates.stranger, *wire.options).wait(1)
        require("not trusted" in said.errors(), str(said))
    with case("linnet get over https: chunks of many sizes, with extensions"):
        said = Linnet("get", f"https://{wire.kernel}/chunked", "-o", LOGS / "chunked", "--cacert", certificates.ca,
                      *wire.options).wait()
        require((LOGS / "chunked").read_bytes() == b"".join(CHUNKED), f"another body: {said}")
    with case("linnet get over https shows on a terminal how far it is"):
        progress(wire, certificates)
    plain.shutdown()
    secure.shutdown()


def https_over_ipv6(wire, certificates):
    """The kernel's end of the wire has two addresses; the certificate is for one of them, and its zone is nobody's business."""
    set_ipv6("disable_ipv6", 0, wire.tap)
    for address in ("2001:db8:77::1", "2001:db8:77::3"):
        run("ip", "address", "add", f"{address}/64", "dev", wire.tap, "nodad")
    run("ip", "address", "add", "fe80::77/64", "dev", wire.tap, "nodad")
    certificates.issue("six", "ec", alternative="IP:2001:db8:77::1,IP:fe80::77")
    theirs = s_server(certificates, "-tls1_2", "-6", "-www", port=443, kind="six")
    with case("linnet get https://[IPv6 address]: the certificate must have it"):
        for host, refusal in (("2001:db8:77::1", ""), ("2001:db8:77:0::1", ""), ("fe80::77%net0", ""),
                              ("2001:db8:77::3", "the certificate is for 2001:db8:77::1, fe80::77, not for 2001:db8:77::3")):
            said = Linnet("get", f"https://[{host}]/", "--cacert", certificates.ca, "--ip6", "2001:db8:77::2/64",
                          *wire.options).wait(1 if refusal else 0)
            require(refusal in said.errors() if refusal else "s_server" in said.output(), f"{host}: {said}")
    end(theirs)


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
    wire, certificates = prepare("openssl", "gnutls-cli", "gnutls-serv", "curl", "unshare")
    if not REAL.exists():
        skip(f"needs {REAL}: libssl-dev, and cmake --build build/release --target openssl_kernel")
    parts = {"dtls": dtls, "mapping": mapping, "https": https, "redirects": redirects, "ipv6": https_over_ipv6}
    for name in sys.argv[1:] or parts:
        parts[name](wire, certificates)
    finish()


main()
