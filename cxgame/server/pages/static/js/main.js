// Where everything is put together: configuration, feed → store → painter → views.

import { addressOf, readConfig } from "./config.js";
import { timeframeOf } from "./candles.js";
import { byId, whenResized } from "./dom.js";
import { Feed } from "./feed.js";
import { startLook } from "./look.js";
import { Painter } from "./painter.js";
import { Polling } from "./polling.js";
import { Store } from "./store.js";
import { makeChart } from "./views/chart.js";
import { makeDepth } from "./views/depth.js";
import { makeHeader } from "./views/header.js";
import { makeLadder } from "./views/ladder.js";
import { makeMarkets } from "./views/markets.js";
import { makeMessages } from "./views/messages.js";
import { startReplay } from "./views/replay.js";
import { makeStandings } from "./views/standings.js";
import { makeTrades } from "./views/trades.js";

async function start() {
  const painter = new Painter();
  let feed = null; // once it is known where
  const store = new Store(
    (...panels) => painter.due(...panels),
    (seconds) => feed?.wantCandles(timeframeOf(seconds)),
  );
  const config = await readConfig((text) => showFault(store, text));
  document.title = config.title;
  byId("title").textContent = config.title;

  const views = {
    header: makeHeader(store, config),
    markets: makeMarkets(store),
    chart: makeChart(store, config, () => painter.due("chart")),
    depth: makeDepth(store),
    ladder: makeLadder(store),
    tape: makeTrades(store),
    standings: makeStandings(store),
    messages: makeMessages(store),
  };
  for (const [panel, draw] of Object.entries(views)) painter.register(panel, draw);
  startLook(() => painter.all());
  whenResized(() => painter.all());
  setInterval(() => painter.due("header", "tape"), 250); // the clock, and trades per second

  store.expect(config.symbols);
  feed = new Feed(addressOf(config.feed), {
    reset: (hello) => store.reset(hello),
    frame: (frame) => store.take(frame),
    status: (state) => store.setConnection(state),
  });
  feed.wantCandles(timeframeOf(store.intervalS));
  feed.open();
  new Polling(config, feed, {
    rows: (rows) => store.takePrices(rows),
    fault: (text) => store.setFault(text),
  }).start();
  if (config.replay) {
    byId("to-play").remove(); // nobody plays a recording
    startReplay(config.replay, () => feed.forget(), (pace) => store.setPace(pace));
  }
  // For the console, and for tests that look inside.
  globalThis.cxgame = { config, feed, painter, store };
}

// Before there are views, which show it afterwards.
function showFault(store, text) {
  store.setFault(text);
  byId("fault").textContent = text;
  byId("fault").hidden = false;
}

start();
