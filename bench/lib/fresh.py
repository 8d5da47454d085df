"""How soon a write to disk is seen: a token that is nowhere else is written, and the tool is
asked for it at once and again until it answers with it. A tool that keeps its promise sees it in
the first answer, so the count of answers without it is the figure that matters most.

The kinds of edits include those that change detection by size and time stamp misses.
"""

import os
import shutil
import time
from dataclasses import dataclass, field

from .process import Failed, Slow
from .queries import Query

PROBE = "coderoom_bench_probe"
#: A tool that has not seen an edit by then has missed it.
PATIENCE = 1.5
LIMIT = 60.0


@dataclass
class Freshness:
    """One tool, all edits."""

    tool: str
    problem: str = ""
    edits: int = 0
    #: Seconds from the end of the write to the end of the answer that shows it.
    seconds: list = field(default_factory=list)
    #: Edits that the first answer did not show, and those that no answer showed.
    late: int = 0
    never: int = 0
    #: The kinds of edits that were never seen.
    never_kinds: list = field(default_factory=list)


class Probe:
    """The files that are written; a directory of their own inside the corpus."""

    def __init__(self, root):
        self.folder = root / PROBE
        self.count = 0

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        (self.folder / "append.txt").write_text("the first line\n")
        self.same_size(self.token())
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def token(self):
        """A word that is nowhere else; all have the same length."""
        self.count += 1
        return f"probe{os.getpid():07}x{self.count:06}"

    def new_file(self, token):
        """A file that was not there."""
        (self.folder / f"{token}.txt").write_text(token + "\n")

    def append(self, token):
        """One more line in a file."""
        with open(self.folder / "append.txt", "a") as file:
            file.write(token + "\n")

    def same_size(self, token):
        """Other bytes of the same number, and the old time stamp put back."""
        path = self.folder / "rewrite.txt"
        path.write_text(token + "\n")
        os.utime(path, ns=(10**18, 10**18))

    def replace(self, token):
        """A file renamed over another, as editors save."""
        fresh = self.folder / "replaced.txt.new"
        fresh.write_text(token + "\n")
        fresh.rename(self.folder / "replaced.txt")

    def new_folder(self, token):
        """A file in a directory that was not there."""
        folder = self.folder / token
        folder.mkdir()
        (folder / "file.txt").write_text(token + "\n")

    def delete(self, token):
        """A file that goes away again."""
        (self.folder / f"{token}.txt").unlink()

    def kinds(self):
        """The edits by name."""
        return {"new file": self.new_file, "append": self.append,
                "same size, old time": self.same_size, "rename over": self.replace,
                "new directory": self.new_folder}


def measure(tools, absent, root, edits, say):
    """Makes `edits` edits of every kind for each tool."""
    rows = []
    for tool in tools:
        say(f"  writes seen by {tool.name}")
        row = Freshness(tool.name, problem=tool.not_for_freshness)
        rows.append(row)
        if row.problem:
            continue
        try:
            with Probe(root) as probe:
                # The files that are there from the start are not part of the test.
                tool.catch_up()
                time.sleep(0.3)
                for kind, edit in probe.kinds().items():
                    for _ in range(edits):
                        if not one(tool, probe, kind, edit, row):
                            break
                deletions(tool, probe, edits, row)
        except (Slow, Failed, OSError) as reason:
            row.problem = str(reason)
    return rows + [Freshness(name, problem=reason) for name, reason in absent.items()]


def one(tool, probe, kind, edit, row):
    """One edit; returns whether it was seen."""
    token = probe.token()
    edit(token)
    return wait(tool, token, kind, row, present=True)


def deletions(tool, probe, edits, row):
    """Files that are seen and then deleted: the token must be gone."""
    for _ in range(edits):
        token = probe.token()
        probe.new_file(token)
        end = time.perf_counter() + PATIENCE
        while not tool.hits(Query("probe", token), LIMIT):
            if time.perf_counter() > end:
                return
        probe.delete(token)
        if not wait(tool, token, "delete", row, present=False):
            return


def wait(tool, token, kind, row, present):
    """Asks until the edit shows; the first question is sent right after the write has ended."""
    query = Query("probe", token)
    row.edits += 1
    start = time.perf_counter()
    answers = 0
    while True:
        seen = bool(tool.hits(query, LIMIT)) == present
        seconds = time.perf_counter() - start
        answers += 1
        if seen or seconds > PATIENCE:
            break
    row.late += answers > 1 or not seen
    if seen:
        row.seconds.append(seconds)
    else:
        row.never += 1
        row.never_kinds.append(kind)
    return seen
