// The page of the chat example: rooms, members and messages over one WebSocket.
// Three parts: the socket (connect, reconnect, match replies), the room (who and where we are), the view (the DOM).
// Text that people wrote reaches the DOM through `textContent` alone.

const byId = (id) => document.getElementById(id);

// ---------------------------------------------------------------- socket

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;
const REPLY_TIMEOUT = 30_000;

/** `ws://HOST/STAGE`; the stage comes from `?stage=`, else from the page's meta element. */
function socketAddress() {
  const stage = new URLSearchParams(location.search).get("stage")
    || document.querySelector('meta[name="lift-ws-stage"]').content;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/${encodeURIComponent(stage)}`;
}

/** A WebSocket that comes back: full jitter around a doubling delay, at once when the network returns. */
class Link extends EventTarget {
  #socket = null;
  #failures = 0;
  #timer = null;
  #nextId = 1;
  #waiting = new Map();

  connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#socket) return;
    this.#emit("state", { state: "connecting" });
    const socket = new WebSocket(socketAddress());
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#failures = 0;
      this.#emit("state", { state: "open" });
    });
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("close", () => this.#closed());
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

  #closed() {
    this.#socket = null;
    for (const { reject } of [...this.#waiting.values()]) reject(new Problem("The connection was lost before the answer came."));
    const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures++);
    const delay = ceiling / 2 + Math.random() * (ceiling / 2);
    this.#timer = setTimeout(() => this.connect(), delay);
    this.#emit("state", { state: "waiting", delay });
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
  state({ state, delay }) {
    const seconds = Math.max(1, Math.round(delay / 1000));
    const words = { connecting: "Connecting…", open: "Connected", waiting: `Offline, trying again in ${seconds} s` };
    byId("status").dataset.state = state;
    byId("status-text").textContent = words[state];
    byId("retry").hidden = state !== "waiting";
    byId("join").disabled = byId("send").disabled = state !== "open";
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
    byId("chat").hidden = true;
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
  if (detail.state === "open") {
    view.quiet();
    if (here) join(here.room, here.name).catch(view.notice);
  }
});
link.addEventListener("problem", ({ detail }) => view.notice(detail.problem));
link.addEventListener("push", ({ detail }) => pushed(detail));

byId("retry").addEventListener("click", () => link.connect());
addEventListener("online", () => link.connect());
byId("notice-close").addEventListener("click", view.quiet);

byId("join-form").addEventListener("submit", (event) => {
  event.preventDefault();
  view.quiet();
  const room = byId("room").value.trim();
  const name = byId("name").value.trim();
  const roomIsFine = view.mark("room", room ? "" : "Please name a room.");
  const nameIsFine = view.mark("name", name ? "" : "Please say who you are.");
  if (!roomIsFine) return byId("room").focus();
  if (!nameIsFine) return byId("name").focus();
  remember("name", name);
  byId("join").disabled = true;
  join(room, name).catch(view.notice).finally(() => { byId("join").disabled = !link.isOpen; });
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

for (const field of ["room", "name", "text"]) {
  byId(field).addEventListener("input", () => view.mark(field));
}

/** Storage may be forbidden; then nothing is remembered. */
function remember(key, value) {
  try { localStorage.setItem(`chat.${key}`, value); } catch { /* private mode */ }
}

function recall(key) {
  try { return localStorage.getItem(`chat.${key}`) ?? ""; } catch { return ""; }
}

const asked = new URLSearchParams(location.search);
byId("room").value = asked.get("room") ?? "";
byId("name").value = asked.get("name") ?? recall("name");
byId(byId("room").value ? "name" : "room").focus();
link.connect();
