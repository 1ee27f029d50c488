"""A token signs in once; its session ends by time, by signing out, and not otherwise."""

import errno
import stat
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from core.audit import Ledger, Role
from core.database import Database
from core.paths import StatePaths
from core.settings import Settings, WebSettings
from dashboard.server.gate.sign_in import (
    KEY_BYTES,
    SessionStore,
    TokenStore,
    User,
    issue_token,
    sign_in_url,
)
from tests.clock import FixedClock

Visit = Callable[[], TestClient]
ADMIN = User(name="admin", role=Role.ADMIN)


def test_the_link_signs_in_and_the_token_leaves_the_address(
    visit: Visit, settings: Settings
) -> None:
    client = visit()
    link = sign_in_url(settings, issue_token(settings.paths))

    answer = client.get(link + "&range=1h")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/?range=1h"
    cookie = answer.headers["set-cookie"].lower()
    assert all(
        flag in cookie for flag in ("httponly", "samesite=strict", "path=/", "max-age=43200")
    )
    seen = client.get("/").json()["headers"]
    assert (seen["x-datahall-user"], seen["x-datahall-role"]) == ("admin", "admin")


def test_a_pasted_link_works_like_its_token(visit: Visit, settings: Settings) -> None:
    link = sign_in_url(settings, issue_token(settings.paths))

    assert visit().get("/", params={"token": f" {link}\n"}).status_code == 303


def test_a_token_works_once(visit: Visit, paths: StatePaths) -> None:
    token = issue_token(paths)
    assert visit().get("/", params={"token": token}).status_code == 303

    again = visit().get("/", params={"token": token})

    assert again.status_code == 401
    assert "already used" in again.text
    assert "set-cookie" not in again.headers
    assert not paths.sign_in_token.exists()


def test_a_new_token_replaces_the_previous_one(visit: Visit, paths: StatePaths) -> None:
    old, new = issue_token(paths), issue_token(paths)

    assert visit().get("/", params={"token": old}).status_code == 401
    assert visit().get("/", params={"token": new}).status_code == 303


def test_a_used_link_opens_the_page_for_a_signed_in_user(guest: TestClient) -> None:
    answer = guest.get("/", params={"token": "used"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_role_of_a_token_is_the_role_of_the_session(visit: Visit, paths: StatePaths) -> None:
    client = visit()
    client.get("/", params={"token": issue_token(paths, name="Zoë", role=Role.VIEWER)})

    seen = client.get("/").json()["headers"]

    assert (seen["x-datahall-user"], seen["x-datahall-role"]) == ("Zoë", "viewer")


@pytest.mark.parametrize("num_wrong", [5, 50])
def test_wrong_tokens_do_not_lock_out_the_right_one(
    visit: Visit, paths: StatePaths, num_wrong: int
) -> None:
    """Behind a proxy or NAT, all users have the same address."""
    token = issue_token(paths)
    codes = [visit().get("/", params={"token": f"x{n}"}).status_code for n in range(num_wrong)]

    assert codes == ([401] * 5 + [429] * num_wrong)[:num_wrong]
    assert visit().get("/", params={"token": token}).status_code == 303


def test_the_limit_of_wrong_tokens_ends_after_a_minute(visit: Visit, clock: FixedClock) -> None:
    for number in range(6):
        answer = visit().get("/", params={"token": f"guess{number}"})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"

    clock.advance(61)

    assert visit().get("/", params={"token": "guess"}).status_code == 401


def test_the_count_of_wrong_tokens_needs_bounded_memory(
    paths: StatePaths, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.server.gate.sign_in.MOST_ADDRESSES", 2)
    tokens = TokenStore(paths.sign_in_token, clock)

    assert [tokens.count_wrong(address) for address in "aabbcc"] == [1, 2, 1, 2, 6, 6]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"digest": 1, "name": "a", "role": "x"}'])
def test_a_damaged_token_file_signs_nobody_in(
    visit: Visit, paths: StatePaths, content: str
) -> None:
    paths.sign_in_token.write_text(content, encoding="utf-8")

    assert visit().get("/", params={"token": "1"}).status_code == 401


def test_secrets_are_readable_by_their_owner_alone(guest: TestClient, paths: StatePaths) -> None:
    """And only the digest of a token is stored."""
    token = issue_token(paths)

    assert guest.get("/").status_code == 200
    assert token not in paths.sign_in_token.read_text(encoding="utf-8")
    for path in (paths.sign_in_token, paths.cookie_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "forge",
    [
        lambda value: value[:-1],
        lambda value: value.partition(".")[0],
        lambda value: "x" + value,
        lambda value: value.rpartition(".")[0] + ".",
        lambda _: ".",
        lambda _: "é",
    ],
)
def test_a_forged_cookie_is_refused(
    guest: TestClient, visit: Visit, forge: Callable[[str], str]
) -> None:
    name, value = next(iter(guest.cookies.items()))

    header = f"{name}={forge(value)}".encode()

    assert visit().get("/", headers={b"cookie": header}).status_code == 401


def test_a_cookie_signed_with_another_key_is_refused(
    sessions: SessionStore, settings: Settings, clock: FixedClock
) -> None:
    value = sessions.cookie_value(sessions.open(ADMIN))
    assert sessions.read(value) is not None

    settings.paths.cookie_key.unlink()

    assert SessionStore(settings.paths, 12.0, clock).read(value) is None


def test_a_session_survives_a_restart(
    sessions: SessionStore, settings: Settings, clock: FixedClock
) -> None:
    session = sessions.open(ADMIN)

    restarted = SessionStore(settings.paths, 12.0, clock)

    assert restarted.read(sessions.cookie_value(session)) == session


def test_a_session_ends_after_its_hours(guest: TestClient, clock: FixedClock) -> None:
    """The server decides, even if the browser still sends the cookie."""
    clock.advance(12 * 3600 - 1)
    assert guest.get("/").status_code == 200

    clock.advance(2)

    assert guest.get("/").status_code == 401


def test_signing_out_makes_every_copy_of_the_cookie_invalid(
    guest: TestClient, visit: Visit, settings: Settings, clock: FixedClock
) -> None:
    name, value = next(iter(guest.cookies.items()))

    answer = guest.get("/sign-out")

    assert "signed out" in answer.text
    assert visit().get("/", headers={"cookie": f"{name}={value}"}).status_code == 401
    assert SessionStore(settings.paths, 12.0, clock).read(value) is None


def test_signing_out_works_on_a_full_disk(
    guest: TestClient, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dashboard.server.gate.sign_in.write_json", fail)
    name, value = next(iter(guest.cookies.items()))

    assert guest.get("/sign-out").status_code == 200
    assert visit().get("/", headers={"cookie": f"{name}={value}"}).status_code == 401


def test_a_damaged_list_of_ended_sessions_ends_all_sessions(
    sessions: SessionStore, settings: Settings, clock: FixedClock
) -> None:
    """Otherwise a session that was signed out would be valid again."""
    value = sessions.cookie_value(sessions.open(ADMIN))
    settings.paths.ended_sessions.write_text('{"a": ', encoding="utf-8")

    assert SessionStore(settings.paths, 12.0, clock).read(value) is None


def test_an_empty_key_file_is_replaced(settings: Settings, clock: FixedClock) -> None:
    settings.paths.cookie_key.write_bytes(b"")

    SessionStore(settings.paths, 12.0, clock)

    assert len(settings.paths.cookie_key.read_bytes()) == KEY_BYTES


@pytest.mark.parametrize(
    ("host", "start"),
    [
        ("0.0.0.0", "http://127.0.0.1:8501/"),  # noqa: S104  (nothing is bound here)
        ("::1", "http://[::1]:8501/"),
        ("::", "http://127.0.0.1:8501/"),
    ],
)
def test_the_link_names_an_address_that_a_browser_can_open(
    settings: Settings, host: str, start: str
) -> None:
    web = Settings(home=settings.home, web=WebSettings(host=host))

    assert sign_in_url(web, "t").startswith(start)


def _rows(ledger: Ledger) -> list[tuple[str, str, str, str]]:
    """Return actor, action, origin and outcome of each row, oldest first."""
    return [
        (entry.actor, entry.action, entry.target, entry.outcome)
        for entry in reversed(ledger.entries())
    ]


def test_signing_in_and_out_is_in_the_audit_log(
    visit: Visit, paths: StatePaths, ledger: Ledger
) -> None:
    client = visit()
    client.get("/", params={"token": issue_token(paths, name="Zoë", role=Role.VIEWER)})
    client.get("/", params={"token": "used"})
    client.get("/sign-out")
    client.get("/sign-out")

    assert _rows(ledger) == [
        ("Zoë", "sessions.open", "testclient", "allowed"),
        ("Zoë", "sessions.end", "testclient", "allowed"),
    ]


def test_wrong_tokens_are_in_the_audit_log_once_a_minute(
    visit: Visit, clock: FixedClock, ledger: Ledger
) -> None:
    refused = ("anonymous", "sessions.open", "testclient", "denied")

    def guess() -> None:
        for number in range(8):
            visit().get("/")
            visit().get("/", params={"token": f"guess{number}"})

    guess()
    assert _rows(ledger) == [refused]

    clock.advance(61)
    guess()
    assert _rows(ledger) == [refused] * 2


def test_signing_in_works_while_the_audit_log_does_not(
    visit: Visit, paths: StatePaths, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator must be able to sign in to repair a full disk."""
    with database.write() as connection:
        connection.execute(sa.text("drop table audit"))
    client = visit()

    client.get("/", params={"token": issue_token(paths)})

    assert client.get("/").status_code == 200
    assert "not in the audit log: sessions.open allowed testclient" in caplog.text
