// An ordinary WebSocket back end as tutorials have it; nothing in it knows of lift-ws.
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

// The two ways that tutorials have.
const callbackUrl = ({ apiId, domainName, stage }) =>
  process.env.BY_API_ID
    ? `https://${apiId}.execute-api.${process.env.AWS_REGION}.amazonaws.com/${stage}`
    : `https://${domainName}/${stage}`;

export const handler = async (event) => {
  const { routeKey, connectionId, disconnectStatusCode } = event.requestContext;
  const api = new ApiGatewayManagementApiClient({ endpoint: callbackUrl(event.requestContext) });
  const post = (to, message) =>
    api.send(new PostToConnectionCommand({ ConnectionId: to, Data: JSON.stringify(message) }));

  switch (routeKey) {
    case "$connect": {
      if (event.queryStringParameters?.token === "bad") return { statusCode: 401 };
      const offered = event.headers?.["Sec-WebSocket-Protocol"];
      if (!offered) return { statusCode: 200 };
      return { statusCode: 200, headers: { "Sec-WebSocket-Protocol": offered.split(",")[0].trim() } };
    }
    case "$disconnect":
      console.log("disconnected", connectionId, disconnectStatusCode);
      break;
    case "fail":
      throw new Error("failed as asked");
    case "slow":
      console.log("sleeping");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      break;
    case "echo":
      return { statusCode: 200, body: event.body };
    case "send": {
      const message = JSON.parse(event.body);
      const to = message.to ?? connectionId;
      try {
        await post(to, { from: connectionId, text: message.text });
      } catch (error) {
        if (!(error instanceof GoneException)) throw error;
        await post(connectionId, { gone: to });
      }
      break;
    }
    case "leave":
      await api.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
      break;
  }
  return { statusCode: 200 };
};
