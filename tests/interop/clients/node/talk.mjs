// What the tests share: connecting, asking, and how it ends.
import WebSocket from "ws";

export const URL_PLAIN = process.env.GATEWAY_URL;
export const URL_TLS = URL_PLAIN.replace("ws://", "wss://");

/** An open socket whose messages wait in a queue: `{socket, hear, ask, closed}`. */
export async function dial(url, protocols = [], options = {}) {
  const socket = new WebSocket(url, protocols, options);
  const heard = [];
  const waiting = [];
  socket.on("message", (data, isBinary) => {
    const message = isBinary ? data : data.toString();
    if (waiting.length) waiting.shift()(message);
    else heard.push(message);
  });
  const closed = new Promise((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  const hear = () => (heard.length ? Promise.resolve(heard.shift()) : new Promise((resolve) => waiting.push(resolve)));
  const ask = (order) => {
    socket.send(typeof order === "string" ? order : JSON.stringify(order));
    return hear();
  };
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("unexpected-response", (request, { statusCode: status }) => {
      request.destroy();
      reject(Object.assign(new Error("refused"), { status }));
    });
    socket.once("error", reject);
  });
  return { socket, hear, ask, closed };
}

/** How a connection ended, as the function was told. */
export async function left(url, id) {
  const other = await dial(url);
  for (;;) {
    const how = JSON.parse(await other.ask({ do: "left", id }));
    if (how) {
      other.socket.close();
      return how;
    }
  }
}
