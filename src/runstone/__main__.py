"""`python -m runstone`: the command, where it is not on PATH."""

from runstone.cli import main

main()
