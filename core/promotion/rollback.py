"""Roll back: moves an alias to the version that it pointed at before.

Separate from `promote`, which imports torch: the dashboard and the command line call this directly.
"""

from core.inference.version_folder import VersionFolder
from core.paths import StatePaths
from core.registry.records import PRODUCTION, AliasAction, AliasEvent
from core.registry.registry import ModelRegistry


def roll_back(
    registry: ModelRegistry,
    paths: StatePaths,
    *,
    name: str | None = None,
    alias: str = PRODUCTION,
    actor: str,
    reason: str = "",
) -> AliasEvent:
    """Move the alias back one promotion; the translation server follows within a second.

    Without a name, the model whose alias moved last. Raises NotFoundError when there is no earlier
    version and CorruptError when its files are damaged; the alias then stays.
    """
    current = registry.resolve(alias, name)
    version = registry.previous(current.name, alias)
    VersionFolder(paths.model(current.name, version)).verify()
    return registry.set_alias(
        current.name, alias, version, actor=actor, action=AliasAction.ROLLBACK, reason=reason
    )
