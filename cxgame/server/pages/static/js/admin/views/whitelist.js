// Who may play: the list as it is, and a field to paste names into.

import { byId, el, setText } from "../../dom.js";
import { say, sayReply, whenPressed, whenPressedTwice, whenSent } from "../pressing.js";

const ALONE = "";

export function makeWhitelist(office, asking, refresh) {
  const text = byId("names-new");
  const answer = byId("list-answer");
  let drawn; // the teams that stand there

  const change = async (params, done) => {
    const reply = await asking.command("whitelist", params);
    if (!sayReply(answer, reply, done)) return;
    text.value = "";
    office.setTeams(reply.data.teams);
    refresh();
  };

  whenSent(byId("list"), async () => {
    const add = teamsOf(text.value);
    const count = namesOf(add).length;
    if (count === 0) return say(answer, "Write or paste names first.", true);
    return change({ add }, `${count} added.`);
  });
  whenPressed(byId("names-remove"), async () => {
    const remove = namesOf(teamsOf(text.value));
    if (remove.length === 0) return say(answer, "Write the names that go first.", true);
    return change({ remove }, "Removed. Who plays already stays connected: disconnect him.");
  });
  whenPressedTwice(
    byId("names-everyone"),
    () => "The list is thrown away. Press again to let everybody play.",
    answer,
    () => change({ everyone: true }, "Everybody may play."),
  );

  return () => {
    const { teams } = office;
    byId("names-everyone").hidden = !office.isListed;
    setText(byId("list-hint"), hint(teams));
    if (drawn === teams) return;
    drawn = teams;
    byId("names").hidden = !office.isListed;
    byId("names").replaceChildren(...(office.isListed ? groups(teams) : []));
  };
}

// "alice, bob\nred=carol+dan" → {"": ["alice", "bob"], red: ["carol", "dan"]}
export function teamsOf(text) {
  const teams = Object.create(null); // a team may have any name
  for (const line of text.split("\n")) {
    for (const entry of line.replace(/#.*/, "").split(/[,;\t]/)) {
      const at = entry.lastIndexOf("=");
      const team = at < 0 ? ALONE : entry.slice(0, at).trim();
      const names = entry.slice(at + 1).split(/[+\s]/).filter(Boolean);
      if (names.length > 0) (teams[team] ??= []).push(...names);
    }
  }
  return teams;
}

function namesOf(teams) {
  return Object.values(teams).flat();
}

function hint(teams) {
  if (teams === undefined) return "";
  if (teams === null) return "everybody may play";
  const count = namesOf(teams).length;
  return `${count} ${count === 1 ? "name" : "names"}`;
}

function groups(teams) {
  return Object.entries(teams).map(([team, names]) =>
    el("p", "", el("strong", "", team === ALONE ? "Alone" : team), ` ${names.join(", ")}`),
  );
}
