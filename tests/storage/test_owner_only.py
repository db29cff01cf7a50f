"""The database's files: no other user of the machine reads them."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import sqlalchemy as sa

from server.storage.database import Database


def test_the_database_and_what_lies_beside_it_are_for_their_owner_alone(
    tmp_path: Path, migrated: Path
) -> None:
    """The files of a new one, and of one that was made when others could read it."""
    old = tmp_path / "old.sqlite"
    shutil.copyfile(migrated, old)
    Path(f"{old}-turn").touch()
    for each in (old, Path(f"{old}-turn")):
        each.chmod(0o644)
    umask = os.umask(0o022)
    try:
        for file in (old, tmp_path / "new.sqlite"):
            database = Database(f"sqlite:///{file}")
            with database.transaction(write=True) as opened:
                opened.connection.execute(sa.text("CREATE TABLE thing (id INTEGER)"))
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob(f"{file.name}*")}
            database.close()
            assert modes == {f"{file.name}{beside}": 0o600 for beside in ("", "-wal", "-shm", "-turn")}
    finally:
        os.umask(umask)
