"""One gateway for all clients."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from gateway import Gateway  # noqa: E402

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def gateway():
    program = [sys.executable, HERE / "function.py"]
    with Gateway(program, HERE / "routes.json", "--environments", "1") as gateway:
        yield gateway
