"""The vault: what it does alone, and what it makes others wait for."""

from dataclasses import replace

from core.backup.memory import MemoryEngine
from core.backup.vault import Vault
from core.locks import is_locked


def test_the_repository_and_its_keys_are_made_by_one_at_a_time(memory_vault: Vault) -> None:
    """Two that make the recovery key at once would make two, and show either as the only one."""
    lock = memory_vault.paths.backup_lock
    were_locked: list[bool] = []

    class Watched(MemoryEngine):
        """Notes whether others are kept waiting meanwhile."""

        def initialise(self, *, recovery: bool = True) -> str | None:
            """Make the repository in memory."""
            were_locked.append(is_locked(lock))
            return super().initialise(recovery=recovery)

    engine = Watched(root=memory_vault.paths.home, clock=memory_vault.clock)
    vault = replace(memory_vault, engine=engine)
    assert vault.initialise()
    assert vault.initialise() is None
    assert were_locked == [True, True]
    assert not is_locked(lock)
