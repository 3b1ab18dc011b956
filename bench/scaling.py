#!/usr/bin/env python3
"""What many viewers need, on paper and by simulation: prints the tables of docs/scaling.md.

    bench/scaling.py

Plain Python 3, no arguments, the same output every time. Change MEASURED when docs/performance.md says something new, and
ASSUMED when your machines or your crowds are others.
"""

import heapq
import math
import random

# Per core of the server. Source: docs/performance.md, table "Figures".
MEASURED = {
    "cpu_us_per_delivery": 6.9,  # T3: one chunk to one stream, posting included, at 10,000 streams
    "rss_kib_per_stream": 0.65,  # T4
    "opens_per_second": 13_900.0,  # T5: token checked, snapshot of 50 messages sent
    "posts_per_second": 8_240.0,  # T6: durable, one event, one database
    "frame_bytes": 550,  # a message of 300 bytes of text as a frame
}
# The same for what the code is meant to reach (the goals in that table), so that the difference is seen.
GOALS = MEASURED | {"cpu_us_per_delivery": 4.4, "opens_per_second": 17_000.0, "posts_per_second": 15_000.0}

# Not measured here: choices and round numbers, to be replaced by your own.
ASSUMED = {
    "cores": 8,  # of an instance
    "memory_gib": 16,
    "busy": 0.5,  # how busy a core may be on a normal evening; the rest is for storms
    "nic_gbit": 10.0,
    "nic_busy": 0.7,
    "packet_bytes": 66,  # Ethernet, IP and TCP heads of a chunk
    "tls_us_per_handshake": 300.0,  # full handshake with a P-256 certificate
    "open_files": 65_536,
    "redis_messages_per_second": 100_000.0,  # one shard, in and out together
    "database_opens_per_second": 10_000.0,  # opens that have to read a snapshot or the log from one PostgreSQL
    "database_heads_per_second": 200_000.0,  # index look-ups of a sweep that one PostgreSQL does besides writing
}
# Defaults of src/config/stream.rs.
SETTINGS = {"tick_ms": 20, "sweep_ms": 1_000, "retry_ms": 2_000, "drain_window_ms": 5_000, "heartbeat_ms": 15_000,
            "max_seats": 20_000, "max_stands": 10_000}


def table(*rows: tuple) -> None:
    for index, row in enumerate(rows):
        print("| " + " | ".join(str(cell) for cell in row) + " |")
        if index == 0:
            print("|" + "---|" * len(row))
    print()


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def frames_per_second(messages: float) -> float:
    """What a stream carries: messages, totals of reactions (four a second at most), presence, heartbeats."""
    return messages + min(4.0, messages) + min(1.0, messages) + 1_000 / SETTINGS["heartbeat_ms"]


def instance(measured: dict, messages: float) -> dict:
    """How many streams an instance carries, by what limits them."""
    frames = frames_per_second(messages)
    wakes = min(frames, 1_000 / SETTINGS["tick_ms"])
    bits = 8 * (frames * measured["frame_bytes"] + wakes * ASSUMED["packet_bytes"])
    return {
        "CPU": ASSUMED["cores"] * ASSUMED["busy"] * 1e6 / (wakes * measured["cpu_us_per_delivery"]),
        "memory": 0.7 * ASSUMED["memory_gib"] * 1024**2 / measured["rss_kib_per_stream"],
        "network": ASSUMED["nic_gbit"] * ASSUMED["nic_busy"] * 1e9 / bits,
        "open files": ASSUMED["open_files"] - 1_000.0,
        "kbit/s": bits / 1_000,
    }


def limit(of: dict) -> tuple[str, float]:
    name = min((name for name in of if name != "kbit/s"), key=lambda name: of[name])
    return name, of[name]


def one_event(viewers: int) -> None:
    print(f"### One event, {viewers:,} viewers\n")
    rows = [("figures", "messages/s", "a stream", "all streams", "CPU", "memory", "network", "open files", "instances", "limited by")]
    for name, measured in (("measured", MEASURED), ("goals", GOALS)):
        for messages in (1, 10, 50):
            of = instance(measured, messages)
            what, streams = limit(of)
            rows.append((name, messages, f"{of['kbit/s']:.0f} kbit/s", f"{of['kbit/s'] * viewers / 1e6:,.1f} Gbit/s",
                         *(number(of[key]) for key in ("CPU", "memory", "network", "open files")),
                         math.ceil(viewers / streams), what))
    table(*rows)


def expected_stands(events: int, viewers_each: int, instances: int) -> float:
    """Events with somebody at a given instance, when every viewer lands on any instance."""
    return events * (1 - (1 - 1 / instances) ** viewers_each)


def many_events(events: int, viewers_each: int, posts_each: float) -> None:
    viewers, posts = events * viewers_each, events * posts_each
    print(f"### {events:,} events, {viewers_each} viewers and {posts_each} posts a second each\n")
    rows = [("figures", "routing", "instances", "stands each", "heads compared/s", "Redis messages/s", "Redis shards", "databases for posts", "for sweeps")]
    for name, measured in (("measured", MEASURED), ("goals", GOALS)):
        instances = math.ceil(viewers / limit(instance(measured, posts_each))[1])
        instances = max(instances, 2)
        for routing in ("anywhere", "by event"):
            stands = expected_stands(events, viewers_each, instances) if routing == "anywhere" else events / instances
            heads = stands * instances * 1_000 / SETTINGS["sweep_ms"]
            # Each post is told once to Redis, and by Redis to every instance that has the event.
            redis = posts * (1 + stands * instances / events)
            rows.append((name, routing, instances, number(stands), number(heads), number(redis),
                         math.ceil(redis / ASSUMED["redis_messages_per_second"]),
                         math.ceil(posts / measured["posts_per_second"]),
                         math.ceil(heads / ASSUMED["database_heads_per_second"])))
    table(*rows)


# One in so many is simulated, with as much less of everything.
SAMPLE = 10


class Storm:
    """Everybody who was cut off comes back, over TLS. Time in seconds."""

    # An open that would wait longer than this is told to come back later.
    PATIENCE = 5.0

    def __init__(self, instances: int, measured: dict, spare: float, reads: float) -> None:
        seconds = 1 / measured["opens_per_second"] + ASSUMED["tls_us_per_handshake"] / 1e6
        # `spare` is what is left of the cores while an instance goes on serving those it has.
        self.seconds = SAMPLE * seconds / (ASSUMED["cores"] * spare)
        self.free_at = [0.0] * instances
        # Which share of opens reads the database, and when it has time again.
        self.reads, self.database_free_at = reads, 0.0
        self.dice = random.Random(1)

    def retry(self, told: bool = False) -> float:
        # Who was told to leave left in turn, and waits about half as long as who was cut off.
        return SETTINGS["retry_ms"] / 1_000 * (self.dice.uniform(0.56, 0.69) if told else self.dice.uniform(0.5, 1.5))

    def run(self, cut_at: list[float], told: bool) -> dict:
        tries = [at + self.retry(told) for at in cut_at]
        heapq.heapify(tries)
        asked: dict[int, int] = {}
        back, refused = [], 0
        while tries:
            at = heapq.heappop(tries)
            asked[int(at)] = asked.get(int(at), 0) + 1
            index = self.dice.randrange(len(self.free_at))
            reads = self.dice.random() < self.reads
            waits_for = max(self.free_at[index], self.database_free_at if reads else 0.0)
            if waits_for - at > self.PATIENCE:
                refused += 1
                # A refusal is cheap but not free, and asks for ten times the wait.
                self.free_at[index] += self.seconds / 20
                heapq.heappush(tries, at + 10 * self.retry())
                continue
            self.free_at[index] = max(at, self.free_at[index]) + self.seconds
            if reads:
                self.database_free_at = max(at, self.database_free_at) + SAMPLE / ASSUMED["database_opens_per_second"]
            back.append(max(self.free_at[index], self.database_free_at if reads else 0.0))
        back.sort()
        return {"peak": SAMPLE * max(asked.values()), "refused": SAMPLE * refused, "half": back[len(back) // 2],
                "most": back[int(len(back) * 0.99)], "all": back[-1]}


def storms(viewers: int, instances: int, viewers_each: int) -> None:
    print(f"### Coming back: {viewers:,} viewers on {instances} instances\n")
    each, events = viewers // instances, viewers // viewers_each
    window = SETTINGS["drain_window_ms"] / 1_000
    cases = [
        ("one instance dies", each, instances - 1, lambda count: [0.0] * count),
        (f"one instance is drained over {window:.0f} s", each, instances - 1, lambda count: [window * i / count for i in range(count)]),
        ("a third of them dies", viewers // 3, instances - instances // 3, lambda count: [0.0] * count),
        ("all die and are back in 3 s", viewers, instances, lambda count: [3.0] * count),
    ]
    rows = [("what happens", "cut off", "crowd", "opens/s that can be done", "asked in the busiest second", "told to wait", "half back", "99 % back", "all back")]
    for what, count, rest, cut in cases:
        everybody = rest == instances
        # Who finds the event at its new place resumes from memory. After the end of all, the first of each event reads.
        found = 0.0 if everybody else expected_stands(events, viewers_each, instances) / events
        for crowd, reads in (
            ("one event", 0.0),
            (f"{events:,} events, anywhere", 1 - found),
            (f"{events:,} events, by event", 1 / viewers_each),
        ):
            # Those who stay go on being served; if nobody stays, all cores open.
            storm = Storm(rest, MEASURED, 1.0 if everybody else 1 - ASSUMED["busy"], reads)
            can = SAMPLE * rest / storm.seconds
            if reads:
                can = min(can, ASSUMED["database_opens_per_second"] / reads)
            end = storm.run(cut(count // SAMPLE), told="drained" in what)
            rows.append((what, f"{count:,}", crowd, number(can), f"{end['peak']:,}", f"{end['refused']:,}",
                         *(f"{end[part]:.1f} s" for part in ("half", "most", "all"))))
    table(*rows)


def first_limits() -> None:
    print("### What breaks first\n")
    of = instance(MEASURED, 10)
    # One handshake and one open, on one core.
    open_us = 1e6 / MEASURED["opens_per_second"] + ASSUMED["tls_us_per_handshake"]
    table(
        ("what", "breaks at", "because of"),
        ("`stream.max_seats`, the default", f"{SETTINGS['max_seats']:,} streams an instance", "a setting; raise it with the open-file limit and `serve.max_connections`"),
        ("an instance, one event of 10 messages/s", f"{number(of['CPU'])} streams", f"CPU: {ASSUMED['cores']} cores, half busy"),
        ("the same by memory", f"{number(of['memory'])} streams", f"{MEASURED['rss_kib_per_stream']:.0f} KiB each, {ASSUMED['memory_gib']} GiB"),
        ("the same by network", f"{number(of['network'])} streams", f"{of['kbit/s']:.0f} kbit/s each, {ASSUMED['nic_gbit']:.0f} Gbit/s"),
        ("opens, a core", f"{number(1e6 / open_us)} a second", "a TLS handshake, the token, the snapshot"),
        ("posts to one event", f"{number(MEASURED['posts_per_second'])} a second", "one writer at a time holds an event's head"),
        ("posts to one event before 1,000,000 readers",
         f"{number(1e12 / (1e6 * 8 * MEASURED['frame_bytes']))} a second fill 1 Tbit/s", "every reader gets every byte; long before the database"),
        ("one Redis shard, 60 instances all with the event", f"{number(ASSUMED['redis_messages_per_second'] / 61)} posts a second", "told once, delivered sixty times"),
        ("sweeps of one PostgreSQL", f"{number(ASSUMED['database_heads_per_second'] * SETTINGS['sweep_ms'] / 1_000)} stands over all instances", "each stand asks for its head every second"),
        ("opens of events that are nowhere in memory", f"{number(ASSUMED['database_opens_per_second'])} a second", "each reads a snapshot or the log"),
    )


def main() -> None:
    one_event(1_000_000)
    many_events(100_000, 10, 0.2)
    storms(1_000_000, 60, 10)
    first_limits()


if __name__ == "__main__":
    main()
