"""The yardstick: a stock `websockets` JSON echo on asyncio, without compression."""

import asyncio
import json
import sys

from websockets.asyncio.server import ServerConnection, serve


async def echo(connection: ServerConnection) -> None:
    """Answer each JSON text with the same JSON."""
    async for message in connection:
        await connection.send(json.dumps(json.loads(message)))


async def main() -> None:
    """Serve on a free port and print it."""
    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
