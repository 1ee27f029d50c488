"""Build hook: fetches browser assets from npm. Filled in by the dashboard."""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """Does nothing yet."""
