"""Roll-back: the alias goes back to the version before, if that one is still whole."""

from core.inference.version_folder import VersionFolder
from core.paths import StatePaths
from core.registry.history import ROLLBACK
from core.registry.records import AliasEvent
from core.registry.registry import PRODUCTION, ModelRegistry


def roll_back(
    registry: ModelRegistry,
    paths: StatePaths,
    *,
    name: str | None = None,
    alias: str = PRODUCTION,
    actor: str,
    reason: str = "",
) -> AliasEvent:
    """Point the alias at the version before; the server follows within a second.

    Without a name, the model whose alias moved last. Raises NotFoundError when there is none
    before and CorruptError when its files are damaged; the alias then stays.
    """
    present = registry.resolve(alias, name)
    version = registry.previous(present.name, alias)
    VersionFolder(paths.model(present.name, version)).verify()
    return registry.set_alias(
        present.name, alias, version, actor=actor, action=ROLLBACK, reason=reason
    )
