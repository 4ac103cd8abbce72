#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goodput over bad links: ours, Linux's and lwIP's. See bench/README.md."""
import argparse
import concurrent.futures
import os
import sys

import cells
import lab
import report

PAIRS = ("ours+linux", "linux+ours", "linux+linux", "virtual")
ROWS = ("linux", "ours", "ours64", "lwip", "to-ours")


def numbers(text):
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}': numbers with commas between them are accepted") from None


def words(accepted):
    def parse(text):
        for word in text.split(","):
            if word not in accepted:
                raise argparse.ArgumentTypeError(f"'{word}': accepted is {', '.join(accepted)}")
        return text.split(",")
    return parse


def at_least(least, kind=int):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or value < least:
            raise argparse.ArgumentTypeError(f"'{text}': a number of {least} or more is accepted")
        return value
    return parse


def add_cells(parser):
    parser.add_argument("--only", type=words(cells.KINDS), help="kinds of cells: " + ", ".join(cells.KINDS))
    parser.add_argument("--rtt", type=numbers, help="ms, of " + ", ".join(map(str, cells.RTTS)))
    parser.add_argument("--loss", type=numbers, help="percent, of " + ", ".join(map(str, cells.LOSSES)) +
                        "; leaves all other kinds out")
    parser.add_argument("--size", type=numbers, help="MB, of " + ", ".join(map(str, cells.SIZES)))


def add_runs(parser, seconds, seeds):
    parser.add_argument("--seconds", type=at_least(0.1, float), default=seconds,
                        help="when an incomplete transfer is ended (default: %(default)s)")
    parser.add_argument("--seeds", type=at_least(1), default=seeds, help="runs of each cell, with seeds 1 and so on; the "
                        "table has their medians (default: %(default)s)")
    parser.add_argument("--first-seed", type=at_least(0), default=1, help="instead of 1")
    parser.add_argument("--buffer", type=at_least(2), default=lab.BUFFER >> 10, metavar="KIB",
                        help="send and receive buffer of row ours (default: %(default)s)")
    parser.add_argument("--csv", help="a file for the figures of every run")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="goodput.py", description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    real = modes.add_parser("real", help="over `linnet link` between two network namespaces (needs root)")
    add_cells(real)
    add_runs(real, 10.0, 3)
    real.add_argument("--rows", type=words(ROWS), default=["linux", "ours", "ours64", "lwip"],
                      help="of " + ", ".join(ROWS) + " (default: all but the last)")
    real.add_argument("--jobs", type=at_least(1), default=1, help="transfers at a time (default: %(default)s); more than "
                      "one where the link, not the processor, is what is slow")
    real.add_argument("--check", action="store_true", help="exit with 1 when a cell misses what is wanted")

    virtual = modes.add_parser("virtual", help="between two stacks of ours in virtual time")
    add_cells(virtual)
    add_runs(virtual, 10.0, 3)

    reorder = modes.add_parser("reorder", help="retransmissions where nothing is lost: reordering and delay spikes")
    reorder.add_argument("--rtt", type=numbers, default=[20.0, 100.0], help="ms (default: 20,100)")
    reorder.add_argument("--size", type=at_least(1), default=20, help="MB (default: %(default)s)")
    add_runs(reorder, 10.0, 1)
    reorder.add_argument("--rows", type=words(("linux", "ours", "virtual")), default=["linux", "ours", "virtual"],
                         help="senders; virtual: ours in virtual time (default: linux,ours,virtual)")
    reorder.add_argument("--jobs", type=at_least(1), default=1, help="transfers at a time (default: %(default)s)")

    fairness = modes.add_parser("fairness", help="two flows over one bottleneck")
    add_runs(fairness, 60.0, 3)
    fairness.add_argument("--stagger", type=at_least(0, float), default=1.0,
                          help="seconds between their beginnings (default: %(default)s)")
    fairness.add_argument("--rows", type=words(PAIRS), default=list(PAIRS), help="of " + ", ".join(PAIRS) +
                          " (default: all); virtual: two of ours in virtual time")
    fairness.add_argument("--jobs", type=at_least(1), default=1, help="pairs at a time (default: %(default)s)")
    fairness.add_argument("--check", action="store_true", help="exit with 1 when a pair is beyond 60:40")
    return parser.parse_args(arguments)


def need_root():
    if os.geteuid() != 0:
        sys.exit("goodput.py: needs root, to make network namespaces and taps")
    for program in (lab.LINNET, lab.GOODPUT):
        if not os.access(program, os.X_OK):
            sys.exit(f"goodput.py: {program} is not there: cmake --build --preset release --target linnet goodput")


def in_parallel(jobs, tasks):
    """Runs the tasks, so many at a time, and tells on stderr how far it is; gives their results in order."""
    results = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        try:
            for done, result in enumerate(pool.map(lambda task: task(), tasks), 1):
                results.append(result)
                print(f"{done}/{len(tasks)} {result['cell']}, {result['row']}, seed {result['seed']}: "
                      f"{result['mbit']:.3g} Mbit/s", file=sys.stderr, flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            lab.close_all()
            raise
    return results


def chosen_cells(options):
    found = list(cells.chosen(options.only, options.rtt, options.loss, options.size))
    if not found:
        print("goodput.py: no cell has all that; --help says what there is", file=sys.stderr)
        sys.exit(2)
    return found


def seeds(options):
    return range(options.first_seed, options.first_seed + options.seeds)


def run_real(options):
    need_root()
    chosen = chosen_cells(options)
    # All rows of a cell and seed one after the other: what slows the machine for a while slows them all.
    tasks = [lambda row=row, cell=cell, seed=seed: lab.transfer(row, cell, seed, options.seconds, options.buffer << 10)
             for cell in chosen for seed in seeds(options) for row in options.rows]
    runs = in_parallel(options.jobs, tasks)
    wrong = report.print_goodput(chosen, options.rows, runs)
    return runs, 1 if wrong and options.check else 0


def run_virtual(options):
    chosen = chosen_cells(options)
    tasks = [lambda cell=cell, seed=seed: lab.virtual(cell, seed, options.seconds, options.buffer << 10)
             for cell in chosen for seed in seeds(options)]
    runs = in_parallel(os.cpu_count() or 1, tasks)
    report.print_virtual(chosen, runs)
    return runs, 0


def run_reorder(options):
    if set(options.rows) - {"virtual"}:
        need_root()

    def task(row, cell, spikes, seed):
        buffer = min(options.buffer << 10, cells.SPIKE_BUFFER) if spikes else options.buffer << 10
        if row == "virtual":
            result = lab.virtual(cell, seed, options.seconds, buffer, spikes)
        else:
            result = lab.transfer(row, cell, seed, options.seconds, buffer, spikes)
        return {**result, "row": row}

    tasks = [lambda row=row, cell=cell, spikes=spikes, seed=seed: task(row, cell, spikes, seed)
             for cell, spikes in cells.harmless(options.rtt, options.size) for seed in seeds(options) for row in options.rows]
    runs = in_parallel(options.jobs, tasks)
    report.print_spurious(runs)
    return runs, 0


def fairness_task(pair, rate, rtt, seed, options):
    queue = cells.queue_of(rate, rtt)
    buffer = options.buffer << 10
    if pair == "virtual":
        delay = f"delay={rtt * 500:g}us"
        got = lab.virtual_run(f"rate={rate},queue={queue},{delay}", delay, 1 << 40, seed, options.seconds + options.stagger,
                              buffer, "--flows", 2, "--stagger", options.stagger)
        # Their tenths are all counted from the beginning of the run.
        flows = [(0.0, flow["tenths"]) for flow in got["flows"]]
        flows = [(0.0, flows[0][1]), (options.stagger, flows[1][1][int(options.stagger * 10):])]
    else:
        flows = lab.side_by_side(pair.split("+"), rate, rtt, queue, seed, options.seconds, options.stagger, buffer)
    (whole, mbit), (later, _) = report.shares(flows)
    return {"cell": f"{rate}, {rtt} ms, queue {queue}", "row": pair, "seed": seed, "mbit": mbit, "share": whole[0],
            "later_share": later[0]}


def run_fairness(options):
    if set(options.rows) - {"virtual"}:
        need_root()
    tasks = [lambda pair=pair, rate=rate, rtt=rtt, seed=seed: fairness_task(pair, rate, rtt, seed, options)
             for rate, rtt in cells.BOTTLENECKS for seed in seeds(options) for pair in options.rows]
    runs = in_parallel(options.jobs, tasks)
    wrong = report.print_fairness(runs)
    return runs, 1 if wrong and options.check else 0


MODES = {"real": run_real, "virtual": run_virtual, "reorder": run_reorder, "fairness": run_fairness}


def main():
    options = parse(sys.argv[1:])
    try:
        runs, code = MODES[options.mode](options)
    except lab.Failed as error:
        sys.exit(f"goodput.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    if options.csv:
        report.write_csv(options.csv, runs)
    return code


if __name__ == "__main__":
    sys.exit(main())
