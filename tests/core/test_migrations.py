"""Migrations produce the schema of `core.tables`."""

import time
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.command import module_argv, run_command, start
from core.database import MIGRATIONS, Database, open_database, sqlite_url
from core.errors import CorruptError, SettingsError, UnavailableError
from core.jobs.launcher import JobState
from core.jobs.rows import jobs_by_id
from core.tables import metadata

OPENER = """
import sys
from pathlib import Path
from core.database import open_database, sqlite_url
database = open_database(sqlite_url(Path(sys.argv[1])))
with database.read() as connection:
    assert connection.exec_driver_sql("select count(*) from run").scalar() == 0
database.close()
"""


def test_migrations_and_tables_agree(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_metric_points_are_stored_without_row_ids(sqlite_database: Database) -> None:
    """The table is its own index: half the size, and a curve is read sequentially."""
    query = "select sql from sqlite_master where name = 'metric_point'"
    with sqlite_database.read() as connection:
        assert "WITHOUT ROWID" in str(connection.exec_driver_sql(query).scalar())


def test_migrations_have_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    names = sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert scripts.get_heads() == [names[-1]]
    assert [script.revision for script in scripts.walk_revisions()] == names[::-1]


def test_migrations_do_not_import_core_tables() -> None:
    """Later changes there would change the meaning of old migrations."""
    for path in (MIGRATIONS / "versions").glob("*.py"):
        assert "core.tables import" not in path.read_text(encoding="utf-8")


def test_opening_a_current_database_loads_no_migration(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "datahall.db")
    open_database(url).close()
    started_at = time.process_time()
    open_database(url).close()
    assert time.process_time() - started_at < 0.1


@pytest.mark.slow
def test_several_processes_can_create_the_database_at_the_same_time(tmp_path: Path) -> None:
    """`datahall up` starts four processes."""
    path = tmp_path / "datahall.db"
    argv = (module_argv("x")[0], "-P", "-c", OPENER, str(path))
    processes = [start(argv, capture=True) for _ in range(4)]
    for process in processes:
        _, error = process.communicate(timeout=60)
        assert process.returncode == 0, error.decode()


def test_opening_a_database_again_keeps_its_rows(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "datahall.db")
    first = open_database(url)
    with first.write() as connection:
        connection.exec_driver_sql(
            "insert into snapshot values ('s', 1, 'r', '[]', '[]', 1, 1, 1, 'm', null, null)"
        )
    first.close()
    second = open_database(url)
    with second.read() as connection:
        assert connection.exec_driver_sql("select id from snapshot").scalar() == "s"
    second.close()


@pytest.mark.parametrize(
    "name",
    ["with space", "what?=1", "per%20cent", "ha#sh", "ünï 🌙", "quo'te\"", "a&b;c", "new\nline"],
)
def test_a_home_may_contain_special_characters(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    open_database(sqlite_url(folder / "datahall.db")).close()
    assert (folder / "datahall.db").exists()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "datahall.db")
    database = open_database(url)
    with database.write() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    database.close()
    with pytest.raises(UnavailableError, match="another version of Datahall"):
        open_database(url)


def test_a_file_that_is_not_a_database_is_reported_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "datahall.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(CorruptError, match="damaged"):
        open_database(sqlite_url(path))
    assert path.read_bytes() == b"not a database" * 100


def test_a_database_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        open_database(sqlite_url(Path("/proc/nowhere/datahall.db")))


@pytest.mark.parametrize("url", ["nonsense", "mysql+nodriver://host/name", "://"])
def test_an_invalid_url_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError, match="postgresql"):
        open_database(url)


def test_opening_a_database_loads_no_torch() -> None:
    script = "import sys, core.database; sys.exit('torch' in sys.modules)"
    argv = (module_argv("x")[0], "-P", "-c", script)
    assert run_command(argv).exit_code == 0


def test_the_jobs_of_an_earlier_version_are_kept(tmp_path: Path) -> None:
    """Its rows have no home and a column that was dropped since."""
    url = sqlite_url(tmp_path / "datahall.db")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        columns = sa.Table("job", sa.MetaData(), autoload_with=connection)
        row = {column.name: "" for column in columns.c if not column.nullable}
        lists = {"argv": ["true"], "environment": {}, "assigned": []}
        numbers = {"num_devices": 1, "grace_s": 1.0, "created_at": 1.0, "sequence": 1}
        words = {"id": "a1", "kind": "backup", "state": "succeeded", "device": "none"}
        connection.execute(sa.insert(columns).values(**row | lists | numbers | words))
    engine.dispose()
    with closing(open_database(url)) as database, database.read() as connection:
        job = jobs_by_id(connection, ["a1"])["a1"]
    assert (job.state, job.home, job.spec.argv) == (JobState.SUCCEEDED, None, ("true",))
