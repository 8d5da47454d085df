"""Runs Django's own tests and notes from which lines the chosen functions are really called: what
no type checker can know. Needs Python 3.12 for `sys.monitoring`, and runs in a copy of the corpus.

    observe_calls.py ROOT CHOSEN OUTPUT [LABEL ...]

CHOSEN is a list of `[path, line, name]`; OUTPUT gets `{"path:line": [[path, line], ...]}`. Only
lines that hold the name count, so calls through callbacks, operators and `getattr` are left out.
"""

import ast
import json
import os
import re
import runpy
import sys
from pathlib import Path

TOOL = 4
#: Frames of these files stand between a caller and a decorated function.
WRAPPERS = ("django/utils/functional.py", "django/utils/decorators.py",
            "django/utils/deprecation.py")


class Observer:
    """The chosen functions by where their code starts, and who called them."""

    def __init__(self, root, chosen):
        self.root = str(root) + os.sep
        self.names = {}
        self.calls = {}
        self.seen = set()
        self.lines = {}
        self.texts = {}
        wanted = {(path, line): name for path, line, name in chosen}
        for path in sorted({path for path, _ in wanted}):
            for node in ast.walk(ast.parse((root / path).read_text())):
                if (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
                        and (path, node.lineno) in wanted):
                    start = min([node.lineno, *(item.lineno for item in node.decorator_list)])
                    self.names[self.root + path, start] = wanted[path, node.lineno]
                    self.calls[self.root + path, start] = set()
                    self.seen.add((path, node.lineno, start))

    def start(self):
        """Watches every function until it turns out not to be a chosen one."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(TOOL, "observe")
        monitoring.register_callback(TOOL, monitoring.events.PY_START, self.entered)
        monitoring.set_events(TOOL, monitoring.events.PY_START)

    def entered(self, code, _):
        """A function was entered: who called it?"""
        key = code.co_filename, code.co_firstlineno
        name = self.names.get(key)
        if name is None:
            return sys.monitoring.DISABLE
        frame = sys._getframe(1).f_back
        for _ in range(4):
            if frame is None:
                break
            path = frame.f_code.co_filename
            inside = path.startswith(self.root)
            # A manager hands on the methods of its query set through a function of this name.
            if (inside and not path.endswith(WRAPPERS)
                    and frame.f_code.co_name != "manager_method"):
                # The line where the name stands: a call may go over several.
                # (The code is kept, so that its id stays its own.)
                place = (id(frame.f_code), frame.f_lasti, name)
                if place not in self.lines:
                    self.lines[place] = self.line(frame, path, name), frame.f_code
                if line := self.lines[place][0]:
                    self.calls[key].add((path[len(self.root):], line))
                break
            frame = frame.f_back
        return None

    def line(self, frame, path, name):
        """The line of the instruction at work that holds the name, if there is one."""
        positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
        first, last = positions[0] or frame.f_lineno, positions[1] or frame.f_lineno
        if path not in self.texts:
            try:
                self.texts[path] = Path(path).read_text(encoding="utf-8").split("\n")
            except OSError:
                self.texts[path] = []
        text = self.texts[path]
        # Of a chain of calls, the last line with the name is the call that is at work.
        for number in range(min(last, len(text)), first - 1, -1):
            row = text[number - 1]
            if re.search(rf"\b{name}\b", row):
                return number
        return None

    def write(self, output):
        """Adds what was seen to what earlier runs saw."""
        held = json.loads(output.read_text()) if output.exists() else {}
        for path, line, start in self.seen:
            places = {tuple(place) for place in held.get(f"{path}:{line}", [])}
            places |= self.calls[self.root + path, start]
            held[f"{path}:{line}"] = sorted(places)
        output.write_text(json.dumps(held))


def main():
    """Runs the tests named, all if none is, and writes what was seen."""
    root, chosen, output = (Path(word).resolve() for word in sys.argv[1:4])
    labels = sys.argv[4:]
    observer = Observer(root, json.loads(chosen.read_text()))
    os.chdir(root / "tests")
    sys.path[:0] = [str(root / "tests"), str(root)]
    sys.argv = ["runtests.py", "--parallel=1", "--verbosity=0", *labels]
    observer.start()
    try:
        runpy.run_path("runtests.py", run_name="__main__")
    except SystemExit:
        pass  # failed tests do not matter here
    observer.write(output)


if __name__ == "__main__":
    main()
