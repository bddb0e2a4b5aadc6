// The page of the chat example: rooms, members and messages over one WebSocket.
// Four parts: the pass (what lets us in), the socket (connect, reconnect, match replies), the view (the DOM), the room
// (who and where we are).
// Text that people wrote reaches the DOM through `textContent` alone.

const byId = (id) => document.getElementById(id);

// ---------------------------------------------------------------- pass

const PROTOCOL = "chat.v1";
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * What we show at the door: a token, which this tab keeps while it lives, or a ticket, which is good once, or nothing.
 * Either comes in the fragment of the page's address, which no server gets to see, and is taken out of it at once.
 */
const pass = {
  token: "",
  ticket: "",
  /** Did we come in with it, or with a ticket? Then it is good, or used up. */
  wasGood: false,
  isUsedUp: false,

  /** Is there a new one in the address? */
  arrive() {
    const given = new URLSearchParams(location.hash.slice(1));
    const [token, ticket] = [given.get("token") ?? "", given.get("ticket") ?? ""];
    if (!token && !ticket) return false;
    history.replaceState(null, "", location.pathname + location.search);
    this.take(token, ticket);
    return true;
  },

  take(token, ticket = "") {
    Object.assign(this, { token, ticket, wasGood: false, isUsedUp: false });
    remember("token", token, () => sessionStorage);
  },

  /** The address and the subprotocols of a handshake. A browser can put a token into neither header nor body. */
  show() {
    const { token, ticket } = this;
    this.ticket = "";
    this.isUsedUp ||= ticket !== "";
    return [socketAddress(ticket), token ? [PROTOCOL, `bearer.${token}`] : [PROTOCOL]];
  },

  /** Says the token itself that it is over? Only the server knows whether it is good. */
  get isExpired() {
    try {
      const claims = JSON.parse(atob(this.token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
      return claims.exp * 1000 <= Date.now();
    } catch {
      return false;
    }
  },

  /** Why it does not let us in, in words. */
  get why() {
    if (this.isUsedUp) return "This window came with a ticket, and a ticket is good once. Log in, or open another window from one that is logged in.";
    if (this.isExpired) return "Your login has expired. Please log in again.";
    if (this.token) return "The chat did not accept this token.";
    return "The chat did not let you in. If it is for members, log in.";
  },
};

// ---------------------------------------------------------------- socket

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;
const REPLY_TIMEOUT = 30_000;

/** `ws://HOST/STAGE`; the stage comes from `?stage=`, else from the page's meta element. */
function socketAddress(ticket) {
  const stage = new URLSearchParams(location.search).get("stage")
    || document.querySelector('meta[name="lift-ws-stage"]').content;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const query = ticket ? `?${new URLSearchParams({ ticket })}` : "";
  return `${scheme}//${location.host}/${encodeURIComponent(stage)}${query}`;
}

/** A browser does not tell a refused handshake from a server that is not there: this asks for the page again. */
async function isServerThere() {
  try {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    await answer.text();
    return answer.ok;
  } catch {
    return false;
  }
}

/** A WebSocket that comes back: full jitter around a doubling delay, at once when the network returns. */
class Link extends EventTarget {
  #socket = null;
  #isIn = false;
  #failures = 0;
  #timer = null;
  #nextId = 1;
  #waiting = new Map();

  connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#socket) return;
    this.#emit("state", { state: "connecting" });
    const socket = new WebSocket(...pass.show());
    this.#socket = socket;
    const whileOurs = (handle) => (event) => this.#socket === socket && handle(event);
    socket.addEventListener("open", whileOurs(() => this.#greet()));
    socket.addEventListener("message", whileOurs(({ data }) => this.#receive(data)));
    socket.addEventListener("close", whileOurs(() => this.#closed()));
  }

  /** Ends what there is. Nothing comes back by itself until `connect` is called. */
  close() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#failures = 0;
    this.#isIn = false;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#giveUp();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Sends and forgets. An error that comes back carries the id, which is returned. */
  send(message) {
    if (!this.isOpen) throw new Problem("There is no connection right now. It will be back in a moment.");
    const id = `c${this.#nextId++}`;
    this.#socket.send(JSON.stringify({ ...message, id }));
    return id;
  }

  /** Sends, and resolves with the `data` of the reply that has the same id. */
  request(message) {
    return new Promise((resolve, reject) => {
      const id = this.send(message);
      const settle = (how) => (value) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        how(value);
      };
      const timer = setTimeout(() => settle(reject)(new Problem("The answer took too long. Please try again.")), REPLY_TIMEOUT);
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
    });
  }

  #receive(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      console.warn("not JSON, ignored", data);
      return;
    }
    if (frame === null || typeof frame !== "object") return;
    const waiting = this.#waiting.get(frame.id);
    if (frame.type === "reply") {
      waiting?.resolve(frame.data);
    } else if (isError(frame)) {
      const problem = Problem.from(frame);
      if (waiting) waiting.reject(problem);
      else this.#emit("problem", { problem });
    } else {
      this.#emit("push", frame);
    }
  }

  /** We are in once the server has said who we are. */
  async #greet() {
    const socket = this.#socket;
    try {
      const me = await this.request({ action: "whoami" });
      this.#failures = 0;
      this.#isIn = pass.wasGood = true;
      this.#emit("state", { state: "open", me });
    } catch (problem) {
      if (this.#socket !== socket) return; // which somebody has been told
      this.#emit("problem", { problem });
      socket.close();
    }
  }

  async #closed() {
    const wasIn = this.#isIn;
    this.#socket = null;
    this.#isIn = false;
    this.#giveUp();
    const mayReturn = !pass.isUsedUp && !pass.isExpired && (wasIn || pass.wasGood);
    if (!mayReturn && (wasIn || await isServerThere())) {
      if (!this.#socket) this.#emit("state", { state: "out", why: pass.why });
      return;
    }
    if (this.#socket) return; // somebody was faster
    const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures++);
    const delay = ceiling / 2 + Math.random() * (ceiling / 2);
    this.#timer = setTimeout(() => this.connect(), delay);
    this.#emit("state", { state: "waiting", delay });
  }

  #giveUp() {
    for (const { reject } of [...this.#waiting.values()]) reject(new Problem("The connection was lost before the answer came."));
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Ours is `{"type":"error",…}`; the gateway's own frame has a message and a connection id but no type. */
function isError(frame) {
  return frame.type === "error" || (frame.type === undefined && typeof frame.message === "string" && "requestId" in frame);
}

/** Something that people should read. */
class Problem extends Error {
  static from(frame) {
    const text = frame.type === "error" ? frame.message : kindly(frame.message);
    const problem = new Problem(sentence(text || "Something went wrong."));
    problem.requestId = frame.requestId;
    problem.code = frame.code;
    return problem;
  }
}

function kindly(message) {
  return message === "Internal server error"
    ? "The server could not handle that. Please try again."
    : `The server refused that: ${message}`;
}

function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

// ---------------------------------------------------------------- view

const view = {
  state({ state, delay, why }) {
    const seconds = Math.max(1, Math.round(delay / 1000));
    const words = { connecting: "Connecting…", open: "Connected", out: "Not connected", waiting: `Offline, trying again in ${seconds} s` };
    byId("status").dataset.state = state;
    byId("status-text").textContent = words[state];
    byId("retry").hidden = state !== "waiting" && state !== "out";
    byId("join").disabled = byId("send").disabled = byId("window").disabled = state !== "open";
    if (state === "out") view.door(why);
  },

  /** Whoever is logged in has a name, and need not choose one. */
  me(user) {
    byId("me").hidden = !user;
    byId("me-name").textContent = user ?? "";
    if (user && document.activeElement === byId("name")) byId("room").focus();
    byId("guest").hidden = Boolean(user);
  },

  door(why) {
    byId("chat").hidden = byId("lobby").hidden = true;
    byId("door").hidden = false;
    byId("door-why").textContent = why;
    view.me(null);
    document.title = "Log in · Chat";
    byId("token").value = "";
    view.mark("token");
    byId("token").focus();
  },

  notice(problem) {
    byId("notice-text").textContent = problem.message;
    byId("notice").title = problem.requestId ? `Request ${problem.requestId}` : "";
    byId("notice").hidden = false;
  },

  quiet() {
    byId("notice").hidden = true;
  },

  /** Marks a field as wrong and says why; without a reason clears the mark. */
  mark(field, reason = "") {
    const input = byId(field);
    if (reason) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    byId(`${field}-problem`).textContent = reason;
    return !reason;
  },

  lobby() {
    byId("chat").hidden = byId("door").hidden = true;
    byId("lobby").hidden = false;
    document.title = "Chat · lift-ws";
    byId("room").focus();
  },

  room(name) {
    byId("lobby").hidden = true;
    byId("chat").hidden = false;
    byId("room-title").textContent = name;
    byId("messages").replaceChildren();
    document.title = `${name} · Chat`;
    byId("text").focus();
  },

  members(names, me) {
    const sorted = [...names].sort((a, b) => a.localeCompare(b));
    byId("members").replaceChildren(...sorted.map((name) => {
      const item = element("li", "", name);
      item.dataset.member = name;
      if (name === me) item.append(element("span", "you", " (you)"));
      return item;
    }));
    byId("member-count").textContent = String(sorted.length);
  },

  said({ from, text }, mine) {
    const head = element("p", "from", from);
    head.append(clock());
    const item = element("li", mine ? "mine" : "");
    item.append(head, element("p", "said", text));
    append(item);
  },

  event(text) {
    append(element("li", "event", text));
  },
};

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.textContent = text;
  return node;
}

function clock() {
  const now = new Date();
  const node = element("time", "", now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  node.dateTime = now.toISOString();
  return node;
}

const MOST_MESSAGES = 500;

/** Keeps the newest line in sight unless somebody is reading further up. */
function append(item) {
  const list = byId("messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(item);
  if (list.childElementCount > MOST_MESSAGES) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

// ---------------------------------------------------------------- room

const link = new Link();

/** As whom we are logged in; null for guests. */
let user = null;

/** Where we are, or want to be again after a reconnect: `{room, name, members, early}`. */
let here = null;

async function join(room, name) {
  // What comes while the answer is under way happened around the same time; it is applied after the answer.
  const entering = { room, name, members: new Set(), early: [] };
  const again = here !== null;
  here = entering;
  let joined;
  try {
    joined = await link.request({ action: "join", room, name });
  } catch (problem) {
    if (here === entering && !(again && !link.isOpen)) leaveLocally();
    throw problem;
  }
  if (here !== entering) return;
  if (!again) view.room(room);
  entering.members = new Set(joined?.members ?? [name]);
  const early = entering.early;
  entering.early = null;
  early.forEach(pushed);
  view.members(entering.members, name);
  if (again) view.event("You are connected again. What was said meanwhile is missing here.");
}

function leaveLocally() {
  here = null;
  view.lobby();
}

function pushed(frame) {
  if (frame.room !== here?.room) return;
  if (here.early) {
    here.early.push(frame);
    return;
  }
  const { members, name: me } = here;
  if (frame.type === "entered") {
    if (!members.has(frame.name)) view.event(`${frame.name} came in`);
    members.add(frame.name);
  } else if (frame.type === "left") {
    if (members.delete(frame.name)) view.event(`${frame.name} left`);
  } else if (frame.type === "said") {
    members.add(frame.from);
    view.said(frame, frame.from === me);
  }
  view.members(members, me);
}

// ---------------------------------------------------------------- events

link.addEventListener("state", ({ detail }) => {
  view.state(detail);
  if (detail.state === "out") here = null;
  if (detail.state === "open") {
    user = detail.me.user;
    view.me(user);
    view.quiet();
    if (!byId("door").hidden) view.lobby();
    if (here) join(here.room, user ?? here.name).catch(told);
  }
});
link.addEventListener("problem", ({ detail }) => told(detail.problem));
link.addEventListener("push", ({ detail }) => pushed(detail));

/** Tells of a problem. A login that has ended leads to the door. */
function told(problem) {
  if (problem.code === "session_expired") logOut("Your login has expired. Please log in again.");
  else view.notice(problem);
}

function logIn() {
  link.close();
  here = null;
  link.connect();
}

function logOut(why) {
  pass.take("");
  link.close();
  here = null;
  view.state({ state: "out", why });
}

byId("login-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = byId("token").value.trim();
  if (!view.mark("token", TOKEN.test(token) ? "" : "A token is three words with dots between them.")) return byId("token").focus();
  pass.take(token);
  logIn();
});

byId("logout").addEventListener("click", () => logOut("You are logged out."));

// The other window gets a ticket, so that the token stays here; `noopener` keeps it from getting our storage.
byId("window").addEventListener("click", async () => {
  try {
    const ticket = await link.request({ action: "ticket" });
    const query = new URLSearchParams(location.search);
    if (here) query.set("room", here.room);
    open(`${location.pathname}?${query}#${new URLSearchParams({ ticket })}`, "_blank", "noopener");
  } catch (problem) {
    told(problem);
  }
});

addEventListener("hashchange", () => { if (pass.arrive()) logIn(); });
byId("retry").addEventListener("click", () => link.connect());
addEventListener("online", () => link.connect());
byId("notice-close").addEventListener("click", view.quiet);

byId("join-form").addEventListener("submit", (event) => {
  event.preventDefault();
  view.quiet();
  const room = byId("room").value.trim();
  const name = user ?? byId("name").value.trim();
  const roomIsFine = view.mark("room", room ? "" : "Please name a room.");
  const nameIsFine = view.mark("name", name ? "" : "Please say who you are.");
  if (!roomIsFine) return byId("room").focus();
  if (!nameIsFine) return byId("name").focus();
  if (!user) remember("name", name);
  byId("join").disabled = true;
  join(room, name).catch(told).finally(() => { byId("join").disabled = !link.isOpen; });
});

byId("say-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("text").value;
  byId("text").focus();
  if (!view.mark("text", text.trim() ? "" : "Please write something first.")) return;
  if (attempt({ action: "say", room: here.room, text })) byId("text").value = "";
});

byId("leave").addEventListener("click", () => {
  if (link.isOpen) attempt({ action: "leave", room: here.room });
  leaveLocally();
});

/** Sends; on failure says so and keeps what was written. */
function attempt(message) {
  try {
    view.quiet();
    link.send(message);
    return true;
  } catch (problem) {
    view.notice(problem);
    return false;
  }
}

// Enter sends, Shift+Enter makes a new line; Enter that ends the composition of a character does neither.
byId("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!byId("send").disabled) byId("say-form").requestSubmit();
});

for (const field of ["room", "name", "text", "token"]) {
  byId(field).addEventListener("input", () => view.mark(field));
}

/** Storage may be forbidden; then nothing is remembered. */
function remember(key, value, storage = () => localStorage) {
  try { storage().setItem(`chat.${key}`, value); } catch { /* private mode */ }
}

function recall(key, storage = () => localStorage) {
  try { return storage().getItem(`chat.${key}`) ?? ""; } catch { return ""; }
}

const asked = new URLSearchParams(location.search);
byId("room").value = asked.get("room") ?? "";
byId("name").value = asked.get("name") ?? recall("name");
byId(byId("room").value ? "name" : "room").focus();
if (!pass.arrive()) pass.token = recall("token", () => sessionStorage);
link.connect();
