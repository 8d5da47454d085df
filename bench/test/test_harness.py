"""Tests of the benchmark itself, with stand-ins for ripgrep and coderoom: no network, no peers,
no home directory. Run them with `python3 -m unittest discover bench/test`."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import agree, clients, fresh, load, measure, process, report  # noqa: E402
from lib.coderoom import Daemon, rg_params  # noqa: E402
from lib.peers import Command, Csearch, glob_as_regex  # noqa: E402
from lib.queries import CLASSES, COUNT, FILES, QUERIES, Query  # noqa: E402
from lib.routes import McpTool, SocketTool, shim  # noqa: E402

FAKE = HERE / "fake"
TREE = {"a.txt": "one\nTWO two\nthree\n", "b.md": "two\nfour\n", "sub/c.txt": "two\n" * 5}
ASKED = [Query("rare", "three"), Query("nohit", "zzz"), Query("nocase", "two", ignore_case=True),
         Query("glob", "two", glob="*.txt"), Query("files", "two", mode=FILES),
         Query("count", "two", mode=COUNT)]


def quiet(_):
    """No progress."""


class Tree(unittest.TestCase):
    """A small tree as the current directory, and a cache of the test's own."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.environ["CODEROOM_BENCH_CACHE"] = self.folder.name + "/cache"
        self.root = Path(self.folder.name).resolve() / "tree"
        for name, text in TREE.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        os.chdir(self.root)


class Coderoom(Tree):
    """The drivers of coderoom against a stand-in that speaks its protocols."""

    def setUp(self):
        super().setUp()
        self.daemon = Daemon(FAKE, self.root)
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        self.tools = [Command("rg", FAKE / "rg", self.root), SocketTool(self.daemon),
                      shim(self.daemon), McpTool(self.daemon)]
        for tool in self.tools:
            self.addCleanup(tool.close)
            tool.start()

    def test_all_routes_agree_and_a_bounded_answer_says_so(self):
        settings = measure.Settings(rounds=2, limit=10, budget=10)
        absent = {"other": "not installed: no reason"}
        measured, samples = measure.measure(self.tools, absent, ASKED, settings, quiet)
        self.assertEqual(len(samples), len(ASKED) * 2 * len(self.tools))
        for entry in measured:
            for result in entry.results[:3]:
                self.assertEqual(result.agrees, "exact", (entry.query, result))
                self.assertEqual(len(result.ratios), 2)
            self.assertEqual(entry.results[-1].problem, "not installed: no reason")
        by_name = {entry.query.name: entry for entry in measured}
        self.assertEqual((by_name["count"].lines, by_name["count"].files), (7, 3))
        self.assertEqual(by_name["glob"].results[3].agrees, "first 3")
        self.assertIn("| other (not installed: no reason) |", report.overview(measured))
        self.assertIn("| coderoom mcp | ", report.details(measured))
        self.assertIn("`rg -n -g '*.txt' two`", report.queries_table(measured))

    def test_every_write_is_seen_at_once(self):
        rows = fresh.measure(self.tools[:2], {}, self.root, 2, quiet)
        for row in rows:
            self.assertEqual((row.problem, row.edits, row.late, row.never), ("", 12, 0, 0), row)
        self.assertFalse((self.root / fresh.PROBE).exists())

    def test_clients_and_restarts(self):
        query = Query("rare", "three")
        wanted = self.tools[0].hits(query, 10)

        def ask(line, query):
            return line.request("rg", rg_params(self.root, query), 10, keep=True)[2]
        more = clients.hundred_clients(self.daemon, query, ask, count=5)
        again = clients.restarts(self.daemon, query, ask, wanted, 1)
        self.assertEqual((len(more.seconds), again.wrong), (5, 0))
        self.assertIn("first answers that were wrong", report.clients_table(more, again))

    def test_load_of_a_daemon(self):
        row = load.Load("coderoom")
        load.coderoom_loader(FAKE, self.root)(row)
        self.assertEqual((row.text, len(row.complete)), (1000, 1))
        self.assertGreaterEqual(row.memory.peak, row.memory.rss)


class Parts(Tree):
    """Small parts."""

    def test_a_slow_program_is_stopped_and_a_failing_one_named(self):
        sleep = ["/bin/sh", "-c", "echo begun; sleep 30"]
        with self.assertRaises(process.Slow):
            process.run(sleep, dict(os.environ), 0.2)
        with self.assertRaisesRegex(process.Failed, "exit code 3: broken"):
            process.run(["/bin/sh", "-c", "echo broken >&2; exit 3"], dict(os.environ), 5)
        done = process.run(["/bin/sh", "-c", "echo four"], dict(os.environ), 5, keep=True)
        self.assertEqual((done.output, done.size), (b"four\n", 5))

    def test_hits_are_compared_without_order(self):
        wanted = {b"a:1:x", b"a:2:y", b"b:1:z"}
        self.assertEqual(agree.verdict(wanted, set(wanted)), "exact")
        self.assertEqual(agree.verdict(wanted, {b"a:1:x", b"c:1:q"}), "2 missing, 1 extra")
        self.assertEqual(agree.positions({b"a:1:x:2:"}), {b"a:1"})
        self.assertEqual(agree.hits_from_positions([b"a:1", b"a:2"], COUNT), {b"a:2"})
        self.assertEqual(agree.hits_from_positions([b"a:1", b"a:2"], FILES), {b"a"})

    def test_csearch_speaks_another_dialect(self):
        tool = Csearch(Path("/usr/bin"), self.root, Path("index"))
        line = os.fsencode(self.root) + b"/a.txt: 2"
        self.assertEqual(tool.line(line, Query("count", "x", mode=COUNT)), b"a.txt:2")
        self.assertEqual(glob_as_regex("*.rst"), r"\.rst$")

    def test_percentiles(self):
        self.assertEqual(measure.percentile(list(range(1, 101)), 95), 95)
        self.assertEqual(measure.percentile([3, 1, 2], 95), 3)

    def test_every_corpus_has_every_class(self):
        for corpus, queries in QUERIES.items():
            self.assertEqual([query.name for query in queries], list(CLASSES), corpus)


if __name__ == "__main__":
    unittest.main()
