#!/usr/bin/env python3
"""How well are the files found that a commit changes besides a given one?

    bench/graph/predict_eval.py REPOSITORY... [--one COMMAND] [--ablate]

Cases are cut out of the history of each git repository. A base commit is chosen so that up to
--commits later ones are eligible; only what the base and its history hold may be learnt from. A later
commit is eligible if it modifies at least two source files that are there at the base: tests and
documents do not count, nor do commits of more than 30 files or whose subject speaks of a release, a
format or the like. Each of its files gives a case: rank the others, given that one.

Measured are recall@5 (how many of the others are among the first five) and MRR (1 / rank of the first
that is found), averaged over the files of a commit, then over commits. Beside the program stand plain
co-change counts: the number of commits that changed both, ties by path. Both are shown the same
history, and of both only source files are looked at.

--one runs `COMMAND PATH` in a checkout of the base for every case and reads ranked paths, one a line
(default: coderoom predict --files). --ablate asks that again without each part of the evidence
(`--without PART,...`).
"""

import argparse
import collections
import re
import shlex
import subprocess
import sys
import tempfile

SOURCE = set("c cc cpp cs cxx go h hh hpp java js jsx kt lua mjs php py pyi rb rs scala sh ts tsx vue".split())
NOT_CODE = re.compile(
    r"(^|/)(tests?|testing|specs?|__tests__|bench(es|marks?)?|examples?|docs?|fixtures|testdata|"
    r"snapshots?|vendor|third_party|deps|node_modules|tests?-[\w-]+|stress-test)(/|$)"
    r"|(^|/)(test_[^/]*|[^/]*_tests?\.\w+|[^/]*\.(test|spec)\.\w+|conftest\.py|[^/]*Tests?\.\w+)$"
)
MECHANICAL = re.compile(
    r"\b(bump|release|prepare|version|fmt|rustfmt|format(ting)?|black|reformat|pre-commit|pyupgrade|"
    r"clippy|lint(s|ing)?|typos?|spelling|copyright|license|changelog|isort|flake8|ruff|whitespace|"
    r"revert)\b",
    re.IGNORECASE,
)
PARTS = "together through often alike uses usedby imports importedby near named".split()
HISTORY, CODE = PARTS[:3], PARTS[4:8]
VARIANTS = [
    ("predict", []),
    *((f"without {part}", [part]) for part in PARTS),
    ("without through and often", PARTS[1:3]),
    ("without the code's links", CODE),
    ("without paths", PARTS[8:]),
    ("history alone", PARTS[3:]),
    ("without history", HISTORY),
]
MAX_FILES = 30

Commit = collections.namedtuple("Commit", "id time subject changes")


def git(repository, *args):
    out = subprocess.run(["git", "-C", repository, *args], capture_output=True, check=True)
    return out.stdout.decode("utf-8", "replace")


def is_source(path):
    return path.rsplit(".", 1)[-1].lower() in SOURCE and not NOT_CODE.search(path)


def commits_of(repository, *range_):
    """Commits that are no merges, the newest first: (status, path, path before) of each change."""
    log = git(repository, "log", "--no-merges", "--date-order", "--name-status", "-M100%", "-z",
              "--format=%x01%H%x02%ct%x02%s%x03", *range_)
    for record in log.split("\x01")[1:]:
        head, rest = record.split("\x03", 1)
        name, time, subject = head.split("\x02")
        fields = [field.strip("\n") for field in rest.split("\0")]
        fields = iter([field for field in fields if field])
        changes = []
        for status in fields:
            before = next(fields) if status[0] in "RC" else None
            changes.append((status[0], next(fields), before))
        yield Commit(name, int(time), subject, changes)


def eligible(commit):
    if len(commit.changes) > MAX_FILES or MECHANICAL.search(commit.subject):
        return []
    modified = [path for status, path, _ in commit.changes if status == "M" and is_source(path)]
    return modified if len(modified) >= 2 else []


def cut(repository, most, share):
    """The base, the files of its tree, and the cases: lists of files that a commit changed."""
    times = sorted((it.time for it in commits_of(repository, "HEAD") if eligible(it)), reverse=True)
    if len(times) < 4:
        sys.exit(f"{repository}: too few commits that change two source files")
    count = min(most, int(len(times) * share))
    base = git(repository, "rev-list", "-1", "--first-parent", f"--before={times[count - 1] - 1}",
               "HEAD").strip()
    files = git(repository, "ls-tree", "-r", "-z", "--name-only", base).split("\0")
    files = {path for path in files if path and is_source(path)}
    cases = []
    for commit in commits_of(repository, f"{base}..HEAD"):
        there = [path for path in eligible(commit) if path in files]
        if len(there) >= 2:
            cases.append(there)
    return base, files, cases


class Counts:
    """Plain co-change counts, with renames followed."""

    def __init__(self, repository, base, files):
        self.files, self.together = files, collections.defaultdict(collections.Counter)
        later = {}
        for commit in commits_of(repository, base):
            now = {later.get(path, path) for _, path, _ in commit.changes}
            for status, path, before in commit.changes:
                if status == "R":
                    later[before] = later.get(path, path)
            now &= files
            for one in now:
                self.together[one].update(now - {one})

    def rank(self, given):
        counts = self.together[given]
        return sorted(self.files - {given}, key=lambda path: (-counts[path], path))


def asked(command, root, questions, without):
    """The ranked paths for each given one."""
    if without:
        command = [*command, "--without", ",".join(without)]
    answers = {}
    for path in questions:
        run = subprocess.run([*command, path], cwd=root, capture_output=True)
        if run.returncode > 1:  # 1: nothing is foreseen
            sys.exit(run.stderr.decode("utf-8", "replace"))
        answers[path] = run.stdout.decode("utf-8", "replace").splitlines()
    return answers


def score(cases, rank):
    recalls, reciprocals = [], []
    for files in cases:
        recall = reciprocal = 0.0
        for given in files:
            places = {path: at for at, path in enumerate(rank(given), 1)}
            found = [places[path] for path in files if path != given and path in places]
            recall += sum(at <= 5 for at in found) / (len(files) - 1) / len(files)
            reciprocal += 1 / min(found) / len(files) if found else 0
        recalls.append(recall)
        reciprocals.append(reciprocal)
    mean = lambda numbers: sum(numbers) / len(numbers)
    return mean(recalls), mean(reciprocals)


def evaluate(repository, options):
    base, files, cases = cut(repository, options.commits, options.share)
    questions = sorted({path for case in cases for path in case})
    counts = Counts(repository, base, files)
    print(f"{repository}: base {base[:12]}, {len(files)} source files, {len(cases)} commits, "
          f"{sum(map(len, cases))} cases")
    show("co-change counts", score(cases, counts.rank))
    with tempfile.TemporaryDirectory() as root:
        git(repository, "clone", "-q", "--shared", "--no-checkout", ".", root)
        git(root, "checkout", "-q", "--detach", base)
        for name, without in VARIANTS if options.ablate else VARIANTS[:1]:
            answers = asked(shlex.split(options.one), root, questions, without)
            lists = {given: [path for path in found if path in files and path != given]
                     for given, found in answers.items()}
            show(name, score(cases, lists.__getitem__))


def show(name, measured):
    print(f"  {name:26} recall@5 {measured[0]:.3f}  MRR {measured[1]:.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", nargs="+")
    parser.add_argument("--one", default="coderoom predict --files")
    parser.add_argument("--ablate", action="store_true")
    parser.add_argument("--commits", type=int, default=250, help="eligible commits after the base")
    parser.add_argument("--share", type=float, default=0.55,
                        help="of all eligible commits, the share that may be after the base")
    options = parser.parse_args()
    for repository in options.repository:
        evaluate(repository, options)


if __name__ == "__main__":
    main()
