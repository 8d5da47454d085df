"""Cases cut out of a repository's history: what was asked for, and which files it changed.

The tree of a base commit is what is known, with the history before it. Each later commit that changed
source files of that tree is a case: its message is the question, the source files that it modified are
the answer. Tests, documents, merges, and commits that are mechanical (releases, formatting, bumps of
dependencies, more than 30 files) are left out.
"""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass

SOURCES = frozenset(
    ".c .cc .cpp .cs .go .h .hpp .java .js .jsx .kt .mjs .php .py .pyi .rb .rs .scala .sh .ts .tsx".split()
)
TEST = re.compile(
    r"(^|/)(tests?|testing|testdata|__tests__|spec|fixtures|e2e)(/|$)|(^|/)test_[^/]*$"
    r"|_tests?\.[a-z]+$|(^|/)conftest\.py$|\.(test|spec)\.[a-z]+$|(^|/)tests?\.(rs|py)$|-tests?/"
)
DOCUMENT = re.compile(r"(^|/)docs?(/|$)")
MECHANICAL = re.compile(
    r"^(release|bump|update|upgrade) .*(version|dep)|^(chore|style|ci|build)(\(|:)|rustfmt|cargo fmt"
    r"|clippy|black|typo|^v?\d+\.\d+|changelog|pre-commit|^merge |^prepare|copyright|lint",
    re.IGNORECASE,
)
MOST_FILES = 30
MOST_ANSWERS = 10


@dataclass
class Case:
    """A commit as a question."""

    commit: str
    question: str
    answer: list


@dataclass
class Commit:
    """A commit, its message, and (status, path) of what it touched."""

    name: str
    message: str
    touched: list


def git(repository, *arguments):
    """Standard output of a git command, as text."""
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")


def is_source(path):
    """Whether a path is that of code."""
    return os.path.splitext(path)[1] in SOURCES


def is_test(path):
    """Whether a path is that of a test."""
    return bool(TEST.search(path))


def commits(repository, range_of="HEAD"):
    """Commits without merges, the newest first."""
    form = "--format=%x01%H%x02%B%x03"
    text = git(repository, "log", "--no-merges", "--name-status", "-M100%", form, range_of)
    for part in text.split("\x01")[1:]:
        head, _, files = part.partition("\x03")
        name, message = head.split("\x02", 1)
        rows = [line.split("\t") for line in files.strip().split("\n") if line]
        yield Commit(name, message.strip(), [(row[0][0], row[-1]) for row in rows])


def answers(commit):
    """The source files that a commit asks for; none if it is no case."""
    subject = commit.message.split("\n")[0]
    if MECHANICAL.search(subject) or len(re.findall(r"\w+", commit.message)) < 3:
        return []
    if len(commit.touched) > MOST_FILES:
        return []
    wanted = [
        path
        for status, path in commit.touched
        if status == "M" and is_source(path) and not is_test(path) and not DOCUMENT.search(path)
    ]
    return wanted if len(wanted) <= MOST_ANSWERS else []


def cut(repository, number):
    """The base commit, and up to `number` cases after it, the newest first."""
    found = []
    for commit in commits(repository):
        if len(found) == number:
            base = commit.name
            break
        wanted = answers(commit)
        if wanted:
            found.append(Case(commit.name, commit.message, wanted))
    else:
        raise SystemExit(f"{repository}: fewer than {number} cases")
    tree = set(git(repository, "ls-tree", "-r", "--name-only", base).split("\n"))
    for case in found:
        case.answer = [path for path in case.answer if path in tree]
    return base, [case for case in found if case.answer]


def tree_at(repository, base, into):
    """A working tree at `base` with the history before it, and nothing of what came later."""
    place = tempfile.mkdtemp(prefix="coderoom-history-", dir=into)
    git(repository, "clone", "--quiet", "--shared", "--no-checkout", str(repository), place)
    git(place, "checkout", "--quiet", "--detach", base)
    return place
