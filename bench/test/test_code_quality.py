"""Tests of the scorer's arithmetic and of the oracles' votes, on made-up answers: no network, no
servers, no corpus. Run them with `python3 -m unittest discover bench/test`."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "code")]

import floor  # noqa: E402  (the path has to be set first)
import score  # noqa: E402
import vote  # noqa: E402
from sample_python import Sources, Symbol, definitions, few_of_a_name  # noqa: E402

SYMBOL = {
    "path": "a.py", "line": 1, "column": 5, "name": "save", "kind": "method", "group": "sampled",
    "references": [["a.py", 5], ["a.py", 6], ["b.py", 2], ["b.py", 9]],
    "observed": [["b.py", 9]], "only_observed": [["b.py", 9]],
    "neutral": [["a.py", 1], ["c.py", 3]], "disputed": [["b.py", 4]],
}
USE = {"path": "b.py", "line": 2, "column": 3, "name": "save", "kind": "attribute",
       "group": "hard", "target": ["a.py", 1]}
ORACLE = {"corpus": "tiny", "language": "python", "tools": {}, "symbols": [SYMBOL],
          "definitions": [USE]}


def place(path, line, certainty="exact", role="call"):
    """One place as coderoom gives it."""
    return {"path": path, "line": line, "column": 1, "role": role, "certainty": certainty}


GIVEN = [
    place("a.py", 1, role="definition"), place("a.py", 5), place("a.py", 5), place("b.py", 2),
    place("b.py", 4, "likely"), place("b.py", 9, "by name"), place("c.py", 3),
    place("z.py", 1, "by name"), place("notes.txt", 7, "by name"),
]


class Scoring(unittest.TestCase):
    """Lines, floors, groups and means."""

    def at(self, floor, **more):
        return score.score_symbol(SYMBOL, GIVEN, floor, (".py",), **more)

    def test_a_line_counts_once_and_definitions_and_other_files_never(self):
        self.assertEqual(self.at("exact").found, {("a.py", 5), ("b.py", 2)})
        self.assertEqual(self.at("exact").wrong, set())
        self.assertEqual(self.at("all").wrong, {("b.py", 4), ("z.py", 1)})

    def test_each_floor_takes_in_what_is_above_it(self):
        figures = [(self.at(floor).precision, self.at(floor).recall) for floor in score.FLOORS]
        self.assertEqual(figures, [(1.0, 0.5), (2 / 3, 0.5), (0.6, 0.75)])

    def test_calls_seen_at_run_time_are_counted_apart_and_can_be_left_out(self):
        self.assertEqual((self.at("exact").observed, self.at("all").observed), (0.0, 1.0))
        static = self.at("all", static=True)
        self.assertEqual((static.precision, static.recall), (0.5, 2 / 3))
        self.assertIsNone(static.observed)

    def test_no_answer_lowers_recall_and_leaves_precision_alone(self):
        silent = score.score_symbol(SYMBOL, [], "all", (".py",))
        row = score.summary([self.at("exact"), silent])
        self.assertEqual((row["symbols"], row["answered"]), (2, 1))
        self.assertEqual((row["precision"], row["recall"]), (1.0, 0.25))
        self.assertEqual((row["micro_precision"], row["micro_recall"]), (1.0, 0.25))

    def test_the_first_place_decides_a_definition(self):
        oracle = {**ORACLE, "definitions": [USE] * 3}
        right, other = place("a.py", 1), place("c.py", 3)
        figures, wrong = score.score_definitions(oracle, [[right], [other, right], []], HERE)
        self.assertEqual(figures, {"hard": {"uses": 3, "answered": 2, "correct": 1, "among": 2}})
        self.assertEqual(len(wrong), 2)

    def test_a_tool_is_asked_everything_and_its_failures_are_counted(self):
        class Tool:
            """Knows references and no definitions."""

            def references(self, _):
                return GIVEN

            def definition(self, _):
                raise ValueError("no")

        answers = score.ask(Tool(), ORACLE)
        self.assertEqual(dict(answers.failed), {"ValueError: no": 1})
        figures, _ = score.score_references(ORACLE, answers.references)
        definitions_, _ = score.score_definitions(ORACLE, answers.definitions, HERE)
        text = score.tables("tool", ORACLE, figures, definitions_, answers)
        self.assertIn("| sampled | exact | 1 | 1 | 1.000 | 0.500 |", text)
        self.assertIn("failed 1 times: ValueError: no", text)


class Voting(unittest.TestCase):
    """What becomes of the answers of several checkers."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "a.py").write_text(
            "class A:\n    def save(self): pass\nA().save()\n\n"
            "class B(A):\n    def save(self): pass\nx.save()\ny.save()\n")

    def asked(self, what, item, *answers):
        raw = {}
        for number, answer in enumerate(answers):
            raw[number] = vote.Asked(self.root / f"{number}.json")
            raw[number].put(what, item, answer)
        return raw

    def test_two_of_the_checkers_make_a_reference(self):
        item = Symbol("a.py", 2, 9, "save", "method")
        lines = [[("a.py", line, 5) for line in answer] for answer in ([2, 3, 6], [3, 7], [2])]
        raw = self.asked("references", item, *lines, "no answer in 5 s")
        seen = {"a.py:2": [["a.py", 8]]}
        symbol, = vote.agree_on_references([item], raw, {"method": 1}, self.root, seen)
        self.assertEqual(symbol["references"], [["a.py", 3], ["a.py", 8]])
        self.assertEqual(symbol["only_observed"], [["a.py", 8]])
        self.assertEqual(symbol["disputed"], [["a.py", 7]])
        self.assertEqual(symbol["neutral"], [["a.py", 2], ["a.py", 6]])

    def test_two_answers_are_too_few(self):
        item = Symbol("a.py", 2, 9, "save", "method")
        raw = self.asked("references", item, [("a.py", 3, 5)], [("a.py", 3, 5)])
        self.assertEqual(
            vote.agree_on_references([item], raw, {"method": 1}, self.root, {}), [])

    def test_a_definition_needs_two_and_no_two_others(self):
        use = Symbol("a.py", 3, 5, "save", "attribute")
        here, there = [("a.py", 2, 9)], [("a.py", 6, 9)]
        agreed = vote.agree_on_definitions([use], self.asked("definition", use, here, here, there))
        self.assertEqual([item["target"] for item in agreed], [["a.py", 2]])
        split = self.asked("definition", use, here, here, there, there)
        self.assertEqual(vote.agree_on_definitions([use], split), [])

    def test_an_oracle_file_can_be_read_back(self):
        path = self.root / "oracle.json"
        vote.write(path, ORACLE, say=lambda _: None)
        self.assertEqual(json.loads(path.read_text()), ORACLE)

    def test_symbols_are_found_where_their_names_stand(self):
        found = definitions(Sources(self.root), "")
        self.assertEqual(found, [])  # nothing lies in a package without a name
        (self.root / "pack").mkdir()
        (self.root / "pack/b.py").write_text("LIMIT = 3\nclass Box:\n    def open(self): pass\n")
        found = [(item.name, item.line, item.column, item.kind, item.container)
                 for item in definitions(Sources(self.root), "pack")]
        self.assertEqual(found, [("LIMIT", 1, 1, "constant", ""), ("Box", 2, 7, "class", ""),
                                 ("open", 3, 9, "method", "Box")])
        self.assertEqual(len(few_of_a_name([Symbol("a", 1, 1, "x", "k")] * 3, 2)), 2)


class Committed(unittest.TestCase):
    """The oracles that are in the repository."""

    def test_each_is_whole(self):
        for path in sorted((HERE.parent / "code/oracles").glob("*.json")):
            with self.subTest(path.name):
                oracle = json.loads(path.read_text())
                self.assertIn(oracle["language"], score.SUFFIXES)
                self.assertTrue(oracle["tools"] and oracle["corpus"])
                self.assertGreaterEqual(len(oracle["definitions"]), 200)
                for item in oracle["symbols"]:
                    self.assertTrue(item["references"])
                    self.assertNotIn([item["path"], item["line"]], item["references"])
                self.assertEqual({item["group"] for item in oracle["symbols"]},
                                 {"sampled", "hard"})


    def test_each_has_floors_and_a_figure_below_one_is_told(self):
        floors = json.loads((HERE.parent / "code" / "floors.json").read_text())
        names = {path.stem for path in (HERE.parent / "code" / "oracles").glob("*.json")}
        self.assertEqual(set(floors), names)
        for groups in floors.values():
            self.assertEqual(set(groups), {"sampled", "hard"})
        wanted = {"precision": 0.9, "recall": 0.9, "definition": 0.9}
        figures = {"symbols": 3, "precision": 0.9, "recall": 0.89, "definition": None}
        self.assertEqual(floor.below(figures, wanted), ["recall", "definition"])
        self.assertIn("0.890! (0.9)", floor.row("x", "hard", figures, wanted))

    def test_the_package_is_as_right_as_its_import(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "main.go").write_text('package main\n\nimport js "a.b/c/internal/js_ast"\n')
            imported = ("main.go", 3)
            self.assertTrue(score.is_imported(root, imported, ("internal/js_ast/x.go", 1)))
            self.assertFalse(score.is_imported(root, imported, ("internal/other/x.go", 1)))
            self.assertFalse(score.is_imported(root, ("main.go", 1), ("internal/js_ast/x.go", 1)))


if __name__ == "__main__":
    unittest.main()
