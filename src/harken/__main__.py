"""`python -m harken` is the same as `harken`."""

from harken.cli import main

main()
