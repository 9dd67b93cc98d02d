"""Work orders, genealogy, trace, recall and evidence.

Each part stands in a pair of functions below, taken back in the opposite order. `_WORDS` has every enum column that takes
more words than before: what it took, and what is new, in the order of the enum.
"""

import sqlalchemy as sa
from alembic import op

from wms.db.schema_changes import (
    add_refusal_but,
    append_only,
    change_check,
    changeable,
    drop_refusal_but,
    refuse_replacement,
    widen_words,
)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: (table, column): (the words before, the new words). New words stand behind the old ones in the enum as well.
_WORDS: dict[tuple[str, str], tuple[list[str], list[str]]] = {
    ("task", "kind"): (
        ["putaway", "pick", "count", "replenish", "cage", "recover", "sample", "inspect", "label_check",
         "supplier_return", "destroy"],
        ["issue", "call_back"],
    ),
    ("stock_posting", "reason"): (
        ["receive", "putaway", "move", "pick", "unpick", "ship", "hold", "lift", "disposition", "count", "scrap",
         "supplier_return", "customer_return", "quarantine", "issue", "consume", "output", "sample", "reversal", "split",
         "merge", "relabel"],
        ["issue_return"],
    ),
    ("lot_link", "kind"): (["split", "merge", "relabel", "production", "rework", "imported"], ["residue"]),
    ("hold_case", "scope"): (["bin", "lpn", "query"], ["lots"]),
    ("signature", "meaning"): (
        ["released", "rejected", "approved", "disposed", "witnessed", "extended", "lifted", "reviewed", "accepted"],
        ["initiated", "closed"],
    ),
    ("alert", "kind"): (
        ["expiry_near", "expired_held", "quarantine_old", "reader_silent", "ledger_broken", "door_alarm",
         "hold_stopped_orders", "short_pick", "job_failed", "retest_due", "supplier_stopped", "printer_failed",
         "licence_expired", "label_differs", "problem_reported", "unit_seen_twice"],
        ["gap_found", "complaint_due", "capa_due", "recall_due", "mail_failed", "records_broken", "recall_stop"],
    ),
}  # fmt: skip


def upgrade() -> None:
    for (table, column), (before, new) in _WORDS.items():
        widen_words(table, column, before, [*before, *new])
    _deepen_lot_links()
    _add_pegs()
    _add_production()
    _add_mail()
    _add_partner_letters()
    _add_complaints()
    _add_recall()
    _add_notices()
    _add_addresses()
    _add_inspector_looks()
    _add_passports()
    _add_evidence()
    _add_gaps()
    _fence_records()


def downgrade() -> None:
    _drop_inspector_looks()
    _open_records()
    _drop_gaps()
    _drop_evidence()
    _drop_passports()
    _drop_addresses()
    _drop_notices()
    _drop_recall()
    _drop_complaints()
    _drop_partner_letters()
    _drop_mail()
    _drop_production()
    _drop_pegs()
    _flatten_lot_links()
    for (table, column), (before, new) in reversed(_WORDS.items()):
        widen_words(table, column, [*before, *new], before)


# -- genealogy --------------------------------------------------------------------------------------------------------
_SHARES = ("source_total", "source_part", "source_parts", "target_total", "target_part", "target_parts")
_LIVE = sa.text("voided_seq IS NULL")
_DEAD = sa.text("voided_seq IS NOT NULL")
_VOIDED = (("ix_lot_link_voided_source", "source_lot_id"), ("ix_lot_link_voided_target", "target_lot_id"))


def _deepen_lot_links() -> None:
    for column in _SHARES:
        op.add_column("lot_link", sa.Column(column, sa.BigInteger(), nullable=True))
    _add_posting_reference("lot_link", "voided_seq")
    change_check(
        "lot_link",
        "ck_lot_link_quantity_positive",
        "source_quantity > 0 AND target_quantity > 0",
        "source_quantity >= 0 AND target_quantity >= 0",
    )
    _index_links(sqlite_where=_LIVE, postgresql_where=_LIVE)
    op.create_index("ix_lot_link_document", "lot_link", ["document_kind", "document_id"])
    for name, column in _VOIDED:
        op.create_index(name, "lot_link", [column], sqlite_where=_DEAD, postgresql_where=_DEAD)


def _flatten_lot_links() -> None:
    for name, _ in _VOIDED:
        op.drop_index(name, "lot_link")
    op.drop_index("ix_lot_link_document", "lot_link")
    _index_links()
    op.execute("DELETE FROM lot_link WHERE source_quantity = 0 OR target_quantity = 0")
    change_check(
        "lot_link",
        "ck_lot_link_quantity_positive",
        "source_quantity >= 0 AND target_quantity >= 0",
        "source_quantity > 0 AND target_quantity > 0",
    )
    for column in ("voided_seq", *reversed(_SHARES)):
        op.drop_column("lot_link", column)


def _index_links(**where: sa.TextClause) -> None:
    for name, columns in (
        ("ix_lot_link_source", ["source_lot_id", "target_lot_id"]),
        ("ix_lot_link_target", ["target_lot_id", "source_lot_id"]),
    ):
        op.drop_index(name, "lot_link")
        op.create_index(name, "lot_link", columns, **where)  # type: ignore[arg-type]


def _add_posting_reference(table: str, column: str) -> None:
    """Point a column, which may be empty, to the posting's sequence."""
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    name = op.f(f"fk_{table}_{column}_stock_posting")
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT {name} REFERENCES stock_posting (seq)")


def _add_pegs() -> None:
    op.create_table(
        "lot_peg",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("demand_kind", sa.String(length=24), nullable=False),
        sa.Column("demand_id", sa.BigInteger(), nullable=False),
        sa.Column("made_for", sa.String(length=40), nullable=False),
        sa.Column("document_kind", sa.String(length=24), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("freed_by", sa.BigInteger(), nullable=True),
        sa.Column("freed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("free_reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint("(freed_at IS NULL) = (freed_by IS NULL)", name=op.f("ck_lot_peg_freed_whole")),
        sa.ForeignKeyConstraint(["freed_by"], ["user_account.id"], name=op.f("fk_lot_peg_freed_by_user_account")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_peg_lot_id_lot")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_lot_peg_made_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_peg")),
    )
    op.create_index("ix_lot_peg_demand", "lot_peg", ["demand_kind", "demand_id"], unique=False)
    op.create_index(
        "uq_lot_peg_open",
        "lot_peg",
        ["lot_id"],
        unique=True,
        sqlite_where=sa.text("freed_at IS NULL"),
        postgresql_where=sa.text("freed_at IS NULL"),
    )


def _drop_pegs() -> None:
    op.drop_table("lot_peg")


# -- work orders ------------------------------------------------------------------------------------------------------
def _add_production() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_team_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("warehouse_id", "code", name=op.f("uq_team_warehouse_id_code")),
    )
    op.create_table(
        "bom",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("output_quantity", sa.BigInteger(), nullable=False),
        sa.Column("output_weight", sa.BigInteger(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("output_quantity > 0", name=op.f("ck_bom_output_positive")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_bom_created_by_user_account")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_bom_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bom")),
        sa.UniqueConstraint("item_id", "version", name=op.f("uq_bom_item_id_version")),
    )
    op.create_table(
        "production_rule",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("may_backflush", sa.Boolean(), nullable=False),
        sa.Column("tolerance_percent", sa.BigInteger(), nullable=False),
        sa.Column(
            "expiry_by",
            sa.Enum(
                "own_life",
                "shortest_component",
                "strictest",
                name="expiry_by",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "output_lot_at",
            sa.Enum(
                "release",
                "first_report",
                "each_report",
                name="output_lot_at",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("needs_clearance", sa.Boolean(), nullable=False),
        sa.Column("is_output_pending", sa.Boolean(), nullable=False),
        sa.Column("over_yield_percent", sa.BigInteger(), nullable=False),
        sa.Column("yield_percent_min", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_production_rule_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_rule")),
        sa.UniqueConstraint("item_id", name=op.f("uq_production_rule_item_id")),
    )
    op.create_table(
        "bom_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bom_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("scrap_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("operation_sequence", sa.BigInteger(), nullable=True),
        sa.Column("is_backflushed", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_bom_line_quantity_positive")),
        sa.CheckConstraint(
            "scrap_basis_points >= 0 AND scrap_basis_points < 10000", name=op.f("ck_bom_line_scrap_within")
        ),
        sa.ForeignKeyConstraint(["bom_id"], ["bom.id"], name=op.f("fk_bom_line_bom_id_bom")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_bom_line_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bom_line")),
        sa.UniqueConstraint("bom_id", "line", name=op.f("uq_bom_line_bom_id_line")),
    )
    op.create_table(
        "bom_operation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bom_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("output_item_id", sa.BigInteger(), nullable=True),
        sa.Column("output_quantity", sa.BigInteger(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["bom_id"], ["bom.id"], name=op.f("fk_bom_operation_bom_id_bom")),
        sa.ForeignKeyConstraint(["output_item_id"], ["item.id"], name=op.f("fk_bom_operation_output_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bom_operation")),
        sa.UniqueConstraint("bom_id", "sequence", name=op.f("uq_bom_operation_bom_id_sequence")),
    )
    op.create_table(
        "bom_output",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bom_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "main",
                "co_product",
                "by_product",
                "semi_finished",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["bom_id"], ["bom.id"], name=op.f("fk_bom_output_bom_id_bom")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_bom_output_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bom_output")),
        sa.UniqueConstraint("bom_id", "line", name=op.f("uq_bom_output_bom_id_line")),
    )
    op.create_table(
        "production_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("output_bin_id", sa.BigInteger(), nullable=False),
        sa.Column("needs_clearance", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_production_line_bin_id_bin")),
        sa.ForeignKeyConstraint(["output_bin_id"], ["bin.id"], name=op.f("fk_production_line_output_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_production_line_warehouse_id_warehouse")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_line")),
        sa.UniqueConstraint("warehouse_id", "code", name=op.f("uq_production_line_warehouse_id_code")),
    )
    op.create_table(
        "vessel",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_vessel_bin_id_bin")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_vessel_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vessel")),
        sa.UniqueConstraint("bin_id", name=op.f("uq_vessel_bin_id")),
        sa.UniqueConstraint("warehouse_id", "code", name=op.f("uq_vessel_warehouse_id_code")),
    )
    op.create_table(
        "bom_alternate",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bom_line_id", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("factor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("factor > 0", name=op.f("ck_bom_alternate_factor_positive")),
        sa.ForeignKeyConstraint(["bom_line_id"], ["bom_line.id"], name=op.f("fk_bom_alternate_bom_line_id_bom_line")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_bom_alternate_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bom_alternate")),
        sa.UniqueConstraint("bom_line_id", "item_id", name=op.f("uq_bom_alternate_bom_line_id_item_id")),
    )
    op.create_table(
        "machine",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["production_line.id"], name=op.f("fk_machine_line_id_production_line")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_machine_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine")),
        sa.UniqueConstraint("warehouse_id", "code", name=op.f("uq_machine_warehouse_id_code")),
    )
    op.create_table(
        "open_lot",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_open_lot_closed_by_user_account")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_open_lot_item_id_item")),
        sa.ForeignKeyConstraint(["line_id"], ["production_line.id"], name=op.f("fk_open_lot_line_id_production_line")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_open_lot_lot_id_lot")),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_open_lot_opened_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_lot")),
    )
    op.create_index(
        "uq_open_lot_line_item",
        "open_lot",
        ["line_id", "item_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "vessel_cleaning",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("vessel_id", sa.BigInteger(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("cleaned_by", sa.BigInteger(), nullable=False),
        sa.Column("cleaned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cleaned_by"], ["user_account.id"], name=op.f("fk_vessel_cleaning_cleaned_by_user_account")
        ),
        sa.ForeignKeyConstraint(["vessel_id"], ["vessel.id"], name=op.f("fk_vessel_cleaning_vessel_id_vessel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vessel_cleaning")),
        sa.UniqueConstraint("key", name=op.f("uq_vessel_cleaning_key")),
    )
    op.create_index("ix_vessel_cleaning_vessel", "vessel_cleaning", ["vessel_id", "ledger_seq"], unique=False)
    op.create_table(
        "work_order",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("make", "rework", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "released",
                "started",
                "completed",
                "closed",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("bom_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("nonconformance_id", sa.BigInteger(), nullable=True),
        sa.Column("pegged_kind", sa.String(length=24), nullable=False),
        sa.Column("pegged_id", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_differences", sa.JSON(), nullable=False),
        sa.Column("close_signature_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(kind = 'make') = (bom_id IS NOT NULL)", name=op.f("ck_work_order_made_by_bom")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_work_order_quantity_positive")),
        sa.ForeignKeyConstraint(["bom_id"], ["bom.id"], name=op.f("fk_work_order_bom_id_bom")),
        sa.ForeignKeyConstraint(
            ["close_signature_id"], ["signature.id"], name=op.f("fk_work_order_close_signature_id_signature")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_work_order_closed_by_user_account")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_work_order_created_by_user_account")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_work_order_item_id_item")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["production_line.id"], name=op.f("fk_work_order_line_id_production_line")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_work_order_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["nonconformance_id"], ["nonconformance.id"], name=op.f("fk_work_order_nonconformance_id_nonconformance")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_work_order_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["released_by"], ["user_account.id"], name=op.f("fk_work_order_released_by_user_account")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_work_order_team_id_team")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_work_order_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("key", name=op.f("uq_work_order_key")),
        sa.UniqueConstraint("number", name=op.f("uq_work_order_number")),
    )
    op.create_index("ix_work_order_item_id", "work_order", ["item_id"], unique=False)
    op.create_index("ix_work_order_lot_id", "work_order", ["lot_id"], unique=False)
    op.create_index(
        "ix_work_order_pegged_id",
        "work_order",
        ["pegged_id"],
        unique=False,
        sqlite_where=sa.text("pegged_id IS NOT NULL"),
        postgresql_where=sa.text("pegged_id IS NOT NULL"),
    )
    op.create_index("ix_work_order_state", "work_order", ["warehouse_id", "state", "due_on"], unique=False)
    op.create_table(
        "line_clearance",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("cleared_by", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["user_account.id"], name=op.f("fk_line_clearance_checked_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["cleared_by"], ["user_account.id"], name=op.f("fk_line_clearance_cleared_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["production_line.id"], name=op.f("fk_line_clearance_line_id_production_line")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_line_clearance_work_order_id_work_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_clearance")),
        sa.UniqueConstraint("key", name=op.f("uq_line_clearance_key")),
    )
    op.create_index("ix_line_clearance_line", "line_clearance", ["line_id", "cleared_at"], unique=False)
    op.create_table(
        "production_report",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("operation_sequence", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("machine_id", sa.BigInteger(), nullable=True),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("consume_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("output_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reported_by", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reversed_by", sa.BigInteger(), nullable=True),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reverse_reason", sa.String(length=500), nullable=False),
        sa.Column("corrects_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consume_seq"], ["stock_posting.seq"], name=op.f("fk_production_report_consume_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["production_report.id"], name=op.f("fk_production_report_corrects_id_production_report")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["production_line.id"], name=op.f("fk_production_report_line_id_production_line")
        ),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_production_report_machine_id_machine")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["user_account.id"], name=op.f("fk_production_report_operator_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["output_seq"], ["stock_posting.seq"], name=op.f("fk_production_report_output_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(
            ["reported_by"], ["user_account.id"], name=op.f("fk_production_report_reported_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["reversed_by"], ["user_account.id"], name=op.f("fk_production_report_reversed_by_user_account")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_production_report_team_id_team")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_production_report_warehouse_id_warehouse")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_production_report_work_order_id_work_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_report")),
        sa.UniqueConstraint("key", name=op.f("uq_production_report_key")),
        sa.UniqueConstraint("number", name=op.f("uq_production_report_number")),
    )
    op.create_index("ix_production_report_ended_at", "production_report", ["ended_at"], unique=False)
    op.create_index("ix_production_report_machine", "production_report", ["machine_id", "ended_at"], unique=False)
    op.create_index("ix_production_report_operator", "production_report", ["operator_id", "ended_at"], unique=False)
    op.create_index("ix_production_report_team", "production_report", ["team_id", "ended_at"], unique=False)
    op.create_index(
        "ix_production_report_work_order", "production_report", ["work_order_id", "operation_sequence"], unique=False
    )
    op.create_table(
        "work_order_component",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("operation_sequence", sa.BigInteger(), nullable=False),
        sa.Column("is_backflushed", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.Column("bom_line_id", sa.BigInteger(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_work_order_component_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["bom_line_id"], ["bom_line.id"], name=op.f("fk_work_order_component_bom_line_id_bom_line")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_work_order_component_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_work_order_component_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["work_order_component.id"],
            name=op.f("fk_work_order_component_replaces_id_work_order_component"),
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_work_order_component_work_order_id_work_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_component")),
        sa.UniqueConstraint("work_order_id", "line", name=op.f("uq_work_order_component_work_order_id_line")),
    )
    op.create_table(
        "work_order_operation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("output_item_id", sa.BigInteger(), nullable=True),
        sa.Column("output_quantity", sa.BigInteger(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["output_item_id"], ["item.id"], name=op.f("fk_work_order_operation_output_item_id_item")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_work_order_operation_work_order_id_work_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_operation")),
        sa.UniqueConstraint("work_order_id", "sequence", name=op.f("uq_work_order_operation_work_order_id_sequence")),
    )
    op.create_table(
        "report_defect",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["production_report.id"], name=op.f("fk_report_defect_report_id_production_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_defect")),
        sa.UniqueConstraint("report_id", "line", name=op.f("uq_report_defect_report_id_line")),
    )
    op.create_table(
        "report_input",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("component_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "line",
                "backflush",
                "vessel",
                "residue",
                "scrap",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("vessel_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 OR (quantity = 0 AND source = 'residue')", name=op.f("ck_report_input_quantity_positive")
        ),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_report_input_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["work_order_component.id"],
            name=op.f("fk_report_input_component_id_work_order_component"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_report_input_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_report_input_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["production_report.id"], name=op.f("fk_report_input_report_id_production_report")
        ),
        sa.ForeignKeyConstraint(["vessel_id"], ["vessel.id"], name=op.f("fk_report_input_vessel_id_vessel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_input")),
        sa.UniqueConstraint("report_id", "line", name=op.f("uq_report_input_report_id_line")),
    )
    op.create_index("ix_report_input_lot_id", "report_input", ["lot_id"], unique=False)
    op.create_table(
        "report_output",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "main",
                "co_product",
                "by_product",
                "semi_finished",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_report_output_quantity_positive")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_report_output_bin_id_bin")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_report_output_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_report_output_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_report_output_lpn_id_lpn")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["production_report.id"], name=op.f("fk_report_output_report_id_production_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_output")),
        sa.UniqueConstraint("report_id", "line", name=op.f("uq_report_output_report_id_line")),
    )
    op.create_index("ix_report_output_lot_id", "report_output", ["lot_id"], unique=False)
    op.create_table(
        "report_stop",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_report_stop_minutes_positive")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["production_report.id"], name=op.f("fk_report_stop_report_id_production_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_stop")),
        sa.UniqueConstraint("report_id", "line", name=op.f("uq_report_stop_report_id_line")),
    )
    op.create_table(
        "work_order_issue",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "issue",
                "exchange",
                "supplement",
                "return",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("component_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("instead_of_lot_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "capture",
            sa.Enum(
                "scan",
                "typed",
                "typed_twice",
                "photo",
                "rfid",
                "import",
                "system",
                name="capture",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reversed_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issued_by", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_work_order_issue_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_work_order_issue_approved_by_user_account")
        ),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_work_order_issue_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["work_order_component.id"],
            name=op.f("fk_work_order_issue_component_id_work_order_component"),
        ),
        sa.ForeignKeyConstraint(
            ["instead_of_lot_id"], ["lot.id"], name=op.f("fk_work_order_issue_instead_of_lot_id_lot")
        ),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["user_account.id"], name=op.f("fk_work_order_issue_issued_by_user_account")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_work_order_issue_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_work_order_issue_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(
            ["reversed_seq"], ["stock_posting.seq"], name=op.f("fk_work_order_issue_reversed_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_work_order_issue_work_order_id_work_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_issue")),
        sa.UniqueConstraint("key", name=op.f("uq_work_order_issue_key")),
    )
    op.create_index("ix_work_order_issue_lot_id", "work_order_issue", ["lot_id"], unique=False)
    op.create_index(
        "ix_work_order_issue_work_order", "work_order_issue", ["work_order_id", "component_id"], unique=False
    )


def _drop_production() -> None:
    for table in (
        "work_order_issue",
        "report_stop",
        "report_output",
        "report_input",
        "report_defect",
        "work_order_operation",
        "work_order_component",
        "production_report",
        "line_clearance",
        "work_order",
        "vessel_cleaning",
        "open_lot",
        "machine",
        "bom_alternate",
        "vessel",
        "production_line",
        "bom_output",
        "bom_operation",
        "bom_line",
        "production_rule",
        "bom",
        "team",
    ):
        op.drop_table(table)


# -- e-mail, partners -------------------------------------------------------------------------------------------------
def _add_mail() -> None:
    op.create_table(
        "mail_message",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("subject_kind", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("queued_by", sa.BigInteger(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_message")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_message_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_message_id")),
    )
    op.create_index("ix_mail_message_subject_kind", "mail_message", ["subject_kind", "subject_id"], unique=False)
    op.create_index("ix_mail_message_warehouse_id", "mail_message", ["warehouse_id", "id"], unique=False)
    op.create_table(
        "mail_attachment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=60), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail_message.id"], name=op.f("fk_mail_attachment_mail_id_mail_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_attachment")),
        sa.UniqueConstraint("mail_id", "line", name=op.f("uq_mail_attachment_mail_id_line")),
    )
    op.create_table(
        "mail_recipient",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "failed",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_mail_recipient_sent_whole")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail_message.id"], name=op.f("fk_mail_recipient_mail_id_mail_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_recipient")),
        sa.UniqueConstraint("mail_id", "address", name=op.f("uq_mail_recipient_mail_id_address")),
    )
    op.create_index(
        "ix_mail_recipient_due",
        "mail_recipient",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_mail_recipient_failed",
        "mail_recipient",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_table(
        "mail_try",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "accepted",
                "deferred",
                "refused",
                "renewed",
                "cancelled",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail_message.id"], name=op.f("fk_mail_try_mail_id_mail_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_try")),
    )
    op.create_index("ix_mail_try_mail_id", "mail_try", ["mail_id", "id"], unique=False)


def _drop_mail() -> None:
    for table in ("mail_try", "mail_recipient", "mail_attachment", "mail_message"):
        op.drop_table(table)


def _add_partner_letters() -> None:
    op.add_column("partner", sa.Column("email", sa.String(length=254), server_default="", nullable=False))
    op.add_column("partner", sa.Column("language", sa.String(length=12), server_default="", nullable=False))


def _drop_partner_letters() -> None:
    op.drop_column("partner", "language")
    op.drop_column("partner", "email")


# -- complaints and corrective actions --------------------------------------------------------------------------------
def _add_complaints() -> None:
    op.create_table(
        "complaint_policy",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "critical", "major", "minor", name="severity", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("answer_hours", sa.BigInteger(), nullable=False),
        sa.Column("warn_hours", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("answer_hours > 0 AND warn_hours >= 0", name=op.f("ck_complaint_policy_hours_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_policy")),
        sa.UniqueConstraint("severity", name=op.f("uq_complaint_policy_severity")),
    )
    op.create_table(
        "capa",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "checking",
                "effective",
                "closed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("origin_kind", sa.String(length=24), nullable=False),
        sa.Column("origin_id", sa.BigInteger(), nullable=True),
        sa.Column("origin_number", sa.String(length=40), nullable=False),
        sa.Column("problem", sa.String(length=1000), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=2000), nullable=False),
        sa.Column(
            "cause_method",
            sa.Enum(
                "five_whys",
                "fishbone",
                "fmea",
                "test",
                "other",
                name="cause_method",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("cause_by", sa.BigInteger(), nullable=True),
        sa.Column("cause_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closing", sa.String(length=1000), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_capa_closed_whole")),
        sa.ForeignKeyConstraint(["cause_by"], ["user_account.id"], name=op.f("fk_capa_cause_by_user_account")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_capa_closed_by_user_account")),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_capa_opened_by_user_account")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_capa_owner_id_user_account")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_capa_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capa")),
        sa.UniqueConstraint("key", name=op.f("uq_capa_key")),
        sa.UniqueConstraint("number", name=op.f("uq_capa_number")),
    )
    op.create_index("ix_capa_list", "capa", ["warehouse_id", "state", "id"], unique=False)
    op.create_index("ix_capa_origin", "capa", ["origin_kind", "origin_id"], unique=False)
    op.create_table(
        "capa_action",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("capa_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "correction",
                "corrective",
                "preventive",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("what", sa.String(length=1000), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence", sa.String(length=1000), nullable=False),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_capa_action_done_whole")),
        sa.ForeignKeyConstraint(["capa_id"], ["capa.id"], name=op.f("fk_capa_action_capa_id_capa")),
        sa.ForeignKeyConstraint(["done_by"], ["user_account.id"], name=op.f("fk_capa_action_done_by_user_account")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_capa_action_owner_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capa_action")),
        sa.UniqueConstraint("capa_id", "line", name=op.f("uq_capa_action_capa_id_line")),
    )
    op.create_index("ix_capa_action_owner_id", "capa_action", ["owner_id"], unique=False)
    op.create_table(
        "capa_check",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("capa_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("criterion", sa.String(length=1000), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("checker_id", sa.BigInteger(), nullable=False),
        sa.Column("is_effective", sa.Boolean(), nullable=True),
        sa.Column("result", sa.String(length=1000), nullable=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(checked_at IS NULL) = (is_effective IS NULL)", name=op.f("ck_capa_check_checked_whole")),
        sa.ForeignKeyConstraint(["capa_id"], ["capa.id"], name=op.f("fk_capa_check_capa_id_capa")),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["user_account.id"], name=op.f("fk_capa_check_checked_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["checker_id"], ["user_account.id"], name=op.f("fk_capa_check_checker_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capa_check")),
        sa.UniqueConstraint("capa_id", "round", name=op.f("uq_capa_check_capa_id_round")),
    )
    op.create_table(
        "complaint",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "investigating",
                "answered",
                "closed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("customer_told", sa.String(length=160), nullable=False),
        sa.Column("contact_name", sa.String(length=160), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("contact_phone", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "phone",
                "email",
                "letter",
                "visit",
                "web",
                "other",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.String(length=512), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("shipment_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.String(length=2000), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "critical", "major", "minor", name="severity", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.String(length=2000), nullable=False),
        sa.Column("is_justified", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.String(length=4000), nullable=False),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.String(length=1000), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("customer_id IS NOT NULL OR customer_told <> ''", name=op.f("ck_complaint_customer_known")),
        sa.CheckConstraint(
            "state NOT IN ('answered', 'closed') OR answered_at IS NOT NULL", name=op.f("ck_complaint_answered_whole")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["user_account.id"], name=op.f("fk_complaint_answered_by_user_account")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_complaint_closed_by_user_account")),
        sa.ForeignKeyConstraint(["customer_id"], ["partner.id"], name=op.f("fk_complaint_customer_id_partner")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_complaint_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_complaint_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_complaint_order_id_customer_order")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_complaint_owner_id_user_account")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_complaint_recorded_by_user_account")
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_complaint_shipment_id_shipment")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_complaint_unit_id_unit")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_complaint_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("key", name=op.f("uq_complaint_key")),
        sa.UniqueConstraint("number", name=op.f("uq_complaint_number")),
    )
    op.create_index("ix_complaint_customer_id", "complaint", ["customer_id", "id"], unique=False)
    op.create_index(
        "ix_complaint_due",
        "complaint",
        ["warehouse_id", "due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('received', 'investigating')"),
        postgresql_where=sa.text("state IN ('received', 'investigating')"),
    )
    op.create_index("ix_complaint_list", "complaint", ["warehouse_id", "state", "id"], unique=False)
    op.create_index("ix_complaint_lot_id", "complaint", ["lot_id"], unique=False)
    op.create_table(
        "complaint_link",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("complaint_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "hold",
                "hold_case",
                "nonconformance",
                "recall",
                "capa",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_link_complaint_id_complaint")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_complaint_link_made_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_link")),
        sa.UniqueConstraint(
            "complaint_id", "kind", "target_id", name=op.f("uq_complaint_link_complaint_id_kind_target_id")
        ),
    )


def _drop_complaints() -> None:
    for table in ("complaint_link", "complaint", "capa_check", "capa_action", "capa", "complaint_policy"):
        op.drop_table(table)


# -- recalls ----------------------------------------------------------------------------------------------------------
def _add_recall() -> None:
    op.add_column("shipment", sa.Column("driver_phone", sa.String(length=40), server_default="", nullable=False))
    op.create_table(
        "recall_policy",
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("stop_hours", sa.BigInteger(), nullable=True),
        sa.Column("hold_hours", sa.BigInteger(), nullable=True),
        sa.Column("notify_hours", sa.BigInteger(), nullable=True),
        sa.Column("report_hours", sa.BigInteger(), nullable=True),
        sa.Column("progress_hours", sa.BigInteger(), nullable=True),
        sa.Column("close_hours", sa.BigInteger(), nullable=True),
        sa.Column(
            "check_level",
            sa.Enum("a", "b", "c", "d", "e", name="check_level", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_recall_policy")),
    )
    op.create_table(
        "recall",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("is_mock", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "closed",
                "nil_stock",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("class_code", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "trace",
                "alert",
                "complaint",
                "supplier",
                "hand",
                name="origin",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("origin_kind", sa.String(length=24), nullable=False),
        sa.Column("origin_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_reference", sa.String(length=60), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column(
            "check_level",
            sa.Enum("a", "b", "c", "d", "e", name="check_level", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_recall_closed_whole")),
        sa.ForeignKeyConstraint(["approved_by"], ["user_account.id"], name=op.f("fk_recall_approved_by_user_account")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_recall_closed_by_user_account")),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_recall_opened_by_user_account")),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_recall_supplier_id_partner")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_recall_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
        sa.UniqueConstraint("key", name=op.f("uq_recall_key")),
        sa.UniqueConstraint("number", name=op.f("uq_recall_number")),
    )
    op.create_index("ix_recall_list", "recall", ["state", "id"], unique=False)
    op.create_index("ix_recall_origin", "recall", ["origin_kind", "origin_id"], unique=False)
    op.create_table(
        "recall_clock",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "stop",
                "scope",
                "hold",
                "notify",
                "report",
                "progress",
                "close",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["done_by"], ["user_account.id"], name=op.f("fk_recall_clock_done_by_user_account")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_clock_recall_id_recall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_clock")),
        sa.UniqueConstraint("recall_id", "step", name=op.f("uq_recall_clock_recall_id_step")),
    )
    op.create_index("ix_recall_clock_due_at", "recall_clock", ["due_at"], unique=False)
    op.create_table(
        "recall_party",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "role",
            sa.Enum("customer", "supplier", name="role", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("first_version", sa.BigInteger(), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("name_zh", sa.String(length=160), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("contact", sa.String(length=160), nullable=False),
        sa.Column("contact_verified_on", sa.Date(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_recall_party_partner_id_partner")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_party_recall_id_recall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_party")),
        sa.UniqueConstraint("recall_id", "partner_id", "role", name=op.f("uq_recall_party_recall_id_partner_id_role")),
    )
    op.create_table(
        "recall_report",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("progress", "closing", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("signature_id", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_recall_report_made_by_user_account")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_report_recall_id_recall")),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_recall_report_signature_id_signature")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_report")),
        sa.UniqueConstraint("recall_id", "number", name=op.f("uq_recall_report_recall_id_number")),
    )
    op.create_table(
        "effectiveness_check",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "effective",
                "not_told",
                "not_acted",
                "not_reached",
                name="result",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("method", sa.String(length=60), nullable=False),
        sa.Column("spoke_with", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["user_account.id"], name=op.f("fk_effectiveness_check_checked_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["recall_party.id"], name=op.f("fk_effectiveness_check_party_id_recall_party")
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_effectiveness_check_recall_id_recall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effectiveness_check")),
    )
    op.create_index("ix_effectiveness_check_recall_id", "effectiveness_check", ["recall_id", "id"], unique=False)
    op.create_table(
        "recall_confirmation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "fate",
            sa.Enum("used", "destroyed", name="fate", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("said_by", sa.String(length=120), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_by", sa.BigInteger(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "(voided_at IS NULL) = (voided_by IS NULL)", name=op.f("ck_recall_confirmation_voided_whole")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_recall_confirmation_quantity_positive")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_recall_confirmation_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["party_id"], ["recall_party.id"], name=op.f("fk_recall_confirmation_party_id_recall_party")
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_confirmation_recall_id_recall")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_recall_confirmation_recorded_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["voided_by"], ["user_account.id"], name=op.f("fk_recall_confirmation_voided_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_confirmation")),
        sa.UniqueConstraint("key", name=op.f("uq_recall_confirmation_key")),
    )
    op.create_index(
        "ix_recall_confirmation_recall_id", "recall_confirmation", ["recall_id", "party_id", "lot_id"], unique=False
    )
    op.create_table(
        "recall_delivery",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("shipment", "imported", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(length=80), nullable=False),
        sa.Column("order_number", sa.String(length=60), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_on", sa.Date(), nullable=True),
        sa.Column("share", sa.Text(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_recall_delivery_quantity_positive")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_recall_delivery_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["party_id"], ["recall_party.id"], name=op.f("fk_recall_delivery_party_id_recall_party")
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_delivery_recall_id_recall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_delivery")),
        sa.UniqueConstraint(
            "party_id",
            "lot_id",
            "kind",
            "document_id",
            name=op.f("uq_recall_delivery_party_id_lot_id_kind_document_id"),
        ),
    )
    op.create_index("ix_recall_delivery_recall_id", "recall_delivery", ["recall_id", "lot_id"], unique=False)
    op.create_table(
        "recall_outcome",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "fate",
            sa.Enum(
                "destroyed",
                "reworked",
                "returned_to_supplier",
                "replaced",
                "released",
                name="fate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("document_kind", sa.String(length=24), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_recall_outcome_quantity_positive")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_recall_outcome_lot_id_lot")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_outcome_recall_id_recall")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_recall_outcome_recorded_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_outcome")),
        sa.UniqueConstraint(
            "recall_id",
            "lot_id",
            "fate",
            "document_kind",
            "document_id",
            name=op.f("uq_recall_outcome_recall_id_lot_id_fate_document_kind_document_id"),
        ),
    )
    op.create_table(
        "recall_return",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("over_reason", sa.String(length=300), nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("received_by", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_recall_return_quantity_positive")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_recall_return_bin_id_bin")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_recall_return_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_recall_return_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["party_id"], ["recall_party.id"], name=op.f("fk_recall_return_party_id_recall_party")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_recall_return_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_return_recall_id_recall")),
        sa.ForeignKeyConstraint(
            ["received_by"], ["user_account.id"], name=op.f("fk_recall_return_received_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_recall_return_warehouse_id_warehouse")
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_recall_return_shipment_id_shipment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_return")),
        sa.UniqueConstraint("key", name=op.f("uq_recall_return_key")),
    )
    op.create_index("ix_recall_return_recall_id", "recall_return", ["recall_id", "party_id", "lot_id"], unique=False)
    op.create_table(
        "recall_truck",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("is_under_way", sa.Boolean(), nullable=False),
        sa.Column("carrier", sa.String(length=120), nullable=False),
        sa.Column("plate", sa.String(length=20), nullable=False),
        sa.Column("driver", sa.String(length=60), nullable=False),
        sa.Column("driver_phone", sa.String(length=40), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(length=300), nullable=False),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["user_account.id"], name=op.f("fk_recall_truck_answered_by_user_account")
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_truck_recall_id_recall")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_recall_truck_shipment_id_shipment")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_recall_truck_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_truck")),
        sa.UniqueConstraint("recall_id", "shipment_id", name=op.f("uq_recall_truck_recall_id_shipment_id")),
    )
    op.create_table(
        "recall_version",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column(
            "change",
            sa.Enum(
                "first", "widened", "narrowed", name="change", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("starts", sa.JSON(), nullable=False),
        sa.Column("as_of_seq", sa.BigInteger(), nullable=False),
        sa.Column("lots_digest", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("placed_by", sa.BigInteger(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signature_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "change <> 'narrowed' OR signature_id IS NOT NULL", name=op.f("ck_recall_version_narrowing_is_signed")
        ),
        sa.CheckConstraint("(placed_at IS NULL) = (placed_by IS NULL)", name=op.f("ck_recall_version_placed_whole")),
        sa.ForeignKeyConstraint(["case_id"], ["hold_case.id"], name=op.f("fk_recall_version_case_id_hold_case")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_recall_version_made_by_user_account")),
        sa.ForeignKeyConstraint(
            ["placed_by"], ["user_account.id"], name=op.f("fk_recall_version_placed_by_user_account")
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_version_recall_id_recall")),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_recall_version_signature_id_signature")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_version")),
        sa.UniqueConstraint("recall_id", "number", name=op.f("uq_recall_version_recall_id_number")),
    )
    op.create_table(
        "recall_lot",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "start",
                "forward",
                "backward",
                "named",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("share", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_recall_lot_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["recall_version.id"], name=op.f("fk_recall_lot_version_id_recall_version")
        ),
        sa.PrimaryKeyConstraint("version_id", "lot_id", name=op.f("pk_recall_lot")),
    )
    op.create_index("ix_recall_lot_lot_id", "recall_lot", ["lot_id"], unique=False)


def _drop_recall() -> None:
    for table in (
        "recall_lot",
        "recall_version",
        "recall_truck",
        "recall_return",
        "recall_outcome",
        "recall_delivery",
        "recall_confirmation",
        "effectiveness_check",
        "recall_report",
        "recall_party",
        "recall_clock",
        "recall",
        "recall_policy",
    ):
        op.drop_table(table)
    op.drop_column("shipment", "driver_phone")


# -- where a warehouse is ---------------------------------------------------------------------------------------------
def _add_addresses() -> None:
    op.add_column("warehouse", sa.Column("address", sa.String(length=300), nullable=False, server_default=""))
    op.add_column("warehouse", sa.Column("phone", sa.String(length=40), nullable=False, server_default=""))


def _drop_addresses() -> None:
    op.drop_column("warehouse", "phone")
    op.drop_column("warehouse", "address")


# -- passports --------------------------------------------------------------------------------------------------------
def _add_passports() -> None:
    op.create_table(
        "passport_policy",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_class", sa.String(length=24), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["user_account.id"], name=op.f("fk_passport_policy_changed_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passport_policy")),
        sa.UniqueConstraint("item_class", name=op.f("uq_passport_policy_item_class")),
    )
    op.create_table(
        "lot_passport",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("key_sealed", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name=op.f("ck_lot_passport_revoked_whole")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_passport_lot_id_lot")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_lot_passport_made_by_user_account")),
        sa.ForeignKeyConstraint(
            ["revoked_by"], ["user_account.id"], name=op.f("fk_lot_passport_revoked_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_passport")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_lot_passport_key_hash")),
    )
    op.create_index("ix_lot_passport_lot", "lot_passport", ["lot_id", "id"], unique=False)
    op.create_index(
        "uq_lot_passport_open",
        "lot_passport",
        ["lot_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def _drop_passports() -> None:
    op.drop_table("lot_passport")
    op.drop_table("passport_policy")


# -- gaps -------------------------------------------------------------------------------------------------------------
def _add_gaps() -> None:
    op.create_table(
        "gap",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "receipt_without_paper",
                "lot_without_maker_lot",
                "lot_without_date",
                "lot_twice",
                "lot_nearly_twice",
                "stock_without_source",
                "plate_in_two_bins",
                "unit_without_place",
                "consumption_differs",
                "output_without_input",
                "input_without_source",
                "shipped_without_demand",
                "shipped_without_source",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "stage",
            sa.Enum(
                "receiving",
                "stock",
                "production",
                "shipping",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("open", "accepted", "mended", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("subject_kind", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_role", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("accepted_by", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accept_reason", sa.String(length=500), nullable=False),
        sa.Column("mended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'mended') = (mended_at IS NOT NULL)", name=op.f("ck_gap_mended_whole")),
        sa.CheckConstraint("state <> 'accepted' OR accepted_at IS NOT NULL", name=op.f("ck_gap_accepted_whole")),
        sa.ForeignKeyConstraint(["accepted_by"], ["user_account.id"], name=op.f("fk_gap_accepted_by_user_account")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_gap_lot_id_lot")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_gap_owner_id_user_account")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_gap_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
    )
    op.create_index("ix_gap_list", "gap", ["warehouse_id", "state", "id"], unique=False)
    op.create_index("ix_gap_lot_id", "gap", ["lot_id"], unique=False)
    op.create_index("ix_gap_owner", "gap", ["owner_id", "state"], unique=False)
    op.create_index(
        "uq_gap_standing",
        "gap",
        ["warehouse_id", "kind", "subject_kind", "subject_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'mended'"),
        postgresql_where=sa.text("state <> 'mended'"),
    )


def _drop_gaps() -> None:
    op.drop_table("gap")


# -- evidence ---------------------------------------------------------------------------------------------------------
def _add_evidence() -> None:
    op.create_table(
        "stock_snapshot",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("before_on", sa.Date(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("reaches_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_snapshot")),
        sa.UniqueConstraint("before_on", name=op.f("uq_stock_snapshot_before_on")),
    )
    op.create_table(
        "seal_block",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.CheckConstraint("seq > 0 AND records > 0", name=op.f("ck_seal_block_holds_records")),
        sa.ForeignKeyConstraint(["key_id"], ["signing_key.id"], name=op.f("fk_seal_block_key_id_signing_key")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_seal_block")),
        sa.UniqueConstraint("hash", name=op.f("uq_seal_block_hash")),
    )
    op.create_table(
        "seal_check",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("blocks", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("faults", sa.BigInteger(), nullable=False),
        sa.Column("first_fault", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["user_account.id"], name=op.f("fk_seal_check_checked_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_check")),
    )
    op.create_index("ix_seal_check_checked_at", "seal_check", ["checked_at"], unique=False)
    op.create_table(
        "seal_member",
        sa.Column("stream", sa.String(length=12), nullable=False),
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block_seq", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["block_seq"], ["seal_block.seq"], name=op.f("fk_seal_member_block_seq_seal_block")),
        sa.PrimaryKeyConstraint("stream", "record_id", name=op.f("pk_seal_member")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_seal_member_block", "seal_member", ["block_seq", "stream", "record_id"], unique=False)
    op.create_table(
        "stock_snapshot_line",
        sa.Column("snapshot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bin_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "quality",
            sa.Enum(
                "pending", "released", "rejected", name="quality", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("hold_set_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("on_hand <> 0", name=op.f("ck_stock_snapshot_line_not_nothing")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_stock_snapshot_line_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["hold_set_id"], ["hold_set.id"], name=op.f("fk_stock_snapshot_line_hold_set_id_hold_set")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_snapshot_line_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_stock_snapshot_line_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_stock_snapshot_line_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["stock_snapshot.id"], name=op.f("fk_stock_snapshot_line_snapshot_id_stock_snapshot")
        ),
        sa.PrimaryKeyConstraint(
            "snapshot_id",
            "lot_id",
            "owner_id",
            "bin_id",
            "lpn_id",
            "quality",
            "hold_set_id",
            name=op.f("pk_stock_snapshot_line"),
        ),
    )
    op.create_index("ix_stock_snapshot_line_lot_id", "stock_snapshot_line", ["lot_id", "snapshot_id"], unique=False)


def _drop_evidence() -> None:
    for table in ("seal_member", "seal_check", "seal_block", "stock_snapshot_line", "stock_snapshot"):
        op.drop_table(table)


#: What says of itself that it is never changed, and the columns that are set once all the same.
_NEVER_CHANGED: dict[str, tuple[str, ...]] = {
    "lot_link": ("voided_seq",),
    "imported_event": (),
    "sampling_change": (),
    "unit_event": (),
    "vessel_cleaning": (),
    "work_order_issue": ("reversed_seq",),
    "mail_try": (),
    "stock_snapshot": (),
    "stock_snapshot_line": (),
    "seal_block": (),
    "seal_member": (),
    "seal_check": (),
}
#: What earlier releases fenced already, but for INSERT OR REPLACE; the values with which a row may come twice.
_FENCED_BEFORE: dict[str, tuple[str, ...]] = {
    "stock_posting": ("key",),
    "stock_move": (),
    "audit_entry": (),
    "signature": (),
    "signing_key": (),
    "release_decision": (),
    "approval": (),
}


def _fence_records() -> None:
    add_refusal_but()
    for table, set_once in _NEVER_CHANGED.items():
        append_only(table, set_once=set_once)
    for table, twice in _FENCED_BEFORE.items():
        refuse_replacement(table, taken_twice=twice)


def _open_records() -> None:
    for table in _NEVER_CHANGED:
        changeable(table)
    drop_refusal_but()
    if op.get_bind().dialect.name == "sqlite":
        for table in _FENCED_BEFORE:
            op.execute(f"DROP TRIGGER {table}_no_replace")


# -- what inspectors looked at ----------------------------------------------------------------------------------------
def _add_inspector_looks() -> None:
    op.create_table(
        "inspector_look",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("query", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_inspector_look_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspector_look")),
    )
    op.create_index("ix_inspector_look_at", "inspector_look", ["at", "id"])
    append_only("inspector_look")


def _drop_inspector_looks() -> None:
    op.drop_table("inspector_look")


# -- notices of recalls ------------------------------------------------------------------------------------------------
def _add_notices() -> None:
    op.create_table(
        "recall_reply",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "email", "letter", "phone", "visit", name="way", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["recall_party.id"], name=op.f("fk_recall_reply_party_id_recall_party")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_reply_recall_id_recall")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_recall_reply_recorded_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_reply")),
        sa.UniqueConstraint("key", name=op.f("uq_recall_reply_key")),
    )
    op.create_index("ix_recall_reply_recall_id", "recall_reply", ["recall_id", "party_id", "id"], unique=False)
    op.create_table(
        "recall_reply_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reply_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("destroyed", sa.BigInteger(), nullable=False),
        sa.Column("to_return", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "on_hand >= 0 AND used >= 0 AND destroyed >= 0 AND to_return >= 0",
            name=op.f("ck_recall_reply_line_not_negative"),
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_recall_reply_line_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["recall_reply.id"], name=op.f("fk_recall_reply_line_reply_id_recall_reply")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_reply_line")),
        sa.UniqueConstraint("reply_id", "lot_id", name=op.f("uq_recall_reply_line_reply_id_lot_id")),
    )
    op.create_table(
        "recall_notice",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "email", "letter", "phone", "visit", name="way", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("sent_to", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("letter_sha256", sa.String(length=64), nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=True),
        sa.Column("reply_by_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("round > 0", name=op.f("ck_recall_notice_round_positive")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_recall_notice_made_by_user_account")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail_message.id"], name=op.f("fk_recall_notice_mail_id_mail_message")),
        sa.ForeignKeyConstraint(["party_id"], ["recall_party.id"], name=op.f("fk_recall_notice_party_id_recall_party")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_notice_recall_id_recall")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["recall_version.id"], name=op.f("fk_recall_notice_version_id_recall_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_notice")),
        sa.UniqueConstraint("party_id", "version_id", "round", name=op.f("uq_recall_notice_party_id_version_id_round")),
    )
    op.create_index("ix_recall_notice_recall_id", "recall_notice", ["recall_id", "id"], unique=False)


def _drop_notices() -> None:
    for table in ("recall_notice", "recall_reply_line", "recall_reply"):
        op.drop_table(table)
