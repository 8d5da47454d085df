#!/usr/bin/env python3
"""Fails when answers about code get worse than `floors.json` allows.

    cargo build -p coderoom-system --example references
    python3 bench/code/floor.py
    python3 bench/code/floor.py rust-ripgrep cpp-leveldb --program target/release/examples/references

Asks the engine, without a daemon, the questions of the oracles and prints a row for each group of
symbols; a figure below its floor has a `!`. The floors are for answers that are exact or likely.
Corpora that are not in the cache are fetched from their registries.
"""

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent)]

import score  # noqa: E402
from sources import Missing, locate  # noqa: E402

#: The certainties that the floors are for.
CERTAINTY = "exact+likely"
FIGURES = ("precision", "recall", "definition")


class Engine:
    """The example `references`: a question a line, an array of places a line."""

    def __init__(self, program, root):
        self.process = subprocess.Popen([program, root], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def references(self, item):
        """Every place that uses the symbol."""
        return self._ask("references", item)

    def definition(self, item):
        """Where the symbol that is used at a place is defined."""
        return self._ask("definition", item)

    def close(self):
        """Ends the program."""
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def _ask(self, what, item):
        self.process.stdin.write(f"{what} {item['path']} {item['line']} {item['column']}\n")
        self.process.stdin.flush()
        places = json.loads(self.process.stdout.readline())
        for place in places:
            place["certainty"] = place["certainty"].replace("_", " ")
        return places


def measure(program, name):
    """The figures of one oracle by group, and how many seconds it took."""
    oracle = json.loads((HERE / "oracles" / f"{name}.json").read_text())
    root = locate(oracle["corpus"])
    begun = time.monotonic()
    engine = Engine(program, root)
    try:
        answers = score.ask(engine, oracle)
    finally:
        engine.close()
    if answers.failed:
        raise RuntimeError(f"{name}: {answers.failed.most_common(1)[0][0]}")
    figures, _ = score.score_references(oracle, answers.references)
    definitions, _ = score.score_definitions(oracle, answers.definitions, root)
    groups = {}
    for group, row in figures[CERTAINTY].items():
        asked = definitions.get(group, {"uses": 0, "correct": 0})
        groups[group] = {"symbols": row["symbols"], "precision": row["precision"],
                         "recall": row["recall"],
                         "definition": asked["correct"] / asked["uses"] if asked["uses"] else None}
    return groups, time.monotonic() - begun


def below(figures, floors):
    """The names of the figures that are lower than they may be."""
    return [name for name in FIGURES if name in floors
            and (figures.get(name) is None or figures[name] < floors[name])]


def row(name, group, figures, floors):
    """One line of the table."""
    low = below(figures, floors)
    cells = [f"{score.share(figures[key])}{'!' if key in low else ''} ({floors.get(key, '-')})"
             for key in FIGURES]
    return f"| {name} | {group} | {figures['symbols']} | " + " | ".join(cells) + " |"


def main():
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("oracle", nargs="*", help="some of floors.json (default: all)")
    parser.add_argument("--program", type=Path, help="the example `references`",
                        default=REPOSITORY / "target/debug/examples/references")
    options = parser.parse_args()
    floors = json.loads((HERE / "floors.json").read_text())
    names = options.oracle or list(floors)
    program = options.program.resolve()
    # One after the other: fetching uses a folder in common.
    for name in names:
        try:
            locate(json.loads((HERE / "oracles" / f"{name}.json").read_text())["corpus"])
        except Missing as reason:
            print(f"{name}: {reason}", file=sys.stderr)
            return 2
    with ThreadPoolExecutor(max_workers=2) as pool:
        measured = list(pool.map(lambda name: measure(program, name), names))
    print("| oracle | group | symbols | precision (floor) | recall (floor) | definition (floor) |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    low = 0
    for name, (groups, _) in zip(names, measured):
        for group, wanted in floors[name].items():
            figures = groups[group]
            print(row(name, group, figures, wanted))
            low += len(below(figures, wanted))
    print(f"\n{sum(seconds for _, seconds in measured):.0f} s of questions, "
          f"{low} figures below their floor")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
