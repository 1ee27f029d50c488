"""The Settings page."""

from collections.abc import Callable

import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core.audit import Actor
from core.operations.services import ServiceState, ServiceStatus, write_states
from core.tables import audit
from tests.dashboard.views.conftest import Site, open_tab

Open = Callable[..., AppTest]
TextOf = Callable[[AppTest], str]


def test_a_new_home_shows_every_tab(open_page: Open, text_of: TextOf) -> None:
    page = open_page("settings")
    assert page.info[0].proto.title == "No supervised services"
    assert "The audit log is empty" in text_of(open_tab(page, "settings-tab", "Audit log"))
    assert "DATAHALL_WEB_PORT" in text_of(open_tab(page, "settings-tab", "Settings"))
    assert "streamlit" in text_of(open_tab(page, "settings-tab", "About"))
    assert not page.exception


def test_services_show_their_last_exit_and_log(
    site: Site, open_page: Open, text_of: TextOf
) -> None:
    state = ServiceState(
        name="sampler", title="Sampler", state=ServiceStatus.RUNNING, pid=7,
        started_at=site.clock.now() - 3600, restarts=1, last_exit="exit code 1",
    )  # fmt: skip
    write_states(site.workspace.paths, [state], site.clock.now())
    site.workspace.paths.logs.mkdir()
    (site.workspace.paths.logs / "sampler.log").write_text("it began", encoding="utf-8")
    page = open_page("settings")
    assert "exit code 1" in text_of(page)
    page.selectbox(key="service-log").select("Sampler").run()
    assert page.code[0].value == "it began"


def test_settings_can_be_searched(open_page: Open) -> None:
    page = open_tab(open_page("settings"), "settings-tab", "Settings")
    page.text_input(key="setting-search").set_value("beam").run()
    assert page.table[-1].value["Setting"].tolist() == [r"serving\.beam"]


def test_a_changed_audit_entry_breaks_the_chain(
    site: Site, open_page: Open, text_of: TextOf, admin: Actor
) -> None:
    site.workspace.ledger.perform(admin, "runs.stop", "demo-1", lambda: None)
    site.workspace.ledger.perform(admin, "runs.delete", "demo-1", lambda: None)
    page = open_tab(open_page("settings"), "settings-tab", "Audit log")
    assert "chain intact" in text_of(page)
    page.text_input(key="audit-search").set_value("delete").run()
    assert page.dataframe[0].value["Action"].tolist() == ["runs.delete"]
    with site.workspace.database.write() as connection:
        connection.execute(sa.update(audit).where(audit.c.sequence == 1).values(actor="eve"))
    assert "altered" in text_of(page.run())
