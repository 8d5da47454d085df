"""Tests of how edges are judged, on made-up graphs. Run them with `python3 -m unittest discover
bench/test`."""

import json
import stat
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "graph")]

import edges_eval  # noqa: E402  (the path has to be set first)
from edges_eval import Edge  # noqa: E402

SAVE = {
    "path": "a.py", "line": 1, "column": 5, "name": "save", "kind": "method", "group": "sampled",
    "references": [["a.py", 5], ["b.py", 2], ["b.py", 9], ["c.py", 3]],
    "neutral": [["d.py", 7]], "disputed": [["e.py", 4]],
}
LONE = {**SAVE, "path": "z.py", "references": [], "neutral": [], "disputed": []}


def called(place, _):
    """Lines of b.py are calls."""
    return place[0] == "b.py"


class Judging(unittest.TestCase):
    """Verdicts, and what of the oracle is covered."""

    def test_an_edge_is_as_right_as_its_lines(self):
        edges = [Edge("calls", "b.py#f", "b.py", (2, 3)), Edge("inherits", "d.py#S", "d.py", (7,)),
                 Edge("calls", "e.py#g", "e.py", (4,)), Edge("references", "a.py#h", "a.py", (6,)),
                 Edge("imports", "c.py", "c.py", ())]
        tally, disputed = edges_eval.judge_edges([SAVE], [edges], called)
        verdicts = {kind: dict(counts) for kind, counts in tally.verdicts.items()}
        self.assertEqual(verdicts, {
            "calls": {"right": 1, "wrong": 1}, "imports": {"wrong": 1},
            "references": {"wrong": 1}, "inherits": {"neutral": 1},
            "all": {"right": 1, "neutral": 1, "wrong": 3}})
        self.assertEqual((disputed, tally.precision("calls"), tally.precision()), (1, 0.5, 0.25))
        self.assertIsNone(tally.precision("inherits"), "what is neutral says nothing")

    def test_lines_are_covered_once_and_by_kind(self):
        edges = [Edge("calls", "b.py#f", "b.py", (2,)), Edge("references", "b.py#f", "b.py", (2,)),
                 Edge("references", "c.py", "c.py", (3,), own=False)]
        tally, _ = edges_eval.judge_edges([SAVE, LONE], [edges, []], called)
        shares = [tally.recall(it) for it in ("calls", "other", "lines", "related")]
        self.assertEqual(shares, [0.5, 0.0, 0.25, 0.5])
        self.assertEqual(tally.shares, [0.25], "a symbol without uses has no recall")
        self.assertEqual(tally.verdicts["all"], {"right": 2}, "relatives are not judged")

    def test_pairs_are_judged_by_file(self):
        edges = [Edge("calls", "b.py#f", "b.py", (2,)), Edge("calls", "b.py#g", "b.py", (9,)),
                 Edge("imports", "b.py", "b.py"), Edge("calls", "d.py", "d.py"),
                 Edge("calls", "e.py", "e.py"), Edge("calls", "c.py", "c.py", own=False)]
        tally = edges_eval.judge_pairs([SAVE], [edges])
        self.assertEqual(tally.verdicts["all"], {"right": 1, "neutral": 1, "wrong": 1})
        self.assertEqual(tally.verdicts["imports"], {"right": 1})
        self.assertEqual(tally.recall("files"), 1 / 3)


class Reading(unittest.TestCase):
    """What both programs give."""

    def test_the_peer_s_symbols_are_known_by_file_and_name(self):
        def edge(source, relation, target):
            return {"source_id": f"file::{source}", "relation": relation,
                    "target_id": f"file::{target}"}
        graph = {"edges": [
            edge("b.py", "calls", "a.py::fn::save"), edge("b.py::fn::f", "calls", "a.py::fn::save"),
            edge("b.py", "implements", "a.py::class::save"), edge("b.py", "contains", "a.py::fn::save"),
            edge("x.md", "references", "a.py::fn::save"), edge("b.py", "imports", "a.py"),
            edge("b.py", "calls", "a.py::impl::save::line::3")]}
        pairs, edges = edges_eval.peer_edges(graph, [SAVE, LONE], (".py",))
        self.assertEqual(pairs, {"calls": 1, "imports": 0, "references": 1, "inherits": 1})
        found = sorted((it.kind, it.source, it.path) for it in edges[0])
        self.assertEqual(found, [("calls", "file::b.py", "b.py"), ("calls", "file::b.py::fn::f", "b.py"),
                                 ("inherits", "file::b.py", "b.py")])
        self.assertEqual(edges[1], [])

    def test_the_example_answers_one_line_a_question(self):
        row = {"kind": "calls", "from": "b.py#f", "path": "b.py", "own": True, "lines": [2]}
        package = {**row, "path": None}
        lines = [{"pairs": {"calls": 3}}, {"nodes": [], "edges": [row, package]}]
        with tempfile.TemporaryDirectory() as place:
            program = Path(place) / "edges"
            text = "\n".join(map(json.dumps, lines))
            program.write_text(f"#!/bin/sh\ncat > /dev/null\ncat <<'END'\n{text}\nEND\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            pairs, edges = edges_eval.own_edges(program, place, [SAVE], (".py",))
            self.assertEqual((pairs, edges), ({"calls": 3}, [[Edge("calls", "b.py#f", "b.py", (2,))]]))
            with self.assertRaises(SystemExit):
                edges_eval.own_edges(program, place, [SAVE, LONE], (".py",))

    def test_calls_are_told_from_other_uses(self):
        with tempfile.TemporaryDirectory() as place:
            text = "it.save(1)\nx = it.save\nunsave(2)\nnew save<T>(3)\n"
            (Path(place) / "a.ts").write_text(text)
            is_call = edges_eval.reader_of_calls(Path(place))
            said = [is_call(("a.ts", line), "save") for line in range(1, 6)]
        self.assertEqual(said, [True, False, False, True, False])


if __name__ == "__main__":
    unittest.main()
