"""Print the protocol as AsyncAPI 3.0: `python -m scripts.protocol_description > asyncapi.json`.

A server that runs gives the same at `GET /asyncapi.json`, and at `GET /asyncapi` as a page.
"""

import json
import sys

from cxgame.server.description.document import asyncapi


def main() -> None:
    """Write the document to standard output."""
    json.dump(asyncapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
