"""A Lambda function in plain Python that gives itself work over SQS: its own Runtime API loop, standard library only.

The route `later` (two-way) sends "job" to the queue; an array makes one batch. A job {"do": …, "times": N} goes wrong
the first N times (always without "times"): done (never), fail (named in batchItemFailures), raise, crash, sleep.
"""

import http.client
import json
import os
import sys
import time
import urllib.request

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PATH = "/2018-06-01/runtime/invocation/"

# The queue checks that a signature is there, not what it is.
SIGNATURE = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"


def send_all(jobs):
    entries = [{"Id": str(number), "MessageBody": json.dumps(job)} for number, job in enumerate(jobs)]
    body = json.dumps({"QueueUrl": os.environ["LIFT_WS_QUEUE_URL"], "Entries": entries}).encode()
    headers = {
        "authorization": SIGNATURE,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "AmazonSQS.SendMessageBatch",
    }
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_SQS"], data=body, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return len(json.loads(answer.read())["Successful"])


def work(records):
    failures = []
    for record in records:
        job = json.loads(record["body"])
        times = int(record["attributes"]["ApproximateReceiveCount"])
        what = job["do"] if times <= job.get("times", times) else "done"
        print("job", job.get("name", ""), what, times, os.getpid(), flush=True)
        if what == "fail":
            failures.append({"itemIdentifier": record["messageId"]})
        if what == "raise":
            raise ValueError("raised as asked")
        if what == "crash":
            os._exit(3)
        if what == "sleep":
            time.sleep(600)
    return {"batchItemFailures": failures}


def handle(event):
    if "Records" in event:
        return work(event["Records"])
    job = json.loads(event["body"])["job"]
    return {"statusCode": 200, "body": str(send_all(job if isinstance(job, list) else [job]))}


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
