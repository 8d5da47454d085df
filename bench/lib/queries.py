"""The query classes and, for each corpus, the pattern that stands for each class.

The patterns were chosen by counting hits with ripgrep, and `lines` and `files` record what was
counted in the pinned version of the corpus. Every run counts again and reports a difference, so
a table never describes a corpus that it was not measured on. All patterns keep to the syntax
that every tool here shares (no look-around, no Unicode classes, no leading dash).
"""

import shlex
from dataclasses import dataclass
from typing import Optional

LINES, FILES, COUNT = "lines", "files", "count"


@dataclass(frozen=True)
class Query:
    """One search, without the syntax of any tool."""

    name: str
    pattern: str
    mode: str = LINES
    ignore_case: bool = False
    glob: str = ""
    #: Hits counted when the pattern was chosen; None where the corpus changes (`self`).
    lines: Optional[int] = None
    files: Optional[int] = None

    def rg_args(self):
        """The arguments an agent would give ripgrep; coderoom's socket and shim take the same."""
        args = [{LINES: "-n", FILES: "-l", COUNT: "-c"}[self.mode]]
        if self.ignore_case:
            args.append("-i")
        if self.glob:
            args += ["-g", self.glob]
        return args + [self.pattern]

    def shown(self):
        """The query as a person would type it."""
        return shlex.join(["rg", *self.rg_args()])


#: What each class stands for, in the order of the tables.
CLASSES = {
    "rare": "a literal with a handful of hits",
    "nohit": "a literal that is nowhere",
    "literal": "a literal in about 3,000 files (a third of a smaller corpus)",
    "common": "the word `return`: as many hits as a search can have",
    "nocase": "a literal without regard to case",
    "prefix": "a regex that starts with a literal; about 10,000 hits on Linux",
    "inner": "a regex with a literal in its middle; about 13,000 hits on Linux",
    "alt3": "one of three literals",
    "nolit": "a regex without a literal an index could use, counted (-c)",
    "glob": "a literal in the files of one extension (-g)",
    "files": "the names of the files with a literal (-l)",
    "count": "the number of lines with a literal, for each file (-c)",
}

NO_SUCH_WORD = "zzyzx_no_such_symbol"
#: Two lower-case words of twelve letters: no three letters of it are known.
NO_LITERAL = "[a-z]{12} [a-z]{12}"

QUERIES = {
    "linux": [
        Query("rare", "migrate_misplaced_page", lines=5, files=4),
        Query("nohit", NO_SUCH_WORD, lines=0, files=0),
        Query("literal", "EXPORT_SYMBOL_GPL", lines=18413, files=3227),
        Query("common", "return", lines=1072481, files=40149),
        Query("nocase", "deadlock", ignore_case=True, lines=1794, files=876),
        Query("prefix", r"pm_runtime_\w+\(", lines=11190, files=1302),
        Query("inner", r"\w+ = kzalloc\(", lines=12953, files=6564),
        Query("alt3", "migrate_misplaced_page|sched_setaffinity|clk_prepare_enable",
              lines=3000, files=1553),
        Query("nolit", NO_LITERAL, mode=COUNT, lines=1090, files=836),
        Query("glob", "spinlock", glob="*.rst", lines=448, files=94),
        Query("files", "clk_prepare_enable", mode=FILES, lines=2833, files=1456),
        Query("count", "mutex_lock", mode=COUNT),
    ],
    "django": [
        Query("rare", "salted_hmac", lines=12, files=5),
        Query("nohit", NO_SUCH_WORD, lines=0, files=0),
        Query("literal", "from django", lines=8998, files=2207),
        Query("common", "return", lines=17196, files=1491),
        Query("nocase", "querydict", ignore_case=True, lines=169, files=28),
        Query("prefix", r"models\.\w+\(", lines=7483, files=492),
        Query("inner", r"\w+\.objects\.create\(", lines=5075, files=321),
        Query("alt3", "select_for_update|savepoint_rollback|prefetch_related",
              lines=726, files=90),
        Query("nolit", NO_LITERAL, mode=COUNT, lines=233, files=175),
        Query("glob", "QuerySet", glob="*.txt", lines=1155, files=174),
        Query("files", "models", mode=FILES, files=1272),
        Query("count", r"self\.assert", mode=COUNT, files=828),
    ],
    "self": [
        Query("rare", "VmHWM"),
        Query("nohit", NO_SUCH_WORD[::-1]),
        Query("literal", "use "),
        Query("common", "return"),
        Query("nocase", "snapshot", ignore_case=True),
        Query("prefix", r"pub fn \w+\("),
        Query("inner", r"\w+\.iter\(\)"),
        Query("alt3", "Snapshot|Session|Segment"),
        Query("nolit", NO_LITERAL, mode=COUNT),
        Query("glob", "path", glob="*.rs"),
        Query("files", "search", mode=FILES),
        Query("count", "self", mode=COUNT),
    ],
}


def queries(corpus, only=()):
    """The queries of a corpus in table order, or those of the classes named in `only`."""
    unknown = set(only) - set(CLASSES)
    if unknown:
        raise SystemExit(f"bench: no such class: {', '.join(sorted(unknown))}; "
                         f"the classes are {', '.join(CLASSES)}")
    return [query for query in QUERIES[corpus] if not only or query.name in only]
