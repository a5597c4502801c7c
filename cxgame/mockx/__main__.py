"""`python -m cxgame.mockx`."""

import sys

from cxgame.mockx.program import main

sys.exit(main())
