#!/usr/bin/env python3
"""Whether the graph's edges are right, judged by tools of compiler grade.

    cargo build --release -p coderoom-system --example edges
    python3 bench/graph/edges_eval.py python-django typescript-maplibre [--peer] [--verbose]

The oracles of `bench/code` say on which lines each of some symbols is used. An edge into such a symbol
(calls, imports, references, inherits) is *right* if a line that it rests on is one of them, *neutral* if
all of its lines are definitions of the symbol or of what overrides it, else *wrong*. A line of the
oracle is *covered* if an edge rests on it; *with relatives*: an edge into the symbol, or into a member that
it overrides or that overrides it. With `--peer`, the graph of m1nd-mcp is made as well
(`--peer-graph FILE`: one that was saved is read): its edges have no lines and mostly start at files, so
both are also compared as pairs of a using file and a symbol. Pairs say *right* if the oracle has a line
in the file.
"""

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(REPOSITORY / "bench" / "code"), str(REPOSITORY / "bench")]

from score import SUFFIXES, mean, share  # noqa: E402  (the path has to be set first)

KINDS = ("calls", "imports", "references", "inherits")
#: What m1nd calls its kinds. Others (contains, tests, belongs_to_type...) say nothing of uses.
PEER_KINDS = {"calls": "calls", "imports": "imports", "reexports": "imports",
              "references": "references", "implements": "inherits", "implements_trait": "inherits"}
VERDICTS = ("right", "neutral", "wrong")


@dataclass(frozen=True)
class Edge:
    """An edge into a symbol: where it starts, and the lines that it rests on, if that is known."""

    kind: str
    source: str
    path: str
    lines: tuple = ()
    own: bool = True  # or into a relative of the symbol


@dataclass
class Truth:
    """What the oracle says of one symbol: lines as sets of (path, line)."""

    wanted: set
    neutral: set
    disputed: set

    @classmethod
    def of(cls, symbol):
        """Of a symbol of an oracle."""
        neutral = {tuple(place) for place in symbol.get("neutral", [])}
        neutral.add((symbol["path"], symbol["line"]))
        wanted = {tuple(place) for place in symbol["references"]} - neutral
        return cls(wanted, neutral, {tuple(place) for place in symbol.get("disputed", [])})

    def verdict(self, edge):
        """Of an edge with lines. One without any is wrong: nothing speaks for it."""
        lines = {(edge.path, line) for line in edge.lines}
        if lines & self.wanted:
            return "right"
        return "neutral" if lines and lines <= self.neutral else "wrong"

    def verdict_of_file(self, path):
        """Of the claim that a file uses the symbol."""
        if path in self.files():
            return "right"
        return "neutral" if any(path == neutral for neutral, _ in self.neutral) else "wrong"

    def files(self):
        """The files that use the symbol."""
        return {path for path, _ in self.wanted}


class Tally:
    """Verdicts by kind, and what of the oracle was found."""

    def __init__(self):
        self.verdicts = {kind: Counter() for kind in (*KINDS, "all")}
        self.found, self.wanted = Counter(), Counter()
        self.shares = []  # of each symbol's lines that are covered

    def add(self, kind, verdict):
        """Counts one verdict."""
        self.verdicts[kind][verdict] += 1

    def precision(self, kind="all"):
        """The share of the edges that are right among those that are right or wrong."""
        right, wrong = (self.verdicts[kind][it] for it in ("right", "wrong"))
        return right / (right + wrong) if right + wrong else None

    def recall(self, what):
        """The share of what the oracle has that was found."""
        return self.found[what] / self.wanted[what] if self.wanted[what] else None


def judge_edges(symbols, edges, is_call):
    """The verdicts on edges with lines, and the oracle's lines that they cover. `is_call` says
    whether a line calls a name."""
    tally, disputed = Tally(), 0
    for symbol, family in zip(symbols, edges):
        truth = Truth.of(symbol)
        given = [edge for edge in family if edge.own]
        for edge in given:
            verdict = truth.verdict(edge)
            tally.add(edge.kind, verdict)
            tally.add("all", verdict)
            disputed += verdict == "wrong" and any(
                (edge.path, line) in truth.disputed for line in edge.lines)
        covered, related = covered_by(given), covered_by(family)
        for place in truth.wanted:
            group = "calls" if is_call(place, symbol["name"]) else "other"
            tally.wanted.update((group, "lines", "related"))
            tally.found.update((group, "lines") if place in covered else ())
            tally.found.update(("related",) if place in related else ())
        if truth.wanted:
            tally.shares.append(len(truth.wanted & covered) / len(truth.wanted))
    return tally, disputed


def covered_by(edges):
    """The lines that some edges rest on."""
    return {(edge.path, line) for edge in edges for line in edge.lines}


def judge_pairs(symbols, edges):
    """The verdicts on pairs of a using file and a symbol, and the oracle's pairs that are there."""
    tally = Tally()
    for symbol, given in zip(symbols, edges):
        truth = Truth.of(symbol)
        pairs = {(kind, edge.path) for edge in given if edge.own for kind in (edge.kind, "all")}
        for kind, path in pairs:
            tally.add(kind, truth.verdict_of_file(path))
        tally.wanted["files"] += len(truth.files())
        tally.found["files"] += len(truth.files() & {path for _, path in pairs})
    return tally


def own_edges(program, root, symbols, suffixes):
    """What our graph has: its totals, and for each symbol the edges into it."""
    asked = "".join(f"{it['path']} {it['line']} {it['column']}\n" for it in symbols)
    done = subprocess.run([program, root], input=asked, capture_output=True, text=True, check=True)
    totals, *answers = map(json.loads, done.stdout.splitlines())
    if len(answers) != len(symbols):
        raise SystemExit(f"{len(symbols)} questions, {len(answers)} answers")
    edges = [[Edge(it["kind"], it["from"], it["path"], tuple(it["lines"]), it["own"])
              for it in answer["edges"] if (it["path"] or "").endswith(suffixes)]
             for answer in answers]
    return totals["pairs"], edges


def peer_graph(root):
    """What m1nd-mcp saves after it has read a tree."""
    from lib.graph_peer import Peer, install
    peer = Peer(install())
    try:
        for tool, arguments in (("ingest", {"path": str(root)}), ("persist", {"action": "save"})):
            if not peer.ask(tool, arguments)[1]:
                raise SystemExit(f"m1nd-mcp: `{tool}` failed")
        return json.loads((Path(peer.folder.name) / "graph.json").read_text())
    finally:
        peer.close()


def peer_edges(graph, symbols, suffixes):
    """What m1nd's graph has: its totals, and for each symbol the edges into it. It names symbols
    `file::PATH::fn::NAME`, without what they stand in: what shares a name in a file is one."""
    def path_of(node):
        return node.removeprefix("file::").partition("::")[0]

    into, pairs = {}, {kind: set() for kind in KINDS}
    for edge in graph["edges"]:
        kind = PEER_KINDS.get(edge["relation"])
        parts = edge["target_id"].removeprefix("file::").split("::")
        if kind is None or len(parts) != 3:
            continue
        source = edge["source_id"]
        into.setdefault((parts[0], parts[2]), set()).add(Edge(kind, source, path_of(source)))
        pairs[kind].add((path_of(source), edge["target_id"]))
    edges = [[edge for edge in into.get((it["path"], it["name"]), ())
              if edge.path.endswith(suffixes)] for it in symbols]
    return {kind: len(found) for kind, found in pairs.items()}, edges


def reader_of_calls(root):
    """A function that says whether a line of the tree calls a name."""
    texts = {}

    def is_call(place, name):
        path, line = place
        if path not in texts:
            texts[path] = (root / path).read_text(errors="replace").split("\n")
        text = texts[path][line - 1] if line <= len(texts[path]) else ""
        return bool(re.search(rf"(?<!\w){re.escape(name)}\s*(<[^()]*>\s*)?\(", text))
    return is_call


def edge_table(tally):
    """Edges with lines, by kind."""
    out = ["| edges into them | right | neutral | wrong | precision |",
           "| --- | ---: | ---: | ---: | ---: |"]
    for kind, counts in tally.verdicts.items():
        cells = " | ".join(f"{counts[verdict]:,}" for verdict in VERDICTS)
        out.append(f"| {kind} | {cells} | {share(tally.precision(kind))} |")
    return out


def pair_table(rows):
    """Pairs of file and symbol: rows of (tool, tally, totals)."""
    out = ["| file uses symbol | kind | right | wrong | precision | recall | in the whole graph |",
           "| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    for tool, tally, totals in rows:
        for kind, counts in tally.verdicts.items():
            recall = share(tally.recall("files")) if kind == "all" else ""
            total = f"{totals.get(kind, 0):,}" if kind != "all" else ""
            out.append(f"| {tool} | {kind} | {counts['right']:,} | {counts['wrong']:,} | "
                       f"{share(tally.precision(kind))} | {recall} | {total} |")
    return out


def show_faults(symbols, edges):
    """Wrong edges and lines that no edge rests on, symbol by symbol."""
    for symbol, given in zip(symbols, edges):
        truth = Truth.of(symbol)
        own = [edge for edge in given if edge.own]
        wrong = [edge for edge in own if truth.verdict(edge) == "wrong"]
        missed = sorted(truth.wanted - covered_by(own))
        if wrong or missed:
            print(f"\n## {symbol['name']} ({symbol['kind']}) {symbol['path']}:{symbol['line']}")
        for edge in wrong:
            print(f"  wrong  {edge.source} --{edge.kind}--> {list(edge.lines)}")
        for path, line in missed:
            print(f"  missed {path}:{line}")


def evaluate(name, options):
    """Prints the figures of one oracle."""
    from sources import locate
    oracle = json.loads((REPOSITORY / "bench/code/oracles" / f"{name}.json").read_text())
    root, symbols = locate(oracle["corpus"]).resolve(), oracle["symbols"]
    suffixes = SUFFIXES[oracle["language"]]
    totals, edges = own_edges(options.program.resolve(), root, symbols, suffixes)
    tally, disputed = judge_edges(symbols, edges, reader_of_calls(root))
    if options.verbose:
        show_faults(symbols, edges)
    some = sum(any(edge.own for edge in given) for given in edges)
    print(f"\n{name}: {len(symbols)} symbols, {some} with edges\n")
    print("\n".join(edge_table(tally)))
    print(f"\nlines covered: {share(tally.recall('lines'))} of {tally.wanted['lines']:,} "
          f"(calls {share(tally.recall('calls'))}, others {share(tally.recall('other'))}), "
          f"{share(tally.recall('related'))} with relatives; "
          f"{share(mean(tally.shares))} in the mean of symbols")
    if disputed:
        print(f"one of the oracle's checkers has lines of {disputed} of the wrong edges")
    print()
    rows = [("coderoom", judge_pairs(symbols, edges), totals)]
    if options.peer or options.peer_graph:
        saved = options.peer_graph
        graph = json.loads(saved.read_text()) if saved else peer_graph(root)
        totals, edges = peer_edges(graph, symbols, suffixes)
        rows.append(("m1nd-mcp 0.8.0", judge_pairs(symbols, edges), totals))
    print("\n".join(pair_table(rows)))


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("oracle", nargs="+", help="names of bench/code/oracles, without .json")
    add("--program", type=Path, help="the example `edges`",
        default=REPOSITORY / "target/release/examples/edges")
    add("--peer", action="store_true", help="make the graph of m1nd-mcp, too")
    add("--peer-graph", type=Path, metavar="FILE", help="its saved graph (with one oracle)")
    add("--verbose", action="store_true", help="list what is wrong and what is missed")
    options = parser.parse_args()
    if options.peer_graph and len(options.oracle) > 1:
        parser.error("--peer-graph is the graph of one corpus: name one oracle")
    for name in options.oracle:
        evaluate(name, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
