"""`python -m server`: the command line without installing."""

from server.cli import main

main()
