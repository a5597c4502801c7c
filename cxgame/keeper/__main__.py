"""`python -m cxgame.keeper`: started by the server, and by nobody else."""

import sys

from cxgame.keeper.program import main

if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer))
