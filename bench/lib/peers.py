"""The tools that coderoom is measured against: how each is told a query, and how its answer is
brought into ripgrep's form so that the hits can be compared.

A tool has three duties: `start` (build its index, or load), `search` (answer once, timed, with
the output read to its end) and `hits` (answer once, untimed, as a set of ripgrep-style lines).
"""

import os
import select
import shutil
import subprocess

from . import agree
from .corpora import quiet_environment
from .process import Failed, Slow, run, settle, stop
from .queries import COUNT, FILES, LINES


class Tool:
    """A search tool on one corpus."""

    name = ""
    #: Its hits are `path:line` without the text.
    positions_only = False
    #: Its answers have a size limit of their own: a long one is cut, and says so.
    bounded = False
    #: Why its sight of new writes is not measured, if it is not.
    not_for_freshness = ""
    #: The process that stays in memory, for tools that have one.
    pid = None

    def __init__(self, root):
        self.root = root
        self.environment = quiet_environment()

    def start(self):
        """Prepares the tool for this corpus."""

    def catch_up(self):
        """Takes in what changed on disk, for tools that do so only when told."""

    def unsupported(self, query):
        """Why the tool cannot answer this query; empty if it can."""
        return ""

    def search(self, query, limit):
        """Answers once; returns the seconds and the bytes of output (None where there are none)."""
        raise NotImplementedError

    def hits(self, query, limit):
        """Answers once; returns the set of hits as ripgrep would print them."""
        raise NotImplementedError

    def close(self):
        """Ends what `start` began."""


class Command(Tool):
    """A tool that is started for each query."""

    def __init__(self, name, program, root, **extra_environment):
        super().__init__(root)
        self.name = name
        self.program = str(program)
        self.environment.update(extra_environment)

    def argv(self, query):
        """The command line of a query; ripgrep's own unless overridden."""
        return [self.program, *query.rg_args()]

    def line(self, line, query):
        """One line of output in ripgrep's form."""
        return line

    def search(self, query, limit):
        done = run(self.argv(query), self.environment, limit)
        return done.seconds, done.size

    def hits(self, query, limit):
        done = run(self.argv(query), self.environment, limit, keep=True)
        lines = done.output.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        return {self.line(line, query) for line in lines}


class Glep(Command):
    """glep: sweeps the tree for changes before each answer, unless it is given a `--ttl`."""

    def __init__(self, name, program, root, ttl=None):
        super().__init__(name, program, root)
        self.flags = ["--ttl", str(ttl)] if ttl else []

    def start(self):
        run([self.program, "index"], self.environment, 600)

    def catch_up(self):
        self.start()

    def argv(self, query):
        return [self.program, *self.flags, *query.rg_args()]


class Csearch(Command):
    """Russ Cox's codesearch: an index on disk that is as old as the last `cindex`."""

    def __init__(self, folder, root, index):
        super().__init__("csearch", folder / "csearch", root, CSEARCHINDEX=str(index))
        self.indexer = str(folder / "cindex")
        self.prefix = os.fsencode(root) + b"/"

    def start(self):
        run([self.indexer, "-reset", str(self.root)], self.environment, 600)

    def catch_up(self):
        self.start()

    def argv(self, query):
        flags = [{LINES: "-n", FILES: "-l", COUNT: "-c"}[query.mode]]
        if query.ignore_case:
            flags.append("-i")
        if query.glob:
            flags += ["-f", glob_as_regex(query.glob)]
        return [self.program, *flags, query.pattern]

    def line(self, line, query):
        line = line.removeprefix(self.prefix)
        if query.mode == COUNT:
            path, _, count = line.rpartition(b": ")
            return path + b":" + count
        return line


class GitGrep(Command):
    """`git grep`: the tracked files, read from disk at every query. With `-P`, because git's own
    regex engine takes seconds for what PCRE does in a tenth of one."""

    not_for_freshness = "reads tracked files anew at every query; the test's files are untracked"

    def argv(self, query):
        flags = [{LINES: "-n", FILES: "-l", COUNT: "-c"}[query.mode]]
        if query.ignore_case:
            flags.append("-i")
        paths = ["--", query.glob] if query.glob else []
        return [self.program, "grep", "--no-color", "-I", "-P", *flags, "-e", query.pattern,
                *paths]


class Fff(Tool):
    """The fff-search library inside a program of ours that reports its own time: no process
    start, no socket and no output are in its figures."""

    name = "fff (in process)"
    positions_only = True

    def __init__(self, program, root):
        super().__init__(root)
        self.program = str(program)
        self.process = None
        #: Files, and the seconds of the walk and of the whole load.
        self.files, self.walk_seconds, self.load_seconds = 0, 0.0, 0.0

    def start(self):
        self.process = subprocess.Popen([self.program, str(self.root)], env=self.environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        fields = self.process.stdout.readline().split()
        if not fields or fields[0] != b"ready":
            raise Failed("bench-fff did not load the directory")
        self.files = int(fields[1])
        self.walk_seconds, self.load_seconds = int(fields[2]) / 1000, int(fields[3]) / 1000
        settle(self.pid)

    def ask(self, verb, query, limit):
        """Sends one request and reads the first line of the answer."""
        if self.process.poll() is not None:
            raise Failed("bench-fff is gone")
        case = "insensitive" if query.ignore_case else "sensitive"
        mode = "files" if verb == "search" and query.mode == FILES else "lines"
        request = "\t".join([verb, mode, case, query.glob, query.pattern]) + "\n"
        self.process.stdin.write(request.encode())
        self.process.stdin.flush()
        # Nothing is buffered between requests, so the pipe itself tells whether an answer came.
        if not select.select([self.process.stdout], [], [], limit)[0]:
            self.process.kill()
            raise Slow(f"stopped after {limit:.0f} s")
        fields = self.process.stdout.readline().split(b"\t")
        if fields[0] in (b"", b"error\n", b"error"):
            raise Failed("bench-fff gave no answer")
        return fields

    def search(self, query, limit):
        return int(self.ask("search", query, limit)[0]) / 1e6, None

    def hits(self, query, limit):
        count = int(self.ask("keys", query, limit)[0])
        found = [self.process.stdout.readline().rstrip(b"\n") for _ in range(count)]
        return agree.hits_from_positions(found, query.mode)

    def close(self):
        if self.process:
            stop(self.process)


def glob_as_regex(glob):
    """`*.rst` as the regex of whole paths that csearch wants; no other form is needed here."""
    if not glob.startswith("*."):
        raise ValueError(f"only globs such as *.rst are translated, not {glob}")
    return rf"\.{glob[2:]}$"


def forget_glep_index(root):
    """Removes glep's index, so that the next start builds it from nothing."""
    shutil.rmtree(root / ".glep", ignore_errors=True)


def spawn_floor(rounds=21):
    """Seconds to start /bin/true and see it end: the least that a tool with a process can take."""
    program = shutil.which("true")
    samples = sorted(run([program], quiet_environment(), 5).seconds for _ in range(rounds))
    return samples[len(samples) // 2]
