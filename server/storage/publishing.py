"""Tables of publishing: batches, which visits were published in which, and photographs masked for their outlets."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.domain.publishing import PhotoState
from server.storage.database import one_of


class Publication(SQLModel, table=True):
    """One batch: when it was published, by whom, and how many visits it holds."""

    __tablename__ = "publication"
    id: UUID = Field(primary_key=True)
    at: datetime = Field(index=True)
    by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    visits: int


class PublishedVisit(SQLModel, table=True):
    """Which batch a visit was published in; each visit is published once."""

    __tablename__ = "published_visit"
    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    publication_id: UUID = Field(foreign_key="publication.id", index=True)


class PhotoRelease(SQLModel, table=True):
    """What is decided about one photograph of a covert visit before its outlet may see it.

    `shapes` are masks as JSON (`domain/masks.py`). `masked_sha256` names the masked picture of a released one, of
    the kind "masked" in the object store, `expired_at` when its time came and its bytes went. `by_id` is None for what the
    program proposed.
    """

    __tablename__ = "photo_release"
    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    sha256: str = Field(primary_key=True, max_length=64)
    shapes: str = Field(default="[]", sa_type=sa.Text)
    state: PhotoState = Field(sa_type=one_of(PhotoState))  # type: ignore[call-overload]
    masked_sha256: str | None = Field(default=None, max_length=64, index=True)
    expired_at: datetime | None = None
    by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    at: datetime
