"""Tests of `bench/run code`, with stand-ins for coderoom and the example program: no network, no
corpus. Run them with `python3 -m unittest discover bench/test`."""

import contextlib
import io
import os
import sys
import tempfile
import types
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import code_engine, code_peers, code_report, code_run, code_socket  # noqa: E402
from lib.code_trees import TREES, Tree  # noqa: E402
from lib.coderoom import Daemon  # noqa: E402
from lib.corpora import Missing  # noqa: E402

FAKE = HERE / "fake"
BIG = "".join(f"value_{number} = {number}  # one of many lines\n" for number in range(1500)) \
    + "\ndef word():\n    pass\n\n" * 12 + "x = word()  # and again, until there are enough\n" * 1500
SYMBOL = {"name": "word", "defined": ["big.py", 1502, 5], "used": ["big.py", 1505, 5]}


class CodeBench(unittest.TestCase):
    """The parts, on a tree of one file."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.environ["CODEROOM_BENCH_CACHE"] = folder.name + "/cache"
        root = Path(folder.name).resolve() / "tree"
        root.mkdir()
        (root / "big.py").write_text(BIG)
        self.tree = Tree("tiny", "Python", "py", root, "Python")
        self.folder = Path(folder.name)

    def test_what_the_program_says_becomes_tables(self):
        engine = code_engine.Engine(FAKE)
        stats, seconds, cpu = code_engine.index_speed(engine, self.tree, 2, [1, 2])
        self.assertEqual({threads: len(values) for threads, values in seconds.items()},
                         {1: 2, 2: 2})
        self.assertIn("| tiny | Python | 2 | 2 | 1.9 | 0.10 | 20.0 | 25.0 | 20 | 2 | 0 |",
                      code_report.speed_table([(self.tree, stats, seconds, cpu)]))
        said = engine.run("memory", self.tree.root)
        self.assertIn("| 400 | 50 | 5 | 6 | 1.25 | 1.50 |",
                      code_report.memory_table([(self.tree, said)]))
        rows, not_for = code_engine.by_question(engine.run("questions", "", "", 1)["samples"])
        self.assertEqual((len(rows["definition", "again"]), dict(not_for)), (1, {"callers": 1}))

    def test_a_program_that_is_not_there_is_named(self):
        with self.assertRaisesRegex(Missing, "cargo build"):
            code_engine.Engine(self.folder)

    def test_every_question_goes_over_the_socket_twice(self):
        daemon = Daemon(FAKE, self.tree.root)
        self.addCleanup(daemon.close)
        daemon.start()
        self.assertEqual(code_socket.wait_for_code(daemon)["code"]["state"], "ready")
        samples = code_socket.ask_all(daemon, self.tree.root, [SYMBOL])
        self.assertEqual([(it["question"], it["state"]) for it in samples],
                         [(question, state) for question in code_engine.QUESTIONS
                          for state in ("other", "again")])
        self.assertTrue(all(it["ok"] for it in samples))
        rows, _ = code_engine.by_question(samples)
        text = code_report.questions_table(rows, rows)
        self.assertIn("| hover |", text)
        self.assertEqual(code_report.overhead(rows["hover", "again"], rows["hover", "again"]), [0])

    def test_an_edit_on_disk_is_asked_for_until_it_is_seen(self):
        scratch = code_socket.Scratch(self.tree)
        self.addCleanup(scratch.close)
        self.assertEqual(scratch.file, "big.py")
        samples = code_socket.edits_on_disk(FAKE, scratch, 2)
        self.assertEqual([(it["question"], it["seen"]) for it in samples],
                         [("symbols", True), ("references", True)] * 2)
        table = code_report.edits_table([("Python", "big.py", scratch.lines, "disk", samples)])
        self.assertIn("| 0 of 2 |", table)
        self.assertNotIn(code_socket.WORD, (self.tree.root / "big.py").read_text())

    def test_the_line_stands_where_a_function_may(self):
        python = ["import a", "", "class B:", "    x = 1", "", "    def c(): pass"]
        code_socket.put_line(python, "Python")
        self.assertEqual(python[2], f"def {code_socket.WORD}(): return 1")
        rust = ["fn a() {", "    b();", "}", "", "struct C;"]
        code_socket.put_line(rust, "Rust")
        self.assertEqual(rust[3], f"pub fn {code_socket.WORD}() -> u32 {{ 1 }}")

    def test_a_peer_that_is_missing_stays_in_the_table(self):
        row = code_peers.Indexing("universal-ctags", problem="no universal-ctags on PATH")
        text = code_report.indexing_table([(self.tree, [row])])
        self.assertIn("| tiny | universal-ctags |  |  |  | 0 | no universal-ctags on PATH |", text)

    def test_a_run_writes_its_report(self):
        options = types.SimpleNamespace(
            bin_dir=FAKE, rounds=1, quick=True, trees=[], out=self.folder / "out", name="",
            parts=["index", "questions"], quality=False)
        run = code_run.Run(options)
        run.trees = [Tree("django", "Python", "py", self.tree.root, "Python")]
        with contextlib.redirect_stdout(io.StringIO()):
            run.everything()
        text = (self.folder / "out" / "summary.md").read_text()
        self.assertIn("| Python, 2 threads, MB/s | >= 15 | 20.0 | reached |", text)
        self.assertIn("| definition on django, again, p50 µs | < 50 | 20 | reached |", text)
        self.assertNotIn(str(self.folder), text)
        self.assertGreater((self.folder / "out" / "samples.csv").stat().st_size, 100)

    def test_what_is_asked_and_edited_are_trees(self):
        self.assertLessEqual({*code_run.ASKED, *code_run.EDITED}, set(TREES))


if __name__ == "__main__":
    unittest.main()
