"""Rows of visits, revisions, files and uploads without the ORM: the path that every save and every photo takes.

The statements are made once; building them and tracking objects cost more than the database itself.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from server.domain.visit import VisitState
from server.storage.visits import Assignment, Revision, Upload, Visit, VisitFile

Row = dict[str, Any]


def _table(model: type[SQLModel]) -> sa.Table:
    table: sa.Table = SQLModel.metadata.tables[str(model.__tablename__)]
    return table


VISITS, REVISIONS, FILES, UPLOADS = _table(Visit), _table(Revision), _table(VisitFile), _table(Upload)
ASSIGNMENTS = _table(Assignment)
_ID = sa.bindparam("sought")
_VISIT = sa.select(VISITS).where(VISITS.c.id == _ID).with_for_update()
_DOCUMENT = sa.select(VISITS.c.document).where(VISITS.c.id == _ID)
_REVISION = sa.select(REVISIONS).where(REVISIONS.c.visit_id == _ID, REVISIONS.c.number == sa.bindparam("nth"))
_EQUAL = sa.select(REVISIONS.c.number).where(
    REVISIONS.c.visit_id == _ID, REVISIONS.c.sha256 == sa.bindparam("digest")
)
_ARRIVED = sa.select(FILES.c.sha256, FILES.c.kind).where(FILES.c.visit_id == _ID)
_FORGET_FILE = FILES.delete().where(FILES.c.visit_id == _ID, FILES.c.sha256 == sa.bindparam("digest"))
_UPLOADERS = sa.union(
    sa.select(FILES.c.uploader_id).where(FILES.c.visit_id == _ID),
    sa.select(UPLOADS.c.user_id).where(UPLOADS.c.visit_id == _ID),
)
_FOR_FILE = sa.select(
    sa.select(VISITS.c.inspector_id).where(VISITS.c.id == _ID).scalar_subquery().label("inspector_id"),
    sa.select(VISITS.c.state).where(VISITS.c.id == _ID).scalar_subquery().label("state"),
    sa.select(sa.func.count())
    .select_from(FILES)
    .where(FILES.c.visit_id == _ID)
    .scalar_subquery()
    .label("files"),
    sa.select(FILES.c.kind)
    .where(FILES.c.visit_id == _ID, FILES.c.sha256 == sa.bindparam("digest"))
    .scalar_subquery()
    .label("kind"),
    sa.select(FILES.c.expired_at)
    .where(FILES.c.visit_id == _ID, FILES.c.sha256 == sa.bindparam("digest"))
    .scalar_subquery()
    .label("expired_at"),
    sa.exists().where(UPLOADS.c.id == sa.bindparam("upload")).label("begun"),
)
_UPLOAD = sa.select(UPLOADS).where(UPLOADS.c.id == _ID, UPLOADS.c.user_id == sa.bindparam("owner"))
_ASSIGNMENT = (
    sa.select(ASSIGNMENTS)
    .where(ASSIGNMENTS.c.id == _ID, ASSIGNMENTS.c.user_id == sa.bindparam("owner"))
    .with_for_update()
)
_UNFULFILLED = (VisitState.DRAFT, VisitState.DISCARDED, VisitState.VOID)
_FULFILLED = sa.select(VISITS.c.id).where(VISITS.c.assignment_id == _ID, VISITS.c.state.not_in(_UNFULFILLED))
_INSERTS = {table.name: table.insert() for table in (VISITS, REVISIONS, FILES, UPLOADS)}
_UPDATES = {table.name: table.update().where(table.c.id == _ID) for table in (VISITS, UPLOADS, ASSIGNMENTS)}
_UPDATE_REVISION = REVISIONS.update().where(
    REVISIONS.c.visit_id == _ID, REVISIONS.c.number == sa.bindparam("nth")
)


def visit(connection: sa.Connection, visit_id: UUID) -> Row | None:
    """A visit's row, locked until the transaction ends."""
    return _row(connection, _VISIT, sought=visit_id)


def document(connection: sa.Connection, visit_id: UUID) -> str | None:
    """The newest save of a visit, as JSON."""
    found: str | None = connection.execute(_DOCUMENT, {"sought": visit_id}).scalar()
    return found


def for_file(connection: sa.Connection, visit_id: UUID, digest: str, upload_id: UUID) -> Row:
    """What an upload must know of its visit, in one question.

    `inspector_id` and `state` are None where the visit has not come yet; `files` is how many files have
    arrived for it, `kind` as what this one has or None, `expired_at` when it was deleted again, `begun` whether the upload has a row.
    """
    given = {"sought": visit_id, "digest": digest, "upload": upload_id}
    return dict(connection.execute(_FOR_FILE, given).mappings().one())


def revision(connection: sa.Connection, visit_id: UUID, number: int) -> Row | None:
    """One revision."""
    return _row(connection, _REVISION, sought=visit_id, nth=number)


def is_revision(connection: sa.Connection, visit_id: UUID, digest: str) -> bool:
    """Whether a document with this SHA-256 is one of the visit's revisions."""
    found = connection.execute(_EQUAL, {"sought": visit_id, "digest": digest}).first()
    return found is not None


def arrived(connection: sa.Connection, visit_id: UUID) -> dict[str, str]:
    """The SHA-256 of each file that has arrived for the visit, and as which kind it was judged and kept."""
    return {row[0]: row[1] for row in connection.execute(_ARRIVED, {"sought": visit_id})}


def forget_file(connection: sa.Connection, visit_id: UUID, digest: str) -> None:
    """Forget that a file has arrived for the visit."""
    connection.execute(_FORGET_FILE, {"sought": visit_id, "digest": digest})


def uploaders(connection: sa.Connection, visit_id: UUID) -> set[UUID]:
    """Who sent or began to send files for the visit."""
    return set(connection.execute(_UPLOADERS, {"sought": visit_id}).scalars())


def upload(connection: sa.Connection, upload_id: UUID, owner: UUID | None) -> Row | None:
    """Somebody's upload."""
    return _row(connection, _UPLOAD, sought=upload_id, owner=owner)


def assignment(connection: sa.Connection, assignment_id: UUID, owner: UUID | None) -> Row | None:
    """Somebody's assignment, locked until the transaction ends."""
    return _row(connection, _ASSIGNMENT, sought=assignment_id, owner=owner)


def fulfilled(connection: sa.Connection, assignment_id: UUID | None) -> bool:
    """Whether a visit that was submitted, and not given up or voided since, stands for the assignment."""
    found = connection.execute(_FULFILLED.limit(1), {"sought": assignment_id}).first()
    return assignment_id is not None and found is not None


def insert(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Write a new row; every column without a database default must be given."""
    connection.execute(_INSERTS[table.name], row)


def update(connection: sa.Connection, table: sa.Table, key: UUID, changes: Mapping[str, Any]) -> None:
    """Change columns of the row with this id."""
    connection.execute(_UPDATES[table.name], {"sought": key, **changes})


def update_revision(
    connection: sa.Connection, visit_id: UUID, number: int, changes: Mapping[str, Any]
) -> None:
    """Change what may change of a revision: when it became whole, and its receipt."""
    connection.execute(_UPDATE_REVISION, {"sought": visit_id, "nth": number, **changes})


def _row(connection: sa.Connection, statement: sa.Executable, **given: Any) -> Row | None:
    found = connection.execute(statement, given).mappings().first()
    return dict(found) if found is not None else None
