"""OpenVINO as this package imports it: quiet."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import socket, sys
def refuse(*args, **kwargs):
    raise SystemExit("the network was opened")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from loadstone.runtime.engine import openvino
found = openvino()
assert found.Core().available_devices
assert "openvino_telemetry" not in sys.modules, "telemetry was imported"
assert openvino() is found
"""


def test_importing_openvino_sends_nothing_home() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
