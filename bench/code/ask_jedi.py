"""Answers questions about Python code with jedi: a line of JSON in, a line of JSON out. Started
by `checkers.py` with the root and a virtual environment."""

import json
import sys
from pathlib import Path

import jedi


def main():
    """Reads questions until the input ends."""
    root = Path(sys.argv[1])
    # jedi stops looking after some 30 parsed files: its list is short, but every line of it is
    # a vote. Without that limit a common name takes many minutes.
    project = jedi.Project(root, environment_path=sys.argv[2])
    for line in sys.stdin:
        what, path, row, column = json.loads(line)
        try:
            script = jedi.Script(path=root / path, project=project)
            if what == "references":
                found = script.get_references(row, column - 1, scope="project")
            else:
                found = script.goto(row, column - 1, follow_imports=True)
            answer = sorted({
                (Path(name.module_path).relative_to(root).as_posix(), name.line, name.column + 1)
                for name in found
                if name.module_path and name.line
                and Path(name.module_path).is_relative_to(root)})
        except Exception as problem:  # jedi breaks on unusual code in many ways
            answer = f"{type(problem).__name__}: {problem}"
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
