#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A cable for make.sh: carries frames between two interfaces; loses, delays, reorders and duplicates some of the TCP.

usage: disturb.py LEFT RIGHT LOSS REORDER DUPLICATE DELAY_MS    (the three as shares of 1)
"""
import heapq
import random
import select
import socket
import sys
import time

left, right = sys.argv[1:3]
loss, reorder, duplicate, delay = (float(text) for text in sys.argv[3:7])
choices = random.Random(1)
held, ordinal = [], 0


def opened(name):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.bind((name, 0))
    return sock


ends = {opened(left): None, opened(right): None}
first, second = ends
ends = {first: second, second: first}
while True:
    wait = max(0, held[0][0] - time.monotonic()) if held else None
    for sock in select.select(list(ends), [], [], wait)[0]:
        frame, address = sock.recvfrom(2048)
        if address[2] == socket.PACKET_OUTGOING:
            continue
        tcp = len(frame) > 34 and frame[12:14] == b"\x08\x00" and frame[23] == 6
        if tcp and choices.random() < loss:
            continue
        for _ in range(2 if tcp and choices.random() < duplicate else 1):
            late = delay * (1 + 3 * choices.random()) if tcp and choices.random() < reorder else delay
            heapq.heappush(held, (time.monotonic() + late / 1000, ordinal, ends[sock], frame))
            ordinal += 1
    while held and held[0][0] <= time.monotonic():
        _, _, sock, frame = heapq.heappop(held)
        sock.send(frame)
