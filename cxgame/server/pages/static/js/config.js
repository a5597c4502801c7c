// What a page must know to begin, and where the server's faces are.

const AGAIN_MS = 2000;

// Without it there is nothing to show, so it is asked for until it comes; `waiting(text)` is told.
export async function readConfig(waiting) {
  for (;;) {
    try {
      const answer = await fetch("/static/config.json", { cache: "no-store" });
      if (answer.ok) return await answer.json();
    } catch {
      // the server is away
    }
    waiting("The page cannot reach its server. Trying again.");
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

// A face is named by its whole address, or by its port on the host that the page came from.
export function addressOf({ uri, port }) {
  if (uri !== null) return uri;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.hostname}:${port}`;
}
