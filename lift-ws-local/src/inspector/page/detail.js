// One entry as a whole: what came, what the function said, what it wrote.

import { copy, duration, el, fill, fullTime, hue, number, time, toast } from "./dom.js";
import { get, post } from "./api.js";
import { json, pretty, query } from "./json.js";
import { KINDS } from "./store.js";

const REPLAYABLE = new Set(["message", "connect", "disconnect", "authorizer", "batch"]);

export class Detail {
  row = null;
  #asked = null;

  constructor(root, store, { onClose, onConnection, onEntry }) {
    Object.assign(this, { root, store, onClose, onConnection, onEntry });
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        this.close();
        onClose();
      }
    });
  }

  close() {
    this.row = null;
    this.root.hidden = true;
    this.root.parentElement.classList.remove("open");
    fill(this.root);
  }

  /** `focus`, if it was opened by a key. */
  async show(row, focus = false) {
    this.row = row;
    this.root.hidden = false;
    this.root.parentElement.classList.add("open");
    await this.refresh(row);
    if (focus) this.root.querySelector("h3")?.focus();
  }

  async refresh(row) {
    const asked = (this.#asked = Symbol(row.id));
    let detail = null;
    let problem = null;
    try {
      detail = await get(`entries/${row.id}`);
    } catch (error) {
      problem = error.message;
    }
    if (asked !== this.#asked || this.row?.id !== row.id) return;
    this.row = row;
    this.#draw(row, detail, problem);
  }

  #draw(row, detail, problem) {
    const scrolled = this.root.scrollTop;
    const hadFocus = this.root.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    const { label, direction } = KINDS[row.kind] ?? { label: row.kind };
    fill(this.root,
      el("div.detail-head", {},
        el("h3", { tabindex: -1, "data-name": "title" }, el("span.cell.kind", { "data-direction": direction ?? "" }, label),
          row.route && row.route !== label ? el("code", {}, row.route) : null,
          row.status ? el(`span.outcome${row.failed ? ".failed" : ""}`, {}, row.status) : null),
        el("button.quiet", { type: "button", "aria-label": "Close the details", "data-name": "close", onclick: () => { this.close(); this.onClose(); } }, "×")),
      row.problem ? el("p.problem", {}, row.problem) : null,
      this.#facts(row, detail),
      this.#actions(row, detail),
      problem ? el("p.problem", {}, `${problem}`) : this.#sections(row, detail));
    this.root.scrollTop = scrolled;
    if (hadFocus) this.root.querySelector(`[data-name="${hadFocus}"]`)?.focus();
  }

  #facts(row, detail) {
    const facts = el("dl.facts");
    const add = (name, ...value) => facts.append(el("div", {}, el("dt", {}, name), el("dd", {}, ...value)));
    add("Time", el("span", { title: fullTime(row.at) }, time(row.at)));
    if (row.connection) {
      add("Connection", el(`i.dot.${hue(row.connection)}`), el("button.link", { type: "button", "data-name": "connection", title: "Show only this connection", onclick: () => this.onConnection(row.connection) }, row.connection));
    }
    if (row.environment) add("Environment", String(row.environment));
    if (row.waited !== undefined && !row.open) add("Waited", duration(row.waited));
    if (row.took !== undefined) add("At work", duration(row.took));
    if (row.open) add("State", row.environment ? "the function is at work" : "waits for an environment");
    if (detail?.requestId) add("Request", el("code", {}, detail.requestId));
    if (row.replayOf) add("Replay of", this.#entryLink(row.replayOf));
    if (row.replyTo) add("Answers", this.#entryLink(row.replyTo));
    return facts;
  }

  #entryLink(id) {
    return el("button.link", { type: "button", "data-name": `entry-${id}`, onclick: () => this.onEntry(id) }, `entry ${id}`);
  }

  #actions(row, detail) {
    const actions = el("div.actions");
    const button = (name, label, title, onclick) => actions.append(el("button", { type: "button", "data-name": name, title, onclick }, label));
    if (REPLAYABLE.has(row.kind) && detail?.event) {
      button("replay", "Replay", "Give the function the same event again; no client hears of it", () => this.#replay(row));
    }
    if (REPLAYABLE.has(row.kind) && !detail?.textLeftOut) {
      button("test", "Copy as test", "A test in Rust that does the same; what is called a secret in query, headers and JSON is left out", () => this.#copyTest(row));
    }
    if (detail?.event) button("copy", "Copy event", "The event's JSON, as the function got it", () => copy(JSON.stringify(detail.event, null, 2), "Event"));
    return actions.childElementCount ? actions : null;
  }

  async #replay(row) {
    try {
      const { id } = await post(`entries/${row.id}/replay`);
      toast(`Replayed as entry ${id}`);
      // It comes with the next batch of changes.
      const opened = () => {
        if (!this.store.row(id)) return;
        this.store.removeEventListener("change", opened);
        this.onEntry(id);
      };
      this.store.addEventListener("change", opened);
    } catch (error) {
      toast(error.message, true);
    }
  }

  async #copyTest(row) {
    try {
      await copy(await get(`entries/${row.id}/test`), "Test");
    } catch (error) {
      toast(error.message, true);
    }
  }

  #sections(row, detail) {
    if (!detail) return [];
    const { event, returned, text, textLeftOut, target, lines, linesLeftOut } = detail;
    const sections = [];
    const add = (title, ...content) => sections.push(el("details", { open: true }, el("summary", {}, title), ...content));
    if (target) add("Asked for", el("pre.json", { tabindex: 0 }, ...query(target)));
    if (typeof event?.body === "string") add("Message", pretty(event.body));
    if (text) add("Text", pretty(text), textLeftOut ? el("p.hint", {}, `${number(textLeftOut)} more bytes were not kept, as nobody was looking.`) : null);
    if (returned !== undefined) this.#returned(add, row, returned);
    if (lines.length || linesLeftOut) add(`Log · ${number(lines.length + linesLeftOut)}`, log(lines, linesLeftOut));
    if (event) {
      add("Event", json(event));
      // The message stands above already.
      if (typeof event.body === "string") sections.at(-1).open = false;
    }
    return sections;
  }

  #returned(add, row, returned) {
    const body = returned?.body;
    if (row.kind !== "refused" && typeof body === "string") add("Reply", pretty(body));
    add(row.kind === "refused" ? "Answer" : "Returned by the function", typeof returned === "string" ? pretty(returned) : json(returned));
  }
}

function log(lines, leftOut) {
  const list = el("ol.log", { tabindex: 0, "aria-label": "Log lines" }, lines.map((line) =>
    el(`li.${line.stream}`, { title: line.at ? `${time(line.at)} ${line.stream}` : line.stream }, line.text)));
  return leftOut ? [list, el("p.hint", {}, `${number(leftOut)} more lines were not kept.`)] : [list];
}
