"""The client `websockets` for Python, plain and under TLS.

Its asyncio API: that with threads reads and writes one TLS connection at once, which the `ssl` of this Python does not survive always.
"""

import asyncio
import functools
import json
import ssl
import urllib.error
import urllib.request

import pytest
from gateway import PATIENCE
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.asyncio.client import connect

FRAME = 32 * 1024
MESSAGE = 128 * 1024


def awaited(test):
    """A test that is a coroutine."""

    @functools.wraps(test)
    def run(**fixtures):
        asyncio.run(asyncio.wait_for(test(**fixtures), PATIENCE))

    return run


@pytest.fixture(params=["ws", "wss"])
def dial(request, gateway):
    """Connects to the stage: `dial("?query", **options)`."""
    url = gateway.url.replace("ws://", request.param + "://")
    tls = ssl.create_default_context(cafile=gateway.authority) if request.param == "wss" else None
    return lambda query="", **options: connect(url + query, ssl=tls, **options)


async def ask(socket, **order):
    await socket.send(json.dumps(order))
    return await socket.recv()


async def left(dial, connection):
    """How it ended, as the function was told."""
    async with dial() as socket:
        while True:
            how = json.loads(await ask(socket, do="left", id=connection))
            if how is not None:
                return how["code"], how["reason"]


@awaited
async def test_text_comes_back_as_it_was(dial):
    async with dial() as socket:
        for text in ["", "hello", "grüß dich € \U0001f600", "\x00\x01"]:
            await socket.send(text)
            # An empty message has an empty reply, which is no frame.
            if text:
                assert await socket.recv() == text


@awaited
async def test_the_handshake_reaches_the_function(dial):
    async with dial("?room=red&room=blue&name=J%C3%B6rg", additional_headers={"X-Trace": "t-7"}, user_agent_header="tester/1") as socket:
        event = json.loads(await ask(socket, do="handshake"))
    assert event["multiValueQueryStringParameters"] == {"room": ["red", "blue"], "name": ["Jörg"]}
    assert event["headers"]["X-Trace"] == "t-7"
    assert event["requestContext"]["identity"]["userAgent"] == "tester/1"


@awaited
async def test_the_subprotocol_is_the_functions_choice(dial):
    async with dial("?protocol=chat.v1", subprotocols=["chat.v2", "chat.v1"]) as socket:
        assert socket.subprotocol == "chat.v1"
    async with dial(subprotocols=["chat.v2"]) as socket:
        assert socket.subprotocol is None


@awaited
async def test_no_extension_is_negotiated(dial):
    async with dial(compression="deflate") as socket:
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


@awaited
async def test_a_frame_of_32_kb_is_taken_and_a_longer_one_is_1009(dial):
    async with dial() as socket:
        await socket.send("x" * FRAME)
        assert await socket.recv() == "x" * FRAME
        await socket.send("x" * (FRAME + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd.code == 1009


@awaited
async def test_a_message_of_128_kb_in_fragments_comes_back_in_fragments_and_a_longer_one_is_1009(dial):
    async with dial(max_size=None) as socket:
        await socket.send(["x" * FRAME] * (MESSAGE // FRAME))
        fragments = [len(fragment) async for fragment in socket.recv_streaming()]
        assert sum(fragments) == MESSAGE
        assert max(fragments) <= FRAME
        with pytest.raises(ConnectionClosed) as closed:
            await socket.send(["x" * FRAME] * (MESSAGE // FRAME) + ["x"])
            await socket.recv()
    assert closed.value.rcvd.code == 1009


@awaited
async def test_a_large_reply_comes_in_fragments(dial):
    async with dial() as socket:
        await socket.send(json.dumps({"do": "large", "bytes": 100_000}))
        fragments = [len(fragment) async for fragment in socket.recv_streaming()]
    assert fragments == [FRAME, FRAME, FRAME, 100_000 - 3 * FRAME]


@awaited
async def test_pings_are_answered_also_between_fragments(dial):
    async with dial() as socket:
        await (await socket.ping(b"payload"))

        async def fragments():
            yield "one "
            await (await socket.ping())
            yield "two"

        await socket.send(fragments())
        assert await socket.recv() == "one two"


@awaited
async def test_the_function_is_told_the_clients_code_and_reason(dial):
    for code, reason in [(1000, ""), (1001, "away"), (4999, "größer")]:
        async with dial() as socket:
            connection = await ask(socket, do="id")
            await socket.close(code, reason)
        assert socket.close_code == code
        assert await left(dial, connection) == (code, reason)


@awaited
async def test_binary_is_1003(dial):
    async with dial() as socket:
        connection = await ask(socket, do="id")
        await socket.send(b"bytes")
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd.code == 1003
    assert (await left(dial, connection))[0] == 1003


@pytest.mark.parametrize("status", [301, 400, 401, 403, 429, 500, 503])
@awaited
async def test_a_refusal_has_the_functions_status(dial, status):
    with pytest.raises(InvalidStatus) as refused:
        await dial("?status=%d" % status)
    assert refused.value.response.status_code == status


@awaited
async def test_another_stage_is_403_and_no_upgrade_is_426(gateway):
    with pytest.raises(InvalidStatus) as refused:
        await connect("ws://%s/other" % gateway.address)
    assert refused.value.response.status_code == 403
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(gateway.http_url)
    assert refused.value.code == 426


@awaited
async def test_who_does_not_trust_the_authority_does_not_connect(gateway):
    with pytest.raises(ssl.SSLCertVerificationError):
        await connect(gateway.url.replace("ws://", "wss://"), ssl=ssl.create_default_context())
