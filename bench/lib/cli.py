"""The command line of the benchmarks."""

import argparse
from pathlib import Path

from . import corpora, install
from .corpora import Missing
from .queries import CLASSES, QUERIES
from .search import REPOSITORY, TOOL_NAMES, Run

PARTS = ["queries", "fresh", "clients", "load"]


def main():
    """Runs the command; returns the exit status."""
    options = arguments()
    names = ["django", "linux", "self"] if options.corpus == "all" else [options.corpus]
    for name in names:
        try:
            corpus = corpora.prepare(name, REPOSITORY)
            rg = install.ripgrep()
        except Missing as reason:
            print(f"bench: cannot measure {name}: {reason}")
            return 1
        Run(options, corpus, rg).everything()
    return 0


def arguments():
    """The options, checked."""
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    search = commands.add_parser("search", help="coderoom and its peers on real code")
    add = search.add_argument
    add("--corpus", choices=[*QUERIES, "all"], default="django")
    add("--rounds", type=int, help="rounds of each query (default 21, on linux 11; quick: 3)")
    add("--quick", action="store_true", help="few rounds: to see that everything works")
    add("--out", type=Path, help="folder for the results (default: a new one in bench/runs)")
    add("--name", help="short name in that folder's name (default: the commit)")
    add("--only", default="", metavar="CLASS,...", help=f"of {', '.join(CLASSES)}")
    add("--tools", default=",".join(TOOL_NAMES), metavar="TOOL,...",
        help=f"of {', '.join(TOOL_NAMES)} (ripgrep always runs)")
    add("--parts", default=",".join(PARTS), metavar="PART,...",
        help=f"of {', '.join(PARTS)}")
    add("--bin-dir", type=Path, default=REPOSITORY / "target" / "release",
        help="where coderoom's binaries are (default: target/release)")
    add("--limit", type=float, default=60.0, help="seconds for one answer")
    options = parser.parse_args()
    options.only = [name for name in options.only.split(",") if name]
    options.tools = [name for name in options.tools.split(",") if name]
    options.parts = options.parts.split(",")
    if unknown := set(options.tools) - set(TOOL_NAMES):
        parser.error(f"no such tool: {', '.join(sorted(unknown))}")
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    # The run changes into the corpus; what was given is meant from here.
    options.bin_dir = options.bin_dir.resolve()
    options.out = options.out and options.out.resolve()
    return options
