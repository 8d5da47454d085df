#!/usr/bin/env python3
"""What lessons do to questions that nobody has taught.

    python3 bench/graph/learn_eval.py REPOSITORY... [--edits] [--bin target/release/coderoom]

The cases of `seek_eval.py`, in the order of time: the first half is taught (`coderoom learn`: the
commit's message with the files that it changed), the second half is asked, before and after. Prints
mean reciprocal ranks; of the questions asked, of those that heard a lesson, and how many of them went
up and down. With `--edits` nothing is told: for each case of the first half a session is opened, asks
the question, edits every file that the commit modified (tests and documents too), and syncs; what the
daemon learns from that is all there is. A held-out question whose rank moves without hearing a lesson would be a fault, and is
counted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import history_cases  # noqa: E402


def ask(binary, tree, operation, question):
    """Ranked paths, and whether a lesson was heard."""
    command = [binary, operation, "--limit", "200", "--json"]
    if operation == "activate":
        command = [binary, "activate", "--files", "--limit", "200"]
    done = subprocess.run(command, input=question.encode(), cwd=tree, capture_output=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    if operation == "activate":
        return done.stdout.decode().split("\n")[:-1], False
    files = json.loads(done.stdout)["files"]
    heard = any(part["part"] == "learnt" for file in files for part in file["parts"])
    return [file["path"] for file in files], heard


def reciprocal(order, answer):
    """One by the rank of the first right path."""
    return max((1 / (order.index(path) + 1) for path in answer if path in order), default=0.0)


def teach(binary, tree, case):
    """Tells which files the commit has changed."""
    files = [path for path in case.answer if os.path.exists(os.path.join(tree, path))]
    if files:
        command = [binary, "learn", "--useful", ",".join(files)]
        subprocess.run(command, input=case.question.encode(), cwd=tree, capture_output=True, check=True)


def edit(binary, tree, case, touched):
    """Asks in a session, edits what the commit has changed, and hands it over."""
    edits = [
        {"kind": "insert", "path": path, "line": 0, "text": "\n"}
        for path in touched
        if os.path.isfile(os.path.join(tree, path))
    ]
    steps = [
        (["session", "open", "edits", "--agent", "eval"], ""),
        (["--session", "edits", "seek"], case.question),
        (["--session", "edits", "batch"], json.dumps(edits)),
        (["--session", "edits", "sync"], ""),
        (["session", "close", "--session", "edits", "--discard"], ""),
    ]
    for command, given in steps:
        done = subprocess.run([binary, *command], input=given.encode(), cwd=tree, capture_output=True)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{command}: {done.stderr.decode()}")
    history_cases.git(tree, "checkout", "--quiet", "--", ".")


def lessons_of(binary, tree):
    """How many lessons there are, and how many files they call useful."""
    command = [binary, "learn", "--action", "list", "--limit", "2000", "--json"]
    done = subprocess.run(command, cwd=tree, capture_output=True, check=True)
    lessons = json.loads(done.stdout)["lessons"]
    return len(lessons), sum(len(lesson["useful"]) for lesson in lessons)


def mean(values):
    """Their mean; 0 of none."""
    return sum(values) / len(values) if values else 0.0


def rows_of(repository, arguments):
    """What is measured of one repository: a row for each operation."""
    base, cases = history_cases.cut(repository, arguments.cases)
    cases.reverse()
    half = len(cases) // 2
    taught, held_out = cases[:half], cases[half:]
    with tempfile.TemporaryDirectory() as place:
        tree = history_cases.tree_at(repository, base, place)
        operations = ("seek", "activate")
        before = {it: [ask(arguments.bin, tree, it, case.question) for case in held_out] for it in operations}
        modified = {
            commit.name: [path for status, path in commit.touched if status == "M"]
            for commit in history_cases.commits(repository, f"{base}..HEAD")
        }
        for case in taught:
            if arguments.edits:
                edit(arguments.bin, tree, case, modified[case.commit])
            else:
                teach(arguments.bin, tree, case)
        learnt = lessons_of(arguments.bin, tree)
        after = {it: [ask(arguments.bin, tree, it, case.question) for case in held_out] for it in operations}
        heard = [found[1] for found in after["seek"]]
        for operation in operations:
            pairs = [
                (reciprocal(was[0], case.answer), reciprocal(now[0], case.answer))
                for was, now, case in zip(before[operation], after[operation], held_out)
            ]
            those = [pair for pair, it in zip(pairs, heard) if it]
            strays = sum(
                was[0] != now[0]
                for was, now, it in zip(before[operation], after[operation], heard)
                if not it
            )
            yield operation, len(taught), learnt, len(held_out), pairs, those, strays
        for command in (["learn", "--action", "reset"], ["unload", tree]):
            subprocess.run([arguments.bin, *command], cwd=tree, capture_output=True, check=False)


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--bin", default="target/release/coderoom")
    parser.add_argument("--edits", action="store_true")
    parser.add_argument("--cases", type=int, default=150)
    arguments = parser.parse_args()
    arguments.bin = os.path.abspath(arguments.bin)
    columns = "repository operation taught lessons files asked MRR after heard MRR' after' up down strays".split()
    print("| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns))
    for repository in arguments.repositories:
        name = os.path.basename(os.path.abspath(repository).removesuffix("/repo")).removesuffix(".git")
        for operation, taught, learnt, asked, pairs, those, strays in rows_of(repository, arguments):
            shown = [f"{mean([pair[at] for pair in pairs]):.3f}" for at in (0, 1)]
            heard = [f"{mean([pair[at] for pair in those]):.3f}" for at in (0, 1)]
            moved = [sum(now > was for was, now in pairs), sum(now < was for was, now in pairs)]
            cells = [name, operation, taught, *learnt, asked, *shown, len(those), *heard, *moved, strays]
            print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
