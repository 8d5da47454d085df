"""`bench/run code --quality`: the committed oracles whose corpora are in the cache, asked of
coderoom and of `rg -w`, side by side. `bench/code/README.md` says how the figures are counted."""

import json
import sys
from pathlib import Path

from . import report
from .code_socket import wait_for_code
from .coderoom import Daemon
from .corpora import cache

CODE = Path(__file__).resolve().parent.parent / "code"
NO_LIMIT = 1 << 31


class Asked:
    """coderoom over the socket of a daemon of the run's own."""

    def __init__(self, daemon, root):
        self.line, self.root = daemon.connect(), root

    def references(self, item):
        """Every place that uses the symbol, however certain."""
        return self.ask("references", item, {"floor": "by_name"})["references"]

    def definition(self, item):
        """Where what is used at a place is defined."""
        return self.ask("definition", item, {})["definitions"]

    def ask(self, question, item, more):
        """One answer, whole; its certainties as the scorer has them."""
        asked = {"workspace": str(self.root), "path": item["path"], "line": item["line"],
                 "column": item["column"], "limit": NO_LIMIT, **more}
        reply = self.line.request(question, asked, 60)[0]
        for rows in reply.values():
            for row in rows if isinstance(rows, list) else []:
                if isinstance(row, dict) and "certainty" in row:
                    row["certainty"] = row["certainty"].replace("_", " ")
        return reply


def measure(bin_dir, say):
    """Rows of the table, and the oracles that were left out."""
    if str(CODE) not in sys.path:
        sys.path.append(str(CODE))
    import drivers
    import score
    rows, definitions, absent = [], [], {}
    for path in sorted((CODE / "oracles").glob("*.json")):
        oracle = json.loads(path.read_text())
        root = cache() / "corpora" / oracle["corpus"]
        if not root.is_dir():
            absent[path.stem] = f"the corpus {oracle['corpus']} is not in the cache"
            continue
        say(f"  quality: {path.stem}")
        daemon = Daemon(bin_dir, root)
        try:
            daemon.start()
            wait_for_code(daemon)
            tools = {"coderoom": Asked(daemon, root),
                     "rg -w": drivers.Ripgrep(root, oracle["language"])}
            for name, tool in tools.items():
                answers = score.ask(tool, oracle)
                rows += reference_rows(score, path.stem, name, oracle, answers)
                if name == "coderoom":
                    definitions += definition_rows(score, path.stem, oracle, answers)
        finally:
            daemon.close()
    return rows, definitions, absent


def reference_rows(score, stem, name, oracle, answers):
    """One row for each group of symbols and, if the tool has any, each floor."""
    figures, _ = score.score_references(oracle, answers.references)
    floors = figures if name == "coderoom" else {"all": figures["all"]}
    return [[stem, group, name, floor if name == "coderoom" else "", row["symbols"],
             row["answered"], *(score.share(row[key]) for key in
                                ("precision", "recall", "micro_precision", "micro_recall"))]
            for floor, groups in floors.items() for group, row in groups.items()]


def definition_rows(score, stem, oracle, answers):
    """One row for each group of uses."""
    groups, _ = score.score_definitions(oracle, answers.definitions)
    return [[stem, group, row["uses"], row["answered"], score.share(row["correct"] / row["uses"])]
            for group, row in groups.items()]


def tables(rows, definitions):
    """As Markdown."""
    return report.table(["oracle", "group", "tool", "certainty", "symbols", "answered",
                         "precision", "recall", "micro precision", "micro recall"], rows,
                        words=range(4)) + "\n" \
        + report.table(["definitions of coderoom", "group", "uses", "answered", "correct"],
                       definitions, words=range(2))
