#!/usr/bin/env python3
"""How well `coderoom seek --files` finds the files that later commits changed, beside BM25.

    python3 bench/graph/seek_eval.py REPOSITORY... [--bin target/release/coderoom] [--ablate]

Repositories are git repositories (bare ones too). Prints a row for each: mean reciprocal rank of the
first right file, and how often it is the first, among the first five and ten. BM25 (k1 1.2, b 0.75,
identifiers split and whole) runs over all source files, and over those that are no tests, which is the
harder one to beat. `--ablate` runs it again without each part of the score. `--activate` measures
`coderoom activate --files` as well: as it is, and (with `--ablate`) with dimensions on and off, with
resonance, with the cancelling of noise, and with other parts of the semantic dimension. `--peer` asks
m1nd-mcp (built from crates.io if need be) the same questions, by both of its tools.
"""

import argparse
import collections
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import history_cases  # noqa: E402
from lib import graph_peer  # noqa: E402
from lib.process import Failed  # noqa: E402

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+")
PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
PARTS = "words path scope defines like_commits like_commit recent imported role".split()
DIMENSIONS = "structural semantic temporal causal".split()
SEMANTIC = (
    ("text", "trigrams"),
    ("text", "cooccurrence"),
    ("text", "trigrams", "cooccurrence"),
    ("trigrams",),
    ("cooccurrence",),
)


def words(text):
    """Identifiers of a text, by their parts and whole, lower case."""
    found = []
    for word in WORD.findall(text):
        parts = [part.lower() for part in PART.findall(word)]
        found += [part for part in parts if len(part) > 1]
        if len(parts) > 1:
            found.append(word.lower())
    return found


class Bm25:
    """Okapi BM25 over texts."""

    def __init__(self, texts, k1=1.2, b=0.75):
        self.paths = sorted(texts)
        counts = [collections.Counter(words(texts[path])) for path in self.paths]
        lengths = [sum(it.values()) for it in counts]
        mean = statistics.mean(lengths) if lengths else 1
        self.weights = collections.defaultdict(list)
        for number, (count, length) in enumerate(zip(counts, lengths)):
            for word, times in count.items():
                norm = times + k1 * (1 - b + b * length / mean)
                self.weights[word].append((number, times * (k1 + 1) / norm))

    def rank(self, question):
        """Paths, the best first; ties by path."""
        scores = [0.0] * len(self.paths)
        for word in set(words(question)):
            postings = self.weights.get(word, ())
            there = len(postings)
            idf = math.log(1 + (len(self.paths) - there + 0.5) / (there + 0.5))
            for number, weight in postings:
                scores[number] += idf * weight
        order = sorted(range(len(scores)), key=lambda number: (-scores[number], number))
        return [self.paths[number] for number in order]


def texts_of(tree):
    """Source files of a working tree."""
    paths = history_cases.git(tree, "ls-files").split("\n")
    found = {}
    for path in filter(history_cases.is_source, paths):
        full = os.path.join(tree, path)
        if os.path.isfile(full) and not os.path.islink(full):
            with open(full, encoding="utf-8", errors="replace") as file:
                found[path] = file.read()
    return found


def seek(binary, tree, question, without=()):
    """The product's ranking."""
    command = [binary, "seek", "--files", "--limit", "200"]
    if without:
        command += ["--without", ",".join(without)]
    done = subprocess.run(command, input=question.encode(), cwd=tree, capture_output=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    return done.stdout.decode().split("\n")[:-1]


def activate(binary, tree, question, flags=()):
    """The ranking of the graph."""
    command = [binary, "activate", "--files", "--limit", "200", *flags]
    done = subprocess.run(command, input=question.encode(), cwd=tree, capture_output=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    return done.stdout.decode().split("\n")[:-1]


class PeerRanking:
    """The files of m1nd-mcp's answers, in their order; nothing for a question that ends it."""

    PLACE = re.compile(r'"(?:node_id|file_path)": "(?:file::)?([^":]+?)(?:::[^"]*)?"')

    def __init__(self, tree):
        self.tree = tree
        self.ends = 0
        self.start()

    def start(self):
        """A process that has read the tree."""
        for _ in range(3):
            self.peer = graph_peer.Peer(graph_peer.install())
            _, read = self.peer.ask("ingest", {"path": self.tree})
            if "node_count" in read:
                return
            self.peer.close()
        raise SystemExit(f"m1nd-mcp does not read {self.tree}")

    def rank(self, tool, question):
        """Paths, the best first, each once."""
        try:
            _, text = self.peer.ask(tool, {"query": question, "top_k": 100})
        except (Failed, OSError, ValueError):
            self.ends += 1
            self.peer.close()
            self.start()
            return []
        found = (path for path in self.PLACE.findall(text) if "/" in path or "." in path)
        return list(dict.fromkeys(found))


def peer_rows(tree, cases):
    """What is measured of the peer: (name, figures)."""
    ranking = PeerRanking(tree)
    try:
        for tool in ("activate", "seek"):
            yield f"m1nd {tool}", measure(cases, lambda it, tool=tool: ranking.rank(tool, it))
        if ranking.ends:
            print(f"m1nd ended {ranking.ends} times while it was asked", file=sys.stderr)
    finally:
        ranking.peer.close()


def activations(arguments):
    """What of activation is measured: (name, flags)."""
    yield "activate", ()
    if arguments.ablate:
        yield "activate in all dimensions", ("--dimensions", ",".join(DIMENSIONS))
        for off in DIMENSIONS:
            rest = ",".join(it for it in DIMENSIONS if it != off)
            yield f"activate without {off}", ("--dimensions", rest)
            yield f"activate with {off} alone", ("--dimensions", off)
        yield "activate with resonance", ("--resonance",)
        yield "activate with xlr", ("--xlr",)
        for parts in SEMANTIC:
            yield f"activate, semantic by {' '.join(parts)}", ("--semantic", ",".join(parts))


def measure(cases, rank):
    """MRR and acc@1, 5, 10 of a ranking."""
    ranks = []
    for case in cases:
        order = rank(case.question)
        places = [order.index(path) + 1 for path in case.answer if path in order]
        ranks.append(min(places, default=math.inf))
    among = lambda most: sum(rank <= most for rank in ranks) / len(ranks)
    return sum(1 / rank for rank in ranks) / len(ranks), among(1), among(5), among(10)


def rows_of(repository, arguments):
    """What is measured of one repository: (name, figures)."""
    base, cases = history_cases.cut(repository, arguments.cases)
    with tempfile.TemporaryDirectory() as place:
        tree = history_cases.tree_at(repository, base, place)
        texts = texts_of(tree)
        code = {path: text for path, text in texts.items() if not history_cases.is_test(path)}
        yield f"BM25, {len(texts)} files", measure(cases, Bm25(texts).rank)
        yield f"BM25, {len(code)} without tests", measure(cases, Bm25(code).rank)
        yield f"seek ({len(cases)} cases)", measure(cases, lambda it: seek(arguments.bin, tree, it))
        for name, flags in activations(arguments) if arguments.activate else ():
            rank = lambda it, flags=flags: activate(arguments.bin, tree, it, flags)
            yield name, measure(cases, rank)
        if arguments.ablate:
            past = ("like_commits", "like_commit", "recent")
            for without in [(part,) for part in PARTS] + [past]:
                rank = lambda it, without=without: seek(arguments.bin, tree, it, without)
                yield f"seek without {' '.join(without)}", measure(cases, rank)
        if arguments.peer:
            # Last: it writes a file into the tree.
            yield from peer_rows(tree, cases)
        subprocess.run([arguments.bin, "unload", tree], capture_output=True, check=False)


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--bin", default="target/release/coderoom")
    parser.add_argument("--cases", type=int, default=150)
    parser.add_argument("--ablate", action="store_true")
    parser.add_argument("--activate", action="store_true")
    parser.add_argument("--peer", action="store_true")
    arguments = parser.parse_args()
    arguments.bin = os.path.abspath(arguments.bin)
    means = collections.defaultdict(list)
    print("| repository | ranking | MRR | acc@1 | acc@5 | acc@10 |\n| --- | --- | --- | --- | --- | --- |")
    for repository in arguments.repositories:
        name = os.path.basename(os.path.abspath(repository).removesuffix("/repo")).removesuffix(".git")
        for row, figures in rows_of(repository, arguments):
            shown = " | ".join(f"{it:.3f}" for it in figures)
            print(f"| {name} | {row} | {shown} |", flush=True)
            means[re.sub(r"\d+ ?|\(.*|files", "", row).strip(" ,")].append(figures)
    for row, figures in means.items():
        shown = " | ".join(f"{statistics.mean(it):.3f}" for it in zip(*figures))
        print(f"| mean | {row} | {shown} |")


if __name__ == "__main__":
    main()
