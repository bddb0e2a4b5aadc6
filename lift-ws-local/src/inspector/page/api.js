// The gateway's answers. What changes something carries a header that no other page can send.

const BASE = "/_lift/api/";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(method, path, body, signal) {
  const headers = {};
  if (method !== "GET") headers["X-Lift-Control"] = "1";
  if (method === "POST") headers["Content-Type"] = "application/json";
  const init = { method, headers, signal, cache: "no-store" };
  if (method === "POST") init.body = JSON.stringify(body ?? {});
  const response = await fetch(BASE + path, init);
  const text = await response.text();
  if (!response.ok) throw new ApiError(response.status, messageOf(text) ?? `the gateway answers ${response.status}`);
  const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
  return isJson ? JSON.parse(text) : text;
}

function messageOf(text) {
  try { return JSON.parse(text).message; } catch { return undefined; }
}

export const get = (path, signal) => call("GET", path, undefined, signal);
export const post = (path, body) => call("POST", path, body);
export const remove = (path) => call("DELETE", path);

const RETRY_AFTER = 1_000;

/** Follows the journal for ever: `onChanges` gets each batch, `onState` whether the gateway answers. */
export async function follow(onChanges, onState) {
  let cursor = null;
  for (;;) {
    try {
      const query = cursor ? `?gateway=${cursor.gateway}&version=${cursor.version}&next=${cursor.next}` : "";
      const changes = await get(`changes${query}`);
      onState(true);
      // Nothing for a while is answered by nothing.
      if (changes) {
        cursor = changes;
        onChanges(changes);
      }
    } catch (error) {
      onState(false, error.message);
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
    }
  }
}
