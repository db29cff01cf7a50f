"""The command line: serve, worker, openapi, user, outlets, assign, checklists, verify, audit, doctor, map."""


def main() -> None:
    """Run one command; see `xunting --help`."""
    raise SystemExit("not yet")
