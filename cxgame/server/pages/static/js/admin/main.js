// Where the organiser's page is put together: server → office → painter → views.

import { addressOf, readConfig } from "../config.js";
import { byId } from "../dom.js";
import { Feed } from "../feed.js";
import { startLook } from "../look.js";
import { Painter } from "../painter.js";
import { Asking } from "./asking.js";
import { Office, PANELS } from "./office.js";
import { makeCourse } from "./views/course.js";
import { makeFaults } from "./views/faults.js";
import { makeGate } from "./views/gate.js";
import { makeHeader } from "./views/header.js";
import { makeLog } from "./views/log.js";
import { makePlayer } from "./views/player.js";
import { makePlayers } from "./views/players.js";
import { makeTools } from "./views/tools.js";
import { makeWhitelist } from "./views/whitelist.js";

const LOOK_MS = 2000; // between two looks at time and players, at least
const LOOK_MS_EACH = 10; // for each player: a look costs the server 15 µs of his
const NEWS = new Set(["phase", "shutdown"]); // after which one looks at once
const AGAIN_MS = 2000;

async function start() {
  const painter = new Painter();
  const office = new Office((...panels) => painter.due(...panels));
  const config = await readConfig((text) => {
    byId("fault").textContent = text;
    byId("fault").hidden = false;
  });
  byId("title").textContent = config.title;

  const asking = new Asking(() => {
    office.leave();
    gate.show();
  });
  const look = async () => {
    if (!asking.isInside) return;
    const asked = ["time", "players", "faults"].map((name) => asking.command(name));
    const [time, players, faults] = await Promise.all(asked);
    if (!asking.isInside) return; // he has logged out meanwhile: nothing of it is kept
    if (time.status) office.setTime(time.data, Boolean(time.halted));
    if (players.status) office.setPlayers(players.data);
    if (faults.status) office.setFaults(faults.data);
    office.setFault(time.status ? null : time.message);
  };
  const list = async () => {
    if (!asking.isInside) return;
    const reply = await asking.command("whitelist");
    if (reply.status) office.setTeams(reply.data.teams);
  };
  const entered = () => Promise.all([look(), list()]);

  const gate = makeGate(asking, entered);
  const views = {
    header: makeHeader(office, config),
    course: makeCourse(office, asking, look),
    players: makePlayers(office),
    player: makePlayer(office, asking, look),
    faults: makeFaults(office, asking),
    whitelist: makeWhitelist(office, asking, look),
    tools: makeTools(office, asking),
    log: makeLog(office),
  };
  for (const panel of PANELS) painter.register(panel, views[panel]);
  startLook(() => painter.all());
  painter.all();

  const feed = new Feed(addressOf(config.feed), {
    reset: (hello) => {
      office.clear();
      office.take(hello);
    },
    frame: (frame) => {
      office.take(frame);
      if (frame.type === "notice" && frame.act === "whitelist") list();
      if (NEWS.has(frame.type) || frame.act === "faults") look();
    },
    status: (state) => office.setConnection(state),
  });
  feed.open();
  setInterval(() => painter.due("header"), 500);

  while ((await asking.resume()) === null) {
    office.setFault("The server cannot be reached. Trying again.");
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
  office.setFault(null);
  gate.show();
  await entered();
  const lookOn = async () => {
    await look();
    const pause = Math.max(LOOK_MS, LOOK_MS_EACH * (office.players?.length ?? 0));
    setTimeout(lookOn, pause);
  };
  setTimeout(lookOn, LOOK_MS);
  // For the console, and for tests that look inside. Secrets cannot be reached from here.
  globalThis.cxgame = { office, painter };
}

start();
