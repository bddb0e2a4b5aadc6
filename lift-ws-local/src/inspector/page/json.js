// JSON as a person reads it, with what is probably a secret covered until it is asked for.

import { el } from "./dom.js";

// The same words as `inspector/secrets.rs`.
const SECRET = /auth|code|cookie|jwt|key|passw|secret|session|signature|ticket|token/i;
/** Where a browser or a client puts its credentials; elsewhere `key` and `code` are ordinary words. */
const PLACES = new Set(["queryStringParameters", "multiValueQueryStringParameters", "headers", "multiValueHeaders"]);

export function isSecret(name) {
  const lower = name.toLowerCase();
  // The key of a handshake is a random number of the protocol's own.
  return lower === "sec-websocket-protocol" || (lower !== "sec-websocket-key" && SECRET.test(name));
}

/** A value that is covered; the button uncovers it. */
export function covered(text) {
  const button = el("button.covered", { type: "button", "aria-label": "Reveal the value", title: "Reveal the value" }, "••••••••");
  button.addEventListener("click", () => {
    const shown = el("span.string", {}, text);
    button.replaceWith(shown);
  });
  return button;
}

/** A query string with its secrets covered. */
export function query(target) {
  const [path, search = ""] = target.split(/\?(.*)/s);
  if (!search) return [path];
  const parts = [`${path}?`];
  search.split("&").forEach((pair, n) => {
    const [name, value] = pair.split(/=(.*)/s);
    parts.push(n ? "&" : "", value === undefined ? name : `${name}=`);
    if (value !== undefined) parts.push(isSecret(decode(name)) && value ? covered(value) : value);
  });
  return parts;
}

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

/** Text that may be JSON. */
export function pretty(text) {
  let value;
  try { value = JSON.parse(text); } catch { return el("pre.json", { tabindex: 0 }, text); }
  return json(value);
}

export function json(value) {
  const pre = el("pre.json", { tabindex: 0 });
  write(pre, value, "", false, "");
  return pre;
}

const MAX_DEPTH = 60;

function write(out, value, indent, isPlace, name) {
  if (value === null || typeof value !== "object" || indent.length > MAX_DEPTH * 2) return writeScalar(out, value, isPlace, name);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [open, close] = isList ? "[]" : "{}";
  out.append(open);
  entries.forEach(([key, inner], n) => {
    out.append(n ? ",\n" : "\n", indent, "  ");
    if (!isList) out.append(el("span.key", {}, JSON.stringify(key)), ": ");
    // The values of a list have the name of the list.
    write(out, inner, `${indent}  `, isPlace || PLACES.has(key), isList ? name : key);
  });
  if (entries.length) out.append("\n", indent);
  out.append(close);
}

function writeScalar(out, value, isPlace, name) {
  const text = JSON.stringify(value) ?? "null";
  if (typeof value === "string" && value && isPlace && isSecret(name)) out.append(covered(text));
  else out.append(el(`span.${value === null ? "null" : typeof value}`, {}, text));
}
