"""An ordinary WebSocket back end as tutorials have it; nothing in it knows of lift-ws."""

import json
import os
import time

import boto3


def callback_url(request):
    # The two ways that tutorials have.
    if os.environ.get("BY_API_ID"):
        return f"https://{request['apiId']}.execute-api.{os.environ['AWS_REGION']}.amazonaws.com/{request['stage']}"
    return f"https://{request['domainName']}/{request['stage']}"


def lambda_handler(event, context):
    request = event["requestContext"]
    route = request["routeKey"]
    connection_id = request["connectionId"]

    if route == "$connect":
        query = event.get("queryStringParameters") or {}
        if query.get("token") == "bad":
            return {"statusCode": 401}
        offered = (event.get("headers") or {}).get("Sec-WebSocket-Protocol")
        if offered:
            return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": offered.split(",")[0].strip()}}
        return {"statusCode": 200}

    if route == "$disconnect":
        print("disconnected", connection_id, request.get("disconnectStatusCode"))
        return {"statusCode": 200}

    if route == "fail":
        raise ValueError("failed as asked")

    if route == "slow":
        print("sleeping")
        time.sleep(60)
        return {"statusCode": 200}

    if route == "echo":
        return {"statusCode": 200, "body": event["body"]}

    api = boto3.client("apigatewaymanagementapi", endpoint_url=callback_url(request))
    if route == "send":
        message = json.loads(event["body"])
        to = message.get("to", connection_id)
        try:
            api.post_to_connection(ConnectionId=to, Data=json.dumps({"from": connection_id, "text": message["text"]}))
        except api.exceptions.GoneException:
            api.post_to_connection(ConnectionId=connection_id, Data=json.dumps({"gone": to}))
    elif route == "leave":
        api.delete_connection(ConnectionId=connection_id)
    return {"statusCode": 200}
