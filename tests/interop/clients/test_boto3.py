"""The AWS SDK for Python calls `@connections`, plain and under TLS."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from gateway import PATIENCE
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


@pytest.fixture(params=["http", "https"])
def api(request, gateway):
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=gateway.http_url.replace("http://", request.param + "://"),
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        verify=str(gateway.authority),
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def socket(gateway):
    with connect(gateway.url, user_agent_header="tester/1") as socket:
        yield socket


def id_of(socket):
    socket.send('{"do":"id"}')
    return socket.recv(timeout=PATIENCE)


def test_a_post_arrives_as_text(api, socket):
    api.post_to_connection(ConnectionId=id_of(socket), Data="grüß dich €".encode())
    assert socket.recv(timeout=PATIENCE) == "grüß dich €"


def test_a_post_of_128_kb_arrives_and_a_longer_one_is_413(api, socket):
    connection = id_of(socket)
    api.post_to_connection(ConnectionId=connection, Data=b"x" * 131_072)
    assert socket.recv(timeout=PATIENCE) == "x" * 131_072
    with pytest.raises(api.exceptions.PayloadTooLargeException) as refused:
        api.post_to_connection(ConnectionId=connection, Data=b"x" * 131_073)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_a_connection_is_described(api, socket):
    described = api.get_connection(ConnectionId=id_of(socket))
    assert described["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "tester/1"}
    assert described["ConnectedAt"] <= described["LastActiveAt"]


def test_a_deleted_connection_is_closed_and_gone(api, socket):
    connection = id_of(socket)
    answer = api.delete_connection(ConnectionId=connection)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=PATIENCE)
    assert closed.value.rcvd.code == 1000
    for call in [api.get_connection, api.delete_connection, lambda **id: api.post_to_connection(Data=b"x", **id)]:
        with pytest.raises(api.exceptions.GoneException) as gone:
            call(ConnectionId=connection)
        assert gone.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


def test_an_id_that_cannot_be_one_is_400(api):
    with pytest.raises(ClientError) as refused:
        api.post_to_connection(ConnectionId="nobody", Data=b"x")
    error = refused.value.response
    assert (error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"]) == (400, "BadRequestException")
    assert error["Error"]["Message"] == "Invalid connectionId: nobody"
