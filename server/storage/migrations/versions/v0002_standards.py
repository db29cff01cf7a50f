"""Standards that people change: what was written beside what is compiled, drafts, rule sets"""

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"


def upgrade() -> None:
    # Not in batch mode, which would make the table anew on SQLite and lose the triggers that keep it.
    op.add_column("checklist_version", sa.Column("written", sa.Text(), server_default="", nullable=False))
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
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_standard_draft_author_id_user_account")
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
    _keep_written()
    _keep_rules()


_UUID = {"sqlite": "CHAR(32)", "postgresql": "UUID"}


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)


def _keep_written() -> None:
    """What was written may be filled in once, for rows older than the column, and never changes after that."""
    said = "checklist_version is never changed once it is written"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER checklist_version_written BEFORE UPDATE ON checklist_version "
            "WHEN OLD.written <> '' AND OLD.written IS NOT NEW.written "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )
        return
    op.execute(
        "CREATE TRIGGER checklist_version_written BEFORE UPDATE ON checklist_version FOR EACH ROW "
        "WHEN (OLD.written <> '' AND OLD.written IS DISTINCT FROM NEW.written) "
        "EXECUTE FUNCTION checklist_version_kept()"
    )


def _keep_rules() -> None:
    said = "rule_set is never changed once it is written"
    columns = ("version", "valid_from", "sha256", "written", "published_at")
    if op.get_bind().dialect.name == "sqlite":
        changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
        op.execute(
            f"CREATE TRIGGER rule_set_kept BEFORE UPDATE ON rule_set WHEN {changed} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )
        op.execute(
            f"CREATE TRIGGER rule_set_stays BEFORE DELETE ON rule_set BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )
        return
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    op.execute(
        "CREATE FUNCTION rule_set_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{said}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER rule_set_kept BEFORE UPDATE ON rule_set FOR EACH ROW WHEN ({changed}) "
        "EXECUTE FUNCTION rule_set_kept()"
    )
    op.execute(
        "CREATE TRIGGER rule_set_stays BEFORE DELETE ON rule_set FOR EACH ROW EXECUTE FUNCTION rule_set_kept()"
    )
