"""Chooses the Python symbols and use positions that the oracle is made for: always the same ones
for the same corpus, because the random numbers have a fixed seed and the files a fixed order."""

import ast
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from math import log2
from pathlib import Path

SEED = 20261121
#: A method name that at least so many classes define is a common one.
COMMON = 5
#: What of a hundred sampled symbols is of which kind.
KINDS = {"method": 44, "class": 25, "function": 23, "constant": 8}
#: Settings are read through an object that makes its attributes at run time, and a locale's
#: formats by name: no checker knows their uses.
BY_NAME_ONLY = "django/conf/"
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Symbol:
    """A definition (or a use, for the definition oracle) and where its name stands."""

    path: str
    line: int
    column: int
    name: str
    kind: str
    group: str = "sampled"
    #: The class that a method belongs to.
    container: str = ""


class Sources:
    """All parsed files of a tree."""

    def __init__(self, root):
        self.root = Path(root)
        self.words = Counter()
        self.trees = {}
        self.lines = {}
        for path in sorted(self.root.rglob("*.py")):
            name = path.relative_to(self.root).as_posix()
            try:
                text = path.read_text(encoding="utf-8")
                tree = ast.parse(text)
            except (SyntaxError, UnicodeDecodeError, ValueError):
                continue  # Django's tests hold files that are broken on purpose
            self.words.update(WORD.findall(text))
            self.trees[name] = tree
            self.lines[name] = text.split("\n")

    def name_column(self, path, line, name, start=0):
        """The 1-based column of a name in a line; None if the line is not plain ASCII."""
        text = self.lines[path][line - 1]
        found = re.compile(rf"\b{re.escape(name)}\b").search(text, start)
        return found.start() + 1 if found and text.isascii() else None


def definitions(sources, package):
    """All functions, classes, methods and module constants of a package."""
    found = []

    def add(path, node, name, kind, start, container):
        column = sources.name_column(path, node.lineno, name, start)
        if column and len(name) > 2 and not name.startswith("__"):
            found.append(Symbol(path, node.lineno, column, name, kind, container=container))

    def walk(path, body, kind, container=""):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                add(path, node, node.name, kind, node.col_offset + 3, container)
            elif isinstance(node, ast.ClassDef):
                add(path, node, node.name, "class", node.col_offset + 5, container)
                walk(path, node.body, "method", node.name)
            elif isinstance(node, ast.Assign) and kind == "function":
                for target in node.targets:
                    if isinstance(target, ast.Name) and target.id.isupper():
                        add(path, node, target.id, "constant", target.col_offset, "")

    for path, tree in sources.trees.items():
        if path.startswith(package + "/") and not path.startswith(BY_NAME_ONLY):
            walk(path, tree.body, "function")
    return found


def once(root, item):
    """Whether a class or module defines the name only once."""
    tree = ast.parse((root / item.path).read_text(encoding="utf-8"))
    bodies = [tree.body] if not item.container else [
        node.body for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name == item.container]
    return not any(sum(getattr(node, "name", "") == item.name for node in body) > 1
                   for body in bodies)


def draw(candidates, weight, count, chooser):
    """`count` of the candidates without repetition, heavier ones more often."""
    keyed = [(chooser.random() ** (1.0 / weight(item)), index, item)
             for index, item in enumerate(candidates)]
    return [item for _, _, item in sorted(keyed, reverse=True)[:count]]


def symbols(sources, package, sampled, hard):
    """Candidates for the groups `sampled` and `hard`, in the order in which they are taken."""
    every = definitions(sources, package)
    used = [item for item in every if sources.words[item.name] >= 3]
    classes = Counter(item.name for item in used if item.kind == "method")

    def weight(item):
        return log2(1 + sources.words[item.name])

    def prominence(item):
        # `Model.save` is asked about, not the `save` of one of a hundred small classes.
        return (weight(item) * log2(1 + sources.words[item.container])) ** 8

    common = [item for item in used if item.kind == "method" and classes[item.name] >= COMMON]
    untyped = untyped_receivers(sources)
    behind = [item for item in used if item.kind == "method" and classes[item.name] < COMMON
              and untyped[item.name][1] >= 6
              and untyped[item.name][0] >= 0.5 * untyped[item.name][1]]
    exported = reexports(sources, package)
    shown = [item for item in used if item.kind in ("class", "function")
             and item.name in exported and not item.path.endswith("__init__.py")]
    chosen, chooser = [], random.Random(SEED)
    for part, kind, share, heavy in ((common, "method", 6, prominence),
                                     (behind, "untyped", 2, prominence),
                                     (shown, "reexport", 2, weight)):
        drawn = few_of_a_name(draw(part, heavy, len(part), chooser), 2)[:hard * share // 10]
        chosen += [Symbol(item.path, item.line, item.column, item.name, kind, "hard",
                          item.container) for item in drawn]
    places = {(item.path, item.line) for item in chosen}
    plain, chooser = [], random.Random(SEED)
    for kind, share in KINDS.items():
        part = [item for item in used if item.kind == kind]
        # One symbol of a name is enough: `rg -w` gives the same answer for all of them.
        drawn = [item for item in few_of_a_name(draw(part, weight, len(part), chooser), 1)
                 if (item.path, item.line) not in places]
        plain += drawn[:sampled * share // 100]
    return plain, chosen


def few_of_a_name(items, most):
    """The items without those that come after `most` others of the same name."""
    seen = Counter()
    kept = []
    for item in items:
        seen[item.name] += 1
        if seen[item.name] <= most:
            kept.append(item)
    return kept


def untyped_receivers(sources):
    """For each method name, how many of its calls have a receiver of unknown type (a parameter
    without annotation, or an attribute of one) and how many calls there are at all."""
    counts = defaultdict(lambda: [0, 0])
    for tree in sources.trees.values():
        for function in ast.walk(tree):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            bare = {arg.arg for arg in function.args.args if arg.annotation is None}
            bare -= {"self", "cls"}
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    receiver = node.func.value
                    while isinstance(receiver, (ast.Attribute, ast.Subscript, ast.Call)):
                        receiver = (receiver.func if isinstance(receiver, ast.Call)
                                    else receiver.value)
                    counts[node.func.attr][1] += 1
                    if isinstance(receiver, ast.Name) and receiver.id in bare:
                        counts[node.func.attr][0] += 1
    return counts


def reexports(sources, package):
    """Names that an `__init__.py` of the package imports from one of its modules."""
    names = set()
    for path, tree in sources.trees.items():
        if path.startswith(package + "/") and path.endswith("__init__.py"):
            for node in tree.body:
                if isinstance(node, ast.ImportFrom):
                    names.update(alias.name for alias in node.names)
    return names


def uses(sources, count):
    """Use positions for the definition oracle: attributes, names and imported names. Those whose
    name many classes define are `hard`."""
    chooser = random.Random(SEED + 1)
    classes = Counter(item.name for folder in ("django", "tests")
                      for item in definitions(sources, folder) if item.kind == "method")
    found = []
    for path, tree in sources.trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                name, start, line = node.attr, node.value.end_col_offset, node.value.end_lineno
                kind = "attribute"
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                name, start, line, kind = node.id, node.col_offset, node.lineno, "name"
            elif isinstance(node, ast.ImportFrom) and node.names[0].name != "*":
                alias = node.names[0]
                name, start, line = alias.name, alias.col_offset, alias.lineno
                kind = "import"
            else:
                continue
            if name in ("self", "cls") or name.startswith("__"):
                continue
            group = "hard" if kind == "attribute" and classes[name] >= COMMON else "sampled"
            found.append((path, line, start, name, kind, group))
    chosen = []
    # Most code of Django is tests; half of the positions are to be in the package itself.
    for inside in (True, False):
        for kind, share in (("attribute", 0.6), ("name", 0.3), ("import", 0.1)):
            part = [item for item in found
                    if item[4] == kind and item[0].startswith("django/") == inside]
            chosen += chooser.sample(part, int(count * share / 2))
    placed = []
    for path, line, start, name, kind, group in chosen:
        column = sources.name_column(path, line, name, start)
        if column:
            placed.append(Symbol(path, line, column, name, kind, group))
    return placed
