// The way in and out: name and token, which are forgotten by the form as soon as they are sent.

import { byId, setText } from "../../dom.js";
import { BROKEN, CONNECTING, LIVE, OUT } from "../link.js";

const WORDS = {
  AUTH_TOKEN: (user) => `This is not the token of ${user}.`,
  AUTH_PASSWORD: (user) => `This is neither the token nor the password of ${user}.`,
  AUTH_UNKNOWN_USER: (user) => `There is no player ${user} in this game.`,
};

export function makeGate(link, account) {
  const name = byId("login-user");
  const secret = byId("login-token");
  let tried = "";
  let inside = false;

  byId("login").addEventListener("submit", (event) => {
    event.preventDefault();
    tried = name.value.trim();
    say(null);
    account.clear();
    account.user = tried;
    link.login(tried, secret.value.trim());
    secret.value = "";
  });
  byId("leave").addEventListener("click", () => {
    link.logout();
    account.clear();
    show();
    name.focus();
  });

  // Once inside, a line that breaks does not lead out again.
  function show() {
    inside = link.state === LIVE || (link.state === BROKEN && inside);
    byId("gate").hidden = inside;
    byId("table").hidden = !inside;
    byId("leave").hidden = link.state === OUT;
    byId("login-go").disabled = link.state === CONNECTING;
    if (link.state === BROKEN && !inside) {
      say(link.lastReason || "The exchange cannot be reached. Trying again.");
    }
  }

  function refuse(reply) {
    account.clear();
    show();
    say(WORDS[reply.code]?.(tried) ?? reply.message);
    secret.focus();
  }

  function say(text) {
    byId("login-answer").hidden = text === null;
    setText(byId("login-answer"), text ?? "");
  }

  return { show, refuse };
}
