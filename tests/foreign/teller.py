"""A Lambda function in plain Python that tells who it is, and where its events come from.

Any route: {"function", "pid", "route", "stage", "domainName", "apiId", "variables", "env"}; a message with "post" is answered
through @connections, by the callback URL of the environment ("env") or by the one that programs build themselves ("own",
with what "base" says in place of the stage). As an authorizer it lets everybody in, by its own name; a batch of a queue is
printed.
"""

import http.client
import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PATH = "/2018-06-01/runtime/invocation/"
NAME = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/execute-api/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


def post(base, connection_id, text):
    url = "%s/@connections/%s" % (base, urllib.parse.quote(connection_id, safe=""))
    # The names of this test's domains are nobody's: where they lead is said here.
    headers = {"authorization": SIGNATURE}
    parts = urllib.parse.urlsplit(url)
    if not parts.hostname.startswith("127."):
        headers["host"] = parts.netloc
        url = parts._replace(netloc="127.0.0.1:%d" % parts.port).geturl()
    request = urllib.request.Request(url, data=text.encode(), headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context()) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def send_to_queue(text):
    body = json.dumps({"QueueUrl": os.environ["QUEUE"], "MessageBody": text}).encode()
    headers = {"x-amz-target": "AmazonSQS.SendMessage", "authorization": SIGNATURE.replace("execute-api", "sqs")}
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_SQS"], data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        return answer.status


def handle(event):
    if "Records" in event:
        for record in event["Records"]:
            print(NAME, "got", record["body"], flush=True)
        return {"batchItemFailures": []}
    context = event["requestContext"]
    if event.get("type") == "REQUEST":
        statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
        return {"principalId": NAME, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    if context["eventType"] != "MESSAGE":
        print(NAME, context["eventType"], context["stage"], flush=True)
        return {"statusCode": 200}
    try:
        message = json.loads(event["body"])
    except ValueError:
        message = {}
    told = {
        "function": NAME,
        "pid": os.getpid(),
        "route": context["routeKey"],
        "stage": context["stage"],
        "domainName": context["domainName"],
        "apiId": context["apiId"],
        "principal": context.get("authorizer", {}).get("principalId"),
        "variables": event.get("stageVariables"),
        "env": os.environ.get(message.get("env", ""), None),
        "callback": os.environ["LIFT_WS_CALLBACK_URL"],
    }
    if message.get("queue"):
        told["queued"] = send_to_queue(message["queue"])
    if message.get("post"):
        base = told["callback"]
        if message["post"] == "own":
            base = "https://%s/%s" % (context["domainName"], message.get("base", context["stage"]))
        print(NAME, "posted:", post(base.rstrip("/"), context["connectionId"], json.dumps(told)), flush=True)
        return {"statusCode": 200}
    return {"statusCode": 200, "body": json.dumps(told)}


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
            path, result = "/error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        connection.request("POST", PATH + request_id + path, body=json.dumps(result))
        connection.getresponse().read()


main()
