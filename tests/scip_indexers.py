#!/usr/bin/env python3
"""Imports what real SCIP indexers say of small projects, and lets others read what we export.

Usage: tests/scip_indexers.py [PATH-OF-CODEROOM]

Installs scip-python and scip-typescript from npm (pinned) into a cache directory; where there is no
npm it says so and checks nothing.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

INDEXERS = ["@sourcegraph/scip-python@0.6.6", "@sourcegraph/scip-typescript@0.4.0"]
ROOT = pathlib.Path(__file__).resolve().parent.parent

PYTHON = {
    "pkg/__init__.py": "from .shapes import Shape as Base, area\n__all__ = ['Base', 'area']\n",
    "pkg/shapes.py": '''"""Shapes."""
import os
from typing import Optional


class Shape:
    def __init__(self, name: str) -> None:
        self.name = name

    def area(self) -> float:
        return 0.0


class Square(Shape):
    def area(self) -> float:
        total = len(self.name)
        return total


def area(shape: Optional[Shape], scale: float = 1.0) -> float:
    if shape is None:
        return os.path.getsize("x")
    return scale * shape.area()
''',
    "main.py": '''import pkg.shapes as sh
from pkg import Base, area
from pkg.shapes import Square

s = Square("🚀")
é = "🚀"; print(é, s.name)
print(area(shape=s, scale=2.0), sh.area(s), Base("x").name)
squares = {n: Square(n) for n in "ab"}
print(squares["a"].area())
''',
}

TYPESCRIPT = {
    "package.json": '{"name": "demo", "version": "1.0.0"}\n',
    "tsconfig.json": '{"compilerOptions": {"target": "es2020", "module": "commonjs", "strict": true},'
    ' "include": ["src"]}\n',
    "src/shapes.ts": '''export interface Shape { name: string; area(): number }
export class Square implements Shape {
  constructor(public name: string, private side: number) {}
  area(): number { const total = this.side * this.side; return total }
}
export const make = (side: number) => ({ "side": side, é: "🚀" })
export default function area(shape: Shape): number { return shape.area() }
''',
    "src/main.ts": '''import area, { Square as Sq, make } from "./shapes"
const s = new Sq("🚀", 2); console.log(area(s), s.name, make(1).side, make(2).é)
''',
}

# Name, files, how to index, document count, and references: place -> (path, line, column)s.
PROJECTS = [
    (
        "scip-python",
        PYTHON,
        ["scip-python", "index", ".", "--project-name", "demo", "--project-version", "1"],
        3,
        {
            # Through a dictionary of squares.
            "pkg/shapes.py:15:9": [("main.py", 9, 20), ("pkg/shapes.py", 15, 9)],
            "pkg/shapes.py:6:7": [
                ("main.py", 2, 17),
                ("main.py", 7, 45),
                ("pkg/__init__.py", 1, 21),
                ("pkg/shapes.py", 6, 7),
                ("pkg/shapes.py", 14, 14),
                ("pkg/shapes.py", 20, 26),
            ],
        },
    ),
    (
        "scip-typescript",
        TYPESCRIPT,
        ["scip-typescript", "index"],
        2,
        {
            "src/shapes.ts:2:14": [
                ("src/main.ts", 1, 16),
                ("src/main.ts", 1, 26),
                ("src/main.ts", 2, 15),
                ("src/shapes.ts", 2, 14),
                ("src/shapes.ts", 3, 3),
            ],
        },
    ),
]

# An independent reader of the format: the one that scip-typescript brings.
READ = """
const {scip} = require(process.argv[2]);
const index = scip.Index.deserializeBinary(require("fs").readFileSync(process.argv[3]));
const known = new Set(index.external_symbols.map(it => it.symbol));
for (const document of index.documents)
  for (const it of document.symbols) known.add(it.symbol);
let occurrences = 0;
for (const document of index.documents)
  for (const it of document.occurrences) {
    occurrences += 1;
    if (!known.has(it.symbol)) throw new Error(`nothing is said of ${it.symbol}`);
  }
console.log(JSON.stringify({
  tool: index.metadata.tool_info.name,
  documents: index.documents.map(it => it.relative_path),
  occurrences,
}));
"""


def modules():
    """The indexers, installed once."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    path = pathlib.Path(base) / "coderoom-tests" / "scip"
    path.mkdir(parents=True, exist_ok=True)
    if not (path / "installed").exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", path]
        subprocess.run([*command, *INDEXERS], check=True)
        (path / "installed").touch()
    return path / "node_modules"


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@contextlib.contextmanager
def daemon(coderoom, home):
    """A daemon of our own, with its socket and caches in `home`."""
    env = {**os.environ, "CODEROOM_SOCKET": str(home / "socket"), "XDG_CACHE_HOME": str(home)}

    def ask(*args, parse=True):
        done = subprocess.run([coderoom, *args], env=env, capture_output=True, text=True)
        if done.returncode > 1:
            sys.exit(f"coderoom {' '.join(map(str, args))}: {done.stderr}")
        return json.loads(done.stdout) if parse else None

    try:
        yield ask
    finally:
        subprocess.run([coderoom, "stop"], env=env, capture_output=True, check=False)


def places(rows):
    """Without what may be called through a base type, which no index says."""
    return [
        (row["path"], row["line"], row["column"])
        for row in rows
        if row["certainty"] == "exact"
    ]


def check(condition, words):
    if not condition:
        sys.exit(f"FAILED: {words}")


def imported(ask, root, project, index):
    name, files, _, documents, expected = project
    report = ask("scip", "import", str(index), "--workspace", str(root), "--json")
    check(report["refused"] == {}, f"{name}: {report['refused_documents']}")
    check(report["documents"] == documents, f"{name}: {report['documents']} documents")
    for place, wanted in expected.items():
        found = ask("references", f"{root}/{place}", "--json")
        check(places(found) == wanted, f"{name}: {place}: {places(found)}")
    # It is there after a restart, as soon as the code is indexed.
    ask("stop", parse=False)
    ask("load", str(root), "--json")
    until = time.monotonic() + 20
    while not ask("status", "--json")["workspaces"][0]["code"]["imported"]:
        check(time.monotonic() < until, f"{name}: the import is lost at a restart")
        time.sleep(0.05)
    for place, wanted in expected.items():
        found = ask("references", f"{root}/{place}", "--json")
        check(places(found) == wanted, f"{name}: {place} after a restart: {places(found)}")
    # A file that has changed since is refused, and the others are not.
    changed = sorted(path for path in files if path.endswith((".py", ".ts")))[0]
    text = (root / changed).read_text()
    (root / changed).write_text("\n" + text)
    ask("scip", "forget", str(root), "--json")
    report = ask("scip", "import", str(index), "--workspace", str(root), "--json")
    check(report["refused"] == {"changed": 1}, f"{name}: after an edit {report['refused']}")
    check(report["documents"] == documents - 1, f"{name}: after an edit")
    (root / changed).write_text(text)
    ask("scip", "forget", str(root), "--json")


def exported(ask, root, project, reader, home):
    output = home / "ours.scip"
    written = ask("scip", "export", str(root), "--output", str(output), "--json")
    script = home / "read.js"
    script.write_text(READ)
    done = subprocess.run(["node", script, reader, output], capture_output=True, text=True)
    check(done.returncode == 0, f"{project[0]} cannot read our index: {done.stderr}")
    read = json.loads(done.stdout)
    check(read["tool"] == "coderoom", "another tool")
    check(len(read["documents"]) == project[3] == written["documents"], str(read))
    check(read["occurrences"] == written["occurrences"] > 20, str(read))


def main():
    coderoom = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/coderoom")
    if not shutil.which("npm"):
        print("SKIPPED: there is no npm, so no real SCIP index was imported", file=sys.stderr)
        return
    node_modules = modules()
    reader = node_modules / "@sourcegraph/scip-typescript/dist/src/scip.js"
    for project in PROJECTS:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as temporary:
            home = pathlib.Path(temporary).resolve()
            root = home / "project"
            write(root, project[1])
            command = [node_modules / ".bin" / project[2][0], *project[2][1:]]
            index = home / "theirs.scip"
            done = subprocess.run(
                [*command, "--output", index], cwd=root, capture_output=True, text=True
            )
            check(index.exists(), f"{project[0]}: {done.stdout}{done.stderr}")
            with daemon(coderoom.resolve(), home) as ask:
                imported(ask, root, project, index)
                exported(ask, root, project, reader, home)
        print(f"{project[0]}: imported and exported ({time.monotonic() - begun:.1f} s)")


if __name__ == "__main__":
    main()
