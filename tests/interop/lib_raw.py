# SPDX-License-Identifier: Apache-2.0
"""IPv4 packets made by hand and sent to a device on a tap, past the kernel's own IP."""
import errno
import select
import socket
import time

from lib_interop import run

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


def checksum(data):
    """RFC 1071, the plain way."""
    total = sum(int.from_bytes(data[i:i + 2].ljust(2, b"\0"), "big") for i in range(0, len(data), 2))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return (~total & 0xffff).to_bytes(2, "big")


def ipv4(source, destination, protocol, payload):
    header = (b"\x45\x00" + (20 + len(payload)).to_bytes(2, "big") + b"\x00\x00\x40\x00\x40" + bytes([protocol]) + b"\0\0" +
              socket.inet_aton(source) + socket.inet_aton(destination))
    return header[:10] + checksum(header) + header[12:] + payload


def tcp(source, source_port, destination, port, flags, seq=1, ack=0):
    """A segment without options and data."""
    segment = (source_port.to_bytes(2, "big") + port.to_bytes(2, "big") + seq.to_bytes(4, "big") + ack.to_bytes(4, "big") +
               bytes([0x50, flags]) + (8192).to_bytes(2, "big") + bytes(4))
    pseudo = socket.inet_aton(source) + socket.inet_aton(destination) + b"\x00\x06" + len(segment).to_bytes(2, "big")
    segment = segment[:16] + checksum(pseudo + segment) + segment[18:]
    return ipv4(source, destination, 6, segment)


class RawSender:
    """Sends IP packets to the device at the other end of a tap, and hears what it says."""

    def __init__(self, wire):
        run("ping", "-c", "1", "-W", "5", wire.stack)
        mac = run("ip", "neigh", "show", wire.stack, "dev", wire.tap).split("lladdr ")[1].split()[0]
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind((wire.tap, 0x0800))
        self.target = (wire.tap, 0x0800, 0, 0, bytes.fromhex(mac.replace(":", "")))

    def send(self, packet):
        while True:
            try:
                self.socket.sendto(packet, self.target)
                return
            except OSError as error:  # the tap's queue is full
                if error.errno != errno.ENOBUFS:
                    raise
                time.sleep(0.001)

    def heard(self, quiet=0.5):
        """The packets that came in, until it was quiet for so long."""
        while select.select([self.socket], [], [], quiet)[0]:
            packet, sender = self.socket.recvfrom(65536)
            if sender[2] != socket.PACKET_OUTGOING:
                yield packet

    def close(self):
        self.socket.close()
