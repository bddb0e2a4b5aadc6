// A Lambda function in plain JavaScript: its own Runtime API loop, nothing but what Node brings.
//
// Routes: echo (two-way), post (answers through @connections), post-own (the same, by a callback URL that it builds itself), slow (takes "seconds"), fail (reports an error),
// crash (ends the process in the middle of the event), who (tells the process id).

import { Agent, request } from "node:http";
import * as https from "node:https";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const agent = new Agent({ keepAlive: true, noDelay: true });

// `fetch` gives up on a silent poll after five minutes, plain requests never do.
function call(method, url, body = "", headers = {}) {
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? https.request : request;
    const options = send === request ? { method, agent, headers } : { method, headers };
    const outgoing = send(url, options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

// The gateway checks that a signature is there, not what it is.
const signature =
  "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0";

async function postToConnection(connectionId, text, base = process.env.LIFT_WS_CALLBACK_URL) {
  const url = `${base}/@connections/${encodeURIComponent(connectionId)}`;
  return (await call("POST", url, text, { authorization: signature })).status;
}

async function handle(event) {
  const { eventType, routeKey, connectionId, disconnectStatusCode } = event.requestContext;
  if (eventType === "CONNECT") {
    const query = event.queryStringParameters ?? {};
    const headers = query.protocol ? { "Sec-WebSocket-Protocol": query.protocol } : {};
    return { statusCode: Number(query.status ?? 200), headers };
  }
  if (eventType === "DISCONNECT") {
    console.log("bye", connectionId, disconnectStatusCode);
    return { statusCode: 200 };
  }
  switch (routeKey) {
    case "post-own": {
      // As most programs do, written for AWS alone.
      const { domainName, stage } = event.requestContext;
      const status = await postToConnection(connectionId, event.body, `https://${domainName}/${stage}`);
      console.log("posted by https:", status);
      return { statusCode: 200 };
    }
    case "post":
      console.log("posted:", await postToConnection(connectionId, event.body));
      return { statusCode: 200 };
    case "slow":
      console.log("sleeping");
      await new Promise((done) => setTimeout(done, JSON.parse(event.body).seconds * 1000));
      return { statusCode: 200, body: event.body };
    case "fail":
      throw new RangeError("failed as asked");
    case "crash":
      process.exit(3);
    case "who":
      return { statusCode: 200, body: String(process.pid) };
    default:
      return { statusCode: 200, body: event.body };
  }
}

for (;;) {
  const next = await call("GET", `${api}/next`);
  const requestId = next.headers["lambda-runtime-aws-request-id"];
  let path = "response";
  let result;
  try {
    result = await handle(JSON.parse(next.text));
  } catch (error) {
    console.error("handler failed:", error.message);
    path = "error";
    result = { errorType: error.name, errorMessage: error.message };
  }
  await call("POST", `${api}/${requestId}/${path}`, JSON.stringify(result));
}
