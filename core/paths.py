"""Paths of all files below the home folder; no other module builds them."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import SettingsError
from core.files import PRIVATE_FOLDER


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The home folder and the paths in it."""

    home: Path

    @property
    def settings_file(self) -> Path:
        """Settings file of the operator, optional."""
        return self.home / "datahall.toml"

    @property
    def database(self) -> Path:
        """Runs, metrics, registry, jobs, feedback, audit (SQLite)."""
        return self.home / "datahall.db"

    @property
    def telemetry(self) -> Path:
        """Telemetry of this host (SQLite, written only by the sampler)."""
        return self.home / "telemetry.db"

    @property
    def secrets(self) -> Path:
        """Folder of keys and tokens: mode 700, files mode 600."""
        return self.home / "secrets"

    @property
    def audit_head(self) -> Path:
        """Signed number of rows and newest hash of the audit log."""
        return self.home / "audit-head.json"

    @property
    def audit_key(self) -> Path:
        """Key that signs the head of the audit log."""
        return self.secrets / "audit-key"

    @property
    def audit_lock(self) -> Path:
        """Lock of the audit log, held while a row is appended."""
        return self.home / "audit.lock"

    @property
    def sign_in_token(self) -> Path:
        """One-time token of the sign-in link."""
        return self.secrets / "sign-in-token"

    @property
    def cookie_key(self) -> Path:
        """Key that signs session cookies."""
        return self.secrets / "cookie-key"

    @property
    def ended_sessions(self) -> Path:
        """Sessions that ended before they expired."""
        return self.secrets / "ended-sessions.json"

    @property
    def repository(self) -> Path:
        """The default restic repository."""
        return self.home / "repository"

    @property
    def repository_key(self) -> Path:
        """Password file of the repository."""
        return self.secrets / "repository-key"

    @property
    def repository_history(self) -> Path:
        """The locations that held a repository; outside the database, which may be damaged."""
        return self.secrets / "repository-history.json"

    @property
    def recovery_mark(self) -> Path:
        """Time at which an operator confirmed that the recovery key is stored elsewhere."""
        return self.secrets / "recovery-key-stored"

    @property
    def manifests(self) -> Path:
        """Folder of backup manifests: name, size and digest of each file in a snapshot."""
        return self.home / "manifests"

    @property
    def restic_cache(self) -> Path:
        """Cache folder of restic."""
        return self.home / "cache" / "restic"

    @property
    def snapshot_listing(self) -> Path:
        """The last listing of a repository on a server."""
        return self.home / "cache" / "snapshots.json"

    @property
    def tools(self) -> Path:
        """Programs that were installed without root (restic)."""
        return self.home / "tools"

    @property
    def staging(self) -> Path:
        """Consistent copies of the databases for a backup."""
        return self.home / "staging"

    @property
    def staged_manifest(self) -> Path:
        """Copy of the manifest that becomes part of its snapshot."""
        return self.staging / "manifest.json"

    def staged(self, database: Path) -> Path:
        """Consistent copy of a SQLite database; not named `*.db`, which backups exclude."""
        return self.staging / f"{database.stem}.sqlite"

    def manifest(self, snapshot_id: str) -> Path:
        """Manifest of a snapshot."""
        return self.manifests / f"{snapshot_id}.json"

    def proof(self, snapshot_id: str) -> Path:
        """Result of comparing a snapshot with its manifest."""
        return self.manifests / f"{snapshot_id}.proof.json"

    @property
    def backup_lock(self) -> Path:
        """Lock of a backup, which uses the staging folder."""
        return self.home / "backup.lock"

    @property
    def drill(self) -> Path:
        """Scratch folder of a restore drill, removed at its end."""
        return self.home / "drill"

    @property
    def drill_lock(self) -> Path:
        """Lock of a restore drill."""
        return self.home / "drill.lock"

    @property
    def logs(self) -> Path:
        """Logs of the supervised processes."""
        return self.home / "logs"

    @property
    def services(self) -> Path:
        """State of the supervised processes, written by `datahall up`."""
        return self.home / "services.json"

    @property
    def up_lock(self) -> Path:
        """Lock of `datahall up`."""
        return self.home / "up.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Lock of the job supervisor."""
        return self.home / "supervisor.lock"

    @property
    def sampler_lock(self) -> Path:
        """Lock of the sampler."""
        return self.home / "sampler.lock"

    @property
    def jobs(self) -> Path:
        """One folder per job."""
        return self.home / "jobs"

    def job(self, job_id: str) -> Path:
        """Folder of one job: lock, exit.json, progress.json, log.txt."""
        return self.jobs / job_id

    @property
    def datasets(self) -> Path:
        """`NAME/DIGEST/` per dataset version."""
        return self.home / "datasets"

    def dataset(self, name: str, digest: str) -> Path:
        """Folder of one dataset version."""
        return self.datasets / name / digest

    @property
    def runs(self) -> Path:
        """One folder per training run."""
        return self.home / "runs"

    def run(self, run_id: str) -> Path:
        """Folder of one run: config.json, log.txt, checkpoints/."""
        return self.runs / run_id

    def run_config(self, run_id: str) -> Path:
        """A copy of the run's configuration for users; the database holds the original."""
        return self.run(run_id) / "config.json"

    def run_log(self, run_id: str) -> Path:
        """Output of the training process."""
        return self.run(run_id) / "log.txt"

    def checkpoints(self, run_id: str) -> Path:
        """Folder of the run's checkpoints, `step_NNNNNNNN/` each."""
        return self.run(run_id) / "checkpoints"

    @property
    def models(self) -> Path:
        """`NAME/VERSION/` per registered model version."""
        return self.home / "models"

    def model(self, name: str, version: int) -> Path:
        """Folder of one model version."""
        return self.models / name / f"{version:04d}"

    def prepare(self) -> None:
        """Create the home folder and `secrets/`; raises SettingsError when that is impossible."""
        try:
            self.home.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self.secrets.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            self.secrets.chmod(PRIVATE_FOLDER)
            probe = self.home / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            message = f"the home folder {self.home} cannot be written ({error.strerror})"
            raise SettingsError(
                message, remedy="Use another folder with --home DIR or DATAHALL_HOME"
            ) from error


def confined(root: Path, path: Path) -> Path:
    """Return `path` with links resolved; raises SettingsError when it is outside of `root`."""
    resolved = path.resolve()
    if not resolved.is_relative_to(root.resolve()):
        message = f"{path} is outside of {root}"
        raise SettingsError(message)
    return resolved
