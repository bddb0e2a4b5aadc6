"""Programs on the Runtime API clients that AWS publishes run unchanged: what a client of them hears, from its handshake to its end."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from gateway import INSTALLED, PATIENCE, Gateway  # noqa: E402

HERE = Path(__file__).resolve().parent

PROGRAMS = {
    "python": ([sys.executable, "-m", "awslambdaric", "handler.lambda_handler"], HERE / "python"),
    "node": ([INSTALLED / "node-function/node_modules/.bin/aws-lambda-ric", "index.handler"], INSTALLED / "node-function"),
    "go": ([INSTALLED / "go-function"], HERE / "go"),
}


@pytest.fixture(scope="module", params=PROGRAMS)
def gateway(request):
    program, folder = PROGRAMS[request.param]
    with Gateway(program, HERE / "routes.json", "--function-timeout", "2", "--environments", "2", folder=folder) as gateway:
        yield gateway


def ask(socket, **message):
    socket.send(json.dumps(message))
    return json.loads(socket.recv(timeout=PATIENCE))


def own_id(socket):
    return ask(socket, action="send", text="me")["from"]


def test_a_message_to_a_two_way_route_is_answered(gateway):
    with connect(gateway.url) as socket:
        assert ask(socket, action="echo", text="grüß dich €") == {"action": "echo", "text": "grüß dich €"}


def test_the_function_posts_by_a_callback_url_of_its_own_making(gateway):
    with connect(gateway.url) as first, connect(gateway.url) as second:
        here, there = own_id(first), own_id(second)
        first.send(json.dumps({"action": "send", "to": there, "text": "hello"}))
        assert json.loads(second.recv(timeout=PATIENCE)) == {"from": here, "text": "hello"}


def test_a_post_to_who_has_left_raises_the_sdks_gone_exception(gateway):
    with connect(gateway.url) as socket:
        with connect(gateway.url) as other:
            left = own_id(other)
        gateway.line_with("disconnected " + left)
        assert ask(socket, action="send", to=left, text="hello?") == {"gone": left}


def test_connect_may_refuse_and_choose_the_subprotocol(gateway):
    with pytest.raises(InvalidStatus) as refused:
        connect(gateway.url + "?token=bad")
    assert refused.value.response.status_code == 401
    with connect(gateway.url, subprotocols=["chat.v2", "chat.v1"]) as socket:
        assert socket.subprotocol == "chat.v2"


def test_disconnect_tells_the_clients_close_code(gateway):
    with connect(gateway.url) as socket:
        connection = own_id(socket)
        socket.close(code=4321)
    assert gateway.line_with("disconnected " + connection).endswith(" 4321")


def test_the_function_ends_a_connection(gateway):
    with connect(gateway.url) as socket:
        connection = own_id(socket)
        socket.send('{"action":"leave"}')
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=PATIENCE)
        assert closed.value.rcvd.code == 1000
    assert gateway.line_with("disconnected " + connection).endswith(" 1000")


def test_an_error_and_an_unknown_route_are_answered_by_the_gateway(gateway):
    with connect(gateway.url) as socket:
        connection = own_id(socket)
        failed = ask(socket, action="fail")
        assert (failed["message"], failed["connectionId"]) == ("Internal server error", connection)
        assert ask(socket, action="nonsense")["message"] == "Forbidden"
        assert ask(socket, action="echo", n=1) == {"action": "echo", "n": 1}


def test_who_takes_longer_than_the_functions_timeout_is_ended_and_replaced(gateway):
    with connect(gateway.url) as socket:
        assert ask(socket, action="slow")["message"] == "Internal server error"
        assert ask(socket, action="echo", n=2) == {"action": "echo", "n": 2}


def posts_to_itself(gateway):
    with connect(gateway.url) as client:
        assert ask(client, action="send", text="me")["text"] == "me"


@pytest.mark.parametrize("language", ["python", "go"])
def test_a_function_that_builds_its_url_of_the_apis_id_gets_there_by_the_proxy(language):
    program, folder = PROGRAMS[language]
    with Gateway(program, HERE / "routes.json", "--name-on-aws", folder=folder, variables={"BY_API_ID": "1"}) as gateway:
        posts_to_itself(gateway)


def can_bind_443_and_mount():
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 443))
        except OSError:
            return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not can_bind_443_and_mount(), reason="needs the right to bind port 443 and to mount")
@pytest.mark.parametrize("language", PROGRAMS)
def test_a_function_that_builds_its_url_of_the_apis_id_gets_there_by_name_resolution(language, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost local00000.execute-api.us-east-1.amazonaws.com\n")
    wrapper = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts]
    program, folder = PROGRAMS[language]
    variables = {"BY_API_ID": "1"}
    with Gateway(program, HERE / "routes.json", "--port", "443", folder=folder, variables=variables, wrapper=wrapper) as gateway:
        posts_to_itself(gateway)
