"""`python -m cxgame` is the command `cxgame`."""

import sys

from cxgame.cli import main

if __name__ == "__main__":
    sys.exit(main())
