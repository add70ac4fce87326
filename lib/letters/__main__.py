"""The command line: letters read | serve | bulk | data | pen, also as python -m letters."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from letters import alphabet, picture
from letters.language import LANGUAGES
from letters.recognizer import ModelError, Recognizer


def read(options: argparse.Namespace) -> int:
    recognizer = Recognizer.load(options.model) if options.model else Recognizer.load()
    failed = False
    for path in options.images:
        try:
            reading = recognizer.read(path, options.alphabet, options.language, options.fold)
        except (picture.PictureError, OSError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed = True
            continue
        print(json.dumps({"image": path, **_as_json(reading)}) if options.json else reading.text)
    return 1 if failed else 0


def _as_json(reading):
    return {
        "text": reading.text,
        "letters": [
            {
                "letter": found.letter,
                "unsure": found.unsure,
                "box": found.box,
                "candidates": [{"letter": letter, "probability": round(p, 4)} for letter, p in found.candidates[:3]],
            }
            for found in reading.letters
        ],
    }


def serve(options: argparse.Namespace) -> int:
    from letters.serve import app

    return app.main(options.host, options.port)


def bulk(options: argparse.Namespace) -> int:
    from letters import bulk

    chosen = bulk.Options(options.alphabet, options.language, options.fold)
    where = {"scheduler": options.scheduler, "workers": options.workers}
    try:
        done = bulk.read(options.sources, options.output, chosen, **where, batch=options.batch, progress=True)
    except bulk.ClusterError as error:
        print(f"letters: {error}", file=sys.stderr)
        return 2
    print(f"{done.read} pictures read in {done.seconds:.0f} s, {done.failed} of them could not be: {options.output}")
    if done.before:
        print(f"{done.before} had been read before")
    return 1 if done.failed else 0


def data(options: argparse.Namespace) -> int:
    from letters import dataset

    if options.source == "hdbpmn":
        return _hdbpmn(options)
    if options.folder is not None:
        raise ValueError(f"only --source hdbpmn takes a folder, {options.folder}")
    if options.source == "az":
        print(f"the A-Z data set is at {dataset.download_az()}")
    else:
        path = Path(options.output or dataset.drawn_path(options.size, options.seed))
        dataset.write_drawn(path, options.size, options.seed, progress=True)
        print(f"{options.size} letters, drawn with seed {options.seed}: {path}")
    return 0


def _hdbpmn(options):
    from letters import dataset, hdbpmn

    if options.folder is None:
        raise ValueError("say where the clone of dwslab/hdBPMN is: letters data --source hdbpmn FOLDER")
    for path in hdbpmn.convert(options.folder, options.output or dataset.DATA, progress=True):
        print(path)
    return 0


def pen(options: argparse.Namespace) -> int:
    import numpy as np

    from letters import copybook, pen

    if options.digits:
        letters, labels = pen.read_digits(options.strokes)
        model, output = pen.fit(letters, labels, classes=pen.DIGITS), options.output or pen.DIGITS_PATH
    else:
        letters, labels = pen.read_strokes(options.strokes)
        taught, taught_labels = copybook.letters(copies=60)
        model = pen.fit(letters + taught, np.concatenate([labels, taught_labels]))
        output = options.output or pen.PATH
    pen.save(model, output)
    forms = sum(len(group.label) for group in model.values())
    print(f"{forms} forms from {len(letters)} characters: {output}, {output.stat().st_size // 1000} kB")
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="letters", description="Reads handwritten Latin letters.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("read", help="print the letters that a picture shows")
    command.add_argument("images", nargs="+", metavar="IMAGE")
    _add_reading(command)
    command.add_argument("--json", action="store_true", help="one JSON object a picture, with boxes and candidates")
    command.add_argument("--model", metavar="FILE", help="another .tflite than the shipped one")
    command.set_defaults(run=read)

    command = commands.add_parser("serve", help="start the web page")
    command.add_argument("--host", help="address to listen on (127.0.0.1: this machine only)")
    command.add_argument("--port", help="port to listen on (5000)")
    command.epilog = "More settings are environment variables: python -m letters.serve.settings lists them."
    command.set_defaults(run=serve)

    command = commands.add_parser("bulk", help="read any number of pictures, on all cores, into Parquet files")
    command.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="folder, glob, Parquet list, or an address of one"
    )
    command.add_argument("--output", required=True, metavar="FOLDER", help="a run that was stopped goes on in it")
    _add_reading(command)
    command.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler; by default a cluster of its own")
    command.add_argument("--workers", type=int, help="processes of its own cluster; by default one a core")
    command.add_argument("--batch", type=int, default=64, help="pictures a file (64)")
    command.set_defaults(run=bulk)

    command = commands.add_parser(
        "data", help="write the embedded data set as a CSV, download the A-Z set, or cut words out of hdBPMN"
    )
    command.add_argument("--source", choices=("drawn", "az", "hdbpmn"), default="drawn")
    command.add_argument("folder", nargs="?", metavar="FOLDER", help="of a clone of dwslab/hdBPMN, for --source hdbpmn")
    command.add_argument("--size", type=int, default=50_000, help="letters to draw (50000)")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--output", metavar="PATH", help="the CSV, or folder for words, to write; by default in data/")
    command.set_defaults(run=data)

    command = commands.add_parser("pen", help="fit the pen model to a stroke file")
    command.add_argument("--strokes", required=True, metavar="FILE")
    command.add_argument("--digits", action="store_true", help="fit the model of digits instead")
    command.add_argument("--output", type=Path, metavar="FILE", help="(the package's own)")
    command.set_defaults(run=pen)
    return parser


def _add_reading(command):
    command.add_argument("--alphabet", choices=alphabet.ALPHABETS, default="any")
    command.add_argument("--language", choices=LANGUAGES, help="let its words break ties between similar letters")
    command.add_argument("--fold", action="store_true", help="name every letter by its capital")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ModelError, ValueError, FileNotFoundError, ModuleNotFoundError) as error:
        print(f"letters: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
