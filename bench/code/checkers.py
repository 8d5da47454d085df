"""The five Python type checkers that vote: how each is installed (pinned, under the cache) and
how it is asked. Each asker has `references`, `definition` and `stop`, as `lsp.Server`."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from lib.corpora import cache, call, quiet_environment
from lsp import Server, Silent

VERSIONS = {"pyright": "1.1.414", "ty": "0.0.105", "pyrefly": "1.4.1", "zuban": "0.10.2",
            "jedi": "0.20.1"}
#: What Django itself imports: without them a few types are unknown.
LIBRARIES = ["asgiref==3.13.0", "sqlparse==0.6.1"]


def home(name):
    """Where a tool of that version lives."""
    return cache() / "oracle" / f"{name}-{VERSIONS[name]}"


def from_pypi(name):
    """Installs a tool from PyPI into a folder of its own."""
    target = home(name)
    if not target.exists():
        call([sys.executable, "-m", "pip", "install", "--quiet", "--target", target,
              f"{name}=={VERSIONS[name]}"])
    return target


def libraries():
    """A virtual environment with what the corpus imports."""
    venv = cache() / "oracle" / "django-venv"
    if not (venv / "bin" / "python").exists():
        call([sys.executable, "-m", "venv", venv])
        call([venv / "bin" / "python", "-m", "pip", "install", "--quiet", *LIBRARIES])
    return venv


def environment():
    """The environment of every server."""
    venv = libraries()
    env = quiet_environment()
    env.update(VIRTUAL_ENV=str(venv), PATH=f"{venv / 'bin'}:{env['PATH']}")
    return env


def pyright(root):
    """Microsoft's checker; its language server runs on node."""
    target = home("pyright")
    if not (target / "node_modules").exists():
        call(["npm", "install", "--no-audit", "--no-fund", "--prefix", target,
              f"pyright@{VERSIONS['pyright']}"])
    program = target / "node_modules/pyright/langserver.index.js"
    python = str(libraries() / "bin" / "python")
    settings = {"python": {"pythonPath": python, "analysis": {
        "diagnosticMode": "openFilesOnly", "typeCheckingMode": "off", "autoSearchPaths": True,
        "useLibraryCodeForTypes": True}}}
    return Server(["node", "--max-old-space-size=6144", program, "--stdio"], root, "python",
                  environment(), settings, log=log("pyright"))


def ty(root):
    """Astral's checker."""
    settings = {"ty": {"diagnosticMode": "off"}}
    return Server([from_pypi("ty") / "bin/ty", "server"], root, "python", environment(),
                  settings, log=log("ty"))


def pyrefly(root):
    """Meta's checker. Indexing blocks, so that no reference is missing."""
    return Server([from_pypi("pyrefly") / "bin/pyrefly", "lsp", "--indexing-mode",
                   "lazy-blocking"], root, "python", environment(), log=log("pyrefly"))


def zuban(root):
    """The checker of jedi's author."""
    return Server([from_pypi("zuban") / "bin/zuban", "server"], root, "python", environment(),
                  log=log("zuban"))


def log(name):
    """Where a server's own complaints go."""
    folder = cache() / "oracle" / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


class Jedi:
    """jedi is a library: `ask_jedi.py` asks it, in a process that can be ended when it takes too
    long."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.process = None

    def references(self, path, line, column, limit):
        """All references of the symbol at a place."""
        return self._ask("references", path, line, column, limit)

    def definition(self, path, line, column, limit):
        """Where the symbol at a place is defined."""
        return self._ask("definition", path, line, column, limit)

    def close_files(self):
        """Nothing is open."""

    def stop(self):
        """Ends the process."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _ask(self, what, path, line, column, limit):
        if self.process is None:
            env = environment()
            env["PYTHONPATH"] = str(from_pypi("jedi"))
            script = Path(__file__).resolve().parent / "ask_jedi.py"
            self.process = subprocess.Popen(
                [sys.executable, script, self.root, libraries()], env=env, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(log("jedi"), "ab"))
        watchdog = threading.Timer(limit, self.process.kill)
        watchdog.start()
        try:
            self.process.stdin.write(json.dumps([what, path, line, column]) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline() or "null")
        except (OSError, ValueError):
            answer = None
        finally:
            watchdog.cancel()
        if answer is None:
            self.stop()
            raise Silent(f"{what}: no answer in {limit:.0f} s")
        if isinstance(answer, str):
            raise Silent(f"{what}: {answer}")
        return sorted(tuple(place) for place in answer)


STARTERS = {"ty": ty, "pyrefly": pyrefly, "zuban": zuban, "pyright": pyright, "jedi": Jedi}
assert set(STARTERS) == set(VERSIONS) and os.name == "posix"
