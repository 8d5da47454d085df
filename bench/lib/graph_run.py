"""One run of `bench/run graph`: making the graph, and p50 and p95 of every question over the socket,
beside m1nd-mcp in the same run. How good the answers are is measured by `bench/graph`.
"""

import shutil
import statistics
import subprocess
from pathlib import Path

from . import corpora, graph_peer, machine
from .code_run import new_folder
from .code_socket import Raw, wait_for_code
from .coderoom import Daemon
from .corpora import Missing, cache
from .graph_questions import DJANGO, LINUX
from .process import Failed, Slow, memory
from .search import REPOSITORY

CORPORA = {"django": DJANGO, "linux-kernel-fs": LINUX}
PARTS = ["ingest", "questions", "peer"]
FIRST = 600_000
#: Edits there, and as many back.
EDITS = 5


class Run:
    """From a corpus to the written report."""

    def __init__(self, options):
        self.options = options
        self.rounds = options.rounds or (1 if options.quick else 3)
        self.parts = options.parts.split(",")
        self.sections = []
        self.out = options.out or new_folder(options.name, machine.describe(), "graph")

    def everything(self):
        """All parts on all corpora; the report even if one breaks down."""
        rows = "\n".join(f"| {key} | {value} |" for key, value in machine.describe().items())
        self.say("# Benchmark of the graph\n\n| machine |  |\n| --- | --- |\n" + rows + "\n")
        try:
            for name in self.options.corpora.split(","):
                try:
                    self.corpus(name, root_of(name), CORPORA[name])
                except (Missing, Failed, Slow, OSError, subprocess.CalledProcessError) as reason:
                    self.say(f"## {name}\n\nStopped: {reason}\n")
        finally:
            self.out.mkdir(parents=True, exist_ok=True)
            (self.out / "summary.md").write_text("\n".join(self.sections))
            print(f"bench: written to {self.out}")

    def corpus(self, name, root, asked):
        """One corpus, in place: nothing is written to it."""
        if "ingest" in self.parts:
            self.ingest(name, root)
        rows = self.questions(root, asked) if "questions" in self.parts else {}
        peer = self.peer(root, asked) if "peer" in self.parts else {}
        lines = ["| question | n | p50 ms | p95 ms | m1nd p50 ms | m1nd p95 ms |",
                 "| --- | ---: | ---: | ---: | ---: | ---: |"]
        for question in sorted({*rows, *peer}):
            mine, other = rows.get(question, []), peer.get(question, [])
            lines.append(f"| {question} | {len(mine)} | {figures(mine)} | {figures(other)} |")
        self.say(f"## {name}: questions over the socket\n\n" + "\n".join(lines) + "\n")

    def ingest(self, name, root):
        """What the example `graph` prints: seconds of each stage, nodes, edges, bytes."""
        program = self.options.bin_dir / "examples" / "graph"
        if not program.is_file():
            raise Missing("no example `graph`: cargo build --release -p coderoom-system --examples")
        done = subprocess.run([program, root], check=True, text=True, capture_output=True)
        self.say(f"## {name}: making the graph\n\n```text\n{done.stdout}```\n")

    def questions(self, root, asked):
        """Seconds of each question, by operation."""
        daemon = Daemon(self.options.bin_dir, root)
        samples = {}
        try:
            daemon.start()
            wait_for_code(daemon)
            raw = Raw(daemon)
            raw.line.connection.settimeout(FIRST / 1000)
            firsts = []
            for operation, params in self.first(root, asked):
                seconds, _ = raw.ask(operation, {**params, "timeout_ms": FIRST})
                firsts.append(f"| {operation} | {seconds * 1000:.0f} |")
            self.say("First question of each kind (makes what it needs):\n\n| question | ms |\n"
                     "| --- | ---: |\n" + "\n".join(firsts) + "\n")
            for _ in range(self.rounds):
                for operation, params in all_of(root, asked):
                    seconds, ok = raw.ask(operation, params)
                    if ok:
                        samples.setdefault(operation, []).append(seconds)
                    else:
                        samples.setdefault(f"{operation} (errors)", []).append(seconds)
            self.edits(raw, root, asked)
            held = memory(daemon.pid)
            self.say(f"Daemon with everything made: {held.pss / 1e6:.0f} MB Pss.\n")
            raw.close()
            self.restart(daemon, root, asked)
        finally:
            daemon.close()
        return samples

    def edits(self, raw, root, asked):
        """What the first question costs after each edit of a session: the edit is in its answer."""
        session = {"workspace": str(root), "session": "bench-graph"}
        raw.ask("session_open", {"workspace": str(root), "name": "bench-graph", "new": True})
        rows = []
        for path, old, new in asked.edits:
            seconds = []
            for turn in range(2 * EDITS):
                one, other = (old, new) if turn % 2 == 0 else (new, old)
                edit = {**session, "path": path, "old_str": one, "new_str": other}
                _, ok = raw.ask("edit_file", edit)
                if not ok:
                    raise Failed(f"{path} has no {one!r}")
                seconds.append(raw.ask("impact", {**session, "targets": [path]})[0])
            name = new.strip().split("\n")[0]
            rows.append(f"| {path} | `{name}` | {len(seconds)} | {figures(seconds)} |")
        raw.ask("session_close", {**session, "discard": True})
        self.say("An edit in a session, and `impact` of its file at once:\n\n"
                 "| file | edit | n | p50 ms | p95 ms |\n| --- | --- | ---: | ---: | ---: |\n"
                 + "\n".join(rows) + "\n")

    def restart(self, daemon, root, asked):
        """What a restart finds: the first question of the graph waits for facts and the kept pieces."""
        daemon.stop()
        started = daemon.start()
        raw = Raw(daemon)
        raw.line.connection.settimeout(FIRST / 1000)
        ask = {"workspace": str(root), "targets": [asked.targets[0]], "timeout_ms": FIRST}
        seconds, _ = raw.ask("impact", ask)
        raw.close()
        self.say(f"After a restart: {started:.2f} s until the first answer of a search, "
                 f"{seconds:.2f} s more until that of the first `impact`.\n")

    def first(self, root, asked):
        """One question of each operation."""
        seen = set()
        for operation, params in all_of(root, asked):
            if operation not in seen:
                seen.add(operation)
                yield operation, params

    def peer(self, root, asked):
        """The same of m1nd-mcp, as far as it has such a question."""
        samples = {}
        peer = graph_peer.Peer(graph_peer.install())
        try:
            seconds, text = peer.ask("ingest", {"path": str(root)})
            counts = " ".join(text.split())[:300]
            self.say(f"m1nd-mcp {graph_peer.VERSION}: ingest {seconds:.1f} s, "
                     f"{peer.memory().pss / 1e6:.0f} MB Pss; it says: `{counts}`\n")
            for _ in range(self.rounds):
                for question in asked.questions:
                    for tool in ("activate", "seek", "resonate"):
                        keep(samples, tool, peer.ask(tool, {"query": question}))
                for name in asked.peer_targets:
                    keep(samples, "impact", peer.ask(
                        "impact", {"node_id": name, "direction": "reverse"}))
                    if "::class::" not in name:
                        keep(samples, "predict", peer.ask("predict", {"changed_node": name}))
                        keep(samples, "counterfactual", peer.ask(
                            "counterfactual", {"node_ids": [name]}))
                        keep(samples, "surgical_context_v2", peer.ask(
                            "surgical_context_v2", {"file_path": name.removeprefix("file::")}))
                for one, other in zip(asked.peer_targets, asked.peer_targets[1:]):
                    keep(samples, "why", peer.ask("why", {"source": one, "target": other}))
                keep(samples, "layers", peer.ask("layers", {}))
                for claim in asked.claims:
                    keep(samples, "hypothesize", peer.ask("hypothesize", {"claim": claim}))
                for trace in asked.traces:
                    keep(samples, "trace", peer.ask("trace", {"error_text": trace}))
        finally:
            peer.close()
        return samples

    def say(self, text):
        """Part of the report, and to who watches."""
        print(text, flush=True)
        self.sections.append(text)


def all_of(root, asked):
    """Every question once: (operation, parameters)."""
    base = {"workspace": str(root)}
    for question in asked.questions:
        for operation in ("seek", "activate", "resonate"):
            yield operation, {**base, "question": question}
    for target in asked.targets:
        yield "impact", {**base, "targets": [target]}
        yield "counterfactual", {**base, "targets": [target]}
        yield "surgical_context_v2", {**base, "target": target}
        if "/" in target:
            yield "predict", {**base, "targets": [target]}
            yield "missing", {**base, "targets": [target]}
    for one, other in zip(asked.targets, asked.targets[1:]):
        yield "why", {**base, "from": one, "to": other}
    for claim in asked.claims:
        yield "hypothesize", {**base, "claim": claim}
    for trace in asked.traces:
        yield "trace", {**base, "text": trace}
    yield "layers", base
    yield "duplicates", base


def root_of(name):
    """The tree of a corpus."""
    if name == "django":
        return Path(corpora.prepare("django", REPOSITORY).root)
    linux = Path(corpora.prepare("linux", REPOSITORY).root)
    target = cache() / "corpora" / "linux-kernel-fs"
    if not target.exists():
        for folder in ("kernel", "fs"):
            shutil.copytree(linux / folder, target / folder, symlinks=True)
    return target


def keep(samples, tool, answer):
    """A sample of an answer that is none of an error."""
    seconds, text = answer
    if text:
        samples.setdefault(tool, []).append(seconds)


def figures(seconds):
    """p50 and p95 in milliseconds, as cells."""
    if not seconds:
        return "- | -"
    ordered = sorted(seconds)
    late = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"{statistics.median(ordered) * 1000:.2f} | {late * 1000:.2f}"


def main(options):
    """Runs it; returns the exit status."""
    Run(options).everything()
    return 0
