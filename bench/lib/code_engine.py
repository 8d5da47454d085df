"""What happens inside the engine: runs the example program `code` of coderoom-system, which prints
one JSON object, and makes rows of it."""

import json
import statistics
import subprocess
from collections import defaultdict
from pathlib import Path

from .corpora import Missing, quiet_environment
from .measure import percentile
from .process import Failed

#: The questions, in the order of the documentation.
QUESTIONS = ["symbols", "outline", "definition", "references", "callers", "callees",
             "implementations", "supertypes", "dependencies", "dependents", "unused", "hover"]
#: What was asked before: nothing; other things; the same.
STATES = ["first", "other", "again"]
LIMIT = 900.0


class Engine:
    """The program."""

    def __init__(self, bin_dir):
        self.program = Path(bin_dir) / "examples" / "code"
        if not self.program.is_file():
            raise Missing("no `examples/code` in --bin-dir; `cargo build --release -p "
                          "coderoom-system --example code` makes it")

    def run(self, *words):
        """Runs it; its answer."""
        done = subprocess.run([str(self.program), *map(str, words)], text=True,
                              env=quiet_environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=LIMIT)
        if done.returncode:
            raise Failed((done.stderr.strip().splitlines() or ["no message"])[-1])
        return json.loads(done.stdout)


def index_speed(engine, tree, rounds, threads):
    """What was made; seconds and CPU seconds by number of threads."""
    said = engine.run("index", tree.root, tree.extensions, rounds,
                      ",".join(map(str, threads)))
    seconds, cpu = defaultdict(list), defaultdict(list)
    for sample in said["samples"]:
        seconds[sample["threads"]].append(sample["seconds"])
        cpu[sample["threads"]].append(sample["cpu"])
    return said["stats"], seconds, cpu


def by_question(samples):
    """The samples of each question and state; and how often a question was not for a symbol."""
    rows, not_for = defaultdict(list), defaultdict(int)
    for sample in samples:
        if sample.get("not_for"):
            not_for[sample["question"]] += sample.get("state") == "again"
        else:
            rows[sample["question"], sample["state"]].append(sample)
    return rows, not_for


def figures(seconds):
    """Median and 95th percentile; nothing of nothing."""
    if not seconds:
        return None, None
    return statistics.median(seconds), percentile(seconds, 95)
