// Where the monitor is put together: lines and reports → health → painter → views.

import { addressOf, readConfig } from "../config.js";
import { byId, setText, whenResized } from "../dom.js";
import { Feed, LIVE } from "../feed.js";
import { startLook } from "../look.js";
import { Painter } from "../painter.js";
import { Store } from "../store.js";
import { makeDepth } from "../views/depth.js";
import { makeMarkets } from "../views/markets.js";
import { Health } from "./health.js";
import { Probe } from "./probe.js";
import { Reports } from "./reports.js";
import { measureRequests } from "./requests.js";
import { makeAccount } from "./views/account.js";
import { makeFaults } from "./views/faults.js";
import { makeHeader } from "./views/header.js";
import { makeLines } from "./views/lines.js";
import { makeSessions } from "./views/sessions.js";
import { makeThroughput } from "./views/throughput.js";

async function start() {
  const painter = new Painter();
  const health = new Health((...panels) => painter.due(...panels));
  const store = new Store((...panels) => painter.due(...panels));
  const config = await readConfig((text) => {
    setText(byId("fault"), text);
    byId("fault").hidden = false;
  });
  setText(byId("title"), config.title);
  document.title = `Monitor · ${config.title}`;

  const reports = new Reports({
    report: (report) => health.take(report),
    refused: (text) => health.refuse(text),
    failed: (text) => health.fail(text),
  });
  const views = {
    header: makeHeader(health, store),
    markets: makeMarkets(store),
    depth: makeDepth(store),
    lines: makeLines(health),
    throughput: makeThroughput(health),
    account: makeAccount(health, reports),
    faults: makeFaults(health),
    sessions: makeSessions(health),
  };
  for (const [panel, draw] of Object.entries(views)) painter.register(panel, draw);
  startLook(() => painter.all());
  whenResized(() => painter.all());
  setInterval(() => health.tick(), 1000);

  store.expect(config.symbols);
  const feed = new Feed(addressOf(config.feed), {
    reset: (hello) => store.reset(hello),
    frame: (frame) => store.take(frame),
    heard: () => health.frame(),
    hole: () => (health.lines.feed.gaps += 1),
    status: (state) => state !== LIVE && health.lines.feed.broke(),
  });
  const probe = new Probe(addressOf(config.exchange), health.lines.orders, () => painter.due("lines"));
  feed.open();
  probe.open();
  reports.start();
  measureRequests(health.lines.rest, () => painter.due("lines"));
  // For the console, and for tests that look inside. What was typed cannot be reached from here.
  globalThis.cxgame = { config, feed, health, painter, probe, store };
}

start();
