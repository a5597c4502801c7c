// How the page asks the server: the session, and the organiser's commands. The secret is sent once
// and kept nowhere; the cookie that stands for it is out of reach of any script. What must be shown
// beside it is in this object's memory alone.

const SESSION = "/admin/session";
const COMMAND = "/admin/commands/";
const AWAY = { status: false, message: "The server cannot be reached.", code: "CLIENT_CONNECTION" };

export class Asking {
  #csrf = null;

  // out() is called when the server knows us no longer
  constructor(out) {
    this._out = out;
  }

  get isInside() {
    return this.#csrf !== null;
  }

  // Whether this browser is logged in already: true, false, or null while nobody can say.
  async resume() {
    const answer = await send("GET", SESSION);
    if (answer.csrf) this.#csrf = answer.csrf;
    if (this.isInside) return true;
    return answer.httpStatus === 200 ? false : null;
  }

  async login(secret) {
    const answer = await send("POST", SESSION, { secret });
    if (answer.csrf) this.#csrf = answer.csrf;
    return answer;
  }

  // A server that cannot be reached still takes the cookie: nobody is logged out then.
  async logout() {
    const answer = await this.#act("DELETE", SESSION);
    if (answer.httpStatus === 0 || answer.httpStatus >= 500) return;
    this.#csrf = null;
    this._out();
  }

  // A command's reply: {status, message, data, code?}
  async command(name, params = {}) {
    const answer = await this.#act("POST", COMMAND + name, params);
    if (answer.httpStatus === 401 && this.isInside) {
      this.#csrf = null;
      this._out();
    }
    return answer;
  }

  // Another tab of this browser may have logged in since: its cookie is ours as well, and what must
  // be shown beside it another. What was refused for that has not been done: it is asked once more.
  async #act(method, path, body) {
    const shown = this.#csrf;
    const answer = await send(method, path, body, shown);
    if (answer.httpStatus !== 403) return answer;
    const { csrf } = await send("GET", SESSION);
    if (!csrf || csrf === shown || !this.isInside) return answer; // or we have logged out meanwhile
    this.#csrf = csrf;
    return send(method, path, body, csrf);
  }
}

async function send(method, path, body, csrf = null) {
  const headers = { "content-type": "application/json" };
  if (csrf !== null) headers["x-csrf"] = csrf;
  try {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(path, {
      method,
      headers,
      ...content,
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
    });
    const text = await answer.text();
    return { ...(text === "" ? {} : JSON.parse(text)), httpStatus: answer.status };
  } catch {
    return { ...AWAY, httpStatus: 0 };
  }
}
