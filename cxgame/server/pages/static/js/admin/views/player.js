// One player: to disconnect, keep out, give a token or a balance.

import { byId, offer, setText } from "../../dom.js";
import { say, sayReply, whenPressed, whenPressedTwice, whenSent } from "../pressing.js";

export function makePlayer(office, asking, refresh) {
  const answer = byId("one-answer");
  const asset = byId("adjust-asset");
  let shownFor = null;
  const ask = async (name, params = {}, username = office.chosen) => {
    const reply = await asking.command(name, { username, ...params });
    sayReply(answer, reply);
    refresh();
    return reply;
  };

  const kick = async (user, before = "") => {
    const { status, data } = await ask("kick", {}, user);
    if (status) say(answer, `${before}${data.closed} ${data.closed === 1 ? "connection" : "connections"} closed.`);
  };

  whenPressed(byId("kick"), () => kick(office.chosen));
  const calmKeepOut = whenPressedTwice(
    byId("keep-out"),
    () => `${office.chosen} is taken off the whitelist and disconnected. Press again.`,
    answer,
    async () => {
      const user = office.chosen;
      const reply = await asking.command("whitelist", { remove: [user] });
      if (!sayReply(answer, reply)) return;
      office.setTeams(reply.data.teams);
      await kick(user, `${user} is off the whitelist. `);
    },
  );
  const calmRotate = whenPressedTwice(
    byId("rotate"),
    () => `The old token of ${office.chosen}, and a password, stop working. Press again.`,
    answer,
    async () => {
      const user = office.chosen;
      const { status, data } = await ask("rotate_user", {}, user);
      if (status && user === office.chosen) showToken(data);
    },
  );
  const calmPromote = whenPressedTwice(
    byId("promote"),
    () => `${office.chosen} may do all that you may. Press again.`,
    answer,
    () => ask("grant"),
  );
  whenPressed(byId("token-copy"), async () => {
    try {
      await navigator.clipboard.writeText(byId("token").textContent);
      say(answer, "Copied.");
    } catch {
      getSelection().selectAllChildren(byId("token")); // without TLS there is no clipboard
      say(answer, "Marked: copy it by Ctrl-C.");
    }
  });
  whenPressed(byId("token-hide"), () => showToken(null));
  whenSent(byId("adjust"), async () => {
    const [free, held] = [byId("adjust-free").value.trim(), byId("adjust-held").value.trim()];
    const params = { asset: asset.value, free, ...(held === "" ? {} : { held }) };
    const { status, data } = await ask("adjust", params);
    if (status) say(answer, `${data.user} has ${data.free} ${data.asset} free, ${data.held} held.`);
  });

  function showToken(token) {
    byId("token-shown").hidden = token === null;
    setText(byId("token"), token ?? "");
  }

  return () => {
    const { player } = office;
    byId("one").hidden = player === null;
    setText(byId("one-heading"), player?.user ?? "One player");
    setText(byId("one-hint"), player === null ? "choose one in the table" : (player.team && `team ${player.team}`));
    if (shownFor !== office.chosen) {
      shownFor = office.chosen;
      for (const calm of [calmKeepOut, calmRotate, calmPromote]) calm(); // pressed for another
      showToken(null);
      say(answer, "");
    }
    if (player === null) return;
    byId("kick").disabled = player.connections === 0;
    byId("keep-out").hidden = !office.isListed || player.admin || player.bot;
    byId("keep-out").disabled = !player.listed;
    byId("promote").disabled = player.admin;
    offer(asset, office.assets.map((name) => [name, name]));
  };
}
