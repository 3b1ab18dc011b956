#!/usr/bin/env python3
"""How much a proxy adds: one stream straight from an instance and one through the proxy, the same entries on both.

    bench/behind_proxy.py --direct http://127.0.0.1:8080 --proxy http://127.0.0.1:8000 --token HOSTS_TOKEN [--entries 200]

Makes an event, posts to it through the proxy ten times a second, and prints when the first byte came and how long after
the direct stream each entry came through the proxy. Only for loopback; needs nothing but Python 3.
"""

import argparse
import http.client
import json
import ssl
import statistics
import threading
import time
from datetime import datetime, timezone
from urllib.parse import urlsplit


def connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SystemExit("only loopback addresses are measured")
    if parts.scheme == "https":
        # The certificate is whatever the trial uses; nothing secret travels.
        context = ssl._create_unverified_context()
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=60, context=context)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)


def call(url: str, token: str, method: str, path: str, body: object = None) -> dict:
    connection = connect(url)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {text.decode()}")
    return json.loads(text) if text else {}


class Seat(threading.Thread):
    """Reads a stream and notes when each message came."""

    def __init__(self, url: str, token: str, event: str) -> None:
        super().__init__(daemon=True)
        self.first_byte = 0.0
        self.came: dict[str, float] = {}
        self.ready = threading.Event()
        self._at = (url, token, f"/v1/events/{event}/stream")

    def run(self) -> None:
        url, token, path = self._at
        connection = connect(url)
        began = time.monotonic()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}", "Accept": "text/event-stream"})
        answer = connection.getresponse()
        line = answer.readline()
        self.first_byte = time.monotonic() - began
        while line:
            now = time.monotonic()
            if line.startswith(b"event: stream.snapshot"):
                self.ready.set()
            elif line.startswith(b"data:") and b'"message.created"' in line:
                self.came[json.loads(line[5:])["data"]["message"]["text"]] = now
            line = answer.readline()


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--direct", required=True)
    parser.add_argument("--proxy", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--entries", type=int, default=200)
    asked = parser.parse_args()
    now = datetime.now(timezone.utc).isoformat()
    body = {"title": "Behind a proxy", "kind": "session", "scheduled_at": now}
    event = call(asked.direct, asked.token, "POST", "/v1/events", body)["id"]
    call(asked.direct, asked.token, "POST", f"/v1/events/{event}/start")

    firsts = []
    for _ in range(20):
        seat = Seat(asked.proxy, asked.token, event)
        seat.start()
        assert seat.ready.wait(10), "no snapshot through the proxy"
        firsts.append(seat.first_byte)
    direct, behind = Seat(asked.direct, asked.token, event), seat
    direct.start()
    assert direct.ready.wait(10), "no snapshot"
    due = time.monotonic()
    for number in range(asked.entries):
        time.sleep(max(0.0, due - time.monotonic()))
        due += 0.1
        call(asked.proxy, asked.token, "POST", f"/v1/events/{event}/messages", {"text": f"number {number}"})
    end = time.monotonic() + 10
    while len(behind.came) < asked.entries and time.monotonic() < end:
        time.sleep(0.05)
    behinds = [behind.came[text] - came for text, came in direct.came.items() if text in behind.came]
    print(f"first byte: median {ms(statistics.median(firsts))}, worst {ms(max(firsts))} of {len(firsts)}")
    behinds.sort()
    print(
        f"entries behind the direct stream: median {ms(statistics.median(behinds))}, "
        f"p99 {ms(behinds[int(len(behinds) * 0.99) - 1])}, worst {ms(behinds[-1])} of {len(behinds)}"
    )


if __name__ == "__main__":
    main()
