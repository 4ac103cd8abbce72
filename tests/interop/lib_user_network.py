# SPDX-License-Identifier: Apache-2.0
"""What the tests of the user-mode network share: linnet without any privileges, free ports, the test pattern."""
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from lib_interop import LINNET, Process, require

HOST = "10.0.2.2"  # this machine's loopback, seen from the user-mode network

# Root starts linnet as nobody; everybody else as themselves.
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--inh-caps=-all",
             "--bounding-set=-all"] if os.geteuid() == 0 else []


class World:
    """A directory that nobody may read and write, with a copy of linnet: the build folder may be closed to others."""

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="linnet-interop-")
        self.path = Path(self._directory.name)
        self.path.chmod(0o777)
        self.linnet = self.path / "linnet"
        shutil.copy(LINNET, self.linnet)
        self.linnet.chmod(0o755)

    def start(self, *arguments, **more):
        return Process(*AS_NOBODY, self.linnet, *arguments, name=f"linnet-{arguments[0]}", **more)

    def run(self, *arguments, seconds=60, **more):
        """Until it ends; gives the finished process with its texts."""
        command = [str(word) for word in (*AS_NOBODY, self.linnet, *arguments)]
        return subprocess.run(command, text=True, capture_output=True, check=False, timeout=seconds,
                              stdin=subprocess.DEVNULL, **more)

    def up(self, *options):
        """`linnet up` with its page and echo on free ports; the process, and the two ports."""
        http, echo = free_port(), free_port()
        device = self.start("up", "--forward", f"{http}:80", "--forward", f"{echo}:7", "--forward", f"udp:{echo}:7",
                            *options)
        device.wait_for("Ctrl-C ends it")
        return device, http, echo


def free_port():
    """One that TCP and UDP both have free on 127.0.0.1."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def is_unprivileged(process):
    """The kernel's word for it: no root, no capability."""
    fields = dict(line.split(":\t", 1) for line in Path(f"/proc/{process.process.pid}/status").read_text().splitlines()
                  if ":\t" in line)
    return fields["Uid"].split()[1] != "0" and int(fields["CapEff"], 16) == 0


def pattern_sha256(size):
    """Of the pattern that /download and --bytes send, computed from its definition: word k is (k + 1) times the golden
    ratio's 64 bits, big-endian."""
    digest, step = hashlib.sha256(), 1 << 16
    for first in range(0, size // 8 + 1, step):
        words = [(k + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF for k in range(first, first + step)]
        digest.update(struct.pack(f">{step}Q", *words)[:max(0, size - first * 8)])
    return digest.hexdigest()


def curl(*arguments, seconds=60):
    """What curl gets; it must succeed."""
    result = subprocess.run(["curl", "--silent", "--show-error", "--max-time", str(seconds), *map(str, arguments)],
                            capture_output=True, check=False)
    require(result.returncode == 0, f"curl {arguments}: exit {result.returncode}: {result.stderr.decode()}")
    return result.stdout


def curl_status(*arguments):
    """The status code of what curl gets."""
    return int(curl("--output", "/dev/null", "--write-out", "%{http_code}", *arguments))
