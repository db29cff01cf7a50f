"""Standards that people change: what was written beside what is compiled, drafts, rule sets"""

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"


def upgrade() -> None:
    # Not in batch mode, which would make the table anew on SQLite and lose the triggers that keep it.
    op.add_column("checklist_version", sa.Column("written", sa.Text(), server_default="", nullable=False))
    op.add_column("checklist_version", _reason())
    for column in ("proposed_by", "confirmed_by"):
        op.execute(
            f"ALTER TABLE checklist_version ADD COLUMN {column} {_UUID[op.get_bind().dialect.name]} "
            f"CONSTRAINT fk_checklist_version_{column}_user_account REFERENCES user_account (id)"
        )
    op.create_table(
        "rule_set",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        _reason(),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["user_account.id"], name=op.f("fk_rule_set_confirmed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["user_account.id"], name=op.f("fk_rule_set_proposed_by_user_account")
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule_set")),
    )
    op.create_index(op.f("ix_rule_set_valid_from"), "rule_set", ["valid_from"])
    op.create_table(
        "standard_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _one_of("draftkind", "checklist", "rules"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column(
            "state", _one_of("draftstate", "open", "proposed", "published", "discarded"), nullable=False
        ),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_standard_draft_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["user_account.id"], name=op.f("fk_standard_draft_changed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["user_account.id"], name=op.f("fk_standard_draft_proposed_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_draft")),
    )
    lives = sa.text("state IN ('open', 'proposed')")
    op.create_index(
        "uq_standard_draft_living",
        "standard_draft",
        ["kind", "name"],
        unique=True,
        sqlite_where=lives,
        postgresql_where=lives,
    )
    _keep()


_UUID = {"sqlite": "CHAR(32)", "postgresql": "UUID"}


def _reason() -> sa.Column[str]:
    return sa.Column("retired_reason", sa.String(2000), server_default="", nullable=False)


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)


# What of a row is never changed, and which columns are written once: they may be filled, but not changed again.
_FROZEN = {
    "checklist_version": ((), ("proposed_by", "confirmed_by", "retired_at")),
    "rule_set": (
        ("version", "valid_from", "sha256", "written", "published_at"),
        ("proposed_by", "confirmed_by", "retired_at"),
    ),
}
# SQLite's REPLACE takes a row's place without any trigger on its deletion.
_NOT_REPLACED = {
    "checklist_version": "id = NEW.id AND version = NEW.version",
    "rule_set": "version = NEW.version",
    "revision": "visit_id = NEW.visit_id AND number = NEW.number",
    "event": "id = NEW.id",
}


def _keep() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    differs = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table, (frozen, once) in _FROZEN.items():
        said = f"{table} is never changed once it is written"
        changed = [f"OLD.{column} {differs} NEW.{column}" for column in frozen]
        changed += [f"(OLD.{column} IS NOT NULL AND OLD.{column} {differs} NEW.{column})" for column in once]
        if table == "checklist_version":
            # Rows that are older than the column have it filled in once.
            changed.append(f"(OLD.written <> '' AND OLD.written {differs} NEW.written)")
        when = " OR ".join(changed)
        if sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_whole BEFORE UPDATE ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            )
        else:
            if table == "rule_set":
                op.execute(
                    f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
                    f"$$ BEGIN RAISE EXCEPTION '{said}'; END $$"
                )
            op.execute(
                f"CREATE TRIGGER {table}_whole BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({when}) "
                f"EXECUTE FUNCTION {table}_kept()"
            )
    _keep_rows(sqlite)


def _keep_rows(sqlite: bool) -> None:
    said = "rule_set is never changed once it is written"
    if not sqlite:
        op.execute(
            "CREATE TRIGGER rule_set_stays BEFORE DELETE ON rule_set FOR EACH ROW "
            "EXECUTE FUNCTION rule_set_kept()"
        )
        return
    op.execute(
        f"CREATE TRIGGER rule_set_stays BEFORE DELETE ON rule_set BEGIN SELECT RAISE(ABORT, '{said}'); END"
    )
    for table, same in _NOT_REPLACED.items():
        op.execute(
            f"CREATE TRIGGER {table}_once BEFORE INSERT ON {table} "  # noqa: S608
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is never changed once it is written'); END"
        )
