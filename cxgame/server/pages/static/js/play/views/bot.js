// A program that plays as this player, to be copied. Its token is masked until it is asked for.

import { byId, setText } from "../../dom.js";
import { addressOf } from "../../config.js";

const MASK = "•".repeat(16);
const SAID_MS = 4000;

export function makeBot(account, link, config) {
  const exchange = addressOf(config.exchange);
  const where = { exchange, feed: addressOf(config.feed), rest: config.rest ? location.origin : null };
  let library = "client";
  let revealed = false;

  for (const name of ["client", "ccxt"]) {
    byId(`bot-${name}`).addEventListener("click", () => {
      library = name;
      draw();
    });
  }
  byId("bot-reveal").addEventListener("click", () => {
    revealed = !revealed;
    draw();
  });
  byId("bot-copy").addEventListener("click", async () => {
    const token = link.revealToken() ?? "<your token>";
    const done = await copy(PROGRAMS[library](account.user, token, where));
    setText(byId("bot-said"), done ? "Copied. Keep it to yourself." : "Not copied: the browser forbids it.");
    setTimeout(() => setText(byId("bot-said"), ""), SAID_MS);
  });

  function draw() {
    if (!link.hasToken) revealed = false;
    const token = link.hasToken ? (revealed ? link.revealToken() : MASK) : "<your token>";
    for (const name of ["client", "ccxt"]) {
      byId(`bot-${name}`).setAttribute("aria-pressed", String(name === library));
    }
    byId("bot-reveal").hidden = !link.hasToken;
    byId("bot-reveal").setAttribute("aria-pressed", String(revealed));
    setText(byId("bot-reveal"), revealed ? "Hide the token" : "Show the token");
    setText(byId("bot-copy"), link.hasToken ? "Copy with the token" : "Copy");
    setText(byId("snippet"), account.user === null ? "" : PROGRAMS[library](account.user, token, where));
  }

  return draw;
}

// Texts of JSON are texts of Python.
const quoted = JSON.stringify;

const PROGRAMS = {
  client: (user, token, { exchange }) => `from cxgame.client import CxClient

cx = CxClient(
    user=${quoted(user)},
    token=${quoted(token)},
    uri=${quoted(exchange)},
)
print(cx.r("wallets").data)
`,
  ccxt: (user, token, { exchange, feed, rest }) => `import ccxt
import cxgame.ccxt  # makes the exchange known to ccxt

exchange = ccxt.cxgame({
    "apiKey": ${quoted(token)},
    "urls": {
        "api": {
            "rest": ${quoted(rest ?? "http://" + new URL(exchange).hostname + ":8000")},
            "feed": ${quoted(feed)},
            "exchange": ${quoted(exchange)},
        }
    },
})
print(exchange.fetch_balance()["total"])
`,
};

// Without https most browsers have no clipboard for a page: then as people do it, by selecting.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
