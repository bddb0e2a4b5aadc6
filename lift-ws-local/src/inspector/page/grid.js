// A list of any length: only the rows in sight are elements. Keys move the selection, the grid itself has the focus.

import { el } from "./dom.js";

const SPARE = 6;
let grids = 0;

export class Grid {
  items = [];
  /** Whether the end stays in sight as rows come. */
  follows = false;
  #rows = [];
  #selected = null;
  #frame = 0;
  #pressed;
  #holds = false;
  #id = `grid${grids += 1}`;

  /**
   * @param columns `{name, title, hidden}`; a cell gets the class `name`
   * @param paint fills the cells of a row: `paint(cells, item, row)`
   * @param onSelect is called with the item that the person opens
   */
  constructor({ root, label, columns, heights, key, paint, onSelect, onScroll }) {
    Object.assign(this, { root, columns, heights, key, paint, onSelect, onScroll });
    const titles = columns.map(({ name, title }) => el(`div.cell.${name}`, { role: "columnheader" }, title));
    this.head = el("div.row.head", { role: "row", "aria-rowindex": 1 }, titles);
    this.body = el("div.rows", { role: "rowgroup" });
    root.setAttribute("role", "grid");
    root.setAttribute("tabindex", "0");
    root.setAttribute("aria-label", label);
    root.setAttribute("aria-colcount", columns.length);
    root.append(el("div.heads", { role: "rowgroup" }, this.head), this.body);
    root.addEventListener("scroll", () => {
      this.follows = this.isAtEnd();
      this.onScroll?.();
      this.draw();
    }, { passive: true });
    root.addEventListener("keydown", (event) => this.#key(event));
    this.#listenToPointer();
    new ResizeObserver(() => this.draw()).observe(root);
    this.narrow = matchMedia("(max-width: 720px)");
    this.narrow.addEventListener("change", () => this.draw());
  }

  get height() { return this.narrow.matches ? this.heights.narrow : this.heights.wide; }
  get selected() { return this.#selected; }

  /** Rows may move between press and release; what was pressed is meant, and nothing moves until then. */
  #listenToPointer() {
    const itemAt = (event) => this.items[Number(event.target.closest(".row")?.dataset.at)];
    this.body.addEventListener("pointerdown", (event) => {
      this.#pressed = event.button === 0 ? itemAt(event) : undefined;
      this.#holds = true;
    });
    for (const end of ["pointerup", "pointercancel"]) {
      addEventListener(end, () => {
        if (!this.#holds) return;
        this.#holds = false;
        this.draw();
      });
    }
    this.body.addEventListener("click", (event) => {
      const item = this.#pressed ?? itemAt(event);
      this.#pressed = undefined;
      if (!item) return;
      // What is being read does not run away.
      this.follows = false;
      this.select(item, true);
    });
  }

  isAtEnd() {
    return this.root.scrollTop + this.root.clientHeight >= this.root.scrollHeight - 2 * this.height;
  }

  set(items) {
    this.items = items;
    this.draw();
  }

  /** Once per frame, however often it is asked for. */
  draw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  toEnd() {
    this.follows = true;
    this.draw();
  }

  #draw() {
    const { root, body, items, height } = this;
    if (root.clientHeight === 0 || this.#holds) return;
    body.style.height = `${items.length * height}px`;
    root.setAttribute("aria-rowcount", items.length + 1);
    if (this.follows) root.scrollTop = root.scrollHeight;
    const top = Math.max(0, root.scrollTop - this.head.offsetHeight);
    const first = Math.max(0, Math.floor(top / height) - SPARE);
    const count = Math.min(items.length - first, Math.ceil(root.clientHeight / height) + 2 * SPARE);
    while (this.#rows.length < count) this.#rows.push(this.#newRow());
    this.#rows.forEach((row, n) => this.#fillRow(row, n < count ? first + n : -1));
    const selected = this.#rows.find((row) => row.element.getAttribute("aria-selected") === "true");
    if (selected) root.setAttribute("aria-activedescendant", selected.element.id);
    else root.removeAttribute("aria-activedescendant");
  }

  #newRow() {
    const cells = {};
    const children = this.columns.map(({ name }) => (cells[name] = el(`div.cell.${name}`, { role: "gridcell" })));
    const element = el("div.row", { role: "row", id: `${this.#id}-${this.#rows.length}` }, children);
    this.body.append(element);
    return { element, cells };
  }

  #fillRow({ element, cells }, at) {
    const item = this.items[at];
    element.hidden = !item;
    if (!item) {
      element.setAttribute("aria-selected", "false");
      return;
    }
    element.style.transform = `translateY(${at * this.height}px)`;
    element.dataset.at = at;
    element.setAttribute("aria-rowindex", at + 2);
    element.setAttribute("aria-selected", String(this.key(item) === this.#selected));
    this.paint(cells, item, element);
  }

  indexOfSelected() {
    return this.#selected === null ? -1 : this.items.findIndex((item) => this.key(item) === this.#selected);
  }

  select(item, open = false) {
    this.#selected = item ? this.key(item) : null;
    this.draw();
    if (item && open) this.onSelect?.(item);
  }

  #reveal(at) {
    const { root, height } = this;
    const top = at * height;
    const room = root.clientHeight - this.head.offsetHeight;
    if (top < root.scrollTop) root.scrollTop = top;
    else if (top + height > root.scrollTop + room) root.scrollTop = top + height - room;
  }

  #key(event) {
    if (event.target !== this.root || event.ctrlKey || event.metaKey || event.altKey) return;
    const { items } = this;
    const at = this.indexOfSelected();
    const page = Math.max(1, Math.floor(this.root.clientHeight / this.height) - 2);
    const steps = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: items.length - 1 };
    if (event.key === "Enter" || event.key === " ") {
      if (at >= 0) this.onSelect?.(items[at], true);
    } else if (event.key in steps && items.length) {
      const to = Math.min(items.length - 1, Math.max(0, steps[event.key]));
      this.select(items[to]);
      this.#reveal(to);
    } else {
      return;
    }
    event.preventDefault();
  }
}
