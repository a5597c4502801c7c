"""`python -m cxgame.keeper`: started by the server, and by nobody else."""

import sys

from cxgame.keeper.program import main

if __name__ == "__main__":
    # Unbuffered: a thread waits in it for its end, with a lock if there were a buffer, which Python
    # needs when it exits.
    sys.exit(main(open(0, "rb", buffering=0, closefd=False)))
