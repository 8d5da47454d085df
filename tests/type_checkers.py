#!/usr/bin/env python3
"""Checks sessions with real type checkers: what `validate` says of files that were never saved.

Usage: tests/type_checkers.py [PATH-OF-CODEROOM]

Installs ty from PyPI, and typescript-language-server from npm where there is npm (pinned), into a
cache directory. Tries gopls and clangd where they are on PATH.
"""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

TY = "ty==0.0.105"
TYPESCRIPT = ["typescript-language-server@5.3.0", "typescript@5.9.3"]
ROOT = pathlib.Path(__file__).resolve().parent.parent
# A server's first answer on a busy machine; every wait ends as soon as there is one.
PATIENCE_MS = 120_000

FILES = {
    "shapes.py": '''def area(side: int) -> int:
    return side * side


def old() -> str:
    return 1
''',
    "user.py": "from shapes import area\n\nprint(area(3) + 1)\n",
    "gone.py": "def helper() -> int:\n    return 1\n",
    "keeper.py": "from gone import helper\n\nprint(helper())\n",
    "tsconfig.json": '{"compilerOptions": {"strict": true, "module": "esnext", "noEmit": true},'
    ' "include": ["src"]}\n',
    "src/shapes.ts": '''export function area(side: number): number { return side * side }
export const old: string = 1;
''',
    "src/user.ts": 'import { area } from "./shapes"\nconst é = "🚀"; export const a: number = area(2)\n',
    "go.mod": "module example.com/m\n",
    "main.go": "package main\n\nfunc main() {}\n",
    "Main.java": "class Main {}\n",
}


GO_FILES = {
    "go.mod": "module example.com/m\n\ngo 1.19\n",
    "main.go": "package main\n\nfunc area(side int) int { return side * side }\n\n"
    "func main() { println(area(3)) }\n",
    "sub/sub.go": "package sub\n\nfunc Helper() int { return 1 }\n",
}
C_FILES = {
    "area.h": "int area(int side);\n",
    "area.c": '#include "area.h"\nint area(int side) { return side * side; }\n',
    "use.cpp": '#include "area.h"\nstruct S { int x; };\n'
    "int use(S it) { return it.x + area(2); }\n",
}


def installed():
    """A directory of programs, made once; and whether TypeScript's is among them."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    path = pathlib.Path(base) / "coderoom-tests" / "types"
    path.mkdir(parents=True, exist_ok=True)
    if not (path / "venv/installed").exists():
        subprocess.run([sys.executable, "-m", "venv", path / "venv"], check=True)
        pip = [path / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", TY]
        subprocess.run(pip, check=True)
        (path / "venv/installed").touch()
    npm = shutil.which("npm") is not None
    if npm and not (path / "npm/installed").exists():
        (path / "npm").mkdir(exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix"]
        subprocess.run([*command, path / "npm", *TYPESCRIPT], check=True)
        (path / "npm/installed").touch()
    # Only these: what else is on PATH is another test's.
    programs = path / "bin"
    shutil.rmtree(programs, ignore_errors=True)
    programs.mkdir()
    (programs / "ty").symlink_to(path / "venv/bin/ty")
    if npm:
        node = pathlib.Path(shutil.which("node")).resolve()
        (programs / "node").symlink_to(node)
        server = path / "npm/node_modules/.bin/typescript-language-server"
        (programs / "typescript-language-server").symlink_to(server)
    for tool in ("sh", "env", "git"):
        if shutil.which(tool):
            (programs / tool).symlink_to(shutil.which(tool))
    return programs, npm


class Session:
    """A session over the socket."""

    def __init__(self, path, root, name):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rw")
        self.common = {"workspace": str(root), "session": name}
        self.ask("session_open", name=name, session=None)

    def ask(self, method, **params):
        params = {**self.common, **params}
        params = {name: value for name, value in params.items() if value is not None}
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.lines.write(json.dumps(request) + "\n")
        self.lines.flush()
        reply = json.loads(self.lines.readline())
        if "error" in reply:
            sys.exit(f"{method}: {reply['error']}")
        return reply["result"]

    def edit(self, path, old, new):
        self.ask("edit_file", path=path, old_str=old, new_str=new)

    def validate(self, **params):
        reply = self.ask("validate", timeout_ms=PATIENCE_MS, **params)
        rows = [(it["path"], it["line"], it["column"], it["kind"]) for it in reply["problems"]]
        return rows, reply


@contextlib.contextmanager
def daemon(coderoom, home, path):
    """A daemon of our own that finds programs in `path` alone."""
    place = home / "socket"
    env = {
        "PATH": str(path), "HOME": str(home), "CODEROOM_SOCKET": str(place),
        "XDG_CACHE_HOME": str(home / "cache"), "XDG_STATE_HOME": str(home / "state"),
        "XDG_RUNTIME_DIR": str(home),
    }
    process = subprocess.Popen(
        [coderoom, "serve", "--no-http"], env={**env, "CODEROOM_LOG": "warn"},
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while not place.exists():
            check(time.monotonic() < until and process.poll() is None, "the daemon starts")
            time.sleep(0.02)
        yield place
    finally:
        process.terminate()
        process.wait(timeout=60)


def check(condition, words):
    if not condition:
        sys.exit(f"FAILED: {words}")


def snapshot(root):
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def noted(reply, *words):
    return any(all(word in note for word in words) for note in reply["notes"])


def python(session):
    rows, reply = session.validate()
    check(rows == [], f"nothing has changed: {reply}")
    # The base's own error is not named, wherever its line is now.
    session.edit("shapes.py", "def area(side: int) -> int:", "# A comment.\ndef area(side: int) -> int:")
    rows, reply = session.validate()
    check(rows == [], f"an old error is named: {reply}")
    session.edit("shapes.py", "    return side * side", '    return "x" * side')
    rows, reply = session.validate()
    check(rows == [("shapes.py", 3, 12, "ty")], f"Python: {reply}")
    check('"x" * side' in reply["problems"][0]["text"], str(reply))
    rows, reply = session.validate(types=False)
    check(rows == [], f"types were not asked for: {reply}")
    # What a change breaks elsewhere.
    session.ask("undo")
    session.edit("shapes.py", "def area(side: int) -> int:\n    return side * side",
                 "def area(side: int) -> str:\n    return str(side)")
    rows, reply = session.validate()
    check([row for row in rows if row[0] == "user.py"] == [("user.py", 3, 7, "ty")], str(reply))
    session.ask("apply_batch", edits=[{"kind": "delete", "path": "gone.py"}])
    rows, reply = session.validate()
    check(("keeper.py", 1, 18, "ty") in rows, f"a deleted file: {reply}")
    check(noted(reply, "gone.py", "empty"), f"nothing is said of deletions: {reply}")
    session.ask("rollback", to=0)
    session.ask("write_file", path="fresh.py", content="x: int = 'no'\n")
    rows, reply = session.validate()
    check(rows == [("fresh.py", 1, 10, "ty")], f"a new file: {reply}")
    session.ask("rollback", to=0)


def changed_on_disk(session, root):
    """The checker reads the disk, and is told when that changes."""
    session.edit("user.py", "print(area(3) + 1)", "from other import thing\nprint(area(thing))")
    rows, reply = session.validate()
    check([row[:2] for row in rows if row[3] == "ty"] == [("user.py", 3)], str(reply))
    (root / "other.py").write_text("thing: int = 1\n")
    rows, reply = session.validate()
    check([row for row in rows if row[3] == "ty"] == [], f"a new file on disk: {reply}")
    check(noted(reply, "rebase"), f"nothing is said of the disk: {reply}")
    (root / "other.py").unlink()
    session.ask("rollback", to=0)


def typescript(session):
    session.edit("src/user.ts", 'export const a: number = area(2)', 'export const a: string = area(2)')
    rows, reply = session.validate()
    check(rows == [("src/user.ts", 2, 29, "typescript")], f"TypeScript: {reply}")
    check("(2322)" in reply["problems"][0]["message"], str(reply))
    session.ask("undo")
    rows, reply = session.validate()
    check(rows == [], f"TypeScript, after an undo: {reply}")
    session.edit("src/shapes.ts", "side: number", "side: string, times: number")
    rows, reply = session.validate()
    check({row[0] for row in rows} == {"src/shapes.ts", "src/user.ts"}, f"TypeScript: {reply}")
    check(not any("old" in it["text"] for it in reply["problems"]), f"an old error: {reply}")
    session.ask("rollback", to=0)


def at_once(place, root):
    """Sessions share a checker and see nothing of one another."""
    found = {}

    def one(name, text):
        session = Session(place, root, name)
        for turn in range(3):
            session.ask("write_file", path="user.py", content=f"x: int = {text}\n" * (turn + 1))
            found[name, turn] = session.validate()
        session.ask("rollback", to=0)

    texts = {"one": "'one'", "two": "b'two'", "three": "3"}
    threads = [threading.Thread(target=one, args=pair) for pair in texts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, text in texts.items():
        for turn in range(3):
            rows, reply = found[name, turn]
            lines = [] if name == "three" else list(range(1, turn + 2))
            check([row[1] for row in rows] == lines, f"{name} beside others: {reply}")
            check(all(text in it["text"] for it in reply["problems"]), f"{name}: {reply}")


def missing(session):
    """No checker is a note, and never silence."""
    session.edit("main.go", "func main() {}", "func main() { var x int = \"\" }")
    session.edit("Main.java", "class Main {}", "class Main { int x = \"\"; }")
    _, reply = session.validate()
    check(noted(reply, "Go", "gopls", "go install"), f"no gopls: {reply}")
    check(noted(reply, "java"), f"no checker for Java: {reply}")
    session.ask("rollback", to=0)


def nothing_at_all(coderoom, temporary):
    """A daemon that finds no program at all."""
    home = temporary / "bare"
    root = write(home)
    (home / "empty").mkdir()
    with daemon(coderoom, home, home / "empty") as place:
        session = Session(place, root, "s")
        session.edit("user.py", "area(3)", "area('')")
        rows, reply = session.validate()
        check(rows == [] and noted(reply, "Python", "ty", "pip install ty"), str(reply))


def go(session):
    session.edit("main.go", "side * side", '"no"')
    session.edit("sub/sub.go", "Helper() int", "Helper() string")
    rows, reply = session.validate()
    check({row[0] for row in rows} == {"main.go", "sub/sub.go"}, f"Go: {reply}")
    session.ask("undo")
    rows, reply = session.validate()
    check([row[0] for row in rows] == ["main.go"], f"Go, after an undo: {reply}")
    session.ask("rollback", to=0)


def c(session):
    """A header of the session's is what files that did not change are compiled with."""
    session.edit("area.h", "int side", "char *side")
    rows, reply = session.validate()
    check({row[0] for row in rows} == {"area.c", "use.cpp"}, f"C: {reply}")
    check(not noted(reply, "did not answer"), f"C: {reply}")
    session.ask("undo")
    rows, reply = session.validate()
    check(rows == [], f"C, after an undo: {reply}")
    session.edit("use.cpp", "it.x", "it.y")
    rows, reply = session.validate()
    check([row[:2] for row in rows] == [("use.cpp", 3)], f"C++: {reply}")


def of_the_system(coderoom, temporary):
    """Servers that are not installed here, where the system has them."""
    for program, also, files, part in [("gopls", "go", GO_FILES, go), ("clangd", "sh", C_FILES, c)]:
        if not (shutil.which(program) and shutil.which(also)):
            print(f"SKIPPED: there is no {program}, so it was not checked", file=sys.stderr)
            continue
        home = temporary / program
        root = write(home, files)
        before = snapshot(root)
        with daemon(coderoom, home, os.environ["PATH"]) as place:
            begun = time.monotonic()
            part(Session(place, root, "s"))
            print(f"{program}: checked ({time.monotonic() - begun:.1f} s)")
        check(snapshot(root) == before, "something was written to the workspace")


def write(home, files=None):
    root = home / "project"
    for name, text in (files or FILES).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def main():
    coderoom = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/coderoom")
    coderoom = coderoom.resolve()
    programs, npm = installed()
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary).resolve()
        home = temporary / "home"
        root = write(home)
        before = snapshot(root)
        with daemon(coderoom, home, programs) as place:
            session = Session(place, root, "s")
            parts = [
                ("Python", lambda: python(session)),
                ("the disk", lambda: changed_on_disk(session, root)),
                ("no checker of a language", lambda: missing(session)),
                ("sessions side by side", lambda: at_once(place, root)),
            ]
            if npm:
                parts.append(("TypeScript", lambda: typescript(session)))
            else:
                print("SKIPPED: there is no npm, so TypeScript was not checked", file=sys.stderr)
            for name, part in parts:
                begun = time.monotonic()
                part()
                print(f"{name}: checked ({time.monotonic() - begun:.1f} s)")
            check(snapshot(root) == before, "something was written to the workspace")
        of_the_system(coderoom, temporary)
        nothing_at_all(coderoom, temporary)
    print("no checker at all: said so")


if __name__ == "__main__":
    main()
