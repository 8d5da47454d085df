"""Compares a tool's hits with ripgrep's, line by line, without regard to order.

ripgrep's output is the reference. A tool that prints other text around the same hits is brought
into ripgrep's form first by its driver; one that tells only where the hits are (fff) is compared
by path and line number.
"""

import re
from collections import Counter

from .queries import COUNT, FILES

POSITION = re.compile(rb"^(.*?:\d+):")


def positions(lines):
    """`path:line` of each `path:line:text`."""
    return {match.group(1) if (match := POSITION.match(line)) else line for line in lines}


def hits_from_positions(found, mode):
    """What ripgrep would print in this mode, from the `path:line` of every hit."""
    if mode == FILES:
        return {hit.rpartition(b":")[0] for hit in found}
    if mode == COUNT:
        per_file = Counter(hit.rpartition(b":")[0] for hit in found)
        return {b"%s:%d" % (path, count) for path, count in per_file.items()}
    return set(found)


def count_hits(lines, mode):
    """The number of matching lines that an answer stands for, and the number of files."""
    if mode == COUNT:
        return sum(int(line.rpartition(b":")[2]) for line in lines), len(lines)
    if mode == FILES:
        return len(lines), len(lines)
    return len(lines), len({match.group(1).rpartition(b":")[0]
                            for line in lines if (match := POSITION.match(line))})


def verdict(reference, found):
    """`exact`, or how many lines are missing and how many are extra."""
    missing = len(reference - found)
    extra = len(found - reference)
    if not missing and not extra:
        return "exact"
    parts = [f"{missing:,} missing"] * bool(missing) + [f"{extra:,} extra"] * bool(extra)
    return ", ".join(parts)
