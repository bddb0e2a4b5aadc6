// Elements, and values as text. Whatever comes from clients becomes text content, never markup.

/** `el("button.quiet", { onclick, "aria-label": "Close" }, "×")`; children are elements or texts. */
export function el(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const $ = (id) => document.getElementById(id);

/** Replaces the children only if there are some to replace: less work for whoever reads the page aloud. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const counts = new Intl.NumberFormat("en-US");

export const number = (value) => counts.format(value);

/** `14:03:27.042`, the machine's own time. */
export function time(millis) {
  return `${clock.format(millis)}.${String(millis % 1000).padStart(3, "0")}`;
}

export function fullTime(millis) {
  return new Date(millis).toISOString().replace("T", " ").replace("Z", " UTC");
}

/** Microseconds in the unit that reads best. */
export function duration(micros) {
  if (micros === undefined) return "";
  if (micros < 1_000) return micros === 0 ? "<1 ms" : `${micros} µs`;
  const millis = micros / 1_000;
  if (millis < 10) return `${millis.toFixed(1)} ms`;
  if (millis < 1_000) return `${Math.round(millis)} ms`;
  if (millis < 60_000) return `${(millis / 1_000).toFixed(1)} s`;
  return `${Math.round(millis / 60_000)} min`;
}

/** How long ago, in one unit. */
export function ago(millis) {
  const seconds = Math.max(0, Math.round(millis / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** One of eight colours by which the eye follows a connection. */
export function hue(id) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return `hue${((hash >>> 15) ^ hash) & 7}`;
}

const announcer = () => $("announcer");
let waiting = null;
let lastAnnounced = 0;

/** Says something to whoever does not see the page, at most every four seconds; what is newer replaces what waits. */
export function announce(text) {
  const schedule = waiting === null;
  waiting = text;
  if (!schedule) return;
  const pause = Math.max(0, lastAnnounced + 4_000 - Date.now());
  setTimeout(() => {
    lastAnnounced = Date.now();
    announcer().textContent = waiting;
    waiting = null;
  }, pause);
}

let toastTimer;

/** A short answer to something that was clicked. */
export function toast(text, isProblem = false) {
  const box = $("toast");
  box.textContent = text;
  box.dataset.problem = isProblem;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, isProblem ? 8_000 : 3_000);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    // Without leave to write the clipboard, the text is at least selected in a dialog.
    showToCopy(text, what);
  }
}

function showToCopy(text, what) {
  const area = el("textarea", { readonly: true, rows: 14, "aria-label": what });
  area.value = text;
  const dialog = el("dialog.copy", { "aria-label": `Copy ${what}` }, area,
    el("form", { method: "dialog" }, el("button", {}, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  area.select();
}
