"""`python -P -m dashboard`: the same as `datahall`."""

from dashboard.cli import main

main()
