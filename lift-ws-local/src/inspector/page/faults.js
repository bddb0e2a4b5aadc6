// What goes wrong when it is asked for.

import { $, el, fill, number, toast } from "./dom.js";
import { get, post, remove } from "./api.js";

const EVERY = 1_500;
/** How much older a button makes all connections, and why one would. */
const JUMPS = [
  ["1m", "1 minute"],
  ["10m", "10 minutes: the idle limit"],
  ["2h", "2 hours: the limit of a connection"],
];

export class Faults {
  #timer = null;
  #environments = [];
  #kinds = [];

  constructor() {
    this.active = el("tbody");
    this.table = el("table.rules", {},
      el("caption.hidden", {}, "Faults that are on"),
      el("thead", {}, el("tr", {}, ["Fault", "Occasions", "Happened", ""].map((title) => title ? el("th", { scope: "col" }, title) : el("td")))),
      this.active);
    this.none = el("p.hint", {}, "No fault is on: everything that goes wrong now goes wrong by itself.");
    this.seed = el("p.hint");
    this.all = el("button", { type: "button", onclick: () => this.#do(() => remove("faults"), "All faults are off") }, "Turn all off");
    this.rule = el("input", { id: "fault-rule", autocomplete: "off", spellcheck: "false", list: "fault-kinds", placeholder: "slow:200ms:0.5", "aria-describedby": "fault-hint" });
    this.suggestions = el("datalist", { id: "fault-kinds" });
    this.kinds = el("ul.kinds");
    this.processes = el("div.actions");
    fill($("faults"), el("h2.hidden", {}, "Faults"),
      el("div.columns", {},
        el("div.side", {},
          el("section.card", { "aria-labelledby": "faults-on" },
            el("h3", { id: "faults-on" }, "On now"), this.table, this.none, this.seed, el("div.actions", {}, this.all)),
          el("form.card", { onsubmit: (event) => this.#add(event) },
            el("h3", {}, "By rule"),
            el("label", { for: "fault-rule" }, "Rule"), this.rule, this.suggestions,
            el("p.hint", { id: "fault-hint" }, "KIND[:TIME][:HOW-OFTEN][:xCOUNT], as in slow:200ms:0.5, drop-disconnect:every-10 or kill:10%:x3."),
            el("div.actions", {}, el("button.primary", { type: "submit" }, "Turn on"))),
          el("section.card", { "aria-labelledby": "faults-clock" },
            el("h3", { id: "faults-clock" }, "Time"),
            el("p.hint", {}, "All connections become older and idle for longer; those beyond their limits are closed."),
            el("div.actions", {}, JUMPS.map(([jump, label]) => el("button", { type: "button", onclick: () => this.#jump(jump) }, label)))),
          el("section.card", { "aria-labelledby": "faults-processes" },
            el("h3", { id: "faults-processes" }, "Environments"),
            el("p.hint", {}, "Killed at once, whatever they do. The next event gets another one."), this.processes)),
        el("section.card", { "aria-labelledby": "faults-kinds" },
          el("h3", { id: "faults-kinds" }, "What can go wrong"),
          el("p.hint", {}, "Once: at the next occasion and never again. Always: until it is turned off."), this.kinds)));
  }

  /** The numbers of those that run. */
  set environments(ids) {
    if (ids.join() === this.#environments.join()) return;
    this.#environments = ids;
    fill(this.processes, ids.length
      ? ids.map((id) => el("button.danger", { type: "button", onclick: () => this.#do(() => post(`environments/${id}/kill`), `Environment ${id} is killed`) }, `Kill ${id}`))
      : el("p.hint", {}, "None runs."));
  }

  enter() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.refresh(), EVERY);
    return this.refresh();
  }

  leave() {
    clearInterval(this.#timer);
  }

  async refresh() {
    let report;
    try {
      report = await get("faults");
    } catch (error) {
      toast(error.message, true);
      this.leave();
      return;
    }
    this.#drawKinds(report);
    this.#drawActive(report);
  }

  #drawKinds({ kinds, happened }) {
    if (this.#kinds.length !== kinds.length) {
      this.#kinds = kinds;
      fill(this.suggestions, kinds.map(({ fault }) => el("option", { value: fault })));
      this.counts = new Map(kinds.map(({ name }) => [name, el("span.times")]));
      fill(this.kinds, kinds.map(({ name, about, fault }) => el("li", {},
        el("div.kind-name", {}, el("code", {}, fault), this.counts.get(name)),
        el("p", {}, about),
        el("span.pair", {},
          el("button", { type: "button", "aria-label": `Once: ${name}`, onclick: () => this.#turnOn(fault, true) }, "Once"),
          el("button", { type: "button", "aria-label": `Always: ${name}`, onclick: () => this.#turnOn(fault, false) }, "Always")))));
    }
    for (const [name, count] of this.counts) {
      const times = happened[name] ?? 0;
      count.textContent = times ? `happened ${times === 1 ? "once" : `${number(times)} times`}` : "";
    }
  }

  #drawActive({ faults, seed }) {
    this.table.hidden = !faults.length;
    this.none.hidden = Boolean(faults.length);
    this.all.disabled = !faults.length;
    this.seed.textContent = `Seed ${seed}: the same seed and the same order of occasions give the same faults.`;
    const focused = this.active.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    fill(this.active, faults.map(({ id, fault, occasions, happened }) => el("tr", {},
      el("td", {}, el("code", {}, fault)),
      el("td.count", {}, number(occasions)),
      el("td.count", {}, number(happened)),
      el("td", {}, el("button", { type: "button", "data-id": id, "aria-label": `Turn off ${fault}`, onclick: () => this.#do(() => remove(`faults/${id}`), `${fault} is off`) }, "Off")))));
    if (focused) (this.active.querySelector(`[data-id="${CSS.escape(focused)}"]`) ?? this.all).focus();
  }

  #add(event) {
    event.preventDefault();
    const rule = this.rule.value.trim();
    if (rule) this.#turnOn(rule, false);
  }

  #turnOn(fault, once) {
    return this.#do(() => post("faults", { fault, once }), once ? `${fault} happens at the next occasion` : `${fault} is on`);
  }

  #jump(jump) {
    return this.#do(async () => {
      const { closed } = await post("clock", { jump });
      return `All connections are ${jump} older; ${closed === 1 ? "one was" : `${number(closed)} were`} closed`;
    });
  }

  async #do(order, done) {
    try {
      const said = await order();
      toast(typeof said === "string" && said ? said : done);
    } catch (error) {
      toast(error.message, true);
    }
    await this.refresh();
  }
}
