// Who is connected, once a second while it is looked at.

import { $, ago, el, fill, fullTime, hue, number, setText, toast } from "./dom.js";
import { ApiError, get, post } from "./api.js";
import { Grid } from "./grid.js";
import { KINDS } from "./store.js";
import { textOf } from "./timeline.js";

const EVERY = 1_000;
const RECENT = 30;

const COLUMNS = [
  { name: "id", title: "Connection" },
  { name: "principal", title: "Principal" },
  { name: "ip", title: "Address" },
  { name: "agent", title: "User agent" },
  { name: "age", title: "Open for" },
  { name: "active", title: "Last message" },
  { name: "received", title: "In" },
  { name: "sent", title: "Out" },
];

export class Connections {
  #timer = null;
  #now = 0;
  #shown = null;

  constructor(store, { onMessages }) {
    Object.assign(this, { store, onMessages });
    this.root = $("connections-detail");
    this.grid = new Grid({
      root: $("connections-grid"),
      label: "Open connections",
      columns: COLUMNS,
      heights: { wide: 28, narrow: 52 },
      key: (connection) => connection.id,
      paint: (cells, connection) => this.#paint(cells, connection),
      onSelect: (connection, byKey) => this.#show(connection, byKey),
    });
    $("connections-filter").addEventListener("submit", (event) => event.preventDefault());
    $("connections-search").addEventListener("input", () => this.refresh());
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.#close());
    store.addEventListener("change", () => this.#shown && !this.root.hidden && this.#messages());
  }

  /** Looks as long as it is seen. */
  enter() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.refresh(), EVERY);
    return this.refresh();
  }

  leave() {
    clearInterval(this.#timer);
  }

  async refresh() {
    const search = $("connections-search").value;
    let answer;
    try {
      answer = await get(`connections?search=${encodeURIComponent(search)}`);
    } catch {
      return; // The head of the page says that the gateway does not answer.
    }
    if (search !== $("connections-search").value) return;
    const { open, found, connections } = answer;
    this.#now = Date.now();
    this.grid.set(connections);
    const shown = connections.length < found ? `${number(connections.length)} newest of ${number(found)}` : number(found);
    setText($("connections-count"), search ? `${shown} found, ${number(open)} open` : `${shown} open`);
    const empty = $("connections-empty");
    empty.hidden = connections.length > 0;
    if (!empty.hidden) fill(empty, el("p", {}, search ? "No connection matches." : "Nobody is connected."));
    if (this.#shown) this.#facts(connections.find(({ id }) => id === this.#shown.id));
  }

  #paint(cells, connection) {
    if (cells.id.dataset.id !== connection.id) {
      cells.id.dataset.id = connection.id;
      fill(cells.id, el(`i.dot.${hue(connection.id)}`), el("span.id", {}, connection.id));
    }
    setText(cells.principal, connection.principal ?? "");
    setText(cells.ip, connection.sourceIp);
    setText(cells.agent, connection.userAgent ?? "");
    setText(cells.age, ago(this.#now - connection.connectedAt));
    setText(cells.active, ago(this.#now - connection.lastActiveAt));
    setText(cells.received, number(connection.received));
    setText(cells.sent, number(connection.sent));
  }

  #close() {
    this.#shown = null;
    this.root.hidden = true;
    this.root.parentElement.classList.remove("open");
    this.grid.select(null);
    this.grid.root.focus();
  }

  #show(connection, byKey) {
    this.#shown = connection;
    this.root.hidden = false;
    this.root.parentElement.classList.add("open");
    this.facts = el("dl.facts");
    this.messages = el("ol.recent");
    this.buttons = {
      messages: el("button", { type: "button", onclick: () => this.onMessages(this.#shown.id) }, "Show its messages"),
      disconnect: el("button.danger", { type: "button", onclick: () => this.#disconnect() }, "Disconnect"),
    };
    const title = el("h3", { tabindex: -1 }, el(`i.dot.${hue(connection.id)}`), el("code", {}, connection.id));
    fill(this.root,
      el("div.detail-head", {}, title, el("button.quiet", { type: "button", "aria-label": "Close the details", onclick: () => this.#close() }, "×")),
      this.facts,
      el("div.actions", {}, this.buttons.messages, this.buttons.disconnect),
      el("details", { open: true }, el("summary", {}, "Last messages"), this.messages));
    this.#facts(connection);
    this.#messages();
    if (byKey) title.focus();
  }

  #facts(connection) {
    const known = connection ?? this.#shown;
    this.#shown = known;
    this.buttons.disconnect.disabled = !connection;
    const add = (name, value) => value && el("div", {}, el("dt", {}, name), el("dd", {}, value));
    fill(this.facts,
      add("State", connection ? "open" : "closed"),
      add("Principal", known.principal),
      add("Address", known.sourceIp),
      add("User agent", known.userAgent ?? "none sent"),
      add("Connected", fullTime(known.connectedAt)),
      add("Messages", `${number(known.received)} in, ${number(known.sent)} out`));
  }

  #messages() {
    const rows = this.store.of(this.#shown.id, RECENT);
    fill(this.messages, rows.length ? rows.map((row) => {
      const { label, direction } = KINDS[row.kind];
      return el("li", { "data-failed": row.failed ?? false }, el("span.cell.kind", { "data-direction": direction ?? "" }, label), el("span.text", {}, textOf(row) || row.status || ""));
    }) : el("li.hint", {}, "None are remembered."));
  }

  async #disconnect() {
    try {
      await post(`connections/${encodeURIComponent(this.#shown.id)}/disconnect`);
      toast("Disconnected, as by @connections");
    } catch (error) {
      toast(error instanceof ApiError && error.status === 410 ? "It has ended already" : error.message, true);
    }
    await this.refresh();
  }
}
