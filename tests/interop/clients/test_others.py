"""Clients in other languages, each with the test runner of its language."""

import os
import subprocess
from pathlib import Path

from gateway import INSTALLED

HERE = Path(__file__).resolve().parent


def passes(gateway, command, folder):
    environment = {
        **os.environ,
        "GATEWAY_URL": gateway.url,
        "GATEWAY_AUTHORITY": str(gateway.authority),
        # As the gateway gives it to its functions.
        "NODE_EXTRA_CA_CERTS": str(gateway.authority),
    }
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_node_ws_and_the_aws_sdk_for_javascript(gateway):
    passes(gateway, ["node", "--test", "ws.test.mjs", "sdk.test.mjs"], INSTALLED / "node-clients")


def test_go_coder_websocket(gateway):
    assert "--- PASS" in passes(gateway, ["go", "test", "-count=1", "-v", "./..."], HERE / "go")
