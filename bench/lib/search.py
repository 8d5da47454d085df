"""One run of the search benchmark on one corpus: installs and starts the tools, measures the
parts in order, and writes the report. A tool that cannot be had stays in every table with the
reason.
"""

import os
import re
from pathlib import Path

from . import clients, corpora, fresh, install, load, machine, measure, report
from .coderoom import Daemon, rg_params
from .corpora import Missing
from .peers import Command, Csearch, Fff, GitGrep, Glep, spawn_floor
from .process import Failed, Slow, memory
from .queries import queries
from .routes import McpTool, SocketTool, shim

BENCH = Path(__file__).resolve().parent.parent
REPOSITORY = BENCH.parent
#: Longer than any run: glep with it never looks for changes.
GLEP_TTL = 7 * 24 * 3600
#: The names under which tools are chosen, absent or present.
TOOL_NAMES = {
    "csearch": ["csearch"], "glep": ["glep", "glep --ttl"], "fff": ["fff (in process)"],
    "git": ["git grep"],
    "coderoom": ["coderoom socket", "coderoom rg shim", "coderoom mcp"],
}

class Run:
    """One corpus, from the installed tools to the written report."""

    def __init__(self, options, corpus, rg):
        self.options, self.corpus, self.rg = options, corpus, rg
        self.queries = queries(corpus.name, options.only)
        self.programs = {"rg": rg}
        self.tools, self.absent = [], {}
        self.daemon = None
        self.sections = []
        self.machine = machine.describe()
        rounds = 3 if options.quick else 11 if corpus.name == "linux" else 21
        self.settings = measure.Settings(options.rounds or rounds, options.limit,
                                         budget=30.0 if options.quick else 120.0)
        self.out = options.out or self.new_folder()

    def new_folder(self):
        """`bench/runs/DATE-CORPUS-NAME`, with a number if it is taken."""
        name = self.options.name or machine.commit(REPOSITORY) or "uncommitted"
        date, safe = self.machine["date"][:10], re.sub(r"[^\w.-]", "-", name)
        base = f"{date}-{self.corpus.name}-{safe}"
        folder, number = BENCH / "runs" / base, 1
        while folder.exists():
            number += 1
            folder = BENCH / "runs" / f"{base}-{number}"
        return folder

    def everything(self):
        """All parts, and the report even if a part breaks down."""
        # posix_spawn cannot change directory, so the tools inherit it; see process.py.
        os.chdir(self.corpus.root)
        try:
            print(f"{self.corpus.name} {self.corpus.version}: preparing the tools", flush=True)
            self.prepare_tools()
            files, size = load.corpus_size(self.rg.path, self.corpus.root)
            self.introduction(files, size)
            if "queries" in self.options.parts:
                self.measure_queries()
            if "fresh" in self.options.parts:
                self.measure_freshness()
            if "clients" in self.options.parts:
                self.measure_clients()
            self.close_tools()
            if "load" in self.options.parts:
                self.measure_load(size)
        finally:
            self.close_tools()
            self.write_summary()

    # ---- tools -------------------------------------------------------------------------------

    def prepare_tools(self):
        """Installs and starts every tool; one that cannot be had is kept with the reason."""
        root, wanted = self.corpus.root, self.options.tools
        self.tools.append(Command("rg", self.rg.path, root))
        makers = {
            "csearch": lambda: self.peer("csearch", install.codesearch, lambda program: [
                Csearch(program.path, root, self.index_file())]),
            "glep": lambda: self.peer("glep", install.glep, lambda program: [
                Glep("glep", program.path, root),
                Glep("glep --ttl", program.path, root, ttl=GLEP_TTL)]),
            "fff": lambda: self.peer("fff", lambda: install.fff(BENCH), lambda program: [
                Fff(program.path, root)]),
            "git": lambda: self.peer("git", install.git, lambda program: [
                GitGrep("git grep", program.path, root)]),
            "coderoom": self.start_coderoom,
        }
        for name in TOOL_NAMES:
            if name not in wanted:
                continue
            try:
                makers[name]()
            except (Missing, Failed, Slow, OSError) as reason:
                for missing in TOOL_NAMES[name]:
                    if missing not in [tool.name for tool in self.tools]:
                        what = "not installed" if isinstance(reason, Missing) else "does not start"
                        self.absent[missing] = f"{what}: {reason}"

    def peer(self, name, installer, make):
        """Installs one peer and starts its tools."""
        program = installer()
        self.programs[name] = program
        for tool in make(program):
            self.start(tool)

    def start(self, tool):
        """Starts a tool; it is closed with the others from then on."""
        try:
            tool.start()
        except BaseException:
            tool.close()
            raise
        self.tools.append(tool)

    def start_coderoom(self):
        """Starts the daemon and the three ways to it."""
        daemon = Daemon(self.options.bin_dir, self.corpus.root)
        try:
            daemon.start()
            daemon.wait_indexed()
        except BaseException:
            daemon.close()
            raise
        self.daemon = daemon
        self.start(SocketTool(daemon))
        for make, name in ((shim, "coderoom rg shim"), (McpTool, "coderoom mcp")):
            try:
                self.start(make(self.daemon))
            except (Missing, Failed, Slow, OSError) as reason:
                self.absent[name] = f"not available: {reason}"

    def close_tools(self):
        """Ends every tool and the daemon."""
        for tool in self.tools:
            tool.close()
        self.tools = []
        if self.daemon:
            self.daemon.close()
            self.daemon = None

    def index_file(self):
        """Where csearch keeps its index of this corpus."""
        folder = corpora.cache() / "indexes"
        folder.mkdir(exist_ok=True)
        return folder / f"{self.corpus.root.name}.csearch"

    # ---- parts -------------------------------------------------------------------------------

    def introduction(self, files, size):
        """What was measured on what."""
        about = {"corpus": f"{self.corpus.name} {self.corpus.version} ({self.corpus.origin})",
                 "licence": self.corpus.licence,
                 "searched": f"{files:,} files, {size / report.MIB:,.1f} MiB",
                 "coderoom": machine.commit(REPOSITORY) or "uncommitted",
                 "rounds": str(self.settings.rounds),
                 "starting a process": f"{spawn_floor() * 1000:.2f} ms (/bin/true, the least that "
                                       "a tool with a process can take)"}
        self.section(f"# Search benchmark: {self.corpus.name}\n\n"
                     + report.pairs_table(["what", ""], about)
                     + "\n" + report.pairs_table(["machine", ""], self.machine))
        peers = [[name, program.version, program.licence, program.origin]
                 for name, program in self.programs.items()]
        absent = [[name, reason, "", ""] for name, reason in self.absent.items()]
        self.section("## Tools\n\n" + report.table(["tool", "version", "licence", "from"],
                                                    peers + absent, words=range(4)))

    def measure_queries(self):
        """Times and agreement of all queries."""
        measured, samples = measure.measure(self.tools, self.absent, self.queries,
                                            self.settings, say)
        report_folder(self.out)
        report.write_csv(self.out / "queries.csv",
                         ["class", "round", "place", "tool", "seconds", "bytes", "load"],
                         [[s.query, s.round, s.place, s.tool, f"{s.seconds:.6f}",
                           "" if s.size is None else s.size, f"{s.load:.2f}"] for s in samples])
        self.section("## Queries\n\n" + report.overview(measured)
                     + "\n" + report.queries_table(measured)
                     + "\n### By class\n\n" + report.details(measured))
        after = [(tool.name, memory(tool.pid)) for tool in self.tools if tool.pid]
        if after:
            self.section("### Memory after the queries\n\n" + report.memory_table(after))

    def measure_load(self, size):
        """Time and memory of getting ready."""
        root, options = self.corpus.root, self.options
        loaders = []
        if "csearch" in self.programs:
            loaders.append(("cindex", load.csearch_loader(self.programs["csearch"].path, root,
                                                          self.index_file())))
        if "glep" in self.programs:
            loaders.append(("glep index", load.glep_loader(self.programs["glep"].path, root)))
        if "fff" in self.programs:
            loaders.append(("fff", load.fff_loader(self.programs["fff"].path, root)))
        if "coderoom" in options.tools:
            loaders.append(("coderoom", load.coderoom_loader(options.bin_dir, root)))
        rows = load.measure(self.rg.path, loaders, 1 if options.quick else 5, say)
        report_folder(self.out)
        report.write_csv(self.out / "load.csv", ["tool", "round", "first", "complete", "cpu"],
                         [[row.tool, number, *(f"{value:.3f}" for value in values)]
                          for row in rows
                          for number, values in enumerate(zip(row.first, row.complete, row.cpu))])
        self.section("## Loading and memory\n\n" + report.load_table(rows, size))

    def measure_freshness(self):
        """Time from a write to its visibility."""
        edits = 2 if self.options.quick else 20
        rows = fresh.measure(self.tools, self.absent, self.corpus.root, edits, say)
        report_folder(self.out)
        report.write_csv(self.out / "fresh.csv", ["tool", "edit", "seconds"],
                         [[row.tool, number, f"{value:.6f}"] for row in rows
                          for number, value in enumerate(row.seconds)])
        self.section("## From a write to its visibility\n\n" + report.fresh_table(rows))

    def measure_clients(self):
        """More clients and a warm restart; coderoom alone."""
        title = "## Further clients and restart (coderoom)\n\n"
        if not self.daemon:
            reason = self.absent.get("coderoom socket", "coderoom was not among the tools")
            self.section(f"{title}Not measured: {reason}\n")
            return
        say("  further clients, and restarts")
        query = queries(self.corpus.name, ["rare"])[0]
        wanted = self.tools[0].hits(query, self.options.limit)
        parameters = rg_params(self.corpus.root, query)

        def ask(line, _):
            return line.request("rg", parameters, self.options.limit, keep=True)[2]
        try:
            more = clients.hundred_clients(self.daemon, query, ask)
            again = clients.restarts(self.daemon, query, ask, wanted,
                                     2 if self.options.quick else 7)
        except (Failed, Slow, OSError) as reason:
            self.section(f"{title}Stopped: {reason}\n")
            return
        report_folder(self.out)
        report.write_csv(self.out / "clients.csv", ["figure", "number", "seconds"],
                         [["client", number, f"{value:.6f}"]
                          for number, value in enumerate(more.seconds, 1)]
                         + [["restart", number, f"{value:.6f}"]
                            for number, value in enumerate(again.seconds, 1)])
        self.section(title + report.clients_table(more, again))

    # ---- report ------------------------------------------------------------------------------

    def section(self, text):
        """Adds a part of the report and prints it; messages of tools may name folders."""
        for folder, name in ((self.corpus.root, "CORPUS"), (corpora.cache(), "CACHE"),
                             (self.options.bin_dir, "BIN_DIR"), (REPOSITORY, "REPOSITORY"),
                             (Path.home(), "HOME")):
            text = text.replace(str(folder), name)
        self.sections.append(text)
        print("\n" + text, flush=True)

    def write_summary(self):
        """Writes what there is."""
        if self.sections:
            report_folder(self.out)
            summary = self.out / "summary.md"
            summary.write_text("\n".join(self.sections))
            print(f"written: {os.path.relpath(self.out, REPOSITORY)}")


def report_folder(path):
    """Makes the folder of the results."""
    path.mkdir(parents=True, exist_ok=True)


def say(text):
    """Progress."""
    print(text, flush=True)
