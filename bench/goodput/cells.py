# SPDX-License-Identifier: Apache-2.0
"""The table's cells: a link and how much is sent over it."""
import dataclasses

MB = 1000 * 1000
RTTS = (1, 20, 100, 300)  # ms
LOSSES = (0.1, 1, 3, 5)  # percent
# Gilbert-Elliott, every frame of a bad time lost: (chance in percent that one begins, its mean length in frames).
BURSTS = ((0.25, 4), (0.3, 10))
REORDERS = (1, 10, 25)  # percent
RATES = (("10Mbit", 20), ("10Mbit", 100), ("50Mbit", 100))  # with the RTT in ms
SIZES = (1, 100)  # MB
KINDS = ("loss", "burst", "reorder", "rate")


@dataclasses.dataclass(frozen=True)
class Cell:
    """One link, one transfer. `faults` are those of the data's direction, as `linnet link` takes them."""
    kind: str
    faults: str
    rtt: float  # ms
    megabytes: int
    percent: float = 0.0  # of frames lost on the way, on average
    note: str = ""

    @property
    def name(self):
        parts = (self.faults, f"{self.rtt:g} ms", f"{self.megabytes} MB", self.note)
        return ", ".join(part for part in parts if part)

    @property
    def bytes(self):
        return self.megabytes * MB

    @property
    def forward(self):
        return f"{self.faults},{self.backward}"

    @property
    def backward(self):
        return f"delay={self.rtt * 500:g}us"


def lossy(rtt, size):
    for loss in LOSSES:
        yield Cell("loss", f"loss={loss:g}%", rtt, size, loss)


def bursty(rtt, size):
    for begins, length in BURSTS:
        share = begins / (begins + 100 / length) * 100
        yield Cell("burst", f"burst={begins:g}%,burst-length={length}", rtt, size, round(share, 2))


def reordering(rtt, size, part_of_rtt=4):
    """Held back for a part of the RTT, so that a quarter of what is under way overtakes."""
    for share in REORDERS:
        yield Cell("reorder", f"reorder={share}%,reorder-delay={rtt * 1000 / part_of_rtt:g}us", rtt, size)


SPIKES = (0.05, 0.1, 0.3)  # seconds that the link stands still
SPIKE_EVERY = 0.5  # seconds
SPIKE_BUFFER = 1 << 20  # bytes: a window that the queue of the spiky link holds, or it would lose frames
BOTTLENECKS = (("20Mbit", 20), ("20Mbit", 50))  # with the RTT in ms


def harmless(rtts, size):
    """What loses nothing, and so must cause no retransmission: reordering by less than half an RTT, and delay spikes;
    (cell, spikes as (every, lasts) or None)."""
    for rtt in rtts:
        for cell in reordering(rtt, size):
            yield cell, None
        for lasts in SPIKES:
            yield Cell("spike", "rate=50Mbit,queue=1000", rtt, size, 0.0, f"{lasts * 1000:g} ms still every {SPIKE_EVERY:g} s"), (
                SPIKE_EVERY, lasts)


def queue_of(rate, rtt):
    """One bandwidth-delay product, in frames."""
    return max(10, round(float(rate.removesuffix("Mbit")) * 1e6 * rtt * 1e-3 / 8 / 1514))


def limited(size):
    for rate, rtt in RATES:
        yield Cell("rate", f"rate={rate},queue=100", rtt, size)


def all_cells():
    for size in SIZES:
        for rtt in RTTS:
            yield from lossy(rtt, size)
            yield from bursty(rtt, size)
            yield from reordering(rtt, size)
        yield from limited(size)


def chosen(only=None, rtt=None, loss=None, size=None):
    """Those that every given list has. `loss` is in percent, and leaves what loses nothing out."""
    for cell in all_cells():
        if only and cell.kind not in only:
            continue
        if rtt and cell.rtt not in rtt:
            continue
        if loss and not (cell.kind == "loss" and cell.percent in loss):
            continue
        if size and cell.megabytes not in size:
            continue
        yield cell
