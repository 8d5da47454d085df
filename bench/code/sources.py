"""Where the source trees of the oracles come from: package registries only, unpacked under the
cache and never into this repository."""

from lib import corpora
from lib.corpora import Missing


def locate(name):
    """The root of a corpus by the name that an oracle gives it, fetched if it is not there."""
    held = corpora.cache() / "corpora" / name
    if held.is_dir() and held.with_name(f"{name}.ready").exists():
        return held
    for prefix, maker in MAKERS.items():
        if name.startswith(prefix):
            made = maker()
            if made.name != name:
                raise Missing(f"the corpus is now {made.name}, the oracle is for {name}")
            return made
    raise Missing(f"no such corpus: {name}")


MAKERS = {"django-": lambda: corpora.django().root}
