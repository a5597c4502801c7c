// Where the player's page is put together: link → account → painter → views.

import { addressOf, readConfig } from "../config.js";
import { byId, whenResized } from "../dom.js";
import { startLook } from "../look.js";
import { Painter } from "../painter.js";
import { Account, PANELS } from "./account.js";
import { Desk } from "./desk.js";
import { Link } from "./link.js";
import { Money } from "./money.js";
import { makeBot } from "./views/bot.js";
import { makeDetails } from "./views/details.js";
import { makeFills } from "./views/fills.js";
import { makeGate } from "./views/gate.js";
import { makeHeader } from "./views/header.js";
import { makeOrders } from "./views/orders.js";
import { makePerformance } from "./views/performance.js";
import { makePortfolio } from "./views/portfolio.js";
import { makeQuality } from "./views/quality.js";
import { makeTicket } from "./views/ticket.js";

async function start() {
  const painter = new Painter();
  const account = new Account((...panels) => painter.due(...panels));
  const config = await readConfig((text) => {
    byId("fault").textContent = text;
    byId("fault").hidden = false;
  });
  byId("title").textContent = config.title;
  document.title = `Play · ${config.title}`;

  const link = new Link(addressOf(config.exchange), {
    pushed: (frame) => {
      account.take(frame);
      if (frame.type === "wallets") money.soon();
    },
    ready: () => desk.begin().then(() => money.refresh()),
    status: (state) => account.setConnection(state),
    refused: (cmd, reply) => account.addRefusal(cmd, reply),
    out: (reply) => gate.refuse(reply),
  });
  const desk = new Desk(link, account);
  const money = new Money(config, link, account);
  const gate = makeGate(link, account);
  const views = {
    header: makeHeader(account, link, gate),
    portfolio: makePortfolio(account),
    performance: makePerformance(account),
    ticket: makeTicket(account, desk),
    orders: makeOrders(account, desk),
    details: makeDetails(account, desk, money),
    fills: makeFills(account, desk),
    quality: makeQuality(account),
    bot: makeBot(account, link, config),
  };
  for (const panel of PANELS) painter.register(panel, views[panel]);
  startLook(() => painter.all());
  whenResized(() => painter.all());
  setInterval(() => painter.due("header", "quality"), 500);
  painter.all();
  // For the console, and for tests that look inside. The token cannot be reached from here.
  globalThis.cxgame = { account, painter, breakOff: () => link.breakOff() };
}

start();
