"""Puts a live match with a score and a little talk, and an event to edit, into a fresh server, for tests that need one.

    prepare.py URL TOKEN    prints shell variables: the ids of what was made
"""

import shlex
import sys
from datetime import datetime, timezone

import httpx

TEAMS = [
    {"id": "harbour", "name": "Harbour Rovers", "short_name": "HAR"},
    {"id": "granite", "name": "Granite City", "short_name": "GRA"},
]
UPDATES = [
    {"source_id": "1", "type": "period_start", "period": {"number": 1}},
    {"source_id": "2", "type": "goal", "participant_id": "harbour", "player": "A. Brook", "minute": 12},
    {"source_id": "3", "type": "card", "participant_id": "granite", "player": "L. Stone", "color": "yellow", "minute": 20},
    {"source_id": "4", "type": "goal", "participant_id": "granite", "player": "M. Quarry", "minute": 31, "penalty": True},
]


def main(url: str, token: str) -> None:
    api = httpx.Client(base_url=f"{url}/v1", headers={"Authorization": f"Bearer {token}"})

    def made(method: str, path: str, **body: object) -> dict:
        answer = api.request(method, path, json=body or None)
        if answer.is_error:
            sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    now = datetime.now(timezone.utc).isoformat()
    event = made("POST", "/events", title="Harbour Rovers v Granite City", slug="match", kind="football",
                 participants=TEAMS, scheduled_at=now, venue="The Pier")
    made("POST", "/events/match/start")
    made("POST", "/events/match/contest/updates", source="feed", updates=UPDATES)
    message = made("POST", "/events/match/messages", text="What a start!")
    made("POST", "/events/match/messages", text="It is.", parent_id=message["id"])
    made("PUT", f"/events/match/messages/{message['id']}/reactions/🔥")
    scratch = made("POST", "/events", title="To be edited", kind="other", scheduled_at=now)
    for name, value in {"EVENT": "match", "EVENT_ID": event["id"], "MESSAGE": message["id"], "SCRATCH_ID": scratch["id"]}.items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
