"""Tables of people and places: users, sign-ins, tokens, units, outlets."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.domain.access import Role
from server.storage.database import one_of


class UnitKind(StrEnum):
    """The levels of the organisation above the outlet."""

    PROVINCE = "province"
    BRANCH = "branch"
    COUNTY = "county"
    DEPARTMENT = "department"
    AREA = "area"


class Tier(StrEnum):
    """The tiers of outlets (S4 p.17; own halls S3)."""

    OWN_HALL = "own_hall"
    FRANCHISE = "franchise"
    EXCLUSIVE = "exclusive"
    ORDINARY = "ordinary"
    VILLAGE = "village"


class Setting(StrEnum):
    """Where an outlet lies."""

    CITY = "city"
    COUNTY_TOWN = "county_town"
    TOWNSHIP = "township"


class OutletStatus(StrEnum):
    """An outlet's status."""

    ONBOARDING = "onboarding"
    ACTIVE = "active"
    PROBATION = "probation"
    EXITED = "exited"


class Unit(SQLModel, table=True):
    """A place in the organisation; `path` is the codes from the province down, each followed by a slash."""

    __tablename__ = "unit"
    id: UUID = Field(primary_key=True)
    parent_id: UUID | None = Field(default=None, foreign_key="unit.id", index=True)
    kind: UnitKind = Field(sa_type=one_of(UnitKind))  # type: ignore[call-overload]
    code: str = Field(unique=True, max_length=40)
    name: str = Field(max_length=80)
    path: str = Field(index=True, max_length=200)


class Outlet(SQLModel, table=True):
    """A self-owned hall or an outlet of the agent channel; position in WGS-84 degrees."""

    __tablename__ = "outlet"
    id: UUID = Field(primary_key=True)
    code: str = Field(unique=True, max_length=40)
    name: str = Field(max_length=120)
    pinyin: str = Field(default="", max_length=240)
    unit_id: UUID = Field(foreign_key="unit.id", index=True)
    unit_path: str = Field(index=True, max_length=200)
    tier: Tier = Field(sa_type=one_of(Tier), index=True)  # type: ignore[call-overload]
    class_: str = Field(sa_column=sa.Column("class", sa.String(1), nullable=False, server_default=""))
    setting: Setting = Field(sa_type=one_of(Setting))  # type: ignore[call-overload]
    status: OutletStatus = Field(sa_type=one_of(OutletStatus))  # type: ignore[call-overload]
    address: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=40)
    lat: float | None = None
    lng: float | None = None
    cooperation_since: date | None = None
    star: int | None = None
    changed_at: datetime


class User(SQLModel, table=True):
    """Somebody who signs in: one role, one place (a unit, or an outlet for owners and hall managers)."""

    __tablename__ = "user_account"
    id: UUID = Field(primary_key=True)
    username: str = Field(unique=True, max_length=60)
    name: str = Field(max_length=80)
    role: Role = Field(sa_type=one_of(Role))  # type: ignore[call-overload]
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id")
    unit_path: str = Field(default="", max_length=200)
    outlet_id: UUID | None = Field(default=None, foreign_key="outlet.id")
    language: str = Field(default="zh", max_length=8)
    password_hash: str = Field(max_length=200)
    must_change: bool = False
    disabled_at: datetime | None = None
    created_at: datetime


class SignIn(SQLModel, table=True):
    """One sign-in of a browser; ending it here ends it everywhere."""

    __tablename__ = "sign_in"
    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", index=True)
    created_at: datetime
    ended_at: datetime | None = None
    device: str = Field(default="", max_length=200)


class AccessToken(SQLModel, table=True):
    """A personal access token for programs; only its SHA-256 is kept."""

    __tablename__ = "access_token"
    sha256: str = Field(primary_key=True, max_length=64)
    user_id: UUID = Field(foreign_key="user_account.id", index=True)
    name: str = Field(max_length=80)
    created_at: datetime
    ended_at: datetime | None = None


class LoginAttempt(SQLModel, table=True):
    """Failed sign-ins of one account or one address (`key`), for slowing and locking."""

    __tablename__ = "login_attempt"
    key: str = Field(primary_key=True, max_length=160)
    failures: int = 0
    locked_until: datetime | None = None
    last_at: datetime


class SyncMemory(SQLModel, table=True):
    """What a phone was told last: a map from object to version under the cursor that it was given."""

    __tablename__ = "sync_memory"
    cursor: str = Field(primary_key=True, max_length=40)
    user_id: UUID = Field(foreign_key="user_account.id", index=True)
    device: str = Field(max_length=40)
    known: str = Field(sa_type=sa.Text)
    created_at: datetime
