"""Questions that reason, against a real daemon: `CODEROOM_BIN`, or the debug build."""

import asyncio
import inspect
import re
import os
import subprocess
import unittest

import test_code_agent as bed  # finds the package, too

from coderoom import AsyncCodeAgent, CodeAgent, RequestRefused
from coderoom.graph import GraphQuestions

REPOSITORY = bed.HERE.parent.parent

FILES = {
    "shop/__init__.py": "",
    "shop/models.py": "class Order:\n    def total(self):\n        return price(1)\n\n\n"
    "def price(count):\n    return count * 3\n",
    "shop/views.py": "from shop.models import Order\n\n\ndef detail(request):\n"
    "    return Order().total()\n",
    "tests/test_models.py": "from shop.models import Order\n\n\ndef test_total():\n"
    "    assert Order().total() == 3\n",
    "docs/orders.md": "# Orders\n\nAn order has an `Order.total`.\n",
}
TRACE = """Traceback (most recent call last):
  File "shop/views.py", line 5, in detail
    return Order().total()
  File "shop/models.py", line 3, in total
    return price(1)
TypeError: no price
"""


def paths(rows):
    """The path of each."""
    return [row["path"] for row in rows]


class GraphAgentTest(unittest.TestCase):
    tearDown = bed.CodeAgentTest.tearDown

    def setUp(self):
        bed.CodeAgentTest.setUp(self)
        for name, text in FILES.items():
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(text)
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Begin with orders and prices")

    def git(self, *arguments):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
        # Whatever the user's git is told, and if the tests run below one of its hooks.
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")}
        environment.update(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null")
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True, env=environment)

    def test_questions_before_an_edit(self):
        with CodeAgent(self.root, session="name") as agent:
            sought = agent.seek("price of an order", limit=3)
            self.assertEqual(sought["files"][0]["path"], "shop/models.py")
            self.assertIn(sought.proof_state, ("triaging", "proving"))
            self.assertTrue(sought.next_suggested_tool and sought.next_step_hint)
            self.assertIn("shop/models.py", paths(agent.activate("price of an order")["results"]))
            self.assertTrue(agent.resonate("price")["antinodes"])
            impact = agent.impact("price")
            self.assertIn("shop/views.py", paths(impact["reached"]))
            self.assertEqual(paths(impact["tests"])[0], "tests/test_models.py")
            self.assertIn("shop/views.py", paths(agent.predict("shop/models.py")["files"]))
            self.assertTrue(agent.why("shop/views.py", "price")["paths"])
            self.assertEqual(agent.trace(TRACE)["suspects"][0]["path"], "shop/models.py")
            self.assertEqual(agent.hypothesize("detail calls Order.total")["verdict"], "true")
            gone = agent.counterfactual("shop/models.py")
            self.assertIn("shop/views.py", str(gone.reply))
            self.assertTrue(agent.layers(of="files")["layers"])
            self.assertEqual(agent.duplicates()["groups"], [])
            self.assertEqual(agent.ghost_edges()["pairs"], [])
            context = agent.surgical_context("price", budget_tokens=500)
            self.assertIn("return count * 3", str(context["blocks"]))
            with self.assertRaises(RequestRefused) as caught:
                agent.impact("nowhere")
            self.assertEqual(caught.exception.code, "unknown_symbol")

    def test_answers_see_the_session(self):
        with CodeAgent(self.root, session="name") as agent:
            agent.edit_file("shop/models.py", "def price(count):", "def cost(count):")
            gaps = agent.missing()
            self.assertEqual((gaps["gaps"][0]["path"], gaps.proof_state),
                             ("shop/models.py", "ready_to_edit"))
            changed = agent.differential("name@base")
            self.assertIn("shop/models.py#cost", str(changed.reply))
            self.assertNotIn("shop/models.py#cost", str(agent.differential("disk", "disk").reply))

    def test_documents_and_notes(self):
        with CodeAgent(self.root, session="name", agent="tester") as agent:
            self.assertEqual(agent.document_resolve("docs/orders.md")["total"], 1)
            bound = agent.document_bindings("docs/orders.md")["bindings"]
            self.assertEqual(bound[0]["target"], "shop/models.py#Order.total")
            agent.edit_file("shop/models.py", "def total", "def sum")
            self.assertEqual(agent.document_drift("docs/orders.md")["drift"][0]["mention"],
                             "Order.total")
            note = agent.document_note("Why three", "- `price` is three each", tags=["prices"])
            self.assertEqual(note["path"], ".coderoom/notes/why-three.md")
            self.assertIn('agent: "tester"', agent.read_file(note["path"]))
            self.assertIn(note["path"], str(agent.document_bindings("price")["bindings"]))
            agent.undo()
            self.assertNotIn(note["path"], str(agent.document_bindings("price")["bindings"]))

    def test_lessons_and_trails(self):
        with CodeAgent(self.root, session="name") as agent:
            lesson = agent.learn("price of an order", useful=["shop/views.py"])["lessons"][0]
            self.assertEqual(agent.unlearn(lesson["id"])["total"], 0)
            agent.trail_save("a", task="totals", visited=["price"], questions=["why?"],
                             confirmed=["it is price"])
            agent.trail_save("b", refuted=["it is price"])
            agent.edit_file("shop/models.py", "count * 3", "count * 4")
            trail = agent.trail_resume("a")
            self.assertEqual((trail["places"][0]["state"], trail["question"]), ("changed", "why?"))
            self.assertEqual(trail.next_suggested_target, "shop/models.py:6")
            merged = agent.trail_merge("both", "a", "b")
            self.assertEqual(merged["conflicts"][0]["claim"], "it is price")
            agent.trail_delete("a")
            names = {row["name"] for row in agent.trail_list()["trails"]}
            self.assertEqual(names, {"b", "both"})

    def test_asyncio(self):
        async def work():
            async with AsyncCodeAgent(self.root, session="name") as agent:
                sought, reached = await asyncio.gather(
                    agent.seek("price of an order"), agent.impact("price"))
                self.assertEqual(sought["files"][0]["path"], "shop/models.py")
                self.assertIn("shop/views.py", paths(reached["reached"]))
                self.assertEqual((await agent.trail_list())["trails"], [])

        asyncio.run(work())


class EveryOperation(unittest.TestCase):
    def test_has_a_method(self):
        page = (REPOSITORY / "docs/operations.md").read_text()
        table = (REPOSITORY / "crates/coderoom/src/ops/mod.rs").read_text()
        structs = re.findall(r"entry::<graph::(?:\w+::)*(\w+)>", table)
        source = inspect.getsource(GraphQuestions)
        asked = set(re.findall(r'self\._(?:question|beside)\("(\w+)"', source))
        self.assertEqual(len(structs), len(asked), "a question of the graph has no method")
        for name in asked:
            self.assertIn(f"## `{name}`", page)


if __name__ == "__main__":
    unittest.main()
