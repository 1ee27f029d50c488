"""A run small enough to train in a second: real data, real store, the real job function."""

import dataclasses
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from core.clock import SystemClock
from core.data.datasets import DatasetStore
from core.data.demo.corpus import TOPICS, topic_pairs
from core.database import Database, open_database, sqlite_url
from core.paths import StatePaths
from core.process.job import OnStop, run_job
from core.runs.records import RunSpec
from core.runs.store import RunStore
from core.training.config import TrainConfig, check_config
from core.training.run import train_run
from tests.clock import FixedClock

SMALL = TrainConfig(
    width=16, heads=2, hidden=24, encoder_layers=1, decoder_layers=1, dropout=0.1,
    vocabulary=400, batch_tokens=256, learning_rate=5e-3, warmup_ratio=0.1, optimizer="muon",
    steps=24, validate_every=10, checkpoint_every=4, validation_sentences=6, beam=2, ema=0.9,
    threads=1,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    """A run in a home of its own."""

    folder: Path
    paths: StatePaths

    @property
    def id(self) -> str:
        """The run's id."""
        return self.folder.name

    @property
    def checkpoints(self) -> Path:
        """Folder of the run's checkpoints."""
        return self.folder / "checkpoints"

    @property
    def argv(self) -> list[str]:
        """The arguments of the training job."""
        return ["--home", str(self.paths.home), "--run", self.id]

    def train(self, environment: Mapping[str, str] | None = None) -> int:
        """Train in this process; return the exit status."""
        return run_job(train_run, self.argv, environment or {}, on_stop=OnStop.REQUEST)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Return the home's database."""
        database = open_database(sqlite_url(self.paths.database))
        try:
            yield database
        finally:
            database.close()

    @contextmanager
    def store(self) -> Iterator[RunStore]:
        """Return the home's run store."""
        with self.database() as database:
            yield RunStore(database, SystemClock())

    def curve(self, metric: str = "train_loss") -> dict[int, float]:
        """Return the values of a metric by step."""
        with self.store() as store:
            return {point.step: point.value for point in store.curve(self.id, metric).points}


MakeTrial = Callable[..., Trial]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> StatePaths:
    """A home whose dataset is imported once; trials link to it."""
    paths = StatePaths(tmp_path_factory.mktemp("template"))
    pairs = topic_pairs(TOPICS[0])[:500]
    store = DatasetStore(paths.datasets)
    store.add("toy", "en", "es", pairs, origin="test", clock=FixedClock())
    return paths


@pytest.fixture
def make_trial(template: StatePaths, tmp_path: Path) -> Iterator[MakeTrial]:
    """A maker of runs: `make_trial("first", steps=9)` stores one."""
    paths = StatePaths(tmp_path / "home")
    paths.prepare()
    paths.datasets.symlink_to(template.datasets)
    dataset = DatasetStore(paths.datasets).get("toy")

    def make(
        run_id: str = "first",
        *,
        waiver: str | None = "a test",
        parent: str | None = None,
        **changes: object,
    ) -> Trial:
        train = check_config(dataclasses.replace(SMALL, **changes))  # type: ignore[arg-type]  # by name
        spec = RunSpec(
            name=run_id, dataset="toy", dataset_digest=dataset.digest, preset="demo",
            device="cpu", config={"train": dataclasses.asdict(train)}, code_version="0",
            waiver=waiver, parent=parent,
        )  # fmt: skip
        trial = Trial(paths.run(run_id), paths)
        with trial.store() as store:
            store.create(run_id, spec)
        return trial

    threads = torch.get_num_threads()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield make
    for number, handler in handlers.items():
        signal.signal(number, handler)
    torch.set_num_threads(threads)
