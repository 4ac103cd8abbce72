# SPDX-License-Identifier: Apache-2.0
"""Runs to tables: medians over the seeds, ratios, and which of them miss what is wanted."""
import csv
import statistics

WANTED_OF_LINUX = 0.9
WANTED_OF_LWIP = 3.0
MOST_SHARE = 0.6


def medians(runs, key):
    """{(cell, row): median of `key`}; a run without that figure does not count."""
    values = {}
    for run in runs:
        if run.get(key) is not None:
            values.setdefault((run["cell"], run["row"]), []).append(run[key])
    return {where: statistics.median(found) for where, found in values.items()}


def figure(value):
    if value is None:
        return "-"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def table(head, lines):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for line in lines:
        print("| " + " | ".join(line) + " |")


def ratio(values, cell, above, below):
    top, bottom = values.get((cell, above)), values.get((cell, below))
    return top / bottom if top is not None and bottom else None


def misses(cell, values):
    """What the cell lacks, in words."""
    of_linux = ratio(values, cell.name, "ours", "linux")
    of_lwip = ratio(values, cell.name, "ours64", "lwip")
    found = []
    if of_linux is not None and of_linux < WANTED_OF_LINUX:
        found.append(f"below {WANTED_OF_LINUX:g} of Linux")
    if of_lwip is not None and cell.percent >= 1 and of_lwip < WANTED_OF_LWIP:
        found.append(f"below {WANTED_OF_LWIP:g} lwIP")
    return found


def print_goodput(cells, rows, runs):
    """The comparison. Gives how many cells miss what is wanted."""
    values = medians(runs, "mbit")
    spurious = medians(runs, "spurious")
    timeouts = medians(runs, "timeouts")
    head = ["cell", *(f"{row} Mbit/s" for row in rows)]
    ratios = [pair for pair in (("ours", "linux"), ("to-ours", "linux"), ("ours64", "lwip"), ("linux", "lwip")) if set(pair) <= set(rows)]
    head += [f"{above}/{below}" for above, below in ratios]
    head += ["spurious " + "/".join(rows), "timeouts " + "/".join(rows), "misses"]
    lines, wrong = [], 0
    for cell in cells:
        lacks = misses(cell, values)
        wrong += bool(lacks)
        lines.append([cell.name, *(figure(values.get((cell.name, row))) for row in rows),
                      *(figure(ratio(values, cell.name, *pair)) for pair in ratios),
                      "/".join(figure(spurious.get((cell.name, row))) for row in rows),
                      "/".join(figure(timeouts.get((cell.name, row))) for row in rows), ", ".join(lacks)])
    table(head, lines)
    judged = sum(1 for cell in cells if (cell.name, "ours") in values or (cell.name, "ours64") in values)
    print(f"\n{wrong} of {judged} cells miss what is wanted.")
    warn_of_unasked(runs)
    return wrong


def print_virtual(cells, runs):
    keys = ("mbit", "retransmissions", "timeouts", "spurious", "lost", "overflow", "reordered")
    by_key = {key: medians(runs, key) for key in keys}
    table(["cell", "Mbit/s", *keys[1:]],
          [[cell.name, *(figure(by_key[key].get((cell.name, "ours"))) for key in keys)] for cell in cells])


def print_spurious(runs):
    """The check of pure reordering and delay spikes: nothing was lost, so every retransmission is one too many."""
    keys = ("mbit", "retransmissions", "timeouts", "spurious", "reordered", "overflow")
    by_key = {key: medians(runs, key) for key in keys}
    places = dict.fromkeys((run["cell"], run["row"]) for run in runs)
    table(["cell", "sender", "Mbit/s", *keys[1:]],
          [[*place, *(figure(by_key[key].get(place)) for key in keys)] for place in places])
    warn_of_unasked(runs)


def shares(flows):
    """Each flow's part of what all of them got while all of them were there, and after the first half of that.
    `flows`: (beginning, bytes at every tenth of a second since)."""
    begin = max(start for start, _ in flows)
    end = min(start + len(tenths) / 10 for start, tenths in flows)

    def between(since, until):
        got = [at(flow, until) - at(flow, since) for flow in flows]
        return [bytes / (sum(got) or 1) for bytes in got], sum(got) * 8e-6 / (until - since)

    def at(flow, instant):
        start, tenths = flow
        index = min(int((instant - start) * 10), len(tenths) - 1)
        return tenths[index] if index >= 0 else 0

    return between(begin, end), between((begin + end) / 2, end)


def print_fairness(runs):
    """Gives how many pairs with a flow of ours are beyond 60:40 over the whole time, in the mean of their runs."""
    groups = {}
    for run in runs:
        groups.setdefault((run["cell"], run["row"]), []).append(run)
    lines, wrong = [], 0
    for (cell, row), group in groups.items():
        share = statistics.mean(run["share"] for run in group)
        beyond = max(share, 1 - share) > MOST_SHARE and row != "linux+linux"
        wrong += beyond
        lines.append([cell, row, of_hundred(share), " ".join(of_hundred(run["share"]) for run in group),
                      of_hundred(statistics.mean(run["later_share"] for run in group)),
                      figure(statistics.mean(run["mbit"] for run in group)), "beyond 60:40" if beyond else ""])
    table(["bottleneck", "flows", "mean shares", "of each run", "second half", "Mbit/s together", "misses"], lines)
    judged = sum(1 for _, row in groups if row != "linux+linux")
    print(f"\n{wrong} of the {judged} pairs with a flow of ours are beyond 60:40.")
    return wrong


def of_hundred(share):
    return f"{share * 100:.0f}:{100 - share * 100:.0f}"


def warn_of_unasked(runs):
    """Frames that the link lost without having been asked to: the machine was too slow, and the run is worth little."""
    bad = [run for run in runs if run.get("unasked")]
    for run in bad[:10]:
        print(f"warning: the link lost {run['unasked']} frames for want of room: {run['cell']}, {run['row']}, "
              f"seed {run['seed']}")


def write_csv(path, runs):
    if not runs:
        return
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(key for run in runs for key in run)))
        writer.writeheader()
        writer.writerows(runs)
