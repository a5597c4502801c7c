// The way in and out: the secret, which the form forgets as soon as it is sent.

import { byId, setText } from "../../dom.js";
import { whenPressed, whenSent } from "../pressing.js";

const WORDS = {
  AUTH_SECRET: () => "This is not the admin secret.",
  LIMIT_RATE: (data) => `Too many attempts. Try again in ${Math.ceil((data?.wait_ms ?? 1000) / 1000)} s.`,
};

export function makeGate(asking, entered) {
  const secret = byId("secret");

  whenSent(byId("login"), async () => {
    const shown = secret.value;
    secret.value = "";
    say(null);
    const reply = await asking.login(shown);
    if (asking.isInside) {
      show();
      entered();
      return;
    }
    say(WORDS[reply.code]?.(reply.data) ?? reply.message);
    secret.focus();
  });
  whenPressed(byId("leave"), () => asking.logout());

  function show() {
    byId("gate").hidden = asking.isInside;
    byId("desk").hidden = !asking.isInside;
    byId("leave").hidden = !asking.isInside;
    if (!asking.isInside) secret.focus();
  }

  function say(text) {
    byId("login-answer").hidden = text === null;
    setText(byId("login-answer"), text ?? "");
  }

  return { show };
}
