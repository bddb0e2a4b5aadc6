// A client by hand: opens connections and sends messages.

import { $, el, fill, hue, time, toast } from "./dom.js";

const MAX_LINES = 500;
const HISTORY = "lift.console.history";
const MAX_HISTORY = 50;

export class Console {
  #sockets = [];
  #current = null;
  #count = 0;
  #history = readHistory();
  #at = 0;

  constructor() {
    this.#build();
  }

  enter() {}
  leave() {}

  /** Where connections go; known when the gateway has answered. A page may only reach its own port. */
  set endpoints(endpoints) {
    const own = endpoints.filter((endpoint) => new URL(endpoint).host === location.host);
    if (own.join() === this.own?.join()) return;
    this.own = own;
    this.connect.disabled = own.length === 0;
    fill(this.endpoint, own.map((endpoint) => el("option", { value: endpoint }, endpoint)));
  }

  #build() {
    // Until it is known where to.
    this.connect = el("button.primary", { type: "submit", disabled: true }, "Connect");
    this.query = el("input", { id: "console-query", autocomplete: "off", spellcheck: "false", placeholder: "name=Ada&room=blue" });
    this.protocols = el("input", { id: "console-protocols", autocomplete: "off", spellcheck: "false", placeholder: "chat.v1, token" });
    this.endpoint = el("select", { id: "console-endpoint" });
    this.list = el("ul.sockets", { "aria-label": "Connections of the console" });
    this.log = el("ol.log.frames", { tabindex: 0, "aria-label": "Frames of this connection" });
    this.message = el("textarea", { id: "console-message", rows: 4, spellcheck: "false", placeholder: '{"action":"…"}' });
    this.send = el("button.primary", { type: "submit" }, "Send");
    this.close = el("button", { type: "button", onclick: () => this.#current?.socket.close(1000, "closed in the inspector") }, "Close");
    const connect = el("form.card", { onsubmit: (event) => { event.preventDefault(); this.#connect(); } },
      el("h3", {}, "Open a connection"),
      el("label", { for: "console-endpoint" }, "Endpoint"), this.endpoint,
      el("label", { for: "console-query" }, "Query string"), this.query,
      el("label", { for: "console-protocols" }, "Subprotocols, separated by commas"), this.protocols,
      el("p.hint", {}, "Browsers cannot set headers of a WebSocket: what needs one (such as Authorization) is for another client, or travels as a query parameter or subprotocol."),
      el("div.actions", {}, this.connect));
    this.talk = el("form.card.talk", { onsubmit: (event) => { event.preventDefault(); this.#send(); } },
      el("h3", {}, "Messages"),
      this.log,
      el("label", { for: "console-message" }, "Message"),
      this.message,
      el("p.hint", {}, "Ctrl+Enter sends; Alt+↑ and Alt+↓ go through what was sent before."),
      el("div.actions", {}, this.send, this.close));
    this.message.addEventListener("keydown", (event) => this.#key(event));
    fill($("console"), el("h2.hidden", {}, "Console"), el("div.columns", {}, el("div.side", {}, connect, this.list), this.talk));
    this.#draw();
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#send();
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      this.#at = Math.min(this.#history.length, Math.max(0, this.#at + (event.key === "ArrowUp" ? -1 : 1)));
      this.message.value = this.#history[this.#at] ?? "";
    }
  }

  #connect() {
    const search = this.query.value.trim().replace(/^\?/, "");
    const protocols = this.protocols.value.split(",").map((name) => name.trim()).filter(Boolean);
    let socket;
    try {
      socket = new WebSocket(`${this.endpoint.value}${search ? `?${search}` : ""}`, protocols);
    } catch (error) {
      toast(error.message, true);
      return;
    }
    const entry = { socket, name: `Console ${this.#count += 1}`, state: "connecting", lines: [] };
    const say = (kind, text) => {
      entry.lines.push({ at: Date.now(), kind, text });
      if (entry.lines.length > MAX_LINES) entry.lines.shift();
      this.#draw(entry);
    };
    socket.onopen = () => {
      entry.state = "open";
      say("note", `open${socket.protocol ? `, subprotocol ${socket.protocol}` : ""}`);
    };
    socket.onmessage = ({ data }) => say("in", typeof data === "string" ? data : "(binary)");
    socket.onclose = ({ code, reason, wasClean }) => {
      const was = entry.state;
      entry.state = "closed";
      say("note", was === "connecting" ? "refused: the timeline has the handshake and its status" : `closed with ${code}${reason ? ` ${reason}` : ""}${wasClean ? "" : ", not cleanly"}`);
    };
    this.#sockets.push(entry);
    this.#current = entry;
    this.#draw();
    this.message.focus();
  }

  #send() {
    const text = this.message.value;
    const entry = this.#current;
    if (!entry || entry.state !== "open") return toast("Open a connection first", true);
    if (!text) return toast("Write a message first", true);
    entry.socket.send(text);
    entry.lines.push({ at: Date.now(), kind: "out", text });
    this.#history = [...this.#history.filter((other) => other !== text), text].slice(-MAX_HISTORY);
    this.#at = this.#history.length;
    writeHistory(this.#history);
    this.message.select();
    this.#draw(entry);
  }

  #draw(entry = this.#current) {
    fill(this.list, this.#sockets.map((each) => el("li", {},
      el("button.socket", { type: "button", "aria-pressed": String(each === this.#current), "data-state": each.state, onclick: () => { this.#current = each; this.#draw(); } },
        el(`i.dot.${hue(each.name)}`), each.name, el("span.state", {}, each.state)),
      each.state === "closed" ? el("button.quiet", { type: "button", "aria-label": `Forget ${each.name}`, onclick: () => this.#forget(each) }, "×") : null)));
    const isOpen = this.#current?.state === "open";
    this.send.disabled = !isOpen;
    this.close.disabled = !isOpen;
    if (entry !== this.#current) return;
    const follows = this.log.scrollTop + this.log.clientHeight >= this.log.scrollHeight - 30;
    fill(this.log, this.#current ? this.#current.lines.map(({ at, kind, text }) => el(`li.${kind}`, {}, el("time", {}, time(at)), el("span.arrow", { "aria-label": { in: "received", out: "sent", note: "" }[kind] }, { in: "←", out: "→", note: "·" }[kind]), el("span.text", {}, text))) : el("li.note", {}, el("span.text", {}, "No connection is open.")));
    if (follows) this.log.scrollTop = this.log.scrollHeight;
  }

  #forget(entry) {
    this.#sockets = this.#sockets.filter((other) => other !== entry);
    if (this.#current === entry) this.#current = this.#sockets.at(-1) ?? null;
    this.#draw();
  }
}

/** What was sent in this tab; another tab, or tomorrow, begins anew. */
function readHistory() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(HISTORY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((text) => typeof text === "string") : [];
  } catch {
    return [];
  }
}

function writeHistory(history) {
  try { sessionStorage.setItem(HISTORY, JSON.stringify(history)); } catch { /* it is a convenience */ }
}
