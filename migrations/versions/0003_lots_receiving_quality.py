"""Lots, receiving and quality in depth.

Each part stands in a pair of functions below, taken back in the opposite order. `_WORDS` has every enum column that takes
more words than before: what it took, and what is new, in the order of the enum.
"""

import sqlalchemy as sa
from alembic import op

from wms.db.schema_changes import widen_words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: (table, column): (the words before, the new words). New words stand behind the old ones in the enum as well.
_WORDS: dict[tuple[str, str], tuple[list[str], list[str]]] = {
    ("task", "kind"): (
        ["putaway", "pick", "count", "replenish", "cage", "recover"],
        ["sample", "inspect", "label_check", "supplier_return", "destroy"],
    ),
    ("stock_posting", "reason"): (
        ["receive", "putaway", "move", "pick", "unpick", "ship", "hold", "lift", "disposition", "count", "scrap",
         "supplier_return", "customer_return", "quarantine", "issue", "consume", "output", "sample", "reversal"],
        ["split", "merge", "relabel"],
    ),
    ("bin", "kind"): (
        ["dock", "storage", "pick_face", "staging", "quarantine", "reject_cage", "shipping", "production", "transit",
         "supplier", "customer", "scrap", "adjustment", "consumed"],
        ["sample"],
    ),
    ("hold", "reason"): (
        ["suspect", "complaint", "damage", "temperature", "documents", "expired", "recall", "foreign_body", "other"],
        ["nonconformance", "retest", "unknown_origin", "found"],
    ),
    ("alert", "kind"): (
        ["expiry_near", "expired_held", "quarantine_old", "reader_silent", "ledger_broken", "door_alarm",
         "hold_stopped_orders", "short_pick", "job_failed"],
        ["retest_due", "supplier_stopped", "printer_failed", "licence_expired", "label_differs", "problem_reported",
         "unit_seen_twice"],
    ),
}  # fmt: skip


def upgrade() -> None:
    for (table, column), (before, new) in _WORDS.items():
        widen_words(table, column, before, [*before, *new])
    _add_lot_links()
    _add_signatures()


def downgrade() -> None:
    _drop_signatures()
    _drop_lot_links()
    for (table, column), (before, new) in reversed(_WORDS.items()):
        widen_words(table, column, [*before, *new], before)


# -- genealogy of lots ------------------------------------------------------------------------------------------------
def _add_lot_links() -> None:
    op.create_table(
        "lot_link",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "split", "merge", "relabel", "production", "rework", "imported",
                name="kind", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=False,
        ),
        sa.Column("source_lot_id", sa.BigInteger(), nullable=False),
        sa.Column("target_lot_id", sa.BigInteger(), nullable=False),
        sa.Column("source_quantity", sa.BigInteger(), nullable=False),
        sa.Column("target_quantity", sa.BigInteger(), nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("document_kind", sa.String(length=24), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source_quantity > 0 AND target_quantity > 0", name=op.f("ck_lot_link_quantity_positive")),
        sa.CheckConstraint("source_lot_id <> target_lot_id", name=op.f("ck_lot_link_two_lots")),
        sa.ForeignKeyConstraint(["source_lot_id"], ["lot.id"], name=op.f("fk_lot_link_source_lot_id_lot")),
        sa.ForeignKeyConstraint(["target_lot_id"], ["lot.id"], name=op.f("fk_lot_link_target_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_lot_link_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_lot_link_made_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_link")),
    )  # fmt: skip
    op.create_index("ix_lot_link_source", "lot_link", ["source_lot_id", "target_lot_id"])
    op.create_index("ix_lot_link_target", "lot_link", ["target_lot_id", "source_lot_id"])


def _drop_lot_links() -> None:
    op.drop_table("lot_link")


# -- signatures -------------------------------------------------------------------------------------------------------
def _add_signatures() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("public_key", name=op.f("uq_signing_key_public_key")),
    )
    op.create_table(
        "signature",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_kind", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "meaning",
            sa.Enum(
                "released", "rejected", "approved", "disposed", "witnessed", "extended", "lifted", "reviewed",
                "accepted", name="meaning", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("app_version", sa.String(length=40), nullable=False),
        sa.CheckConstraint("length(full_name) > 0", name=op.f("ck_signature_named")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_signature_hashed")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_signature_user_id_user_account")),
        sa.ForeignKeyConstraint(["key_id"], ["signing_key.id"], name=op.f("fk_signature_key_id_signing_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
    )  # fmt: skip
    op.create_index("ix_signature_subject", "signature", ["subject_kind", "subject_id", "id"])
    op.create_index("ix_signature_user_id", "signature", ["user_id", "id"])
    for table in ("signature", "signing_key"):
        for statement in _append_only(table):
            op.execute(statement)


def _append_only(table: str) -> list[str]:
    """Triggers as those of the ledger's moves: no UPDATE, no DELETE, no TRUNCATE."""
    if op.get_bind().dialect.name == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]


def _drop_signatures() -> None:
    op.drop_table("signature")
    op.drop_table("signing_key")
