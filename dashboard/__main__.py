"""`python -P -m dashboard`: the same as `datahall`."""

from dashboard.commands.cli import main

main()
