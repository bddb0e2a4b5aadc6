"""A Lambda function that keeps items in DynamoDB, standard library only.

Routes: put ("key" and "text"; answers the status) and get ("key"; answers the text).
"""

import http.client
import json
import os
import urllib.error
import urllib.request

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PATH = "/2018-06-01/runtime/invocation/"
TABLE = os.environ["LIFT_WS_TABLE"]

# The local database checks that a signature is there, not what it is.
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


def dynamodb(operation, body):
    headers = {
        "authorization": SIGNATURE,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-date": "20260101T000000Z",
        "x-amz-target": "DynamoDB_20120810." + operation,
    }
    data = json.dumps({"TableName": TABLE, **body}).encode()
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_DYNAMODB"], data, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, {}


def handle(event):
    message = json.loads(event["body"])
    key = {"PK": {"S": message["key"]}}
    if message["action"] == "put":
        status, _ = dynamodb("PutItem", {"Item": {**key, "text": {"S": message["text"]}}})
        return str(status)
    _, answer = dynamodb("GetItem", {"Key": key, "ConsistentRead": True})
    return answer["Item"]["text"]["S"] if "Item" in answer else "no such item"


def main():
    connection = http.client.HTTPConnection(API)
    while True:
        connection.request("GET", PATH + "next")
        answer = connection.getresponse()
        event = json.loads(answer.read())
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        body = json.dumps({"statusCode": 200, "body": handle(event)})
        connection.request("POST", PATH + request_id + "/response", body=body)
        connection.getresponse().read()


main()
