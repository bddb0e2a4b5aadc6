"""The function that the public clients talk to: its own Runtime API loop, standard library only, one environment.

It echoes what is no order. Orders, in JSON: id, handshake (the CONNECT event of this connection), large ("bytes" of text), left (how the
connection of this "id" ended; null while it has not).
"""

import http.client
import json
import os

PATH = "/2018-06-01/runtime/invocation/"
HANDSHAKES = {}
LEFT = {}


def handle(event):
    context = event["requestContext"]
    connection = context["connectionId"]
    if context["eventType"] == "CONNECT":
        HANDSHAKES[connection] = event
        query = event.get("queryStringParameters") or {}
        headers = {"Sec-WebSocket-Protocol": query["protocol"]} if "protocol" in query else {}
        return {"statusCode": int(query.get("status", 200)), "headers": headers}
    if context["eventType"] == "DISCONNECT":
        LEFT[connection] = {"code": context["disconnectStatusCode"], "reason": context["disconnectReason"]}
        return {"statusCode": 200}
    return {"statusCode": 200, "body": answer(connection, event["body"])}


def answer(connection, body):
    try:
        order = json.loads(body)
    except ValueError:
        return body
    what = order.get("do") if isinstance(order, dict) else None
    if what == "id":
        return connection
    if what == "handshake":
        return json.dumps(HANDSHAKES[connection])
    if what == "large":
        return "x" * order["bytes"]
    if what == "left":
        return json.dumps(LEFT.get(order["id"]))
    return body


def main():
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", PATH + "next")
        polled = api.getresponse()
        event = json.loads(polled.read())
        api.request("POST", PATH + polled.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", json.dumps(handle(event)))
        api.getresponse().read()


main()
