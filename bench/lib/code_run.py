"""One run of `bench/run code`: speed, memory, questions, edits and peers on the trees chosen, and
the report. A tree or tool that cannot be had stays in the report with the reason.
"""

import os
import re
from pathlib import Path

from . import (code_engine, code_peers, code_quality, code_report, code_restart, code_trees, install,
               machine, report)
from .code_socket import WORD, Scratch, ask_all, edits_on_disk, wait_for_code
from .coderoom import Daemon
from .corpora import Missing, cache
from .process import Failed, Slow

BENCH = Path(__file__).resolve().parent.parent
REPOSITORY = BENCH.parent
PARTS = ["index", "memory", "questions", "edits", "restart", "peers"]
#: Where questions are asked, and the trees with the files that are edited.
ASKED = ["django", "maplibre"]
EDITED = ["django", "matrix", "kernel", "rust"]
ERRORS = (Missing, Failed, Slow, OSError)


class Run:
    """From the trees to the written report."""

    def __init__(self, options):
        self.options = options
        self.engine = code_engine.Engine(options.bin_dir)
        self.machine = machine.describe()
        self.sections, self.targets, self.raw = [], [], []
        self.rounds = options.rounds or (2 if options.quick else 5)
        self.symbols = 30 if options.quick else 200
        self.edits = 5 if options.quick else 50
        self.trees, self.absent = code_trees.prepare_all(options.trees)
        self.out = options.out or new_folder(options.name, self.machine)

    def everything(self):
        """All parts; the report even if a part breaks down."""
        here = Path.cwd()
        parts = {"index": self.index, "memory": self.memory, "questions": self.questions,
                 "edits": self.changes, "restart": self.restart, "peers": self.peers}
        try:
            self.introduction()
            for name in self.options.parts:
                try:
                    parts[name]()
                except ERRORS as reason:
                    self.section(f"## {name}\n\nStopped: {reason}\n")
            if self.targets:
                self.section("## What is wanted\n\n" + code_report.targets_table(self.targets))
        finally:
            os.chdir(here)
            self.write()

    def introduction(self):
        """What is measured on what."""
        about = {"coderoom": machine.commit(REPOSITORY) or "uncommitted",
                 "rounds": str(self.rounds), "symbols": str(self.symbols),
                 **{f"no {name}": reason for name, reason in self.absent.items()}}
        self.section("# Benchmark of questions about code\n\n"
                     + report.pairs_table(["what", ""], about) + "\n"
                     + report.pairs_table(["machine", ""], self.machine))

    def chosen(self, names):
        """The trees of these names that are there."""
        return [tree for tree in self.trees if tree.name in names]

    # ---- parts -------------------------------------------------------------------------------

    def index(self):
        """Facts and names from text in memory."""
        rows = []
        for tree in self.trees:
            say(f"  {tree.name}: facts and names")
            stats, seconds, cpu = code_engine.index_speed(self.engine, tree, self.rounds,
                                                          [1, 2])
            rows.append((tree, stats, seconds, cpu))
            for threads, values in seconds.items():
                self.keep("index", tree.name, threads, values)
            if tree.name == "django":
                speed = stats["source_bytes"] / 1e6 / code_engine.figures(seconds[2])[0]
                self.target("Python, 2 threads, MB/s", f">= {code_report.PYTHON_MB}",
                            f"{speed:.1f}", speed >= code_report.PYTHON_MB)
        self.section("## From text in memory to facts and names\n\n"
                     + code_report.speed_table(rows))

    def memory(self):
        """What is resident."""
        rows = []
        for tree in self.trees:
            say(f"  {tree.name}: memory")
            said = self.engine.run("memory", tree.root)
            rows.append((tree, said))
            share = said["with"] / said["text_bytes"]
            self.target(f"memory on {tree.name}, x text", f"<= {code_report.MEMORY}",
                        f"{share:.2f}", share <= code_report.MEMORY)
        self.section("## Memory of texts, trigrams, facts and names\n\n"
                     + code_report.memory_table(rows))

    def questions(self):
        """The twelve questions, in the engine and over the socket."""
        for tree in self.chosen(ASKED):
            say(f"  {tree.name}: questions in the engine")
            said = self.engine.run("questions", tree.root, tree.extensions, self.symbols)
            inside, not_for = code_engine.by_question(said["samples"])
            say(f"  {tree.name}: questions over the socket")
            outside = self.over_socket(tree, said["symbols"])
            for (question, state), samples in inside.items():
                self.keep(f"engine {question}", tree.name, state,
                          [it["seconds"] for it in samples])
            for (question, state), samples in outside.items():
                self.keep(f"socket {question}", tree.name, state,
                          [it["seconds"] for it in samples])
            self.question_targets(tree, inside, outside)
            named = ", ".join(f"{question} for {count}" for question, count in not_for.items()
                              if count)
            self.section(f"## Questions about {len(said['symbols'])} symbols of {tree.name}\n\n"
                         + code_report.questions_table(inside, outside)
                         + (f"\nNot a question for such symbols: {named}\n" if named else "")
                         + "\n### The slowest answers inside the engine, other symbols asked "
                         "before\n\n" + code_report.slowest_table(inside, said["symbols"]))

    def over_socket(self, tree, symbols):
        """The same questions to a daemon."""
        daemon = Daemon(self.options.bin_dir, tree.root)
        try:
            daemon.start()
            wait_for_code(daemon)
            return code_engine.by_question(ask_all(daemon, tree.root, symbols))[0]
        finally:
            daemon.close()

    def question_targets(self, tree, inside, outside):
        """What the medians are to be."""
        for question, wanted in (("definition", code_report.DEFINITION_US),
                                 ("references", code_report.REFERENCES_US)):
            for state in ("other", "again"):
                p50 = code_engine.figures([it["seconds"] for it in inside[question, state]])[0]
                self.target(f"{question} on {tree.name}, {state}, p50 µs", f"< {wanted}",
                            f"{p50 * 1e6:.0f}", p50 * 1e6 < wanted)
        over = [value for question in code_engine.QUESTIONS for value in code_report.overhead(
            inside[question, "again"], outside[question, "again"])]
        p50 = code_engine.figures(over)[0]
        self.target(f"what the socket adds on {tree.name}, all questions, p50 µs",
                    f"< {code_report.SOCKET_US}", f"{p50 * 1e6:.0f}",
                    p50 * 1e6 < code_report.SOCKET_US)

    def changes(self):
        """From a change of one line to the answer that has it."""
        rows = []
        for tree in self.chosen(EDITED):
            say(f"  {tree.name}: edits")
            scratch = Scratch(tree)
            try:
                said = self.engine.run("edits", scratch.root, scratch.file, WORD, self.edits)
                ways = {"engine, a change": said["samples"],
                        "disk and socket": edits_on_disk(self.options.bin_dir, scratch,
                                                         self.edits)}
                for way, samples in ways.items():
                    rows.append((tree.language, scratch.path.name, scratch.lines, way, samples))
                    seconds = [it["seconds"] for it in samples]
                    self.keep(f"edit {way}", tree.name, scratch.path.name, seconds)
                    p50 = code_engine.figures(seconds)[0] * 1000
                    self.target(f"edit to answer, {tree.language}, {way}, p50 ms",
                                f"< {code_report.EDIT_MS}", f"{p50:.2f}",
                                p50 < code_report.EDIT_MS)
            finally:
                scratch.close()
        self.section("## From a change of one line to an answer that has it\n\n"
                     + code_report.edits_table(rows))

    def restart(self):
        """A daemon started on an empty cache, and again on what that left."""
        found = []
        for tree in self.chosen(ASKED):
            say(f"  {tree.name}: restarts")
            samples = code_restart.starts(self.options.bin_dir, tree, self.rounds)
            found.append((tree.name, samples))
            for state in code_restart.STATES:
                self.keep("start", tree.name, state,
                          [it["seconds"] for it in samples if it["state"] == state])
        self.section("## After a start\n\n" + code_restart.table(found))

    def peers(self):
        """What others take."""
        rows = []
        for tree in self.trees:
            rows.append((tree, code_peers.indexing(self.options.bin_dir, tree,
                                                   min(self.rounds, 3), say)))
        self.section("## From nothing to an index, with peers\n\nOf coderoom: a new daemon until "
                     "its index of code is complete, texts and trigrams with it; the size is that "
                     "of facts and names.\n\n" + code_report.indexing_table(rows))
        rg, rows = install.ripgrep().path, []
        for tree in self.chosen(ASKED):
            say(f"  {tree.name}: references, with peers")
            symbols = self.engine.run("questions", tree.root, tree.extensions,
                                      self.symbols, "draw")["symbols"]
            daemon = Daemon(self.options.bin_dir, tree.root)
            try:
                daemon.start()
                wait_for_code(daemon)
                rows.append((tree, code_peers.references(rg, daemon, tree, symbols)))
            finally:
                daemon.close()
        self.section("## Who uses a symbol, with peers\n\nIn turns, each symbol once. `rg -w` "
                     "gives every line with the name; how much of that is right, `--quality` "
                     "says.\n\n"
                     + code_report.references_table(rows))

    def quality(self):
        """Precision and recall, instead of all other parts."""
        try:
            self.introduction()
            rows, definitions, absent = code_quality.measure(self.options.bin_dir, say)
            left_out = "".join(f"\n{name}: {reason}\n" for name, reason in absent.items())
            self.section("## Against the oracles\n\n"
                         + code_quality.tables(rows, definitions) + left_out)
        finally:
            self.write()

    # ---- report ------------------------------------------------------------------------------

    def target(self, what, wanted, found, reached):
        """Notes a figure that is to be reached."""
        self.targets.append((what, wanted, found, reached))

    def keep(self, figure, tree, state, seconds):
        """Keeps every sample."""
        load = f"{os.getloadavg()[0]:.2f}"
        self.raw += [[figure, tree, state, number, f"{value:.7f}", load]
                     for number, value in enumerate(seconds)]

    def section(self, text):
        """Adds a part and prints it; messages of tools may name folders."""
        for folder, name in ((cache(), "CACHE"), (self.options.bin_dir, "BIN_DIR"),
                             (REPOSITORY, "REPOSITORY"), (Path.home(), "HOME")):
            text = text.replace(str(folder), name)
        self.sections.append(text)
        print("\n" + text, flush=True)

    def write(self):
        """Writes what there is."""
        if not self.sections:
            return
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / "summary.md").write_text("\n".join(self.sections))
        if self.raw:
            report.write_csv(self.out / "samples.csv",
                             ["figure", "tree", "state", "number", "seconds", "load"], self.raw)
        print(f"written: {os.path.relpath(self.out, REPOSITORY)}")


def new_folder(name, about, kind="code"):
    """`bench/runs/DATE-KIND`, with a name or number if that is taken."""
    safe = "-" + re.sub(r"[^\w.-]", "-", name) if name else ""
    base = f"{about['date'][:10]}-{kind}{safe}"
    folder, number = BENCH / "runs" / base, 1
    while folder.exists():
        number += 1
        folder = BENCH / "runs" / f"{base}-{number}"
    return folder


def main(options):
    """Runs the command; returns the exit status."""
    try:
        run = Run(options)
    except Missing as reason:
        print(f"bench: cannot measure questions about code: {reason}")
        return 1
    if options.quality:
        run.quality()
    else:
        run.everything()
    return 0


def say(text):
    """Progress."""
    print(text, flush=True)
