"""The feed's auditor, on the `full` channel, who goes on after each fault where he was."""

import asyncio
import json

from websockets.asyncio.client import connect

from tests.acceptance.tape_auditor import TapeAuditor


class Tape:
    """Reads up to an event, disconnects, and resumes there the next time."""

    def __init__(self) -> None:
        self.auditor = TapeAuditor()

    async def read_on(self, uri: str, within_s: float) -> None:
        """Read everything there is by now. A gap is a frame that never comes: TimeoutError."""
        # Without a limit on what is received: a connection that stopped reading closes late.
        async with connect(uri, compression=None, max_size=None, max_queue=None) as socket:
            until = json.loads(await socket.recv())["seq"]
            channels = {"cmd": "subscribe", "params": {"channels": ["full"]}}
            await socket.send(json.dumps(channels))
            resume = {"cmd": "resume", "params": {"seq": self.auditor.seq}}
            await socket.send(json.dumps(resume))
            seen: set[str] = set()
            resumed = False
            async with asyncio.timeout(within_s):
                while self.auditor.seq < until:
                    text = str(await socket.recv())
                    frame = json.loads(text)
                    assert frame["type"] != "resync", frame
                    # What came before the resumed frames will come again, as part of them.
                    resumed = resumed or frame.get("prev_seq") == self.auditor.seq
                    if resumed and text not in seen:
                        self.auditor.take(frame)
                    seen.add(text)
