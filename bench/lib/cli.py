"""The command line of the benchmarks."""

import argparse
from pathlib import Path

from . import code_run, code_trees, corpora, graph_run, install, session_run
from .corpora import Missing
from .queries import CLASSES, QUERIES
from .search import REPOSITORY, TOOL_NAMES, Run

PARTS = ["queries", "fresh", "clients", "load"]


def main():
    """Runs the command; returns the exit status."""
    options = arguments()
    if options.command == "code":
        return code_run.main(options)
    if options.command == "session":
        return session_run.main(options)
    if options.command == "graph":
        return graph_run.main(options)
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
    code_arguments(commands.add_parser("code", help="questions about code"))
    session_arguments(commands.add_parser("session", help="edit sessions beside git's ways"))
    graph_arguments(commands.add_parser("graph", help="questions that reason over the graph"))
    options = parser.parse_args()
    # The run changes into the corpus; what was given is meant from here.
    options.bin_dir = options.bin_dir.resolve()
    options.out = options.out and options.out.resolve()
    checks = {"code": check_code, "search": check_search, "session": check_session,
              "graph": check_graph}
    check = checks[options.command]
    if problem := check(options):
        parser.error(problem)
    return options


def check_search(options):
    """Takes the lists apart; says what is wrong with them."""
    options.only = [name for name in options.only.split(",") if name]
    options.tools = [name for name in options.tools.split(",") if name]
    options.parts = options.parts.split(",")
    return unknown("tool", options.tools, TOOL_NAMES) or unknown("part", options.parts, PARTS)


def code_arguments(parser):
    """The options of `bench/run code`."""
    add = parser.add_argument
    add("--trees", default=",".join(code_trees.USUAL), metavar="TREE,...",
        help=f"of {', '.join(code_trees.TREES)} (all of linux takes its time)")
    add("--parts", default=",".join(code_run.PARTS), metavar="PART,...",
        help=f"of {', '.join(code_run.PARTS)}")
    add("--rounds", type=int, help="rounds of each index (default 5; quick: 2)")
    add("--quick", action="store_true", help="few rounds: to see that everything works")
    add("--quality", action="store_true", help="precision and recall, and nothing else")
    add("--out", type=Path, help="folder for the results (default: a new one in bench/runs)")
    add("--name", default="", help="short name in that folder's name")
    add("--bin-dir", type=Path, default=REPOSITORY / "target" / "release",
        help="where coderoom's binaries are (default: target/release)")


def check_code(options):
    """Takes the lists apart; says what is wrong with them."""
    options.parts = options.parts.split(",")
    options.trees = [] if options.quality else options.trees.split(",")
    return unknown("part", options.parts, code_run.PARTS) \
        or unknown("tree", options.trees, code_trees.TREES)


def unknown(what, given, known):
    """What is wrong with a list of names, if anything."""
    wrong = set(given) - set(known)
    return f"no such {what}: {', '.join(sorted(wrong))}" if wrong else ""


def session_arguments(parser):
    """The options of `bench/run session`."""
    add = parser.add_argument
    add("--corpora", default="django,linux", metavar="NAME,...", help="django, linux, self")
    add("--parts", default=",".join(session_run.PARTS), metavar="PART,...",
        help=f"of {', '.join(session_run.PARTS)}")
    add("--rounds", type=int, help="rounds (default 21; quick: 5)")
    add("--quick", action="store_true", help="few rounds: to see that everything works")
    add("--out", type=Path, help="folder for the results (default: a new one in bench/runs)")
    add("--name", default="", help="short name in that folder's name")
    add("--bin-dir", type=Path, default=REPOSITORY / "target" / "release",
        help="where coderoom's binaries and examples are (default: target/release)")


def check_session(options):
    """Says what is wrong with the options."""
    return unknown("part", options.parts.split(","), session_run.PARTS)


def graph_arguments(parser):
    """The options of `bench/run graph`."""
    add = parser.add_argument
    add("--corpora", default=",".join(graph_run.CORPORA), metavar="NAME,...",
        help=f"of {', '.join(graph_run.CORPORA)}")
    add("--parts", default=",".join(graph_run.PARTS), metavar="PART,...",
        help=f"of {', '.join(graph_run.PARTS)}")
    add("--rounds", type=int, help="rounds of each question (default 3; quick: 1)")
    add("--quick", action="store_true", help="few rounds: to see that everything works")
    add("--out", type=Path, help="folder for the results (default: a new one in bench/runs)")
    add("--name", default="", help="short name in that folder's name")
    add("--bin-dir", type=Path, default=REPOSITORY / "target" / "release",
        help="where coderoom's binaries and examples are (default: target/release)")


def check_graph(options):
    """Says what is wrong with the options."""
    return unknown("part", options.parts.split(","), graph_run.PARTS) \
        or unknown("corpus", options.corpora.split(","), graph_run.CORPORA)
