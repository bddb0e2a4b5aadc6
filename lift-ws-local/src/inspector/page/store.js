// What has happened, as rows: kept in order of their numbers, bounded, filtered.

const MAX_ROWS = 20_000;

/** What the kinds of rows are about. */
export const KINDS = {
  message: { label: "message", group: "messages", direction: "in" },
  sent: { label: "frame", group: "messages", direction: "out" },
  post: { label: "post", group: "messages", direction: "out" },
  get: { label: "lookup", group: "lifecycle" },
  delete: { label: "disconnect", group: "lifecycle" },
  authorizer: { label: "authorizer", group: "lifecycle" },
  connect: { label: "$connect", group: "lifecycle" },
  disconnect: { label: "$disconnect", group: "lifecycle" },
  opened: { label: "opened", group: "lifecycle" },
  closed: { label: "closed", group: "lifecycle" },
  refused: { label: "refused", group: "lifecycle" },
  batch: { label: "batch", group: "queue" },
  environment: { label: "environment", group: "environments" },
  output: { label: "output", group: "environments" },
  note: { label: "note", group: "environments" },
};

export class Store extends EventTarget {
  rows = [];
  visible = [];
  /** Rows that were too many to be sent, or are gone. */
  missed = 0;
  routes = new Set();
  filter = { text: "", connection: "", route: "", group: "", errors: false };
  #byId = new Map();
  #floor = 0;
  #paused = null;

  get paused() { return this.#paused !== null; }
  /** How much has come since it was paused. */
  get held() { return this.#paused?.reduce((sum, changes) => sum + changes.entries.length, 0) ?? 0; }

  take(changes) {
    if (this.#paused && !changes.reset) {
      this.#paused.push(changes);
      // What is held is bounded like all else: the oldest is given up.
      while (this.held > MAX_ROWS) this.missed += this.#paused.shift().entries.length;
    } else {
      this.#add(changes);
      this.#refilter();
    }
    this.#tell(changes.entries);
  }

  pause(on) {
    if (on === this.paused) return;
    const held = this.#paused ?? [];
    this.#paused = on ? [] : null;
    for (const changes of held) this.#add(changes);
    this.#refilter();
    this.#tell([]);
  }

  clear() {
    this.#floor = this.rows.at(-1)?.id ?? this.#floor;
    if (this.#paused) this.#paused = [];
    this.rows = [];
    this.#byId.clear();
    this.missed = 0;
    this.#refilter();
    this.#tell([]);
  }

  setFilter(filter) {
    Object.assign(this.filter, filter);
    this.#refilter();
    this.#tell([]);
  }

  get isFiltered() {
    const { text, connection, route, group, errors } = this.filter;
    return Boolean(text || connection || route || group || errors);
  }

  row(id) { return this.#byId.get(id); }

  of(connection, limit) {
    const found = [];
    for (let at = this.rows.length - 1; at >= 0 && found.length < limit; at -= 1) {
      if (this.rows[at].connection === connection) found.push(this.rows[at]);
    }
    return found.reverse();
  }

  #add({ entries, reset, missed }) {
    if (reset) {
      this.rows = [];
      this.#byId.clear();
      this.#floor = 0;
      this.missed = 0;
    }
    this.missed += missed;
    let inOrder = true;
    for (const row of entries) {
      if (row.id <= this.#floor) continue;
      row.haystack = [row.text, row.route, row.connection, row.problem, row.kind, row.status].join("\n").toLowerCase();
      if (row.route && row.kind !== "batch") this.routes.add(row.route);
      const known = this.#byId.get(row.id);
      if (known) {
        Object.assign(known, { open: false }, row);
        continue;
      }
      inOrder &&= row.id > (this.rows.at(-1)?.id ?? 0);
      this.rows.push(row);
      this.#byId.set(row.id, row);
    }
    if (!inOrder) this.rows.sort((a, b) => a.id - b.id);
    if (this.rows.length > MAX_ROWS) {
      for (const row of this.rows.splice(0, this.rows.length - MAX_ROWS)) this.#byId.delete(row.id);
    }
  }

  #refilter() {
    const { text, connection, route, group, errors } = this.filter;
    if (!this.isFiltered) {
      this.visible = this.rows;
      return;
    }
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.visible = this.rows.filter((row) =>
      (!errors || row.failed) &&
      (!connection || row.connection === connection) &&
      (!route || row.route === route) &&
      (!group || KINDS[row.kind]?.group === group) &&
      words.every((word) => row.haystack.includes(word)));
  }

  #tell(entries) {
    this.dispatchEvent(new CustomEvent("change", { detail: entries }));
  }
}
