"""Draws symbols and uses from what a language server says a corpus defines. The random numbers
have a fixed seed and the files a fixed order, so the same corpus gives the same questions."""

import random
import re
from collections import Counter
from math import log2

from sample_python import SEED, Symbol, draw, few_of_a_name

#: LSP's numbers of the kinds that are asked about (15 are clangd's macros).
KINDS = {5: "class", 6: "method", 7: "field", 8: "field", 10: "class", 11: "class",
         12: "function", 13: "constant", 14: "constant", 15: "constant", 22: "field", 23: "class"}
#: Kinds whose inside is not looked at: what is in them is local.
BODIES = {6, 9, 12, 13, 14}
#: Kinds that define nothing: rust-analyzer names an `impl` block by its type.
BLOCKS = {19}
#: What of a hundred sampled symbols is of which kind; what one kind lacks, others fill.
SHARES = {"method": 45, "class": 20, "function": 20, "field": 8, "constant": 7}
#: A member's name that at least so many definitions have is a common one.
COMMON = 4
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|' r"'(?:[^'\\\n]|\\.)*'|`[^`\n]*`|//.*|/\*.*?\*/")


class Corpus:
    """The files of one language in a tree."""

    def __init__(self, root, language):
        self.root, self.language = root, language
        self.lines = {}
        self.words = Counter()
        for path in sorted(root.rglob("*")):
            if path.suffix in language.suffixes and path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace")
                name = path.relative_to(root).as_posix()
                self.lines[name] = text.split("\n")
                self.words.update(WORD.findall(text))

    def word(self, path, line, column):
        """The word that starts at a place, if the line is plain ASCII."""
        text = self.lines[path][line - 1]
        found = WORD.match(text, column - 1)
        return found.group() if found and text.isascii() else None


def candidates(corpus, outlines):
    """Everything defined outside of bodies, and outside of files that are set apart."""
    found = []
    for path, places in sorted(outlines.items()):
        if corpus.language.apart.search(path):
            continue
        for line, column, kind, around in places:
            name = corpus.word(path, line, column)
            if kind not in KINDS or BODIES.intersection(around) or not name:
                continue
            # rust-analyzer calls the functions of a type functions when they take no self.
            called = "method" if kind == 12 and BLOCKS.intersection(around) else KINDS[kind]
            if len(name) > 2 and name not in corpus.language.keywords and corpus.words[name] >= 3:
                found.append(Symbol(path, line, column, name, called))
    return found


def symbols(corpus, outlines, sampled, hard):
    """The groups `sampled` and `hard`, in the order in which they are taken."""
    chooser = random.Random(SEED)
    every = candidates(corpus, outlines)
    members = Counter(item.name for item in every if item.kind in ("method", "field"))
    exported = {name for lines in corpus.lines.values()
                for part in corpus.language.reexport.findall("\n".join(lines))
                for name in WORD.findall(part)}

    def weight(item):
        return log2(1 + corpus.words[item.name])

    def drawn(part, count, of_a_name):
        return few_of_a_name(draw(part, weight, len(part), chooser), of_a_name)[:count]

    common = [item for item in every
              if item.kind in ("method", "field") and members[item.name] >= COMMON]
    shown = [item for item in every
             if item.kind in ("class", "function") and item.name in exported]
    chosen = drawn(common, hard * 3 // 4, 2)
    chosen += [Symbol(item.path, item.line, item.column, item.name, "reexport")
               for item in drawn(shown, hard // 4, 1)]
    chosen = [Symbol(item.path, item.line, item.column, item.name, item.kind, "hard")
              for item in chosen]
    places = {(item.path, item.line) for item in chosen}
    plain = []
    for kind, share in SHARES.items():
        part = [item for item in every if item.kind == kind
                and (item.path, item.line) not in places]
        plain += drawn(part, sampled * share // 100, 1)
    chooser.shuffle(plain)
    chooser.shuffle(chosen)
    return plain, chosen


def uses(corpus, outlines, count):
    """Places of words in code, half of them after a dot."""
    chooser = random.Random(SEED + 1)
    members = Counter(item.name for item in candidates(corpus, outlines)
                      if item.kind in ("method", "field"))
    found = {True: [], False: []}
    for path, lines in sorted(corpus.lines.items()):
        comment = False
        for number, text in enumerate(lines, 1):
            comment = comment or text.lstrip().startswith("/*")
            if not comment and text.isascii():
                bare = STRING.sub(lambda match: " " * len(match.group()), text)
                for match in WORD.finditer(bare):
                    name = match.group()
                    if name not in corpus.language.keywords and len(name) > 2:
                        member = bare[:match.start()].endswith((".", "::"))
                        hard = member and members[name] >= COMMON
                        found[member].append(Symbol(path, number, match.start() + 1, name,
                                                    "member" if member else "name",
                                                    "hard" if hard else "sampled"))
            comment = comment and "*/" not in text
    return [item for member in (True, False)
            for item in chooser.sample(found[member], min(len(found[member]), count // 2))]
