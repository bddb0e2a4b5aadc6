import { $, el, fill } from "./dom.js";

export class Faults {
  constructor() {
    fill($("faults"), el("h2.hidden", {}, "Faults"));
  }
  enter() {}
  leave() {}
}
