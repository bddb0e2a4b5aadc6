// The items of the embedded DynamoDB, page by page.

import { $, copy, el, fill, number, setText, toast } from "./dom.js";
import { get, post } from "./api.js";
import { Grid } from "./grid.js";
import { json } from "./json.js";

export class Tables {
  #tables = [];
  #items = [];
  #next = null;
  #asked = null;

  constructor() {
    this.root = $("tables-detail");
    $("tables-bar").addEventListener("submit", (event) => {
      event.preventDefault();
      this.refresh();
    });
    $("table").addEventListener("change", () => this.#load());
    $("table-more").addEventListener("click", () => this.#page());
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.#close());
  }

  enter() {
    return this.#tables.length ? undefined : this.refresh();
  }

  leave() {}

  async refresh() {
    try {
      ({ tables: this.#tables } = await get("tables"));
    } catch (error) {
      toast(error.message, true);
      return;
    }
    const chosen = $("table").value;
    fill($("table"), this.#tables.map(({ TableName: name }) => el("option", { value: name }, name)));
    if (this.#tables.some(({ TableName: name }) => name === chosen)) $("table").value = chosen;
    const empty = $("tables-empty");
    empty.hidden = this.#tables.length > 0;
    if (!empty.hidden) fill(empty, el("p", {}, "The program has no tables."));
    else await this.#load();
  }

  get #table() {
    return this.#tables.find(({ TableName: name }) => name === $("table").value);
  }

  async #load() {
    this.#items = [];
    this.#next = null;
    this.#close(false);
    const keys = this.#table.KeySchema.map(({ AttributeName: name }) => name);
    const indexes = this.#table.GlobalSecondaryIndexes?.length ?? 0;
    setText($("table-about"), `key ${keys.join(" + ")}${indexes ? ` · ${indexes} index${indexes > 1 ? "es" : ""}` : ""}`);
    $("tables-grid").replaceChildren();
    this.keys = keys;
    this.grid = new Grid({
      root: freshGrid(),
      label: `Items of ${this.#table.TableName}`,
      columns: [...keys.map((name, n) => ({ name: `key${n}`, title: name })), { name: "rest", title: "Attributes" }],
      heights: { wide: 28, narrow: 52 },
      key: (item) => JSON.stringify(keys.map((name) => item[name])),
      paint: (cells, item) => this.#paint(cells, item),
      onSelect: (item, byKey) => this.#show(item, byKey),
    });
    await this.#page();
  }

  async #page() {
    // By the time of the answer another table may be chosen, or this page be asked for again.
    const asked = (this.#asked = Symbol());
    let page;
    try {
      page = await post(`tables/${encodeURIComponent(this.#table.TableName)}/scan`, { limit: 100, start: this.#next });
    } catch (error) {
      if (asked === this.#asked) toast(error.message, true);
      return;
    }
    if (asked !== this.#asked) return;
    this.#items = [...this.#items, ...(page.Items ?? [])];
    this.#next = page.LastEvaluatedKey ?? null;
    $("table-more").hidden = !this.#next;
    setText($("table-count"), `${number(this.#items.length)} item${this.#items.length === 1 ? "" : "s"}${this.#next ? ", more to come" : ""}`);
    const empty = $("tables-empty");
    empty.hidden = this.#items.length > 0;
    if (!empty.hidden) fill(empty, el("p", {}, "The table is empty."), el("p.hint", {}, "Refresh reads it again."));
    this.grid.set(this.#items);
  }

  #paint(cells, item) {
    this.keys.forEach((name, n) => setText(cells[`key${n}`], short(item[name])));
    const rest = Object.entries(item).filter(([name]) => !this.keys.includes(name)).sort(([a], [b]) => a.localeCompare(b));
    setText(cells.rest, rest.map(([name, value]) => `${name}: ${short(value)}`).join("  ·  "));
  }

  #show(item, byKey) {
    this.root.hidden = false;
    this.root.parentElement.classList.add("open");
    const title = el("h3", { tabindex: -1 }, "Item");
    const sorted = Object.fromEntries(Object.entries(item).sort(([a], [b]) => a.localeCompare(b)));
    fill(this.root,
      el("div.detail-head", {}, title, el("button.quiet", { type: "button", "aria-label": "Close the details", onclick: () => this.#close() }, "×")),
      el("dl.facts", {}, this.keys.map((name) => el("div", {}, el("dt", {}, name), el("dd", {}, el("code", {}, short(item[name])))))),
      el("div.actions", {}, el("button", { type: "button", onclick: () => copy(JSON.stringify(sorted, null, 2), "Item") }, "Copy item")),
      el("details", { open: true }, el("summary", {}, "Attributes"), json(plain({ M: sorted }))),
      el("details", {}, el("summary", {}, "As DynamoDB has it"), json(sorted)));
    if (byKey) title.focus();
  }

  #close(refocus = true) {
    this.root.hidden = true;
    this.root.parentElement.classList.remove("open");
    this.grid?.select(null);
    if (refocus) this.grid?.root.focus();
  }
}

/** A grid's element keeps its listeners, so another table gets another. */
function freshGrid() {
  const old = $("tables-grid");
  const fresh = el("div.grid.items", { id: "tables-grid" });
  old.replaceWith(fresh);
  return fresh;
}

/** An attribute value without its types. */
export function plain(value) {
  const [[type, inner]] = Object.entries(value ?? { NULL: true });
  switch (type) {
    case "M": return Object.fromEntries(Object.entries(inner).map(([name, each]) => [name, plain(each)]));
    case "L": return inner.map(plain);
    case "NULL": return null;
    // Beyond 53 bits the text is exact, and the number is not.
    case "N": return Number.isSafeInteger(Number(inner)) || inner.includes(".") ? Number(inner) : inner;
    default: return inner;
  }
}

function short(value) {
  if (!value) return "";
  const shown = plain(value);
  return typeof shown === "object" ? JSON.stringify(shown) : String(shown);
}
