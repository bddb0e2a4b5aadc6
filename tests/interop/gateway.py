"""Starts `cargo lift-ws dev` with any program, and says where it serves."""

import collections
import os
import queue
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: The tool, and where the lane has put what it installed.
TOOL = Path(os.environ.get("LIFT_WS_TOOL", ROOT / "target/debug/cargo-lift-ws"))
INSTALLED = Path(os.environ.get("LIFT_WS_INTEROP", ROOT / "target/interop"))
#: Nothing takes this long; it turns a hanging test into a failing one.
PATIENCE = 60


class Gateway:
    """A running gateway: `url`, `http_url`, `authority` (a file to trust), and its output line by line."""

    def __init__(self, program, routes, *options, folder=None, variables=None, wrapper=(), keep=2_000):
        self.data = tempfile.mkdtemp(prefix="lift-ws-interop-")
        # The authority of these tests is not that of who runs them.
        environment = {**os.environ, "XDG_DATA_HOME": self.data, **(variables or {})}
        port = [] if "--port" in options else ["--port", "0"]
        command = [*wrapper, TOOL, "lift-ws", "dev", *port, "--routes", routes, *options, "--", *program]
        self.process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = queue.Queue()
        #: The last lines of output.
        self.seen = collections.deque(maxlen=keep)
        threading.Thread(target=self._read, daemon=True).start()
        ready = self.line_with("ready ws://")
        self.url = ready.split("ready ", 1)[1].strip()
        self.http_url = self.url.replace("ws://", "http://")
        self.address, self.stage = self.url.removeprefix("ws://").split("/")
        self.authority = Path(self.data, "lift-ws/tls/ca.pem")

    def _read(self):
        for line in self.process.stdout:
            line = line.rstrip("\n")
            self.seen.append(line)
            self.lines.put(line)
        self.lines.put(None)

    def line_with(self, text):
        """The next line of output that contains this; earlier ones are skipped."""
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError("no line with %r, but\n%s" % (text, "\n".join(list(self.seen)[-40:]))) from None
            if line is None:
                raise AssertionError("the gateway ended:\n" + "\n".join(list(self.seen)[-40:]))
            if text in line:
                return line

    def matches(self, pattern):
        """The first groups of all lines so far that look so."""
        found = (re.search(pattern, line) for line in list(self.seen))
        return {match.group(1) for match in found if match}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            status = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            shutil.rmtree(self.data, ignore_errors=True)
        assert status == 0, "the gateway ended with %s" % status
