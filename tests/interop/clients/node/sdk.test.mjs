// The AWS SDK for JavaScript calls `@connections`, plain and under TLS.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { URL_PLAIN, URL_TLS, dial } from "./talk.mjs";

const within = { timeout: 60_000 };

for (const url of [URL_PLAIN, URL_TLS]) {
  const endpoint = url.replace("ws", "http");
  const api = new ApiGatewayManagementApiClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  const post = (id, data) => api.send(new PostToConnectionCommand({ ConnectionId: id, Data: data }));

  test(`${endpoint} posts arrive as text, up to 128 KB`, within, async () => {
    const { socket, ask, hear } = await dial(url);
    const id = await ask({ do: "id" });
    await post(id, "grüß dich €");
    assert.equal(await hear(), "grüß dich €");
    await post(id, Buffer.alloc(131_072, "x"));
    assert.equal(await hear(), "x".repeat(131_072));
    await assert.rejects(post(id, Buffer.alloc(131_073, "x")), (error) => {
      assert.ok(error instanceof PayloadTooLargeException, String(error));
      assert.equal(error.$metadata.httpStatusCode, 413);
      return true;
    });
    socket.close();
  });

  test(`${endpoint} a connection is described, closed, and then gone`, within, async () => {
    const { ask, closed } = await dial(url, [], { headers: { "User-Agent": "tester/1" } });
    const ConnectionId = await ask({ do: "id" });
    const described = await api.send(new GetConnectionCommand({ ConnectionId }));
    assert.ok(described.ConnectedAt instanceof Date && described.LastActiveAt >= described.ConnectedAt);
    assert.deepEqual({ ...described.Identity }, { SourceIp: "127.0.0.1", UserAgent: "tester/1" });
    const deleted = await api.send(new DeleteConnectionCommand({ ConnectionId }));
    assert.equal(deleted.$metadata.httpStatusCode, 204);
    assert.equal((await closed).code, 1000);
    for (const command of [new GetConnectionCommand({ ConnectionId }), new DeleteConnectionCommand({ ConnectionId })]) {
      await assert.rejects(api.send(command), (error) => error instanceof GoneException);
    }
    await assert.rejects(post(ConnectionId, "late"), (error) => error instanceof GoneException);
  });

  test(`${endpoint} an id that cannot be one is 400`, within, async () => {
    await assert.rejects(post("nobody", "x"), (error) => {
      assert.equal(error.name, "BadRequestException");
      assert.equal(error.$metadata.httpStatusCode, 400);
      return true;
    });
  });
}
