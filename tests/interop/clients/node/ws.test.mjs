// The client `ws`, plain and under TLS (NODE_EXTRA_CA_CERTS names the local authority).
import assert from "node:assert/strict";
import { test } from "node:test";
import { URL_PLAIN, URL_TLS, dial, left } from "./talk.mjs";

const FRAME = 32 * 1024;
const within = { timeout: 60_000 };

for (const url of [URL_PLAIN, URL_TLS]) {
  const over = new URL(url).protocol;

  test(`${over} text comes back as it was`, within, async () => {
    const { socket, ask } = await dial(url);
    for (const text of ["hello", "grüß dich € 😀", "\0"]) assert.equal(await ask(text), text);
    socket.close();
  });

  test(`${over} the handshake reaches the function`, within, async () => {
    const { socket, ask } = await dial(`${url}?room=blue`, [], { headers: { "X-Trace": "t-7" } });
    const event = JSON.parse(await ask({ do: "handshake" }));
    assert.deepEqual(event.queryStringParameters, { room: "blue" });
    assert.equal(event.headers["X-Trace"], "t-7");
    assert.equal(event.headers["X-Forwarded-Proto"], over === "wss:" ? "https" : "http");
    socket.close();
  });

  test(`${over} the subprotocol is the function's choice`, within, async () => {
    const { socket } = await dial(`${url}?protocol=chat.v1`, ["chat.v2", "chat.v1"]);
    assert.equal(socket.protocol, "chat.v1");
    assert.equal(socket.extensions, "");
    socket.close();
    // Who offers some and gets none back gives up, as browsers do.
    await assert.rejects(dial(url, ["chat.v2"]), /subprotocol/);
  });

  test(`${over} a frame of 32 KB is taken and a longer one is 1009`, within, async () => {
    const { socket, ask, closed } = await dial(url);
    assert.equal(await ask("x".repeat(FRAME)), "x".repeat(FRAME));
    socket.send("x".repeat(FRAME + 1));
    assert.equal((await closed).code, 1009);
  });

  test(`${over} a message of 128 KB goes and comes in fragments`, within, async () => {
    const { socket, hear } = await dial(url);
    for (const last of [false, false, false, true]) socket.send("x".repeat(FRAME), { fin: last });
    assert.equal(await hear(), "x".repeat(4 * FRAME));
    socket.close();
  });

  test(`${over} a large reply comes whole`, within, async () => {
    const { socket, ask } = await dial(url);
    assert.equal(await ask({ do: "large", bytes: 131_072 }), "x".repeat(131_072));
    socket.close();
  });

  test(`${over} a ping is answered with its payload`, within, async () => {
    const { socket } = await dial(url);
    const pong = new Promise((resolve) => socket.once("pong", resolve));
    socket.ping("payload");
    assert.equal((await pong).toString(), "payload");
    socket.close();
  });

  test(`${over} codes and reasons of both sides`, within, async () => {
    for (const [code, reason] of [[1000, ""], [4001, "größer"]]) {
      const { socket, ask, closed } = await dial(url);
      const id = await ask({ do: "id" });
      socket.close(code, reason);
      assert.equal((await closed).code, code);
      assert.deepEqual(await left(url, id), { code, reason });
    }
    const { socket, ask, closed } = await dial(url);
    const id = await ask({ do: "id" });
    socket.close();
    await closed;
    assert.deepEqual(await left(url, id), { code: 1005, reason: "Client-side close frame status not set" });
  });

  test(`${over} a connection that breaks is 1006, and binary 1003`, within, async () => {
    const broken = await dial(url);
    const id = await broken.ask({ do: "id" });
    broken.socket.terminate();
    assert.equal((await left(url, id)).code, 1006);
    const binary = await dial(url);
    binary.socket.send(Buffer.from("bytes"));
    assert.equal((await binary.closed).code, 1003);
  });

  test(`${over} a refusal has the function's status`, within, async () => {
    for (const status of [400, 401, 403, 500]) await assert.rejects(dial(`${url}?status=${status}`), { status });
    await assert.rejects(dial(url.replace(/\w+$/, "other")), { status: 403 });
  });
}
