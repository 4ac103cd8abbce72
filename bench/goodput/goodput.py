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
        sys.exit("goodput.py: no cell has all that; see --help for what there is")
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


def main():
    options = parse(sys.argv[1:])
    try:
        runs, code = {"real": run_real}[options.mode](options)
    except lab.Failed as error:
        sys.exit(f"goodput.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    if options.csv:
        report.write_csv(options.csv, runs)
    return code


if __name__ == "__main__":
    sys.exit(main())
