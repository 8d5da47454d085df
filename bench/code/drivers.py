"""How each tool is asked where a symbol is used and where it is defined. An answer is a list of
`{path, line, column, role, certainty}`, 1-based, with paths relative to the root."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from codegraph import Codegraph
from lib import install
from lib.corpora import quiet_environment
from score import SUFFIXES

REPOSITORY = Path(__file__).resolve().parents[2]


class Coderoom:
    """`coderoom references PATH:LINE:COLUMN --json` and `coderoom definition ...`, run in the
    corpus. The daemon behind them is the user's own."""

    def __init__(self, root, language, program=None):
        release = REPOSITORY / "target" / "release" / "coderoom"
        found = program or (release if release.exists() else shutil.which("coderoom"))
        self.program, self.root = Path(found).resolve(), root

    def references(self, item):
        """Every place that uses the symbol."""
        return self._ask("references", item)

    def definition(self, item):
        """Where the symbol that is used at a place is defined."""
        return self._ask("definition", item)

    def close(self):
        """The daemon stays."""

    def _ask(self, what, item):
        place = f"{item['path']}:{item['line']}:{item['column']}"
        done = subprocess.run([self.program, what, place, "--json"], cwd=self.root,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        if done.returncode not in (0, 1):
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise RuntimeError(said[-1] if said else f"exit code {done.returncode}")
        places = json.loads(done.stdout or b"[]")
        for given in places:
            given["certainty"] = given.get("certainty", "exact").replace("_", " ")
        return places


class Ripgrep:
    """`rg -w -n NAME` in the files of the language: what agents do today."""

    def __init__(self, root, language, program=None):
        self.program = str(program or install.ripgrep().path)
        self.globs = [word for suffix in SUFFIXES[language] for word in ("-g", f"*{suffix}")]
        self.root = root

    def references(self, item):
        """Every line with the name as a word."""
        done = subprocess.run(
            [self.program, "--no-config", "-w", "-n", "-F", "--no-heading", "--null",
             *self.globs, "-e", item["name"], "."],
            cwd=self.root, env=quiet_environment(), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=60)
        places = []
        for row in done.stdout.decode(errors="replace").splitlines():
            path, _, rest = row.partition("\0")
            line = rest.split(":", 1)[0]
            places.append({"path": os.path.normpath(path), "line": int(line)})
        return places

    def close(self):
        """Nothing runs."""


TOOLS = {"coderoom": Coderoom, "rg": Ripgrep, "codegraph": Codegraph}
