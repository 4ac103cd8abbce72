#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DNS with unbound, dnsmasq and bind9: what `linnet nslookup` says agrees with dig record for record; truncation to TCP,
EDNS, aliases, names that do not exist; dead and slow servers, and answers that others made up; over TLS, with servers that
prove who they are and others; a name whose IPv6 address is dead."""
import base64
import hashlib
import http.server
import re
import socket
import struct
import subprocess
import threading
import time

from lib_interop import LOGS, Linnet, Process, TapWire, case, equal, finish, require, run, start
from lib_tls import NAME, Certificates

MANY = [f"192.0.2.{i}" for i in range(1, 101)]  # 1.6 kB: more than EDNS has room for
TEXTS = [f"part {i} " + "x" * 200 for i in range(9)]
NAMES = [("host.test", "A"), ("host.test", "AAAA"), ("host.test", "MX"), ("host.test", "TXT"), ("alias.test", "A"),
         ("_http._tcp.test", "SRV"), ("7.2.0.192.in-addr.arpa", "PTR"), ("many.test", "A"), ("texts.test", "TXT"),
         ("alias.test", "CNAME"), ("gone.test", "A")]
ZONE_NAMES = [("test", "SOA"), ("test", "NS")]  # dnsmasq has no zone

DEAD6 = "2001:db8:9::dead"
ZONE = """$TTL 300
@ IN SOA ns.test. root.test. 1 3600 600 86400 60
@ IN NS ns.test.
ns IN A 192.0.2.1
host IN A 192.0.2.7
host IN AAAA 2001:db8::7
host IN MX 10 mail.test.
host IN TXT "a text" "with \\"quotes\\""
alias IN CNAME second.test.
second IN CNAME host.test.
_http._tcp IN SRV 1 2 8080 host.test.
""" + "".join(f"many IN A {address}\n" for address in MANY) + \
    "".join(f'texts IN TXT "{text}"\n' for text in TEXTS)
REVERSE = """$TTL 300
@ IN SOA ns.test. root.test. 1 3600 600 86400 60
@ IN NS ns.test.
7 IN PTR host.test.
"""


class Servers:
    """The kernel's end of a wire, with an address for each server."""

    def __init__(self):
        self.wire = TapWire()
        self.certificates = Certificates()
        base = self.wire.kernel.rsplit(".", 1)[0]
        self.dead, self.slow, self.other, self.forger = (f"{base}.{i}" for i in (21, 22, 23, 24))
        self.unbound, self.dnsmasq, self.bind = (f"{base}.{i}" for i in (11, 12, 13))
        self.strict, self.forgetful, self.rebinder = (f"{base}.{i}" for i in (25, 26, 27))
        for address in (self.strict, self.forgetful, self.rebinder):
            run("ip", "address", "add", f"{address}/24", "dev", self.wire.tap)
        for address in (self.dead, self.slow, self.other, self.forger, self.unbound, self.dnsmasq, self.bind):
            run("ip", "address", "add", f"{address}/24", "dev", self.wire.tap)
        run("sysctl", "-q", "-w", f"net.ipv6.conf.{self.wire.tap}.disable_ipv6=0")
        self.bind6, self.stack6 = "fd00:53::13", "fd00:53::2/64"
        run("ip", "address", "add", f"{self.bind6}/64", "dev", self.wire.tap, "nodad")

    def start_bind(self):
        (LOGS / "test.zone").write_text(ZONE)
        (LOGS / "reverse.zone").write_text(REVERSE)
        (LOGS / "named.conf").write_text(f"""
tls own {{ cert-file "{self.certificates.alone}"; key-file "{self.certificates.key("alone")}"; }};
options {{ directory "{LOGS}"; listen-on {{ {self.bind}; }}; listen-on port 853 tls own {{ {self.bind}; }}; listen-on-v6 {{ {self.bind6}; }}; pid-file none; recursion no;
  session-keyfile none; dnssec-validation no; }};
controls {{ }};
zone "test" {{ type master; file "{LOGS}/test.zone"; }};
zone "2.0.192.in-addr.arpa" {{ type master; file "{LOGS}/reverse.zone"; }};
""")
        Process("/usr/sbin/named", "-g", "-c", LOGS / "named.conf").wait_for("running")

    def start_unbound(self):
        data = []
        for line in ZONE.splitlines()[2:]:
            owner, rest = line.split(" ", 1)
            owner = "test." if owner == "@" else f"{owner}.test."
            data.append(f"  local-data: '{owner} 300 {rest}'\n")
        data.append("  local-data: '7.2.0.192.in-addr.arpa. 300 IN PTR host.test.'\n")
        (LOGS / "unbound.conf").write_text(f"""server:
  interface: {self.unbound}
  interface: {self.unbound}@853
  tls-port: 853
  tls-service-key: "{self.certificates.key("ec")}"
  tls-service-pem: "{self.certificates.ec}"
  access-control: 0.0.0.0/0 allow
  do-daemonize: no
  use-syslog: no
  logfile: ""
  verbosity: 1
  chroot: ""
  username: ""
  pidfile: ""
  directory: "{LOGS}"
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "test." static
  local-zone: "2.0.192.in-addr.arpa." static
{"".join(data)}remote-control:
  control-enable: no
""")
        Process("/usr/sbin/unbound", "-d", "-c", LOGS / "unbound.conf").wait_for("start of service")

    def start_dnsmasq(self):
        Process("dnsmasq", "-k", "-z", f"--listen-address={self.dnsmasq}", "-h", "-R", "--user=root", "-8", "-",
                "--no-hosts", "--local=/test/", "--local=/2.0.192.in-addr.arpa/", "--local-ttl=300",
                f"--host-record=both.test,{self.wire.kernel},{DEAD6}", "--host-record=host.test,192.0.2.7,2001:db8::7",
                "--mx-host=host.test,mail.test,10",
                "--txt-record=host.test,a text,with quotes", "--cname=alias.test,second.test",
                "--cname=second.test,host.test", "--srv-host=_http._tcp.test,host.test,8080,1,2",
                *(f"--host-record=many.test,{address}" for address in MANY),
                *(f"--txt-record=texts.test,{text}" for text in TEXTS)).wait_for("started")

    def nslookup(self, *arguments, code=0):
        return Linnet("nslookup", *self.wire.options, *arguments).wait(code)


def rows(text):
    """The records of the answer section, of dig's or ours."""
    section = re.search(r";; ANSWER SECTION:\n(.*?)(?:\n\n|\Z)", text, re.DOTALL)
    lines = section[1].splitlines() if section else []
    fields = [re.split(r"\s+", line, maxsplit=4) for line in lines if line and not line.startswith(";")]
    return sorted((owner.lower(), int(ttl), kind, data) for owner, ttl, _, kind, data in fields)


def status_of(text):
    return re.search(r"status: (\w+)", text)[1]


def agree(servers, name, server, names):
    for question, kind in names:
        theirs = run("dig", "-t", kind, question, f"@{server}")
        failed = status_of(theirs) != "NOERROR" or not rows(theirs)
        ours = servers.nslookup("-v", "--type", kind, question, server, code=1 if failed else 0).output()
        equal(rows(ours), rows(theirs), f"{question} {kind} of {name}")
        equal(status_of(ours), status_of(theirs), f"status of {question} {kind} of {name}")


def tells_the_same(servers, server):
    """Debian's nslookup and ours, but for blank lines and tabs."""
    def lines(text):
        return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]
    theirs = lines(run("nslookup", "host.test", server))
    ours = lines(servers.nslookup("host.test", server).output())
    equal(ours, theirs, "nslookup host.test")


class Responder:
    """A server that answers by a function of the query and the client's address."""

    def __init__(self, address, answer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.answer = answer
        self.queries = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            self.queries.append(query)
            for message in self.answer(query):
                self.socket.sendto(message, client)


def reply(query, address, ident=None, name=None, flags=0x8180):
    """An answer with one A record; the question is the query's or about another name."""
    end = query.index(b"\0", 12) + 5
    question = query[12:end] if name is None else name + query[end - 4:end]
    ident = struct.unpack("!H", query[:2])[0] if ident is None else ident
    header = struct.pack("!6H", ident, flags, 1, 1, 0, 0)
    return header + question + b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + socket.inet_aton(address)


def resolve(servers, *by, name="host.test", code=0, more=()):
    began = time.monotonic()
    got = Linnet("resolve", *servers.wire.options, *more, "--no-ipv6", "--dns", ",".join(by), name).wait(code)
    return got.output().split(), time.monotonic() - began


def programs_of_others(servers):
    servers.start_bind()
    servers.start_unbound()
    servers.start_dnsmasq()
    for name, server in (("bind9", servers.bind), ("unbound", servers.unbound), ("dnsmasq", servers.dnsmasq)):
        with case(f"{name} and dig agree record for record with linnet nslookup"):
            agree(servers, name, server, NAMES if name == "dnsmasq" else NAMES + ZONE_NAMES)
        with case(f"{name}: Debian's nslookup prints the same"):
            tells_the_same(servers, server)
        with case(f"{name}: RFC 7766 5: what is truncated comes by TCP"):
            text = servers.nslookup("-v", "--type", "A", "many.test", server).output()
            require("(TCP)" in text, "by TCP")
            require("udp: 1232" not in text, "an OPT record by UDP only")
            equal(len(rows(text)), len(MANY), "addresses")
            took = int(re.search(r"Query time: (\d+) msec", text)[1])
            require(took < 500, f"{took} ms: each step of the connection is acted upon at once")
            addresses, _ = resolve(servers, server, name="many.test")
            equal(len(addresses), 8, "as many as there is room for")
            text = servers.nslookup("-v", "--type", "TXT", "texts.test", server).output()
            require("(TCP)" in text, "texts by TCP")
            equal({data for *_, data in rows(text)}, {f'"{text}"' for text in TEXTS}, "texts")
    with case("a server is asked over IPv6, by UDP and by TCP"):
        for question, kind, way in (("host.test", "AAAA", "(UDP)"), ("many.test", "A", "(TCP)")):
            theirs = run("dig", "-t", kind, question, f"@{servers.bind6}")
            ours = servers.nslookup("-v", "--ip6", servers.stack6, "--type", kind, question, servers.bind6).output()
            equal(rows(ours), rows(theirs), f"{question} {kind}")
            require(f"{servers.bind6}#53 {way}" in ours, ours)
    with case("RFC 6891: EDNS is answered by EDNS"):
        text = servers.nslookup("-v", "--type", "A", "host.test", servers.bind).output()
        require("; EDNS: version: 0" in text and "(UDP)" in text, text)
    with case("an address is asked for its name"):
        text = servers.nslookup("192.0.2.7", servers.bind).output()
        require("7.2.0.192.in-addr.arpa name = host.test." in text, text)
    with case("a name that does not exist"):
        text = servers.nslookup("gone.test", servers.unbound, code=1).output()
        require("** server can't find gone.test: NXDOMAIN" in text, text)


def settings(servers):
    """What the command line has for queries and answers: against a server that says what it is told to."""
    def echo(address):
        return lambda query: [reply(query, address)]
    strict = Responder(servers.strict, echo("192.0.2.7"))
    with case("--dns-0x20: names in random capitals, which bind9 keeps"):
        asked = set()
        for _ in range(3):
            equal(resolve(servers, servers.strict, more=("--dns-0x20",))[0], ["192.0.2.7"], "addresses")
        asked = {query[12:query.index(b"\0", 12)] for query in strict.queries}
        require(len(asked) > 1, f"{asked}: the same letters")
        equal({name.lower() for name in asked}, {b"\x04host\x04test"}, "but for their case")
        strict.queries.clear()
        resolve(servers, servers.strict)
        require(b"\x04host\x04test" in strict.queries[0], "small letters without it")
        equal(resolve(servers, servers.bind, more=("--dns-0x20",))[0], ["192.0.2.7"], "by bind9")
    with case("--dns-0x20: a server that does not keep the case is asked again without"):
        forgetful = Responder(servers.forgetful, lambda query: [reply(query.lower(), "192.0.2.8", ident=struct.unpack("!H", query[:2])[0])])
        equal(resolve(servers, servers.forgetful, more=("--dns-0x20",))[0], ["192.0.2.8"], "addresses")
        require(len(forgetful.queries) >= 2, "asked twice")
    with case("--dns-rebind-protection: loopback and link-local addresses are left out"):
        Responder(servers.rebinder, echo("127.0.0.9"))
        equal(resolve(servers, servers.rebinder)[0], ["127.0.0.9"], "without it")
        equal(resolve(servers, servers.rebinder, more=("--dns-rebind-protection",), code=1)[0], [], "with it")
        equal(resolve(servers, servers.strict, more=("--dns-rebind-protection",))[0], ["192.0.2.7"], "others stay")


def servers_that_fail(servers):
    silent = Responder(servers.dead, lambda query: [])
    with case("a dead first server costs a second or two"):
        addresses, seconds = resolve(servers, servers.dead, servers.bind)
        equal(addresses, ["192.0.2.7"], "addresses")
        require(seconds < 4, f"{seconds} s")
        require(silent.queries, "it was asked")

    def late(query):
        time.sleep(2.2)
        return [reply(query, "192.0.2.99")]
    Responder(servers.slow, late)
    Responder(servers.other, late)
    with case("both servers slow: the first answer that comes counts"):
        addresses, seconds = resolve(servers, servers.slow, servers.other)
        equal(addresses, ["192.0.2.99"], "addresses")
        require(seconds < 4, f"{seconds} s")


def poisoned(servers):
    wire = TapWire()

    def forged(query):
        ident = struct.unpack("!H", query[:2])[0]
        other = b"\x04evil\x04test\0"
        return [reply(query, "6.6.6.6", ident=(ident + i) & 0xffff) for i in range(1, 50)] + \
            [reply(query, "6.6.6.6", name=other), reply(query, "6.6.6.6", flags=0x0100),
             reply(query, "6.6.6.6", flags=0xa980), reply(query, "6.6.6.6")[:-3], reply(query, "192.0.2.7")]
    responder = Responder(wire.kernel, forged)
    servers.wire = wire
    with case("C21-03: answers with another id, question, opcode, or cut, before the true one"):
        addresses, _ = resolve(servers, wire.kernel)
        equal(addresses, ["192.0.2.7"], "addresses")
        equal(len(responder.queries), 1, "queries")
    with case("RFC 5452 9.2: ids and ports of queries differ"):
        for _ in range(3):
            resolve(servers, wire.kernel)
        require(len({query[:2] for query in responder.queries}) >= 3, "ids")


def pin(certificate):
    """As RFC 7858 4.2 has it: base64 of the SHA-256 of the key."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, check=True, capture_output=True).stdout
    return "sha256/" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def over_tls(servers):
    files = servers.certificates
    trust = ("--dns-cacert", files.ca)

    def strict(*proofs, code=0, name="host.test"):
        words = [word for proof in proofs for word in ("--dns-over-tls", proof)]
        began = time.monotonic()
        got = Linnet("resolve", *servers.wire.options, "--no-ipv6", *words, *trust, name).wait(code)
        return got.output().split(), got.errors(), time.monotonic() - began

    with case("RFC 7858: unbound says the same by TLS as to dig, record for record"):
        for question, kind in NAMES:
            theirs = run("dig", "-t", kind, question, f"@{servers.unbound}")
            failed = status_of(theirs) != "NOERROR" or not rows(theirs)
            text = servers.nslookup("-v", "--tls", NAME, *trust, "--type", kind, question, servers.unbound,
                                    code=1 if failed else 0).output()
            equal(rows(text), rows(theirs), f"{question} {kind}")
            require(f"{servers.unbound}#853 (TLS)" in text, text)
    with case("RFC 7858 4.2: bind9's key that was pinned, in a certificate that nobody vouches for"):
        text = servers.nslookup("-v", "--tls", pin(files.alone), "--type", "A", "many.test", servers.bind).output()
        equal(len(rows(text)), len(MANY), "addresses")
        _, told, _ = strict(f"{pin(files.ec)}@{servers.bind}", code=1)
        require(f"its key is another: {pin(files.alone)[7:]}" in told, told)
    with case("RFC 8310: a server with another name is refused, and told"):
        _, told, _ = strict(f"wrong.example@{servers.unbound}", code=1)
        require(f"no server could be reached securely; {servers.unbound}: the certificate is for {NAME}" in told, told)
        require("not for wrong.example" in told, told)
    with case("RFC 8310: a certificate that nobody vouches for is refused, and told"):
        _, told, _ = strict(f"{NAME}@{servers.bind}", code=1)
        require("self-signed, and not among those that are trusted" in told, told)
    with case("a dead first server costs a second or two, one that refuses nothing"):
        addresses, _, seconds = strict(f"{NAME}@{servers.dead[:-2]}99", f"{NAME}@{servers.unbound}")
        equal(addresses, ["192.0.2.7"], "addresses")
        require(seconds < 4, f"{seconds} s")
        addresses, _, seconds = strict(f"{NAME}@{servers.dnsmasq}", f"{NAME}@{servers.unbound}")
        equal(addresses, ["192.0.2.7"], "addresses")
        require(seconds < 1.4, f"{seconds} s")
    with case("strict: a server without TLS gets no question in clear, and its forged answers are not heard"):
        forger = Responder(servers.forger, lambda query: [reply(query, "6.6.6.6")])
        _, told, seconds = strict(f"{NAME}@{servers.forger}", code=1)
        require(f"{servers.forger}: nobody listens at port 853" in told, told)
        require(seconds < 3, f"{seconds} s")
        equal(forger.queries, [], "queries in clear")
        addresses, _ = resolve(servers, servers.forger)
        equal(addresses, ["6.6.6.6"], "without TLS it would be believed")
    with case("opportunistic: by TLS whoever it is; in clear where there is no TLS"):
        for server in (servers.bind, servers.dnsmasq):
            got = Linnet("nslookup", *servers.wire.options, "--dns-over-tls", "opportunistic", "-v", "--type", "A", "host.test",
                         "--dns", server).wait().output()
            require(("(TLS)" if server == servers.bind else "(UDP)") in got, got)


def happy_eyeballs(servers):
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # pylint: disable=invalid-name
            if self.path == "/first":
                time.sleep(2.5)  # until the device's IPv6 address has shown to be nobody else's
                self.send_response(302)
                self.send_header("Location", f"http://both.test:{server.server_port}/")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"a page")

        def log_message(self, *_):  # pylint: disable=arguments-differ
            pass
    server = http.server.ThreadingHTTPServer((servers.wire.kernel, 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with case("RFC 8305 5: a dead IPv6 address costs the 250 ms after which that of IPv4 is tried, too"):
        file = LOGS / "page"
        told = Linnet("get", *servers.wire.options, "--ip6", "2001:db8:9::2/64", "--dns", servers.dnsmasq, "-o", file,
                      f"http://{servers.wire.kernel}:{server.server_port}/first").wait().errors()
        equal(file.read_bytes(), b"a page", "body")
        took = float(re.search(r" in (\d+\.\d+) s", told)[1])
        require(0.24 <= took < 0.6, told)


def main():
    start("unbound", "dnsmasq", "named", "dig", "nslookup", "openssl")
    servers = Servers()
    programs_of_others(servers)
    settings(servers)
    servers_that_fail(servers)
    over_tls(servers)
    happy_eyeballs(servers)
    poisoned(servers)
    finish()


if __name__ == "__main__":
    main()
