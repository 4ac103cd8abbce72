#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two programs for make.sh that send each other bytes, in different sizes, and end the connection in different ways.

usage: talk.py serve|connect BYTES CONNECTIONS
"""
import socket
import struct
import sys
import threading

ADDRESS = ("10.9.0.2", 7000)


def send(sock, count, first):
    sizes, sent = (700, 20, 3000, 1448, 1, 5000), 0
    while sent < count:
        piece = min(sizes[(sent + first) % len(sizes)], count - sent)
        sock.sendall(bytes((sent + i * 7 + first) % 251 for i in range(piece)))
        sent += piece


def talk(sock, count, number, role):
    sock.settimeout(50)
    writer = threading.Thread(target=send, args=(sock, count, number))
    writer.start()
    received = 0
    while received < count:
        data = sock.recv(4096)
        if not data:
            break
        received += len(data)
    writer.join()
    if number % 3 == 2 and role == "serve":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # resets
    elif number % 2 == 0:
        sock.shutdown(socket.SHUT_WR)
        try:
            while sock.recv(4096):
                pass
        except OSError:
            pass
    sock.close()


def main():
    role, count, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if role == "serve":
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(ADDRESS)
        listener.listen(8)
        listener.settimeout(55)
    for number in range(connections):
        sock = listener.accept()[0] if role == "serve" else socket.create_connection(ADDRESS, 50)
        try:
            talk(sock, count, number, role)
        except OSError as error:
            print(f"{role} {number}: {error}", file=sys.stderr)


main()
