#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs for the ESP32 over TLS with nginx, by name through our resolver: the seed's callhttps(), ESP-IDF's https examples by
esp_tls and by mbedTLS itself, and `linnet get`."""
import os

from lib_interop import LOGS, Linnet, Namespace, Process, TapWire, case, equal, eventually, finish, require, run, skip, start
from lib_tls import NAME, PROGRAMS, Certificates

APPS = PROGRAMS.parent / "esp_apps"
AUTHORITY = (APPS / "authority/server_root_cert.pem", APPS / "authority/server_root_cert.key")
PAGE = "The page\n" * 5000  # three records
FORMAT = "$ssl_server_name $ssl_protocol $ssl_cipher $ssl_session_reused $request_uri $status"


class Nginx:
    """Serves /page.txt and httpbin.org's /ip, and writes down who asked by which name, how."""

    def __init__(self, wire, certificates):
        root = LOGS / "nginx"
        (root / "www").mkdir(parents=True)
        (root / "www/page.txt").write_text(PAGE, encoding="utf-8")
        self.log = root / "access.log"
        servers = "".join(
            f"server {{ listen {wire.kernel}:443 ssl; server_name {name}; ssl_certificate {getattr(certificates, pair)}; "
            f"ssl_certificate_key {certificates.key(pair)}; root {root}/www; "
            f"location = /ip {{ return 200 '{{\"origin\": \"$remote_addr\"}}\\n'; }} }}\n"
            for name, pair in ((NAME, "site"), ("httpbin.org", "httpbin"), ("other.example", "site")))
        paths = "".join(f"{kind}_temp_path {root}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = root / "nginx.conf"
        config.write_text(f"daemon off; master_process off; pid {root}/pid; error_log stderr; events {{}}\n"
                          f"http {{ {paths} log_format ours '{FORMAT}'; access_log {self.log} ours;\n"
                          f"ssl_protocols TLSv1.2 TLSv1.3; keepalive_timeout 2; {servers} }}\n", encoding="utf-8")
        self.process = Process("nginx", "-p", root, "-c", config, name="nginx")
        eventually((root / "pid").exists, "nginx listens")

    def requests(self):
        lines = self.log.read_text(encoding="utf-8").splitlines()
        self.log.write_text("", encoding="utf-8")
        return lines


def callhttps(wire, nginx, by_our_dns):
    program = Process(PROGRAMS / "callhttps", *wire.options, *by_our_dns, name="callhttps").wait()
    text = program.output()
    require("Result:\nHTTP/1.1 200 OK" in text and f'{{"origin": "{wire.stack}"}}' in text, str(program))
    line, = nginx.requests()
    require(line.startswith("httpbin.org TLSv1.2 ECDHE-") and line.endswith(" /ip 200"), line)


def by_esp_tls(wire, nginx, by_our_dns):
    device = Process(APPS / "esp_https_request", "--until-idle", *wire.options, *by_our_dns, name="https_request").wait()
    text = device.output().replace("\r\n", "\n")
    equal(text.count(PAGE), 3, "pages")
    for what in ("cacert_buf", "saved session", "global store"):
        require(f"{what}: connection established" in text, what)
    require(text.count("last read returned 0") == 3, "the ends of the streams")
    # ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, and why: MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
    for what in ("crt_bundle", "other name"):
        require(f"{what}: connection failed, ESP-TLS error 0x801a, mbedTLS -0x2700" in text, f"{what}: {device}")
    equal([line.split()[3] for line in nginx.requests()], [".", "r", "."], "which sessions nginx resumed")


def by_mbedtls(wire, nginx, by_our_dns):
    device = Process(APPS / "esp_https_mbedtls", "--until-idle", *wire.options, *by_our_dns, name="https_mbedtls").wait()
    text = device.output().replace("\r\n", "\n")
    require("Certificate verified." in text and PAGE in text, str(device))
    require("Last error" not in text and "ended by 0" in text, "a clean end")
    line, = nginx.requests()
    require(line.startswith(f"{NAME} TLSv1."), line)


def by_the_openssl_mapping(wire, *_):
    """A server of ESP-IDF 2, with PEM texts for the calls that say ASN.1."""
    device = Process(APPS / "esp_tls_era2", *wire.options, name="tls_era2").wait_for("waiting for browsers")
    for _ in range(2):
        page = run("curl", "-sS", "--insecure", "--tls-max", "1.2", f"https://{wire.stack}/")
        equal(page, "<html><body>An old page</body></html>\n", "the page")
    equal(device.output().count("somebody wants the page by TLSv1.2"), 2, "visitors")
    device.stop()


def get(wire, nginx, by_our_dns):
    said = Linnet("get", "--cacert", AUTHORITY[0], f"https://{NAME}/page.txt", *wire.options, *by_our_dns).wait()
    equal(said.output(), PAGE, "the page")
    said = Linnet("get", f"https://{NAME}/page.txt", *wire.options, *by_our_dns).wait(1)
    require("is not trusted: CN=an authority" in said.errors(), str(said))
    equal(len(nginx.requests()), 1, "requests")


def main():
    start("openssl", "nginx", "dnsmasq")
    if not os.access(APPS / "esp_https_request", os.X_OK):
        skip(f"needs {APPS}/esp_https_request")
    Namespace().enter()
    wire = TapWire()
    certificates = Certificates()
    certificates.issue("site", "ec", authority=AUTHORITY)
    certificates.issue("httpbin", "rsa", alternative="DNS:httpbin.org", authority=AUTHORITY)
    nginx = Nginx(wire, certificates)
    Process("dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--port=53", f"--listen-address={wire.kernel}",
            *(f"--address=/{name}/{wire.kernel}" for name in (NAME, "httpbin.org", "other.example")), "--bind-interfaces",
            "--pid-file=", name="dnsmasq").wait_for("started")
    by_our_dns = ["--dns", wire.kernel]
    by_curl = run("curl", "-sS", "--cacert", AUTHORITY[0], "--resolve", f"{NAME}:443:{wire.kernel}", f"https://{NAME}/page.txt")
    equal(by_curl, PAGE, "what curl gets")
    nginx.requests()
    for name, function in (("the seed's callhttps()", callhttps), ("esp_tls", by_esp_tls), ("mbedTLS", by_mbedtls),
                           ("the OpenSSL mapping", by_the_openssl_mapping),
                           ("linnet get", get)):
        with case(f"nginx, by name: {name}"):
            function(wire, nginx, by_our_dns)
    finish()


main()
