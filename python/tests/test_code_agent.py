"""The agents against a real daemon: `CODEROOM_BIN`, or the debug build."""

import asyncio
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from coderoom import AsyncCodeAgent, CodeAgent, Edit, RequestRefused  # noqa: E402

BIN = os.environ.get("CODEROOM_BIN", str(HERE.parent.parent / "target" / "debug" / "coderoom"))

FILES = {
    "shapes.py": "def area(side):\n    return side * side\n",
    "user.py": "from shapes import area\n\nprint(area(3))\n",
}


class CodeAgentTest(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        base = pathlib.Path(self.home.name)
        self.old = dict(os.environ)
        for name in ("run", "cache", "state", "project"):
            (base / name).mkdir(mode=0o700)
        os.environ.update(
            XDG_RUNTIME_DIR=str(base / "run"),
            XDG_CACHE_HOME=str(base / "cache"),
            XDG_STATE_HOME=str(base / "state"),
            CODEROOM_BIN=BIN,
        )
        os.environ.pop("CODEROOM_SOCKET", None)
        os.environ.pop("CODEROOM_SESSION", None)
        self.root = base / "project"
        for name, text in FILES.items():
            (self.root / name).write_text(text)

    def tearDown(self):
        subprocess.run([BIN, "stop"], check=False, stdout=subprocess.DEVNULL)
        os.environ.clear()
        os.environ.update(self.old)
        self.home.cleanup()

    def test_the_document_s_interface(self):
        with CodeAgent(self.root, session="name") as agent:
            self.assertEqual(agent.read_file("shapes.py"), FILES["shapes.py"])
            self.assertIs(agent.edit_file("shapes.py", "side * side", "side ** 2"), True)
            self.assertIn("+    return side ** 2", agent.get_diff())
            names = [symbol.name for symbol in agent.get_symbols("shapes.py")]
            self.assertEqual(names, ["area"])
            self.assertEqual(agent.get_symbols(query="area")[0].path, "shapes.py")
            places = {(it.path, it.line, it.role) for it in agent.find_references("area")}
            self.assertIn(("user.py", 3, "call"), places)
            self.assertEqual(agent.find_references("shapes.py:1:5")[0].certainty, "exact")
            self.assertEqual(agent.validate(types=False), [])
            self.assertIs(agent.batch_edits([Edit.replace("shapes.py", "area", "surface")]), True)
            problems = agent.validate(types=False)
            self.assertEqual({(it.path, it.kind) for it in problems}, {("user.py", "dangling")})
            agent.undo()
            self.assertEqual(agent.validate(types=False), [])
            self.assertEqual((self.root / "shapes.py").read_text(), FILES["shapes.py"])

    def test_a_refused_edit_is_false_and_says_why(self):
        with CodeAgent(self.root, session="name") as agent:
            self.assertIs(agent.edit_file("shapes.py", "nowhere", "x"), False)
            self.assertEqual(agent.last_error.code, "old_str_not_found")
            self.assertIs(agent.edit_file("shapes.py", "def area(side):", "def area(:"), False)
            self.assertEqual(agent.last_error.code, "syntax_error")
            plan = agent.validate_plan([Edit.write("shapes.py", "def (\n")])
            self.assertEqual(plan[0].kind, "syntax")
            self.assertEqual(agent.get_diff(), "")
            with self.assertRaises(RequestRefused) as caught:
                agent.undo()
            self.assertEqual(caught.exception.code, "no_such_entry")

    def test_files_runs_and_sync(self):
        with CodeAgent(self.root, session="name") as agent:
            self.assertTrue(agent.write_file("new.py", "print('new')\n"))
            self.assertTrue(agent.rename_file("user.py", "app/user.py"))
            self.assertTrue(agent.delete_file("new.py"))
            self.assertEqual(agent.undo(), 4)
            run = agent.run([sys.executable, "new.py"])
            self.assertEqual((run.code, run.stdout), (0, "new\n"))
            self.assertFalse((self.root / "new.py").exists())
            self.assertTrue(agent.sync())
            self.assertTrue((self.root / "app" / "user.py").exists())
            agent.close()

    def test_agents_of_one_session_and_of_others(self):
        with CodeAgent(self.root, session="one") as one, CodeAgent(self.root, session="two") as two:
            one.write_file("shapes.py", "x = 1\n")
            self.assertEqual(two.read_file("shapes.py"), FILES["shapes.py"])
            with CodeAgent(self.root, session="one") as again:
                self.assertEqual(again.read_file("shapes.py"), "x = 1\n")

    def test_asyncio(self):
        async def work():
            async with AsyncCodeAgent(self.root, session="name") as agent:
                self.assertTrue(await agent.edit_file("shapes.py", "side * side", "side ** 2"))
                texts = await asyncio.gather(*(agent.read_file(name) for name in FILES))
                self.assertIn("side ** 2", texts[0])
                self.assertIn("+    return side ** 2", await agent.get_diff())
                self.assertFalse(await agent.edit_file("shapes.py", "nowhere", "x"))
                self.assertEqual(agent.last_error.code, "old_str_not_found")

        asyncio.run(work())


if __name__ == "__main__":
    unittest.main()
