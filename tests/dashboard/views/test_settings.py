"""Settings: services, every setting, the audit log and its chain, versions."""

from collections.abc import Callable

import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core.audit import Actor
from core.operations.services import ServiceState, write_states
from core.tables import audit
from tests.dashboard.views.conftest import House, open_tab

Open = Callable[..., AppTest]
Words = Callable[[AppTest], str]


def test_everything_is_shown_on_a_fresh_home(open_page: Open, words: Words) -> None:
    """Nothing supervised, an empty log, all settings, versions."""
    page = open_page("settings")
    assert page.info[0].proto.title == "Nothing is supervised"
    assert "No action was recorded yet" in words(open_tab(page, "settings-tab", "Audit log"))
    assert "DATAHALL_WEB_PORT" in words(open_tab(page, "settings-tab", "Settings"))
    assert "streamlit" in words(open_tab(page, "settings-tab", "About"))
    assert not page.exception


def test_services_tell_their_last_exit(house: House, open_page: Open, words: Words) -> None:
    """And their log can be read."""
    state = ServiceState(
        name="sampler", title="Sampler", state="running", pid=7,
        started_at=house.clock.now() - 3600, restarts=1, last_exit="exit code 1",
    )  # fmt: skip
    write_states(house.workspace.paths, [state], house.clock.now())
    house.workspace.paths.logs.mkdir()
    (house.workspace.paths.logs / "sampler.log").write_text("it began", encoding="utf-8")
    page = open_page("settings")
    assert "exit code 1" in words(page)
    page.selectbox(key="service-log").select("Sampler").run()
    assert page.code[0].value == "it began"


def test_settings_can_be_searched(open_page: Open) -> None:
    """By what they do."""
    page = open_tab(open_page("settings"), "settings-tab", "Settings")
    page.text_input(key="setting-search").set_value("beam").run()
    assert page.dataframe[0].value["Setting"].tolist() == ["serving.beam"]


def test_the_audit_log_is_verified(
    house: House, open_page: Open, words: Words, admin: Actor
) -> None:
    """A changed row turns the badge red and is named."""
    house.workspace.ledger.perform(admin, "runs.stop", "demo-1", lambda: None)
    house.workspace.ledger.perform(admin, "runs.delete", "demo-1", lambda: None)
    page = open_tab(open_page("settings"), "settings-tab", "Audit log")
    assert "whole" in words(page)
    page.text_input(key="audit-search").set_value("delete").run()
    assert page.dataframe[0].value["Action"].tolist() == ["runs.delete"]
    with house.workspace.database.write() as connection:
        connection.execute(sa.update(audit).where(audit.c.sequence == 1).values(actor="eve"))
    assert "altered" in words(page.run())
