"""The command line: python -m benchmarks accuracy, speed, serve, scale, transfer, soak, fuzz, profile or tables."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import accuracy, speed, tables


def _accuracy(options):
    folder = options.data
    for given in (folder, options.cases):
        if given and not given.is_dir():
            raise FileNotFoundError(f"there is no folder {given}")
    counts = accuracy.QUICK if options.quick else None
    path = options.output or accuracy.destination(folder, counts)
    result = accuracy.benchmark(path, folder, options.only, counts, options.rapidocr, options.cases, options.keep_peers)
    for name, (file, key, _, _) in tables.TABLES.items():
        if file == "accuracy" and key in result:
            print(f"\n{name}\n\n{tables.make(name, result)}")
    if "speed" in result:
        print("", *(f"{name.replace('_', ' ')}: {value:,}" for name, value in result["speed"].items()), sep="\n")
    if "real" not in result:
        print("\nNo real words and labels were read: that needs a folder of them (DATA=folder).")
    print(f"\nwritten to {path}")
    if {"real", "situations"} & set(options.only or result):
        print(f"what was read wrong, as pictures: {path.with_suffix('.html')}")
    if path == accuracy.RESULT:
        tables.write()
        print("and into the READMEs")
    return 0


def _speed(options):
    print(speed.table(speed.compare(options.letters, options.only)))
    tables.write()
    return 0


def _serve(options):
    from benchmarks import load

    load.compare(options.rounds, options.seconds, options.clients)
    tables.write()
    return 0


def _scale(options):
    from benchmarks import scale

    for run in scale.benchmark(options.letters)["runs"]:
        print(f"{run['workers']} workers, {run['letters']:,} letters: {run['letters'] / run['seconds']:.0f} a second")
    print(f"written to {scale.RESULT}")
    return 0


def _transfer(options):
    from benchmarks import transfer

    for trained, accuracies in transfer.transfer(options.strokes).items():
        read = ", ".join(f"{share:.1%} of {tested}" for tested, share in accuracies.items())
        print(f"trained on {trained}, it reads {read}")
    print(f"written to {transfer.RESULT}")
    return 0


def _soak(options):
    from benchmarks import load

    return load.soak(options.minutes, options.clients)


def _fuzz(options):
    from benchmarks import fuzz

    return fuzz.fuzz(options.count, options.seed)


def _profile(options):
    from benchmarks import profiles

    for name in options.names or profiles.JOBS:
        profiles.profile(name)
    return 0


def _tables(_):
    tables.write()
    faults = tables.faults()
    print("\n".join(faults) or "all figures of the READMEs are those that were measured")
    return 1 if faults else 0


def _parser():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures this project.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("accuracy", help="how well pictures are read, compared with other readers")
    command.add_argument("--data", type=Path, metavar="FOLDER", help="of .npz files with real letters and words")
    command.add_argument("--cases", type=Path, metavar="FOLDER", help="pictures with expected.json, to be read as well")
    command.add_argument("--only", nargs="+", default=(), choices=accuracy.PARTS, help="and keep the other figures")
    command.add_argument("--quick", action="store_true", help="a few pictures of each kind, to see that it works")
    command.add_argument("--rapidocr", metavar="PYTHON", help="an interpreter that has rapidocr and onnxruntime")
    command.add_argument("--keep-peers", action="store_true", help="figures of peers that are not installed here")
    command.add_argument("--output", type=Path, metavar="FILE", help="another file of results than the quoted one")
    command.set_defaults(run=_accuracy)

    command = commands.add_parser("speed", help="how fast letters are loaded, augmented, learnt from and read")
    command.add_argument("--letters", type=int, default=372_450, help="of the CSV; as many as A-Z has")
    command.add_argument("--only", nargs="+", default=(), choices=speed.PARTS, help="and keep the other figures")
    command.set_defaults(run=_speed)

    command = commands.add_parser("serve", help="the server under load, compared with the usual one")
    command.add_argument("--rounds", type=int, default=3)
    command.add_argument("--seconds", type=float, default=8)
    command.add_argument("--clients", type=int, default=8)
    command.set_defaults(run=_serve)

    command = commands.add_parser("scale", help="how fast any number of pages is read")
    command.add_argument("--letters", type=int, default=100_000, help="up to so many (100000), a thousand at least")
    command.set_defaults(run=_scale)

    command = commands.add_parser("transfer", help="what drawn letters teach about real ones")
    command.add_argument("--strokes", type=Path, required=True, metavar="FILE")
    command.set_defaults(run=_transfer)

    command = commands.add_parser("soak", help="send the server good, bad and hostile requests")
    command.add_argument("--minutes", type=float, default=30)
    command.add_argument("--clients", type=int, default=16)
    command.set_defaults(run=_soak)

    command = commands.add_parser("fuzz", help="feed the recognizer damaged pages")
    command.add_argument("--count", type=int, default=10_000)
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=_fuzz)

    command = commands.add_parser("profile", help="where the time goes")
    command.add_argument("names", nargs="*", metavar="JOB", help="draw, train, serve or read; all by default")
    command.set_defaults(run=_profile)

    command = commands.add_parser("tables", help="write the stored results into the READMEs, and check them")
    command.set_defaults(run=_tables)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, FileNotFoundError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
