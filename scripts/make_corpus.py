"""Store games of the current rules version, which every later release must replay as they are.

Run it for a new rules version, or when `tests/corpus/playing.py` has got more games, from the root
of the repository: `python -m scripts.make_corpus`. Games that are stored are never made anew.
"""

import sys

from cxgame.model.rules import RULES_VERSION
from tests.corpus.files import folder_of, write
from tests.corpus.playing import GAMES, play


def main() -> int:
    """Write the games of `RULES_VERSION` that are not there yet."""
    folder = folder_of(RULES_VERSION)
    folder.mkdir(exist_ok=True)
    for name in GAMES:
        path = folder / f"{name}.journal"
        if path.exists():
            sys.stdout.write(f"{path.name} is there already and stays as it is\n")
        else:
            write(path, play(name))
            sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
