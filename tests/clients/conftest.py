"""What every test of a client needs: a server process of its own, people, and an event."""

import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import httpx
import pytest

SERVER = Path(__file__).with_name("server")
BINARY = os.environ["SERVER"]


class House:
    """A running server."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._do("start")
        self.url = (directory / "url").read_text().strip()

    def _do(self, command: str) -> None:
        subprocess.run([SERVER, command, str(self.directory)], check=True, timeout=60, stdout=subprocess.DEVNULL)

    def restart(self) -> None:
        self._do("restart")

    def stop(self) -> None:
        self._do("stop")

    def token(self, user: str, role: str) -> str:
        command = [BINARY, "--data-dir", str(self.directory / "data"), "token"]
        made = subprocess.run([*command, "--user", user, "--name", user.title(), "--role", role], check=True,
                              capture_output=True, text=True, timeout=60)
        return made.stdout.strip()

    def api(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=f"{self.url}/v1", headers={"Authorization": f"Bearer {token}"}, timeout=10)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory):
    house = House(tmp_path_factory.mktemp("server"))
    yield house
    house.stop()


@pytest.fixture(scope="session")
def host(house: House) -> httpx.Client:
    return house.api(house.token("hana", "host"))


@pytest.fixture
def event(host: httpx.Client, request: pytest.FixtureRequest) -> str:
    """A live event of the test's own, by its slug."""
    slug = request.node.name.replace("_", "-").replace("[", "-").replace("]", "")[:70].strip("-")
    body = {"title": slug, "slug": slug, "kind": "session", "scheduled_at": datetime.now(timezone.utc).isoformat()}
    host.post("/events", json=body).raise_for_status()
    host.post(f"/events/{slug}/start").raise_for_status()
    return slug


@pytest.fixture
def ana(house: House) -> httpx.Client:
    answer = httpx.post(f"{house.url}/v1/auth/guest", json={"name": "Ana"})
    answer.raise_for_status()
    return house.api(answer.json()["token"])
