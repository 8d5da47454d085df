"""One run of `bench/run session`: edits, opening and memory inside the daemon's types; then, over the
socket, what a session is for, beside what people do today: the review commit beside a worktree, a
run's set-up beside copying, a diff beside git's.
"""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from . import corpora, machine
from .code_run import new_folder
from .coderoom import START_LIMIT, Daemon
from .corpora import Missing
from .process import Failed, Slow
from .search import REPOSITORY

PARTS = ["engine", "socket", "review", "run", "diff"]
GIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-c",
       "gc.auto=0", "-c", "core.untrackedCache=false"]
EDITED = 3


class Run:
    """From a corpus to the written report."""

    def __init__(self, options):
        self.options = options
        self.rounds = options.rounds or (5 if options.quick else 21)
        self.sections = []
        self.out = options.out or new_folder(options.name, machine.describe(), "session")

    def everything(self):
        """All parts on all corpora; the report even if one breaks down."""
        rows = "\n".join(f"| {key} | {value} |" for key, value in machine.describe().items())
        self.say("# Benchmark of edit sessions\n\n| machine |  |\n| --- | --- |\n" + rows + "\n")
        try:
            for name in self.options.corpora.split(","):
                try:
                    self.corpus(name, corpora.prepare(name, REPOSITORY))
                except (Missing, Failed, Slow, OSError, subprocess.CalledProcessError) as reason:
                    self.say(f"## {name}\n\nStopped: {reason}\n")
        finally:
            self.out.mkdir(parents=True, exist_ok=True)
            (self.out / "summary.md").write_text("\n".join(self.sections))
            print(f"bench: written to {self.out}")

    def corpus(self, name, corpus):
        """One corpus: in place for what does not write, as a repository of its own for the rest."""
        root = Path(corpus.root)
        parts = self.options.parts.split(",")
        if "engine" in parts:
            self.engine(name, root)
        if set(parts) & {"socket", "review", "run", "diff"}:
            with Repository(root) as repository:
                self.asked(name, repository, parts)

    def engine(self, name, root):
        """What the example `sessions` prints, as a table."""
        program = self.options.bin_dir / "examples" / "sessions"
        if not program.is_file():
            raise Missing("no example `sessions`: cargo build --release -p coderoom --examples")
        state = tempfile.mkdtemp(prefix="bench-session-")
        edits = "128" if self.options.quick else "1280"
        try:
            done = subprocess.run([program, root, state, edits], check=True, text=True,
                                  capture_output=True)
        finally:
            shutil.rmtree(state, ignore_errors=True)
        lines = ["| what | p50 µs | p95 µs | n |", "| --- | ---: | ---: | ---: |"]
        for line in done.stdout.splitlines():
            row = json.loads(line)
            if "value" in row:
                lines.append(f"| {row['what']} | {row['value']} | | |")
            else:
                numbers = f"{row['p50_us']:.0f} | {row['p95_us']:.0f} | {row['n']}"
                lines.append(f"| {row['what']} | {numbers} |")
        self.say(f"## {name}: inside the daemon\n\n" + "\n".join(lines) + "\n")

    def asked(self, name, repository, parts):
        """Over the socket, in alternation with what it is compared with."""
        daemon = Daemon(self.options.bin_dir, repository.root)
        try:
            daemon.start()
            daemon.wait_indexed()
            with daemon.connect() as line:
                asks = Asks(line, repository, self.rounds)
                rows = []
                for part in ("socket", "review", "run", "diff"):
                    if part in parts:
                        rows += getattr(asks, part)()
        finally:
            daemon.close()
        head = "| what | p50 ms | p95 ms | n | beside it, p50 ms | times |"
        body = [head, "| --- | ---: | ---: | ---: | --- | ---: |"]
        for what, ours, theirs in rows:
            p50 = statistics.median(ours)
            p95 = sorted(ours)[int((len(ours) - 1) * 0.95)]
            beside, factor = "", ""
            if theirs:
                their_name, times = theirs
                their_p50 = statistics.median(times)
                beside = f"{their_name}: {their_p50 * 1e3:.1f}"
                factor = f"{their_p50 / p50:.0f}"
            body.append(f"| {what} | {p50 * 1e3:.2f} | {p95 * 1e3:.2f} | {len(ours)} | {beside} "
                        f"| {factor} |")
        self.say(f"## {name}: over the socket\n\n" + "\n".join(body) + "\n")

    def say(self, text):
        """Into the report, and to who is watching."""
        print(text)
        self.sections.append(text)


class Repository:
    """A copy of a tree as a git repository with one commit."""

    def __init__(self, root):
        self.source = root
        self.folder = None

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="bench-repo-", dir=corpora.cache()))
        self.root = self.folder / "tree"
        shutil.copytree(self.source, self.root, symlinks=True,
                        ignore=shutil.ignore_patterns(".git", ".glep"))
        for arguments in (["init", "-q", "-b", "main"], ["add", "-A"],
                          ["commit", "-q", "-m", "all"]):
            self.git(arguments)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def git(self, arguments, where=None):
        """Runs git."""
        return subprocess.run([*GIT, *arguments], cwd=where or self.root, check=True,
                              capture_output=True).stdout

    def files(self, count):
        """Some tracked source files, far from one another."""
        names = self.git(["ls-files", "*.py", "*.c"]).decode().split("\n")
        names = [name for name in names if name and (self.root / name).stat().st_size > 2000]
        return [names[i * len(names) // count] for i in range(count)]


class Asks:
    """The questions of one corpus."""

    def __init__(self, line, repository, rounds):
        self.line, self.repository, self.rounds = line, repository, rounds
        self.number = 0

    def ask(self, method, **params):
        """One operation in a session of this run."""
        reply, _, _ = self.line.request(
            method, {"workspace": str(self.repository.root), **params}, START_LIMIT)
        return reply

    def open(self, name):
        """A session that commits only when asked."""
        config = "git:\n  auto_commit: false\n"
        self.ask("session_open", name=name, config=config)
        return name

    def timed(self, work):
        """Seconds that something takes."""
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    def edits(self, count):
        """A line more at the end of some files: other text each time."""
        self.number += 1
        rows = []
        for path in self.repository.files(count):
            comment = "#" if path.endswith(".py") else "//"
            lines = len((self.repository.root / path).read_bytes().split(b"\n")) - 1
            rows.append({"kind": "insert", "path": path, "line": lines,
                         "text": f"{comment} number {self.number}\n"})
        return rows

    def socket(self):
        """One edit, and a search that must have it."""
        session = self.open("socket")
        path = self.repository.files(1)[0]
        edits, seen = [], []
        for n in range(self.rounds * 4):
            word = f"bench_word_{n}_{os.getpid()}"
            edit = [{"kind": "insert", "path": path, "line": 0, "text": f"# {word}\n"}]
            if not path.endswith(".py"):
                edit[0]["text"] = f"// {word}\n"
            began = time.perf_counter()
            self.ask("apply_batch", session=session, edits=edit)
            edits.append(time.perf_counter() - began)
            found = self.ask("search", session=session, pattern=word)["text"]
            seen.append(time.perf_counter() - began)
            if word not in found:
                raise Failed("an edit is not in its session's search")
        return [("an edit, acknowledged", edits, None),
                ("an edit, until a search has it", seen, None)]

    def review(self):
        """A commit of three edited files, beside a worktree of one's own."""
        session = self.open("review")
        ours, theirs = [], []
        first = None
        for _ in range(self.rounds):
            self.ask("apply_batch", session=session, edits=self.edits(EDITED))
            took = self.timed(lambda: self.ask("commit_review", session=session))
            if first is None:
                first = took
            else:
                ours.append(took)
        for n in range(max(3, self.rounds // 7)):
            theirs.append(self.timed(lambda n=n: self.by_worktree(n)))
        return [("the first review commit", [first], None),
                ("a review commit of 3 files", ours, ("worktree add + edit + commit", theirs))]

    def by_worktree(self, n):
        """What is done without sessions."""
        at = self.repository.folder / f"worktree-{n}"
        self.repository.git(["worktree", "add", "-q", "-b", f"work-{n}", str(at)])
        for path in self.repository.files(EDITED):
            with open(at / path, "a") as file:
                file.write(f"# {n}\n" if path.endswith(".py") else f"// {n}\n")
        self.repository.git(["commit", "-qam", "edit"], where=at)

    def run(self):
        """Until a command sees the session, beside a copy and a worktree."""
        session = self.open("run")
        self.ask("apply_batch", session=session, edits=self.edits(20))
        ours = []
        for _ in range(self.rounds):
            reply = self.ask("run", session=session, command=["true"])
            if reply["code"] != 0 or reply["way"] != "overlay":
                raise Failed(f"the run went another way: {reply['way']} {reply['notes']}")
            ours.append(reply["setup_ms"] / 1e3)
        copies, worktrees = [], []
        for n in range(2):
            at = self.repository.folder / f"copy-{n}"
            copies.append(self.timed(lambda: subprocess.run(
                ["cp", "-r", self.repository.root, at], check=True)))
            shutil.rmtree(at)
            at = self.repository.folder / f"tree-{n}"
            worktrees.append(self.timed(lambda: self.repository.git(
                ["worktree", "add", "-q", "--detach", str(at)])))
            self.repository.git(["worktree", "remove", "--force", str(at)])
        return [("a run, until its command starts", ours, ("cp -r", copies)),
                ("the same", ours, ("git worktree add", worktrees))]

    def diff(self):
        """All changes of a session of 500 files."""
        session = self.open("diff")
        edits = self.edits(500)
        self.ask("apply_batch", session=session, edits=edits)
        ours = [self.timed(lambda: self.ask("diff", session=session, max_bytes=1 << 30))
                for _ in range(self.rounds)]
        at = self.repository.folder / "diffed"
        self.repository.git(["worktree", "add", "-q", "--detach", str(at)])
        for edit in edits:
            with open(at / edit["path"], "a") as file:
                file.write(edit["text"])
        theirs = [self.timed(lambda: self.repository.git(["diff"], where=at))
                  for _ in range(self.rounds)]
        return [("a diff of 500 files", ours, ("git diff", theirs))]


def main(options):
    """Runs the command; returns the exit status."""
    Run(options).everything()
    return 0
