"""Nobody passes the gate without its cookie, and nothing but its token gives one."""

import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from core.audit import Role
from core.clock import FixedClock
from core.paths import StatePaths
from core.settings import Settings, WebSettings
from dashboard.server.gate import SessionBook, issue_token, sign_in_url

Visit = Callable[[], TestClient]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/devices", "/static/js/index.js", "/media/x", "/app/static/inter.woff2"),
        *("/_stcore/metrics", "/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/a"),
        *("/healthz/", "//healthz", "/healthz/../devices"),
    ],
)
def test_every_path_is_closed_to_strangers(visit: Visit, path: str) -> None:
    """Streamlit's own routes too: they tell what runs here, and take uploads."""
    answer = visit().get(path)

    assert answer.status_code == 401
    assert "datahall up" in answer.text
    assert "no-store" in answer.headers["cache-control"]


def test_health_is_open_and_nothing_else(visit: Visit) -> None:
    """Supervisors and load balancers ask it without a cookie."""
    assert visit().get("/healthz").json()["path"] == "/healthz"


def test_the_api_refuses_in_json(visit: Visit) -> None:
    """Programs get the error shape of every `--json` answer."""
    answer = visit().get("/api/telemetry")

    assert answer.status_code == 401
    assert answer.json()["error"]["kind"] == "denied"


def test_the_sign_in_page_fetches_nothing(visit: Visit) -> None:
    """It must work without a cookie, and without the network."""
    answer = visit().get("/")

    assert "<script" not in answer.text
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', answer.text) == []
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_link_signs_in_and_leaves_a_clean_address(visit: Visit, settings: Settings) -> None:
    """The token must not stay in the address bar, nor the cookie be readable by scripts."""
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
    """The field of the sign-in page takes both."""
    link = sign_in_url(settings, issue_token(settings.paths))

    assert visit().get("/", params={"token": f" {link}\n"}).status_code == 303


def test_a_token_works_once(visit: Visit, paths: StatePaths) -> None:
    """A link that leaks later, from a terminal's history, opens nothing."""
    token = issue_token(paths)
    assert visit().get("/", params={"token": token}).status_code == 303

    again = visit().get("/", params={"token": token})

    assert again.status_code == 401
    assert "used before" in again.text
    assert "set-cookie" not in again.headers
    assert not paths.sign_in_token.exists()


def test_a_fresh_token_voids_the_one_before(visit: Visit, paths: StatePaths) -> None:
    """Only the newest link is good."""
    old, new = issue_token(paths), issue_token(paths)

    assert visit().get("/", params={"token": old}).status_code == 401
    assert visit().get("/", params={"token": new}).status_code == 303


def test_a_used_link_still_leads_in_whoever_is_signed_in(guest: TestClient) -> None:
    """Clicking it again is no mistake worth a word."""
    answer = guest.get("/", params={"token": "used"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_secrets_are_readable_by_their_owner_alone(guest: TestClient, paths: StatePaths) -> None:
    """And the token itself is nowhere: only its digest is kept."""
    token = issue_token(paths)

    assert guest.get("/").status_code == 200
    assert token not in paths.sign_in_token.read_text(encoding="utf-8")
    for path in (paths.sign_in_token, paths.cookie_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_guessing_is_slowed_down(visit: Visit, paths: StatePaths, clock: FixedClock) -> None:
    """Five wrong tokens a minute; then even the right one must wait."""
    token = issue_token(paths)
    codes = [visit().get("/", params={"token": f"guess{n}"}).status_code for n in range(6)]
    assert codes == [401] * 5 + [429]
    assert visit().get("/", params={"token": token}).status_code == 429

    clock.advance(61)

    assert visit().get("/", params={"token": token}).status_code == 303


@pytest.mark.parametrize("change", ["x", ".", "", "%00", "é"])
def test_a_forged_cookie_opens_nothing(guest: TestClient, visit: Visit, change: str) -> None:
    """Neither a changed one, nor one without its signature."""
    name, value = next(iter(guest.cookies.items()))
    stranger = visit()

    forged = f"{change}{value.partition('.')[0]}".encode("utf-8", "replace")

    assert stranger.get("/", headers={b"cookie": name.encode() + b"=" + forged}).status_code == 401


def test_a_session_ends_with_its_hours(guest: TestClient, clock: FixedClock) -> None:
    """The server decides, whatever the browser still sends."""
    clock.advance(12 * 3600 - 1)
    assert guest.get("/").status_code == 200

    clock.advance(2)

    assert guest.get("/").status_code == 401


def test_signing_out_voids_the_cookie_for_good(
    guest: TestClient, visit: Visit, settings: Settings, clock: FixedClock
) -> None:
    """A copy of the cookie is void too, also after a restart."""
    name, value = next(iter(guest.cookies.items()))

    answer = guest.get("/sign-out")

    assert "no longer has access" in answer.text
    assert visit().get("/", headers={"cookie": f"{name}={value}"}).status_code == 401
    assert SessionBook(settings.paths, 12.0, clock).read(value) is None


def test_identity_headers_of_a_client_are_dropped(guest: TestClient, visit: Visit) -> None:
    """Only the gate names the user."""
    spoofed = {"X-Datahall-User": "mallory", "x-datahall-role": "admin", "X-DATAHALL-more": "1"}

    assert guest.get("/", headers=spoofed).json()["headers"]["x-datahall-user"] == "admin"
    assert not [key for key in visit().get("/healthz", headers=spoofed).json()["headers"]
                if key.startswith("x-datahall")]  # fmt: skip


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "a@b:1"])
def test_a_strangers_name_for_this_machine_is_refused(guest: TestClient, host: str) -> None:
    """DNS rebinding: the browser would send our cookie's host, but not our name."""
    assert guest.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_page_of_another_origin_changes_nothing(guest: TestClient, method: str) -> None:
    """Another port of localhost counts as the same site: SameSite alone does not stop it."""
    foreign = guest.request(method, "/x", headers={"origin": "http://127.0.0.1:9999"})
    own = guest.request(method, "/x", headers={"origin": "http://127.0.0.1:8501"})
    malformed = guest.request(method, "/x", headers={"origin": "http://["})

    assert (foreign.status_code, own.status_code) == (403, 200)
    assert malformed.status_code == 403


def test_a_link_on_another_site_leads_in_whoever_is_signed_in(visit: Visit) -> None:
    """The browser keeps a strict cookie back there; one step from our own page brings it."""
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}

    answer = visit().get('//evil.example/"><x>?a=1', headers=headers)

    assert answer.status_code == 200
    target = re.search(r'url=([^"]*)"', answer.text)
    assert target is not None
    assert target[1].startswith("/")
    assert not target[1].startswith("//")
    assert "<x>" not in answer.text


def test_a_sign_in_link_on_another_site_also_works(visit: Visit, paths: StatePaths) -> None:
    """The cookie arrives with a page, not a redirect, whose next request would lack it."""
    answer = visit().get(
        "/", params={"token": issue_token(paths)}, headers={"sec-fetch-site": "cross-site"}
    )

    assert answer.status_code == 200
    assert "set-cookie" in answer.headers


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/x"])
def test_every_answer_carries_the_security_headers(guest: TestClient, path: str) -> None:
    """Also those that the app itself gives."""
    headers = guest.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"]


def test_a_role_given_with_the_token_is_the_sessions_role(visit: Visit, paths: StatePaths) -> None:
    """What a viewer may do is decided by the ledger; who is a viewer, here."""
    client = visit()
    client.get("/", params={"token": issue_token(paths, name="Zoë", role=Role.VIEWER)})

    seen = client.get("/").json()["headers"]

    assert (seen["x-datahall-user"], seen["x-datahall-role"]) == ("Zoë", "viewer")


def test_an_empty_key_file_is_replaced(settings: Settings, clock: FixedClock) -> None:
    """A full disk may leave one behind; signing with nothing would let anyone in."""
    Path(settings.paths.cookie_key).write_bytes(b"")

    SessionBook(settings.paths, 12.0, clock)

    assert len(settings.paths.cookie_key.read_bytes()) == 32


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
    """Nothing listens *at* 0.0.0.0."""
    web = Settings(home=settings.home, web=WebSettings(host=host))

    assert sign_in_url(web, "t").startswith(start)
