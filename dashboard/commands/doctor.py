"""`datahall doctor`: check this machine."""

from dataclasses import asdict
from pathlib import Path

from core.operations.doctor import FindingState, examine
from dashboard.commands.console import HomeOption, JsonOption, print_json, with_home
from dashboard.commands.workspace import read_settings

ASSETS = Path(__file__).parents[1] / "widgets" / "live_charts" / "assets"


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> int:
    """Check this machine and show how to repair it.

    Example: datahall doctor
    """
    findings = examine(read_settings(home), ASSETS)
    is_sound = all(finding.state is not FindingState.BROKEN for finding in findings)
    if as_json:
        print_json({"sound": is_sound, "findings": [asdict(finding) for finding in findings]})
        return 0 if is_sound else 1
    for finding in findings:
        print(f"{finding.state:7} {finding.name:14} {finding.sentence}")
        if finding.remedy:
            print(f"{'':22} -> {with_home(finding.remedy, home)}")
    return 0 if is_sound else 1
