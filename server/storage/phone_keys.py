"""The table of the one secret that all keys of phones come from."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class PhoneSecret(SQLModel, table=True):
    """Made once by its migration and never changed: phones hold answers that only keys made from it can open."""

    __tablename__ = "phone_secret"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    secret: bytes = Field(sa_type=sa.LargeBinary)
