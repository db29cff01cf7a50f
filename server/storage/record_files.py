"""The table of files that belong to records other than visits: proofs of corrective actions, appeals and weak items."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel


class RecordFile(SQLModel, table=True):
    """A file that has arrived for a record; the bytes lie in the object store under their SHA-256.

    `subject` is what the record is: "action", "appeal" or "weak-item". `expired_at`: its bytes are gone, as they should be.
    """

    __tablename__ = "record_file"
    record_id: UUID = Field(primary_key=True)
    sha256: str = Field(primary_key=True, max_length=64, index=True)
    subject: str = Field(max_length=16)
    kind: str = Field(max_length=16)
    type: str = Field(max_length=40)
    bytes: int
    width: int | None = None
    height: int | None = None
    uploader_id: UUID = Field(foreign_key="user_account.id")
    taken_at: datetime | None = None
    arrived_at: datetime
    expired_at: datetime | None = None
