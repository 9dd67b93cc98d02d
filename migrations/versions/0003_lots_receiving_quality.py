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


def downgrade() -> None:
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
