"""Store games of the current rules version, which every later release must replay as they are.

Run it once for a new rules version, from the root of the repository: `python -m
scripts.make_corpus`. Games that are stored are never made anew.
"""

import sys

from cxgame.model.rules import RULES_VERSION
from tests.corpus.files import folder_of, write
from tests.corpus.playing import GAMES, play


def main() -> int:
    """Write the games of `RULES_VERSION`, unless there are some."""
    folder = folder_of(RULES_VERSION)
    if folder.exists():
        sys.stderr.write(f"{folder} is there already. What is stored stays as it is.\n")
        return 1
    folder.mkdir()
    for name in GAMES:
        path = folder / f"{name}.journal"
        write(path, play(name))
        sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
