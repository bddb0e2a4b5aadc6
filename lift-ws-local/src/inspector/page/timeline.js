// What happens, row by row.

import { $, announce, duration, el, fill, hue, number, setText, time } from "./dom.js";
import { Grid } from "./grid.js";
import { KINDS } from "./store.js";
import { Detail } from "./detail.js";

const COLUMNS = [
  { name: "time", title: "Time" },
  { name: "kind", title: "What" },
  { name: "who", title: "Connection" },
  { name: "route", title: "Route" },
  { name: "text", title: "Text" },
  { name: "status", title: "Outcome" },
  { name: "took", title: "Duration" },
];

export class Timeline {
  constructor(store) {
    this.store = store;
    this.detail = new Detail($("timeline-detail"), store, {
      onClose: () => {
        this.grid.select(null);
        this.grid.follows = this.grid.isAtEnd();
        this.grid.root.focus();
      },
      onConnection: (id) => this.only(id),
      onEntry: (id) => this.open(id),
    });
    this.grid = new Grid({
      root: $("timeline-grid"),
      label: "Timeline of events",
      columns: COLUMNS,
      heights: { wide: 28, narrow: 52 },
      key: (row) => row.id,
      paint,
      onSelect: (row, byKey) => this.detail.show(row, byKey),
      onScroll: () => this.#jump(),
    });
    this.grid.follows = true;
    this.#listen();
    store.addEventListener("change", (event) => this.#changed(event.detail));
  }

  #listen() {
    const { store } = this;
    $("timeline-filter").addEventListener("submit", (event) => event.preventDefault());
    $("search").addEventListener("input", () => store.setFilter({ text: $("search").value }));
    $("route").addEventListener("change", () => store.setFilter({ route: $("route").value }));
    $("group").addEventListener("change", () => store.setFilter({ group: $("group").value }));
    $("errors").addEventListener("change", () => store.setFilter({ errors: $("errors").checked }));
    $("only").addEventListener("click", () => this.only(""));
    $("clear").addEventListener("click", () => {
      store.clear();
      this.detail.close();
    });
    $("pause").addEventListener("click", () => {
      store.pause(!store.paused);
      $("pause").setAttribute("aria-pressed", String(store.paused));
    });
    $("jump").addEventListener("click", () => {
      this.grid.toEnd();
      $("jump").hidden = true;
    });
  }

  /** Rows of this connection alone; all, if it is empty. */
  only(connection) {
    const chip = $("only");
    chip.hidden = !connection;
    if (connection) fill(chip, el(`i.dot.${hue(connection)}`), connection, el("span.cross", { "aria-label": "show all connections" }, "×"));
    this.store.setFilter({ connection });
  }

  open(id) {
    const row = this.store.row(id);
    if (row) this.grid.select(row, true);
  }

  #changed(entries) {
    const { store } = this;
    this.grid.set(store.visible);
    this.#options();
    this.#count();
    this.#empty();
    this.#jump(entries.length);
    const current = this.detail.row;
    if (current && entries.some((entry) => entry.id === current.id)) this.detail.refresh(store.row(current.id) ?? current);
    if (entries.length && !store.paused) {
      const failed = entries.filter((entry) => entry.failed).length;
      announce(`${number(entries.length)} new entries${failed ? `, ${number(failed)} of them failed` : ""}`);
    }
  }

  #options() {
    const select = $("route");
    if (select.options.length - 1 === this.store.routes.size) return;
    const chosen = select.value;
    const routes = [...this.store.routes].sort();
    fill(select, el("option", { value: "" }, "All routes"), routes.map((route) => el("option", { value: route }, route)));
    select.value = chosen;
  }

  #count() {
    const { store } = this;
    const shown = store.isFiltered ? `${number(store.visible.length)} of ${number(store.rows.length)}` : number(store.rows.length);
    const more = [];
    if (store.paused) more.push(`${number(store.held)} held back`);
    if (store.missed) more.push(`${number(store.missed)} not shown`);
    setText($("count"), [shown, ...more].join(" · "));
    $("count").title = store.missed ? "More came than a page can show, or than the gateway keeps" : "";
    setText($("pause"), store.paused ? "Resume" : "Pause");
  }

  #empty() {
    const { store } = this;
    const box = $("timeline-empty");
    box.hidden = store.visible.length > 0;
    if (box.hidden) return;
    if (store.rows.length) fill(box, el("p", {}, "Nothing of this kind is here."));
    else fill(box, el("p", {}, "Nothing has happened yet."), el("p.hint", {}, "Open a connection from your client, or in the Console tab."));
  }

  #jump(more = 0) {
    const button = $("jump");
    const away = !this.grid.follows && this.grid.items.length > 0 && !this.grid.isAtEnd();
    if (!away) button.hidden = true;
    else if (more) {
      button.hidden = false;
      setText(button, "Newest ↓");
    }
  }
}

function paint(cells, row, element) {
  const { label, direction, group } = KINDS[row.kind] ?? { label: row.kind };
  element.dataset.kind = group;
  element.dataset.failed = row.failed ?? false;
  element.dataset.open = row.open ?? false;
  setText(cells.time, time(row.at));
  cells.kind.dataset.direction = direction ?? "";
  setText(cells.kind, row.replayOf ? "replay" : label);
  paintWho(cells.who, row);
  setText(cells.route, row.route && row.route !== label ? row.route : "");
  setText(cells.text, textOf(row));
  setText(cells.status, row.open ? "…" : row.status ?? "");
  paintDuration(cells.took, row);
}

export function textOf(row) {
  const cut = row.whole ? " …" : "";
  const said = row.text ? oneLine(row.text) + cut : "";
  return row.problem && !said ? row.problem : said;
}

function oneLine(text) {
  return text.replace(/\s*\n\s*/g, " ⏎ ");
}

function paintWho(cell, row) {
  const who = row.connection ?? (row.environment ? `env ${row.environment}` : "");
  if (cell.dataset.who === who) return;
  cell.dataset.who = who;
  if (row.connection) fill(cell, el(`i.dot.${hue(row.connection)}`), el("span.id", {}, row.connection));
  else fill(cell, who);
}

const LEAST = 100;
const MOST = 30_000_000;

/** On a scale of powers of ten, from 0.1 ms to 30 s. */
function share(micros) {
  if (!micros) return 0;
  return Math.min(1, Math.max(0.04, Math.log10(micros / LEAST) / Math.log10(MOST / LEAST)));
}

function paintDuration(cell, row) {
  const all = row.took === undefined ? undefined : row.took + (row.waited ?? 0);
  const key = `${all}/${row.waited}`;
  if (cell.dataset.bar === key) return;
  cell.dataset.bar = key;
  if (all === undefined) return fill(cell);
  const waited = row.waited > 1_000 ? share(all) * (row.waited / Math.max(1, all)) : 0;
  const bars = el("span.bars", { "aria-hidden": "true" }, el("i.waited"), el("i.worked"));
  bars.firstChild.style.width = `${waited * 100}%`;
  bars.lastChild.style.width = `${(share(all) - waited) * 100}%`;
  fill(cell, el("span.value", {}, duration(all)), bars);
  cell.title = row.waited > 1_000 ? `${duration(row.waited)} waiting for an environment, ${duration(row.took)} at work` : "";
}
