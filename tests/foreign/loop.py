"""A Lambda function in plain Python: its own Runtime API loop, standard library only.

Routes: echo (two-way), post (answers through @connections), post-own (the same, by a callback URL that it builds itself), slow (takes "seconds"), fail (reports an error),
crash (ends the process in the middle of the event), who (tells the process id), me (whom the authorizer named).
As an authorizer it lets in whoever has a token, and has it for a name, except "rest" and "unknown".
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PATH = "/2018-06-01/runtime/invocation/"

# The gateway checks that a signature is there, not what it is.
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/execute-api/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


def post_to_connection(connection_id, text, base=os.environ["LIFT_WS_CALLBACK_URL"]):
    url = "%s/@connections/%s" % (base, urllib.parse.quote(connection_id, safe=""))
    request = urllib.request.Request(url, data=text.encode(), headers={"authorization": SIGNATURE}, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def authorize(event):
    token = event["queryStringParameters"]["token"]
    if token == "unknown":
        raise ValueError("Unauthorized")
    resource = event["methodArn"]
    if token == "rest":
        # As for REST APIs, with a method: this matches no route.
        resource = resource.replace("$connect", "*/*")
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}
    return {"principalId": token, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def handle(event):
    if event.get("type") == "REQUEST":
        return authorize(event)
    context = event["requestContext"]
    if context["eventType"] == "CONNECT":
        query = event.get("queryStringParameters") or {}
        if "post" in query:
            # Posting to one's own connection before it is open: 410 on AWS.
            print("post during connect:", post_to_connection(context["connectionId"], "early"), flush=True)
        status = int(query.get("status", 200))
        headers = {"Sec-WebSocket-Protocol": query["protocol"]} if "protocol" in query else {}
        return {"statusCode": status, "headers": headers}
    if context["eventType"] == "DISCONNECT":
        print("bye", context["connectionId"], context["disconnectStatusCode"], flush=True)
        return {"statusCode": 200}
    body = event["body"]
    route = context["routeKey"]
    if route == "post":
        status = post_to_connection(context["connectionId"], body)
        print("posted:", status, flush=True)
        return {"statusCode": 200}
    if route == "post-own":
        # As most programs do, written for AWS alone.
        base = "https://%s/%s" % (context["domainName"], context["stage"])
        print("posted by https:", post_to_connection(context["connectionId"], body, base), flush=True)
        return {"statusCode": 200}
    if route == "slow":
        print("sleeping", flush=True)
        time.sleep(float(json.loads(body)["seconds"]))
    if route == "fail":
        raise ValueError("failed as asked")
    if route == "crash":
        os._exit(3)
    if route == "me":
        return {"statusCode": 200, "body": context["authorizer"]["principalId"]}
    if route == "who":
        return {"statusCode": 200, "body": str(os.getpid())}
    return {"statusCode": 200, "body": body}


def main():
    connection = http.client.HTTPConnection(API)
    while True:
        connection.request("GET", PATH + "next")
        answer = connection.getresponse()
        event = json.loads(answer.read())
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            path, result = "/response", handle(event)
        except Exception as error:
            print("handler failed:", error, file=sys.stderr, flush=True)
            path, result = "/error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        connection.request("POST", PATH + request_id + path, body=json.dumps(result))
        connection.getresponse().read()


main()
