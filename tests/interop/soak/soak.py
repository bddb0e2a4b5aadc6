"""The chat under a steady load with faults on, for SOAK_MINUTES minutes (2), and beside it a gateway whose function gives itself jobs: what
grows, and what is left when everybody has gone.

Clients come and go: they join a room, talk, and leave with a close frame, without one, or by order. Meanwhile $disconnect gets lost, late
or doubled, posts are throttled, sockets cut, answers slow or lost, and environments killed. At the end the faults are turned off, rooms
are talked in until those whose $disconnect was lost are cleaned up (30 s, or a younger one might be a connection in its handshake),
everybody leaves, and the same environments are started as in the beginning.

Of the jobs some fail, raise, or crash their environment, at first or for good.

Judged are:
- resident memory of each gateway, by a line through all seconds after the first sixth of the time, five minutes at most: under 1 MiB in 10
  minutes. In runs under 20 minutes the allocator's settling is larger than that, so they may grow by 6 MiB over the whole line.
- processes, threads and descriptors of each, which are as many as at the start. Each connection, Runtime API and child has at least
  one descriptor, and a task that holds none holds memory.
- rows of the table: no membership, and no record but of handshakes that the gateway refused after the function had accepted them, as it
  does when an environment dies with its answer. Those, and tombstones of doubled $disconnects, have an expiry.
"""

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import boto3
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from gateway import ROOT, TOOL, Gateway  # noqa: E402

MINUTES = float(os.environ.get("SOAK_MINUTES", "2"))
CHAT = Path(os.environ.get("LIFT_WS_CHAT", TOOL.parent / "chat"))
CLIENTS = 32
ROOMS = ["red", "green", "blue", "black"]
ENVIRONMENTS = 4
FAULTS = [
    "drop-disconnect:3%",
    "delay-disconnect:2s:3%",
    "duplicate-disconnect:3%",
    "throttle-posts:2%",
    "cut:0.5%",
    "slow:300ms:2%",
    "timeout:0.5%",
    "kill:0.2%",
    "shuffle:50ms:5%",
    "throttle-connects:5%",
    "throttle-messages:1%",
]
NO_JOBS = '{"action":"later","job":[{"do":"done"}]}'
#: What may grow: MiB in 10 minutes, and in a short run MiB over its whole line.
SLOPE, SHORT = 1.0, 6.0


class Load:
    """Clients that come and go until they are told to stop."""

    def __init__(self, gateway, seed):
        self.gateway, self.chance = gateway, random.Random(seed)
        self.stop = asyncio.Event()
        self.connected = self.refused = self.said = self.heard = self.ended = 0

    async def run(self, count):
        await asyncio.gather(*(self.slot(n) for n in range(count)))

    async def slot(self, number):
        while not self.stop.is_set():
            try:
                await self.visit("guest-%d" % number)
            except (WebSocketException, OSError, asyncio.TimeoutError):
                # Cut, refused by a fault, or too slow for one.
                self.ended += 1
                await self.rest(0.2)

    async def visit(self, name):
        room = self.chance.choice(ROOMS)
        try:
            socket = await connect(self.gateway.url, open_timeout=20, close_timeout=5, ping_interval=None)
        except WebSocketException:
            self.refused += 1
            return await self.rest(0.2)
        self.connected += 1
        reading = asyncio.create_task(self.read(socket))
        try:
            await socket.send(json.dumps({"action": "join", "room": room, "name": name}))
            for n in range(self.chance.randrange(5, 60)):
                await self.rest(0.2 + self.chance.random() * 0.6)
                if self.stop.is_set():
                    break
                self.said += 1
                await socket.send(json.dumps({"action": "say", "room": room, "text": "%s says %d" % (name, n)}))
            how = self.chance.random()
            if how < 0.3:
                await socket.send(json.dumps({"action": "leave", "room": room}))
            if how < 0.2:
                socket.transport.abort()
        finally:
            await socket.close()
            await reading

    async def read(self, socket):
        try:
            async for _ in socket:
                self.heard += 1
        except WebSocketException:
            pass

    async def rest(self, seconds):
        try:
            await asyncio.wait_for(self.stop.wait(), seconds)
        except asyncio.TimeoutError:
            pass


class Jobs:
    """A client that gives the function ten jobs a second."""

    JOBS = [{"do": "done"}] * 7 + [{"do": "fail", "times": 1}, {"do": "raise", "times": 1}, {"do": "done"}]

    def __init__(self, gateway):
        self.gateway, self.stop, self.given = gateway, asyncio.Event(), 0

    async def run(self):
        async with connect(self.gateway.url, open_timeout=60, ping_interval=None) as socket:
            turn = 0
            while not self.stop.is_set():
                # Now and then one for the dead letters, and one that takes its environment with it.
                odd = [{"do": "fail"}] if turn % 30 == 0 else [{"do": "crash", "times": 1}] if turn % 10 == 5 else [{"do": "done"}]
                await socket.send(json.dumps({"action": "later", "job": self.JOBS[:9] + odd}))
                self.given += int(await socket.recv())
                turn += 1
                await asyncio.sleep(1)


class Process:
    """What /proc says of the gateway and its children."""

    def __init__(self, pid):
        self.pid = pid

    def status(self, pid, field):
        try:
            found = re.search(r"^%s:\s+(\d+)" % field, Path("/proc/%d/status" % pid).read_text(), re.M)
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return int(found.group(1)) if found else 0

    def children(self, pid=None):
        below = []
        for task in Path("/proc/%d/task" % (pid or self.pid)).glob("*/children"):
            try:
                below += [int(child) for child in task.read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                pass
        return below + [deeper for child in below for deeper in self.children(child)]

    def memory(self):
        """Resident MiB of the gateway, and of everything below it."""
        return self.status(self.pid, "VmRSS") / 1024, sum(self.status(child, "VmRSS") for child in self.children()) / 1024

    def counts(self):
        descriptors = len(list(Path("/proc/%d/fd" % self.pid).iterdir()))
        return {"processes": len(self.children()), "threads": self.status(self.pid, "Threads"), "descriptors": descriptors}

    def variable(self, name):
        """As an environment has it."""
        for child in self.children():
            try:
                pairs = Path("/proc/%d/environ" % child).read_bytes().decode().split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            for pair in pairs:
                if pair.startswith(name + "="):
                    return pair.split("=", 1)[1]
        raise AssertionError("no environment has %s" % name)


def control(gateway, method, path, body=None):
    request = urllib.request.Request(
        "http://%s/_lift/api/%s" % (gateway.address, path),
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"X-Lift-Control": "1", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return answer.read()


async def settled(process, gateway, order='{"action":"whoami"}'):
    """Starts as many environments as there may be, has all clients leave, and counts when nothing changes any more."""
    for environment in json.loads(control(gateway, "GET", "environments"))["environments"]:
        control(gateway, "POST", "environments/%s/kill" % environment["id"])
    sockets = await asyncio.gather(*(connect(gateway.url, open_timeout=60, ping_interval=None) for _ in range(ENVIRONMENTS * 3)))
    while len(json.loads(control(gateway, "GET", "environments"))["environments"]) < ENVIRONMENTS:
        await asyncio.gather(*(socket.send(order) for socket in sockets))
        await asyncio.gather(*(socket.recv() for socket in sockets))
    for socket in sockets:
        await socket.close()
    counts, since = None, time.monotonic()
    # Connections between SDKs and the table are closed a while after their last use.
    while time.monotonic() - since < 10:
        await asyncio.sleep(0.5)
        now = process.counts()
        if now != counts:
            counts, since = now, time.monotonic()
    return counts


def rows(process):
    """Memberships and records of the table, without tombstones' own."""
    table = process.variable("LIFT_WS_TABLE")
    database = boto3.client(
        "dynamodb",
        endpoint_url=process.variable("AWS_ENDPOINT_URL_DYNAMODB"),
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    items = [item for page in database.get_paginator("scan").paginate(TableName=table) for item in page["Items"]]
    memberships = [item for item in items if "#G#" in item["PK"]["S"]]
    return memberships, [item for item in items if item not in memberships]


async def clean_up(gateway, process, seconds):
    """Talks in every room until who is gone is found out."""
    sockets = [await connect(gateway.url, open_timeout=60, ping_interval=None) for _ in ROOMS]
    for socket, room in zip(sockets, ROOMS):
        await socket.send(json.dumps({"action": "join", "room": room, "name": "janitor"}))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for socket, room in zip(sockets, ROOMS):
            await socket.send(json.dumps({"action": "say", "room": room, "text": "anybody here?"}))
        await asyncio.sleep(2)
        if len(rows(process)[0]) == len(ROOMS):
            break
    for socket in sockets:
        await socket.close()
    # Their $disconnects are under way; what is left after that is left for good.
    until = time.monotonic() + 30
    while rows(process)[0] and time.monotonic() < until:
        await asyncio.sleep(0.5)


def slope(samples):
    """MiB a minute of the line that fits best."""
    n = len(samples)
    mean_x, mean_y = sum(x for x, _ in samples) / n, sum(y for _, y in samples) / n
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / sum((x - mean_x) ** 2 for x, _ in samples) * 60


async def soak(gateway, jobs_gateway):
    process, jobs_process = Process(gateway.process.pid), Process(jobs_gateway.process.pid)

    def both():
        return asyncio.gather(settled(process, gateway), settled(jobs_process, jobs_gateway, NO_JOBS))

    start, jobs_start = await both()
    control(gateway, "PUT", "faults", {"seed": 7, "faults": FAULTS})
    load = Load(gateway, seed=7)
    jobs = Jobs(jobs_gateway)
    running = [asyncio.create_task(load.run(CLIENTS)), asyncio.create_task(jobs.run())]
    began, samples, jobs_samples, minute = time.monotonic(), [], [], 0
    print("minute  gateway MiB  environments MiB  processes  descriptors  connects  refused   said   heard  jobs  jobs' gateway MiB", flush=True)
    while True:
        now = time.monotonic() - began
        resident, below = process.memory()
        jobs_resident, _ = jobs_process.memory()
        samples.append((now, resident))
        jobs_samples.append((now, jobs_resident))
        if now >= minute * 60 or now >= MINUTES * 60:
            counts = process.counts()
            print("%6.1f %12.1f %17.1f %10d %12d %9d %8d %6d %7d %5d %18.1f" % (now / 60, resident, below, counts["processes"], counts["descriptors"],
                  load.connected, load.refused, load.said, load.heard, jobs.given, jobs_resident), flush=True)
            minute += 1
        if now >= MINUTES * 60:
            break
        await asyncio.sleep(1)
    happened = json.loads(control(gateway, "GET", "faults"))["happened"]
    load.stop.set()
    jobs.stop.set()
    await asyncio.gather(*running)
    control(gateway, "DELETE", "faults")
    await clean_up(gateway, process, seconds=75)
    left = rows(process)
    end, jobs_end = await both()
    grown = [("chat", start, end, samples), ("jobs", jobs_start, jobs_end, jobs_samples)]
    return grown, happened, left, load


def what_grew(name, start, end, samples):
    """What is more than it was, in words."""
    wrong = []
    settled_at = min(300, MINUTES * 10)
    line = [(x, y) for x, y in samples if x >= settled_at]
    by_minute = slope(line)
    grown = by_minute * (line[-1][0] - line[0][0]) / 60
    print("%s: %+.2f MiB in 10 minutes by the line after second %d (%+.2f MiB on it)" % (name, by_minute * 10, settled_at, grown))
    if MINUTES >= 20 and by_minute * 10 >= SLOPE:
        wrong.append("%s: memory grows by %.2f MiB in 10 minutes" % (name, by_minute * 10))
    if MINUTES < 20 and grown >= SHORT:
        wrong.append("%s: memory grew by %.2f MiB in %g minutes" % (name, grown, MINUTES))
    print("start: %s\nend:   %s" % (start, end))
    for what, count in end.items():
        # An SDK keeps one connection to the table, or two if it was asked twice at once.
        slack = ENVIRONMENTS if what == "descriptors" else 0
        if count > start[what] + slack:
            wrong.append("%s: %s: %d at the start, %d at the end" % (name, what, start[what], count))
    return wrong


def judge(grown, happened, left, load, refused):
    """What is wrong, in words."""
    wrong = [what for one in grown for what in what_grew(*one)]
    print("faults: %s" % happened)
    memberships, records = left
    strays = [item for item in records if item["PK"]["S"].rsplit("#", 1)[1] not in refused and "connectedAt" in item]
    print("table: %d memberships; %d records and tombstones, of which %d are of nobody" % (len(memberships), len(records), len(strays)))
    if memberships:
        wrong.append("memberships are left: %s" % memberships[:3])
    if strays:
        wrong.append("records are left: %s" % strays[:3])
    missing = {kind.split(":")[0] for kind in FAULTS} - {kind for kind, count in happened.items() if count}
    if MINUTES >= 2 and missing:
        wrong.append("these faults never happened: %s" % sorted(missing))
    if load.heard < load.said:
        wrong.append("only %d heard of %d said" % (load.heard, load.said))
    return wrong


def main():
    with tempfile.TemporaryDirectory() as folder:
        routes = Path(folder, "routes.json")
        described = subprocess.run([CHAT], env={**os.environ, "LIFT_WS_DESCRIBE": "1"}, capture_output=True, check=True)
        routes.write_bytes(described.stdout)
        quiet = {"RUST_LOG": "error"}
        foreign = ROOT / "tests/foreign"
        jobs = Gateway([sys.executable, foreign / "jobs.py"], foreign / "jobs.json", "--environments", ENVIRONMENTS)
        chat = Gateway([CHAT], routes, "--environments", ENVIRONMENTS, folder=ROOT, variables=quiet, keep=200_000)
        with jobs, chat as gateway:
            results = asyncio.run(soak(gateway, jobs))
            refused = gateway.matches(r"^\$connect +(\S+=) .* (?!2\d\d$)\S+$")
        wrong = judge(*results, refused)
    for what in wrong:
        print("WRONG:", what)
    print("%d passed, %d failed" % (not wrong, bool(wrong)))
    sys.exit(bool(wrong))


main()
