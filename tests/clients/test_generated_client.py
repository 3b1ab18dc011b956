"""A client generated from the committed document, used as a stranger would use it."""

import importlib
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

DOCUMENT = Path(__file__).parents[2] / "openapi" / "grandstand.json"


@pytest.fixture(scope="session")
def grandstand(tmp_path_factory):
    """The generated package. The generator knows no plain text bodies; anything else it leaves out is a failure."""
    target = tmp_path_factory.mktemp("client")
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", str(DOCUMENT)]
    config = target / "config.yml"
    config.write_text("post_hooks: []\n")
    command += ["--meta", "none", "--config", str(config), "--output-path", str(target / "grandstand_client")]
    made = subprocess.run(command, capture_output=True, text=True, timeout=120)
    output = made.stdout + made.stderr
    assert made.returncode == 0, output
    warnings = [line for line in output.splitlines() if "WARNING" in line or "Unable" in line or "Unsupported" in line]
    assert warnings == [
        "WARNING parsing POST /v1/events/{event}/messages within messages.",
        "Unsupported content type text/plain",
        "WARNING parsing POST /v1/events/{event}/assistant/questions within messages.",
        "Unsupported content type text/plain",
    ], output
    sys.path.insert(0, str(target))
    return importlib.import_module("grandstand_client")


@pytest.fixture(scope="session")
def call(grandstand):
    """`call.events.create_event(client=…)`, for every operation."""

    class Group:
        def __init__(self, name):
            self.name = name

        def __getattr__(self, operation):
            return importlib.import_module(f"grandstand_client.api.{self.name}.{operation}").sync

    return SimpleNamespace(**{name: Group(name) for name in
                              ["accounts", "events", "messages", "reactions", "contest", "live", "keys", "presence"]})


def test_a_whole_evening(house, grandstand, call):
    models = importlib.import_module("grandstand_client.models")
    stranger = grandstand.Client(base_url=house.url)
    host = grandstand.AuthenticatedClient(base_url=house.url, token=house.token("gerda", "host"))

    guest = call.accounts.create_guest(client=stranger, body=models.GuestIn(name="Ana"))
    assert isinstance(guest, models.GuestOut) and guest.user.guest
    ana = grandstand.AuthenticatedClient(base_url=house.url, token=guest.token)
    me = call.accounts.read_me(client=ana)
    assert me.user.id == guest.user.id and me.role is models.Role.VIEWER

    event = call.events.create_event(client=host, body=models.EventIn(
        title="Generated v Written", slug="generated", kind=models.EventKind.FOOTBALL,
        scheduled_at=datetime.now(timezone.utc),
        participants=[models.ParticipantIn(name="Generated", id="gen"), models.ParticipantIn(name="Written", id="wri")],
    ))
    assert isinstance(event, models.Event), event
    assert call.events.start_event("generated", client=host).status is models.EventStatus.LIVE

    message = call.messages.post_message("generated", client=ana, body=models.MessageIn(text="héllo 👋", client_id="1"))
    again = call.messages.post_message("generated", client=ana, body=models.MessageIn(text="héllo 👋", client_id="1"))
    assert isinstance(message, models.Message) and again.id == message.id
    reaction = call.reactions.add_reaction("generated", message.id, "❤️", client=ana)
    assert (reaction.count, reaction.mine) == (1, True)
    applause = call.reactions.applaud(
        "generated", client=stranger, body=models.ApplauseIn(kind=models.ApplauseKind.CELEBRATE, count=3))
    assert applause.applause["celebrate"] == 3

    taken = call.contest.report_contest_updates("generated", client=host, body=models.UpdatesIn(source="feed", updates=[
        models.UpdateIn(source_id="1", type_=models.UpdateType.PERIOD_START, period=models.PeriodIn(number=1)),
        models.UpdateIn(source_id="2", type_=models.UpdateType.GOAL, participant_id="wri", player="P. Hand", minute=9),
    ]))
    assert [result.outcome for result in taken.results] == [models.UpdateOutcome.RECORDED] * 2
    problem = call.contest.report_contest_updates("generated", client=host, body=models.UpdatesIn(source="feed", updates=[
        models.UpdateIn(source_id="3", type_=models.UpdateType.GOAL, participant_id="nobody", minute=10),
    ]))
    assert isinstance(problem, models.Problem) and problem.code == "contest-rule"
    assert problem.errors[0].pointer == "/updates/0/participant_id"

    page = call.messages.list_messages("generated", client=ana, limit=10)
    assert [item.text for item in page.items] == ["héllo 👋"]
    assert page.items[0].mine == ["❤️"] or len(page.items[0].mine) == 1

    snapshot = call.live.get_snapshot("generated", client=stranger)
    assert isinstance(snapshot, models.Snapshot)
    score = {line.participant_id: line.points for line in snapshot.contest.score}
    assert score == {"gen": 0, "wri": 1}
    assert snapshot.contest.period.state is models.PeriodState.RUNNING

    log = call.live.read_log("generated", client=stranger, limit=200)
    types = [type(entry) for entry in log.items]
    assert types[:2] == [models.EventCreatedEntry, models.EventStartedEntry]
    assert models.MessageCreatedEntry in types and models.IncidentRecordedEntry in types
    said = next(entry for entry in log.items if isinstance(entry, models.MessageCreatedEntry))
    assert said.data.message.text == "héllo 👋"
    assert [entry.seq for entry in log.items] == list(range(1, len(log.items) + 1))

    missing = call.events.get_event("no-such-event", client=stranger)
    assert isinstance(missing, models.Problem) and (missing.status, missing.code) == (404, "event-not-found")
