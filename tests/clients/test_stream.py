"""The stream as httpx-sse reads it: cut anywhere and resumed, nothing is lost or doubled."""

import json
import threading
from collections.abc import Iterator

import httpx
import pytest
from httpx_sse import ServerSentEvent, connect_sse


def follow(api: httpx.Client, event: str, last_event_id: str | None = None) -> Iterator[ServerSentEvent]:
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    with connect_sse(api, "GET", f"/events/{event}/stream", headers=headers) as source:
        source.response.raise_for_status()
        yield from source.iter_sse()


def promised(frames: Iterator[ServerSentEvent]) -> Iterator[ServerSentEvent]:
    """Without presence, which is told when it likes."""
    return (frame for frame in frames if frame.event != "presence.changed")


def say(api: httpx.Client, event: str, text: str) -> None:
    api.post(f"/events/{event}/messages", json={"text": text}).raise_for_status()


def test_cut_again_and_again_nothing_is_lost_or_doubled(house, host, ana, event):
    said = [f"line {number}" for number in range(60)]
    writer = threading.Thread(target=lambda: [say(host, event, text) for text in said])

    frames = follow(ana, event)
    ready = next(frames)
    assert (ready.event, ready.id) == ("stream.ready", ""), "signals have no id"
    assert ready.retry is not None and ready.retry > 0
    snapshot = next(frames)
    assert snapshot.event == "stream.snapshot"
    last_id = snapshot.id
    writer.start()

    heard: list[str] = []
    seqs: list[int] = []
    connections = 1
    while len(heard) < len(said):
        taken = 0
        for frame in frames:
            document = json.loads(frame.data)
            assert document["type"] == frame.event
            if frame.event in ("stream.reset", "stream.snapshot", "stream.bye"):
                pytest.fail(f"a resumable place was not resumed: {frame.data}")
            if frame.event == "message.created":
                heard.append(document["data"]["message"]["text"])
                seqs.append(document["seq"])
                last_id = frame.id
                taken += 1
            # Cut in the middle, after a different number of messages each time.
            if taken > connections % 5 or len(heard) == len(said):
                break
        frames.close()
        frames = follow(ana, event, last_id)
        connections += 1
    writer.join()
    assert heard == said
    assert seqs == list(range(seqs[0], seqs[0] + len(said)))
    assert connections > 10


def test_a_resumed_stream_says_what_it_made_up_for(ana, host, event):
    frames = follow(ana, event)
    next(frames)
    cursor = next(frames).id
    frames.close()
    for number in range(3):
        say(host, event, f"missed {number}")
    frames = promised(follow(ana, event, cursor))
    assert [next(frames).event for _ in range(5)] == ["stream.ready", *["message.created"] * 3, "stream.resumed"]


def test_a_place_that_cannot_be_resumed_is_answered_by_a_snapshot(ana, event):
    for wrong in ("no cursor", "1-999999", "7-1"):
        frames = follow(ana, event, wrong)
        assert [next(frames).event for _ in range(3)] == ["stream.ready", "stream.reset", "stream.snapshot"]
        frames.close()


@pytest.mark.parametrize("way", ["sse", "ndjson"])
def test_asked_once_it_gives_what_there_is_and_ends(ana, host, event, way):
    say(host, event, "here")
    answer = ana.get(f"/events/{event}/stream", params={"poll": 1, "format": way, "after": 0})
    assert answer.status_code == 200
    if way == "ndjson":
        assert answer.headers["content-type"] == "application/x-ndjson"
        types = [json.loads(line)["type"] for line in answer.text.splitlines()]
    else:
        assert answer.headers["content-type"] == "text/event-stream"
        types = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
    assert types[0] == "stream.ready"
    assert "message.created" in types


def test_a_restart_is_survived(house, ana, host, event):
    frames = follow(ana, event)
    next(frames)
    cursor = next(frames).id
    say(host, event, "before")
    frame = next(promised(frames))
    assert frame.event == "message.created"
    cursor = frame.id
    house.restart()
    rest = [json.loads(frame.data) for frame in frames]
    assert rest[-1]["type"] == "stream.bye"
    assert rest[-1]["data"]["reason"] == "shutdown" and rest[-1]["data"]["reconnect"] is True
    say(host, event, "after")
    types = []
    for frame in promised(follow(ana, event, cursor)):
        types.append(frame.event)
        if frame.event == "stream.resumed":
            break
    assert types == ["stream.ready", "message.created", "stream.resumed"]
