"""Lots, receiving and quality in depth.

Each part stands in a pair of functions below, taken back in the opposite order. `_WORDS` has every enum column that takes
more words than before: what it took, and what is new, in the order of the enum.
"""

import sqlalchemy as sa
from alembic import op

from wms.core.ids import new_id
from wms.db.schema_changes import add_reference, add_words, widen_words

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
    ("asn", "state"): (
        ["expected", "arrived", "receiving", "received", "cancelled"],
        ["partly_received"],
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
    _add_own_fields()
    _add_numbering()
    _add_signatures()
    _add_imports()
    _add_inspection()
    _add_hold_cases()
    _add_retests()
    _add_supplier_terms()
    _add_receiving()
    _add_supplier_returns()
    _add_captures()
    _add_problems()
    _add_label_checks()
    _add_release()
    _add_sounds()
    _add_printing()
    _add_units()


def downgrade() -> None:
    _drop_units()
    _drop_printing()
    _drop_sounds()
    _drop_release()
    _drop_label_checks()
    _drop_problems()
    _drop_captures()
    _drop_supplier_returns()
    _drop_receiving()
    _drop_supplier_terms()
    _drop_retests()
    _drop_hold_cases()
    _drop_inspection()
    _drop_imports()
    _drop_signatures()
    _drop_numbering()
    _drop_own_fields()
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
    op.create_index("ix_lot_supplier", "lot", ["supplier_id", "received_on"])


def _drop_lot_links() -> None:
    op.drop_index("ix_lot_supplier", "lot")
    op.drop_table("lot_link")


# -- lot numbers: rules of ours, patterns of suppliers ----------------------------------------------------------------
def _add_numbering() -> None:
    op.create_table(
        "lot_number_rule",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "trigger",
            sa.Enum(
                "receipt", "production", "inspection_pass",
                name="trigger", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "item_class",
            sa.Enum(
                "food", "drug", "device", "electronics",
                name="item_class", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=True,
        ),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.Column("elements", sa.JSON(), nullable=False),
        sa.Column("is_gapless", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_lot_number_rule_item_id_item")),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_lot_number_rule_supplier_id_partner")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_lot_number_rule_warehouse_id_warehouse")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_number_rule")),
        sa.UniqueConstraint("name", name=op.f("uq_lot_number_rule_name")),
    )  # fmt: skip
    op.create_index("ix_lot_number_rule_trigger", "lot_number_rule", ["trigger"])
    op.create_table(
        "lot_number_counter",
        sa.Column("rule_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last > 0", name=op.f("ck_lot_number_counter_last_positive")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["lot_number_rule.id"], name=op.f("fk_lot_number_counter_rule_id_lot_number_rule")
        ),
        sa.PrimaryKeyConstraint("rule_id", "scope", name=op.f("pk_lot_number_counter")),
    )
    op.create_table(
        "supplier_lot_pattern",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("template", sa.String(length=200), nullable=False),
        sa.Column(
            "meaning",
            sa.Enum(
                "manufactured", "expiry", name="meaning", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("shelf_life_months", sa.BigInteger(), nullable=True),
        sa.Column("shelf_life_days", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["partner.id"], name=op.f("fk_supplier_lot_pattern_supplier_id_partner")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_supplier_lot_pattern_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_lot_pattern")),
    )  # fmt: skip
    op.create_index("ix_supplier_lot_pattern_supplier_id", "supplier_lot_pattern", ["supplier_id"])
    op.add_column("item", sa.Column("shelf_life_months", sa.BigInteger(), nullable=True))
    add_words("item", "lot_number_by", ["maker_lot", "rule", "receipt"], default="maker_lot")


def _drop_numbering() -> None:
    op.drop_column("item", "lot_number_by")
    op.drop_column("item", "shelf_life_months")
    op.drop_table("supplier_lot_pattern")
    op.drop_table("lot_number_counter")
    op.drop_table("lot_number_rule")


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


# -- spreadsheets in, and what was before this system -----------------------------------------------------------------
def _add_imports() -> None:
    op.create_table(
        "imported_event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("receipt", "consumption", "shipment", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("output_lot_id", sa.BigInteger(), nullable=True),
        sa.Column("output_quantity", sa.BigInteger(), nullable=True),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("lot_link_id", sa.BigInteger(), nullable=True),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_imported_event_quantity_positive")),
        sa.CheckConstraint(
            "(kind = 'consumption') = (output_lot_id IS NOT NULL)", name=op.f("ck_imported_event_consumption_has_output")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_imported_event_lot_id_lot")),
        sa.ForeignKeyConstraint(["output_lot_id"], ["lot.id"], name=op.f("fk_imported_event_output_lot_id_lot")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_imported_event_partner_id_partner")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_imported_event_warehouse_id_warehouse")),
        sa.ForeignKeyConstraint(["lot_link_id"], ["lot_link.id"], name=op.f("fk_imported_event_lot_link_id_lot_link")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_imported_event_made_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_event")),
    )  # fmt: skip
    op.create_index("ix_imported_event_lot", "imported_event", ["lot_id", "happened_on"])
    op.create_index("ix_imported_event_output_lot", "imported_event", ["output_lot_id"])
    op.create_index("ix_imported_event_partner", "imported_event", ["partner_id", "happened_on"])
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=160), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "mapping", "judging", "judged", "applying", "done", "failed",
                name="state", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("may_release", sa.Boolean(), nullable=False),
        sa.Column("done_rows", sa.BigInteger(), nullable=False),
        sa.Column("total_rows", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.String(length=1000), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.BigInteger(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_import_run_warehouse_id_warehouse")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_import_run_made_by_user_account")),
        sa.ForeignKeyConstraint(["applied_by"], ["user_account.id"], name=op.f("fk_import_run_applied_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )  # fmt: skip
    op.create_index("ix_import_run_warehouse", "import_run", ["warehouse_id", "id"])
    op.create_table(
        "import_row",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("is_applied", sa.Boolean(), nullable=False),
        sa.CheckConstraint("verdict IN ('', 'accept', 'refuse', 'ask')", name=op.f("ck_import_row_verdict_known")),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_row_run_id_import_run")),
        sa.PrimaryKeyConstraint("run_id", "row", name=op.f("pk_import_row")),
    )  # fmt: skip
    op.create_index("ix_import_row_verdict", "import_row", ["run_id", "verdict", "row"])
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_import_mapping_made_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("kind", "signature", name=op.f("uq_import_mapping_kind_signature")),
    )  # fmt: skip
    op.create_table(
        "import_mark",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_mark_run_id_import_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mark")),
        sa.UniqueConstraint("kind", "identity", name=op.f("uq_import_mark_kind_identity")),
    )  # fmt: skip


def _drop_imports() -> None:
    for table in ("import_mark", "import_mapping", "import_row", "import_run", "imported_event"):
        op.drop_table(table)


# -- inspection --------------------------------------------------------------------------------------------------------
def _add_inspection() -> None:
    op.create_table(
        "inspection_plan",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("draft", "active", "retired", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("name_zh", sa.String(length=160), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "stage",
            sa.Enum(
                "receipt",
                "in_process",
                "final",
                "retest",
                "return",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "sampling",
            sa.Enum(
                "iso_2859_1",
                "iso_2859_2",
                "skip_lot",
                "zero",
                "square_root",
                "all",
                "fixed",
                name="sampling",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "I",
                "II",
                "III",
                "S-1",
                "S-2",
                "S-3",
                "S-4",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("aql_critical", sa.String(length=40), nullable=True),
        sa.Column("aql_major", sa.String(length=40), nullable=True),
        sa.Column("aql_minor", sa.String(length=40), nullable=True),
        sa.Column("limiting_quality", sa.String(length=40), nullable=True),
        sa.Column("fixed_size", sa.BigInteger(), nullable=True),
        sa.Column("unit_quantity", sa.BigInteger(), nullable=False),
        sa.Column("test_quantity", sa.BigInteger(), nullable=False),
        sa.Column("retained_quantity", sa.BigInteger(), nullable=False),
        sa.Column("retained_months", sa.BigInteger(), nullable=False),
        sa.Column("due_hours", sa.BigInteger(), nullable=False),
        sa.Column("is_second_person", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_by", sa.BigInteger(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["activated_by"], ["user_account.id"], name=op.f("fk_inspection_plan_activated_by_user_account")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_inspection_plan_item_id_item")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_inspection_plan_made_by_user_account")),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_inspection_plan_supplier_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_plan")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_inspection_plan_code_version")),
    )
    op.create_index("ix_inspection_plan_item", "inspection_plan", ["item_id", "stage", "state"])
    op.create_index("ix_inspection_plan_supplier", "inspection_plan", ["supplier_id", "stage", "state"])
    op.create_index(
        "uq_inspection_plan_active",
        "inspection_plan",
        ["code"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "sampling_state",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_key", sa.String(length=80), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "receipt",
                "in_process",
                "final",
                "retest",
                "return",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "severity",
            sa.Enum(
                "normal",
                "tightened",
                "reduced",
                "stopped",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.Column("skip_memory", sa.JSON(), nullable=False),
        sa.Column("is_reduced_allowed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_sampling_state_item_id_item")),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_sampling_state_supplier_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sampling_state")),
        sa.UniqueConstraint("subject_key", name=op.f("uq_sampling_state_subject_key")),
    )
    op.create_index("ix_sampling_state_item", "sampling_state", ["item_id"])
    op.create_index("ix_sampling_state_supplier", "sampling_state", ["supplier_id", "item_id"])
    op.create_table(
        "inspection",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "receipt",
                "in_process",
                "final",
                "retest",
                "return",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "in_work",
                "done",
                "skipped",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("bin_id", sa.BigInteger(), nullable=True),
        sa.Column("lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "normal",
                "tightened",
                "reduced",
                "stopped",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("sample", sa.JSON(), nullable=False),
        sa.Column("sample_size", sa.BigInteger(), nullable=False),
        sa.Column("is_sorted_whole", sa.Boolean(), nullable=False),
        sa.Column("is_original", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inspector_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "accepted", "rejected", "sorted", name="verdict", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.Column("suggested", sa.String(length=24), nullable=False),
        sa.Column("rejected_quantity", sa.BigInteger(), nullable=False),
        sa.Column("closing_note", sa.String(length=500), nullable=False),
        sa.Column("defects", sa.JSON(), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(verdict IS NOT NULL) = (state IN ('done', 'skipped'))", name=op.f("ck_inspection_verdict_when_done")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_inspection_quantity_positive")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_inspection_bin_id_bin")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_inspection_closed_by_user_account")),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["user_account.id"], name=op.f("fk_inspection_inspector_id_user_account")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_inspection_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_inspection_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_inspection_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_inspection_opened_by_user_account")),
        sa.ForeignKeyConstraint(["parent_id"], ["inspection.id"], name=op.f("fk_inspection_parent_id_inspection")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["inspection_plan.id"], name=op.f("fk_inspection_plan_id_inspection_plan")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_inspection_supplier_id_partner")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_inspection_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("number", name=op.f("uq_inspection_number")),
    )
    op.create_index("ix_inspection_lot_id", "inspection", ["lot_id", "warehouse_id", "state"])
    op.create_index("ix_inspection_parent_id", "inspection", ["parent_id"])
    op.create_index("ix_inspection_queue", "inspection", ["warehouse_id", "state", "due_at", "id"])
    op.create_index("ix_inspection_receipt_id", "inspection", ["receipt_id", "lot_id"])
    op.create_index("ix_inspection_supplier", "inspection", ["supplier_id", "item_id", "closed_at"])
    op.create_table(
        "plan_characteristic",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("name_zh", sa.String(length=160), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "measure",
                "choice",
                "visual",
                "certificate",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "defect_class",
            sa.Enum(
                "critical", "major", "minor", name="defect_class", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("minimum", sa.String(length=40), nullable=True),
        sa.Column("target", sa.String(length=40), nullable=True),
        sa.Column("maximum", sa.String(length=40), nullable=True),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("accepted_choices", sa.JSON(), nullable=False),
        sa.Column("method", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["inspection_plan.id"], name=op.f("fk_plan_characteristic_plan_id_inspection_plan")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_characteristic")),
        sa.UniqueConstraint("plan_id", "sequence", name=op.f("uq_plan_characteristic_plan_id_sequence")),
    )
    op.create_table(
        "inspection_part",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("inspection_id", sa.BigInteger(), nullable=False),
        sa.Column("receipt_line_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("received_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_part_inspection_id_inspection")
        ),
        sa.ForeignKeyConstraint(
            ["received_by"], ["user_account.id"], name=op.f("fk_inspection_part_received_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_part")),
        sa.UniqueConstraint("receipt_line_id", name=op.f("uq_inspection_part_receipt_line_id")),
    )
    op.create_index("ix_inspection_part_inspection_id", "inspection_part", ["inspection_id"])
    op.create_table(
        "inspection_result",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("inspection_id", sa.BigInteger(), nullable=False),
        sa.Column("characteristic", sa.BigInteger(), nullable=False),
        sa.Column("unit_first", sa.BigInteger(), nullable=False),
        sa.Column("unit_last", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("is_conforming", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "unit_first >= 1 AND unit_last >= unit_first", name=op.f("ck_inspection_result_units_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["user_account.id"], name=op.f("fk_inspection_result_entered_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_result_inspection_id_inspection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_result")),
    )
    op.create_index(
        "ix_inspection_result_inspection_id", "inspection_result", ["inspection_id", "characteristic", "unit_first"]
    )
    op.create_table(
        "sample",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("test", "retained", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "kept",
                "consumed",
                "destroyed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("inspection_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("source_bin_id", sa.BigInteger(), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("left_quantity", sa.BigInteger(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drawn_by", sa.BigInteger(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_note", sa.String(length=500), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_sample_quantity_positive")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_sample_bin_id_bin")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_sample_closed_by_user_account")),
        sa.ForeignKeyConstraint(["drawn_by"], ["user_account.id"], name=op.f("fk_sample_drawn_by_user_account")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_sample_inspection_id_inspection")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_sample_lot_id_lot")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_sample_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_sample_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(["source_bin_id"], ["bin.id"], name=op.f("fk_sample_source_bin_id_bin")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_sample_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample")),
        sa.UniqueConstraint("code", name=op.f("uq_sample_code")),
    )
    op.create_index("ix_sample_inspection_id", "sample", ["inspection_id"])
    op.create_index("ix_sample_list", "sample", ["warehouse_id", "kind", "state", "keep_until"])
    op.create_index("ix_sample_lot_id", "sample", ["lot_id"])
    op.create_table(
        "sampling_change",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state_id", sa.BigInteger(), nullable=False),
        sa.Column("inspection_id", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_sampling_change_inspection_id_inspection")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_sampling_change_made_by_user_account")),
        sa.ForeignKeyConstraint(
            ["state_id"], ["sampling_state.id"], name=op.f("fk_sampling_change_state_id_sampling_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sampling_change")),
    )
    op.create_index("ix_sampling_change_state_id", "sampling_change", ["state_id"])


def _drop_inspection() -> None:
    op.drop_table("sampling_change")
    op.drop_table("sample")
    op.drop_table("inspection_result")
    op.drop_table("inspection_part")
    op.drop_table("plan_characteristic")
    op.drop_table("inspection")
    op.drop_table("sampling_state")
    op.drop_table("inspection_plan")


# -- hold cases ---------------------------------------------------------------------------------------------------------
def _add_hold_cases() -> None:
    op.create_table(
        "hold_case",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column(
            "scope",
            sa.Enum("bin", "lpn", "query", name="scope", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.Column("bin_id", sa.BigInteger(), nullable=True),
        sa.Column("lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("is_standing", sa.Boolean(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                *_WORDS["hold", "reason"][0], *_WORDS["hold", "reason"][1],
                name="reason", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("placed_by", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_hold_case_ended_whole")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_hold_case_warehouse_id_warehouse")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_hold_case_bin_id_bin")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_hold_case_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["placed_by"], ["user_account.id"], name=op.f("fk_hold_case_placed_by_user_account")),
        sa.ForeignKeyConstraint(["ended_by"], ["user_account.id"], name=op.f("fk_hold_case_ended_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_case")),
        sa.UniqueConstraint("number", name=op.f("uq_hold_case_number")),
    )  # fmt: skip
    is_open = sa.text("ended_at IS NULL")
    op.create_index("ix_hold_case_placed_at", "hold_case", ["placed_at", "id"])
    op.create_index(
        "ix_hold_case_open", "hold_case", ["placed_at", "id"], sqlite_where=is_open, postgresql_where=is_open
    )
    add_reference("hold", "case_id", "hold_case")
    of_case = sa.text("case_id IS NOT NULL")
    op.create_index("ix_hold_of_case", "hold", ["case_id", "id"], sqlite_where=of_case, postgresql_where=of_case)


def _drop_hold_cases() -> None:
    op.drop_index("ix_hold_of_case", "hold")
    with op.batch_alter_table("hold") as table:
        table.drop_column("case_id")
    op.drop_table("hold_case")


# -- retests and worth of items -----------------------------------------------------------------------------------------
def _add_retests() -> None:
    op.add_column("item", sa.Column("retest_days", sa.BigInteger(), nullable=True))
    op.add_column("item", sa.Column("retest_months", sa.BigInteger(), nullable=True))
    op.add_column("item", sa.Column("retest_extends_expiry", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("item", sa.Column("standard_cost", sa.BigInteger(), nullable=True))
    is_asked = sa.text("retest_on IS NOT NULL")
    op.create_index("ix_lot_retest_on", "lot", ["retest_on"], sqlite_where=is_asked, postgresql_where=is_asked)


def _drop_retests() -> None:
    op.drop_index("ix_lot_retest_on", "lot")
    for column in ("standard_cost", "retest_extends_expiry", "retest_months", "retest_days"):
        op.drop_column("item", column)


# -- receiving in depth -----------------------------------------------------------------------------------------------
def _add_supplier_terms() -> None:
    for name in ("over_receipt_percent", "under_receipt_percent", "receipt_life_days_min", "receipt_life_percent_min",
                 "check_share_percent"):  # fmt: skip
        op.add_column("partner", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("partner", sa.Column("licensed_classes", sa.String(length=80), nullable=False, server_default=""))
    op.add_column("item", sa.Column("under_receipt_percent", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("item", sa.Column("needs_second_acceptor", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "supplier_rule",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("over_receipt_percent", sa.BigInteger(), nullable=True),
        sa.Column("under_receipt_percent", sa.BigInteger(), nullable=True),
        sa.Column("receipt_life_days_min", sa.BigInteger(), nullable=True),
        sa.Column("receipt_life_percent_min", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_supplier_rule_item_id_item")),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_supplier_rule_supplier_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_rule")),
        sa.UniqueConstraint("supplier_id", "item_id", name=op.f("uq_supplier_rule_supplier_id_item_id")),
    )


def _drop_supplier_terms() -> None:
    op.drop_table("supplier_rule")
    op.drop_column("item", "needs_second_acceptor")
    op.drop_column("item", "under_receipt_percent")
    for name in ("licensed_classes", "check_share_percent", "receipt_life_percent_min", "receipt_life_days_min",
                 "under_receipt_percent", "over_receipt_percent"):  # fmt: skip
        op.drop_column("partner", name)


def _add_receiving() -> None:
    op.add_column("receipt", sa.Column("seal_is_intact", sa.Boolean(), nullable=True))
    op.add_column("receipt", sa.Column("departure_temperature_decidegrees", sa.BigInteger(), nullable=True))
    op.add_column("receipt", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("receipt", sa.Column("needs_acceptance", sa.Boolean(), nullable=False, server_default=sa.false()))
    add_reference("receipt", "closed_by", "user_account")
    op.add_column("receipt", sa.Column("check_seed", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("receipt", sa.Column("is_provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
    add_reference("receipt", "finished_by", "user_account")
    op.add_column("receipt", sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE receipt SET closed_by = accepted_by, accepted_at = closed_at WHERE accepted_by IS NOT NULL")
    add_reference("receipt_line", "reversed_by", "user_account")
    op.add_column("receipt_line", sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("receipt_line", sa.Column("reverse_reason", sa.String(length=500), nullable=False, server_default=""))
    op.execute(
        "ALTER TABLE receipt_line ADD COLUMN reversal_seq "
        + ("INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT")
        + " CONSTRAINT fk_receipt_line_reversal_seq_stock_posting REFERENCES stock_posting (seq)"
    )
    op.create_table(
        "asn_lpn",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asn_id", sa.BigInteger(), nullable=False),
        sa.Column("sscc", sa.String(length=18), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.Column("arrived_passage_id", sa.BigInteger(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asn_id"], ["asn.id"], name=op.f("fk_asn_lpn_asn_id_asn")),
        sa.ForeignKeyConstraint(["parent_id"], ["asn_lpn.id"], name=op.f("fk_asn_lpn_parent_id_asn_lpn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asn_lpn")),
        sa.UniqueConstraint("asn_id", "sscc", name=op.f("uq_asn_lpn_asn_id_sscc")),
    )
    op.create_index("ix_asn_lpn_parent_id", "asn_lpn", ["parent_id"])
    op.create_index("ix_asn_lpn_sscc", "asn_lpn", ["sscc"])
    op.create_table(
        "pallet_check",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("sscc", sa.String(length=18), nullable=False),
        sa.Column("share_percent", sa.BigInteger(), nullable=False),
        sa.Column("is_raised", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "done", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["user_account.id"], name=op.f("fk_pallet_check_opened_by_user_account")
        ),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_pallet_check_receipt_id_receipt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pallet_check")),
        sa.UniqueConstraint("receipt_id", "sscc", name=op.f("uq_pallet_check_receipt_id_sscc")),
    )
    op.create_table(
        "pallet_check_unit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("asn_line_id", sa.BigInteger(), nullable=True),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "found",
                "missing",
                "differs",
                "extra",
                "moved_in",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("found_quantity", sa.BigInteger(), nullable=True),
        sa.Column("found_by", sa.BigInteger(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asn_line_id"], ["asn_line.id"], name=op.f("fk_pallet_check_unit_asn_line_id_asn_line")
        ),
        sa.ForeignKeyConstraint(
            ["check_id"], ["pallet_check.id"], name=op.f("fk_pallet_check_unit_check_id_pallet_check")
        ),
        sa.ForeignKeyConstraint(
            ["found_by"], ["user_account.id"], name=op.f("fk_pallet_check_unit_found_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pallet_check_unit")),
        sa.UniqueConstraint("check_id", "code", name=op.f("uq_pallet_check_unit_check_id_code")),
    )
    op.create_table(
        "receipt_difference",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "missing",
                "extra_lpn",
                "moved_lpn",
                "other_lot",
                "other_quantity",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("sscc", sa.String(length=18), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("announced_lot", sa.String(length=60), nullable=False),
        sa.Column("found_lot", sa.String(length=60), nullable=False),
        sa.Column("announced_quantity", sa.BigInteger(), nullable=True),
        sa.Column("found_quantity", sa.BigInteger(), nullable=True),
        sa.Column("noted_by", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_receipt_difference_item_id_item")),
        sa.ForeignKeyConstraint(
            ["noted_by"], ["user_account.id"], name=op.f("fk_receipt_difference_noted_by_user_account")
        ),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_difference_receipt_id_receipt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_difference")),
    )
    op.create_index("ix_receipt_difference_receipt_id", "receipt_difference", ["receipt_id"])
    op.create_table(
        "receipt_plate",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("passage_id", sa.BigInteger(), nullable=True),
        sa.Column("noted_by", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_receipt_plate_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["noted_by"], ["user_account.id"], name=op.f("fk_receipt_plate_noted_by_user_account")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_plate_receipt_id_receipt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_plate")),
        sa.UniqueConstraint("receipt_id", "lpn_id", name=op.f("uq_receipt_plate_receipt_id_lpn_id")),
    )
    op.create_index("ix_receipt_plate_lpn_id", "receipt_plate", ["lpn_id"])
    op.create_table(
        "refusal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "closed", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_number", sa.String(length=60), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column(
            "reason",
            sa.Enum(
                "damaged",
                "wet",
                "wrong_goods",
                "too_many",
                "short_life",
                "temperature",
                "seal_broken",
                "no_documents",
                "licence",
                "other",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("refused_by", sa.BigInteger(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("carrier", sa.String(length=120), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_refusal_quantity_positive")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_refusal_bin_id_bin")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_refusal_closed_by_user_account")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_refusal_item_id_item")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_refusal_receipt_id_receipt")),
        sa.ForeignKeyConstraint(["refused_by"], ["user_account.id"], name=op.f("fk_refusal_refused_by_user_account")),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_refusal_supplier_id_partner")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_refusal_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
        sa.UniqueConstraint("key", name=op.f("uq_refusal_key")),
        sa.UniqueConstraint("number", name=op.f("uq_refusal_number")),
    )
    op.create_index("ix_refusal_receipt_id", "refusal", ["receipt_id"])
    op.create_index("ix_refusal_state", "refusal", ["warehouse_id", "state", "id"])
    add_reference("asn_line", "asn_lpn_id", "asn_lpn")
    op.create_index("ix_asn_line_asn_lpn_id", "asn_line", ["asn_lpn_id"])
    _fill_asn_lpns()


def _fill_asn_lpns() -> None:
    """Give each SSCC that stands on a line of a notice its row as a plate."""
    connection = op.get_bind()
    lines = connection.execute(
        sa.text(
            "SELECT asn_id, sscc, min(line) AS line, min(arrived_at) AS arrived_at, min(arrived_passage_id) AS passage"
            " FROM asn_line WHERE sscc IS NOT NULL GROUP BY asn_id, sscc ORDER BY asn_id, min(line)"
        )
    ).all()
    for row in lines:
        values = {"id": new_id(), "asn": row.asn_id, "sscc": row.sscc, "position": row.line, "at": row.arrived_at}
        connection.execute(
            sa.text(
                "INSERT INTO asn_lpn (id, asn_id, sscc, position, depth, arrived_at, arrived_passage_id)"
                " VALUES (:id, :asn, :sscc, :position, 0, :at, :passage)"
            ),
            values | {"passage": row.passage},
        )
        connection.execute(
            sa.text("UPDATE asn_line SET asn_lpn_id = :id WHERE asn_id = :asn AND sscc = :sscc"),
            {name: values[name] for name in ("id", "asn", "sscc")},
        )


def _drop_receiving() -> None:
    op.execute("UPDATE asn SET state = 'receiving' WHERE state = 'partly_received'")
    op.drop_index("ix_asn_line_asn_lpn_id", "asn_line")
    with op.batch_alter_table("asn_line") as batch_op:
        batch_op.drop_column("asn_lpn_id")
    for table in ("refusal", "receipt_plate", "receipt_difference", "pallet_check_unit", "pallet_check", "asn_lpn"):
        op.drop_table(table)
    with op.batch_alter_table("receipt_line") as batch_op:
        for name in ("reversal_seq", "reverse_reason", "reversed_at", "reversed_by"):
            batch_op.drop_column(name)
    with op.batch_alter_table("receipt") as batch_op:
        for name in ("finished_at", "finished_by", "is_provisional", "check_seed", "closed_by", "needs_acceptance",
                     "accepted_at", "departure_temperature_decidegrees", "seal_is_intact"):  # fmt: skip
            batch_op.drop_column(name)


# -- supplier returns -------------------------------------------------------------------------------------------------
def _add_supplier_returns() -> None:
    op.create_table(
        "supplier_return",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "done", "cancelled", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "rejected",
                "damaged",
                "wrong_goods",
                "expired",
                "recall",
                "surplus",
                "other",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("origin_kind", sa.String(length=24), nullable=False),
        sa.Column("origin_id", sa.BigInteger(), nullable=True),
        sa.Column("carrier", sa.String(length=120), nullable=False),
        sa.Column("plate", sa.String(length=20), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["user_account.id"], name=op.f("fk_supplier_return_closed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["user_account.id"], name=op.f("fk_supplier_return_opened_by_user_account")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_supplier_return_supplier_id_partner")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_supplier_return_warehouse_id_warehouse")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_return")),
        sa.UniqueConstraint("key", name=op.f("uq_supplier_return_key")),
        sa.UniqueConstraint("number", name=op.f("uq_supplier_return_number")),
    )
    op.create_index("ix_supplier_return_state", "supplier_return", ["warehouse_id", "state", "id"])
    op.create_table(
        "supplier_return_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("supplier_return_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("done_quantity", sa.BigInteger(), nullable=False),
        sa.Column("may_be_held", sa.Boolean(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "posting_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "done_quantity >= 0 AND done_quantity <= quantity", name=op.f("ck_supplier_return_line_done_within")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_supplier_return_line_quantity_positive")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_supplier_return_line_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["done_by"], ["user_account.id"], name=op.f("fk_supplier_return_line_done_by_user_account")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_supplier_return_line_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_supplier_return_line_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_supplier_return_line_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_supplier_return_line_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_supplier_return_line_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_return_id"],
            ["supplier_return.id"],
            name=op.f("fk_supplier_return_line_supplier_return_id_supplier_return"),
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_supplier_return_line_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_return_line")),
        sa.UniqueConstraint("supplier_return_id", "line", name=op.f("uq_supplier_return_line_supplier_return_id_line")),
    )
    op.create_index("ix_supplier_return_line_lot_id", "supplier_return_line", ["lot_id"])
    op.create_index("ix_supplier_return_line_task_id", "supplier_return_line", ["task_id"])


def _drop_supplier_returns() -> None:
    op.drop_table("supplier_return_line")
    op.drop_table("supplier_return")


# -- how a posting was captured ---------------------------------------------------------------------------------------
def _add_captures() -> None:
    captures = ["scan", "typed", "typed_twice", "photo", "rfid", "import", "system"]
    add_words("stock_posting", "capture", captures, default=None)
    op.add_column("stock_posting", sa.Column("raw_scan", sa.String(length=512), nullable=False, server_default=""))
    reasons = ["label_damaged", "no_label", "reader_broken", "other"]
    add_words("stock_posting", "typed_reason", reasons, default=None)
    op.add_column("stock_posting", sa.Column("typed_note", sa.String(length=200), nullable=False, server_default=""))
    op.create_index(
        "ix_stock_posting_typed", "stock_posting", ["seq"], sqlite_where=sa.text("typed_reason IS NOT NULL"),
        postgresql_where=sa.text("typed_reason IS NOT NULL"),
    )  # fmt: skip


def _drop_captures() -> None:
    op.drop_index("ix_stock_posting_typed", "stock_posting")
    for column in (
        "typed_note",
        "typed_reason",
        "raw_scan",
        "capture",
    ):  # each CHECK stands in its column and goes with it
        op.drop_column("stock_posting", column)


# -- problems on the floor --------------------------------------------------------------------------------------------
def _add_problems() -> None:
    op.create_table(
        "problem",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "label_unreadable", "wrong_label", "damage", "wet", "seal_open", "found", "other",
                name="kind", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("open", "settled", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column(
            "capture",
            sa.Enum(
                "scan", "typed", "typed_twice", "photo", "rfid", "import", "system",
                name="capture", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=False,
        ),
        sa.Column("raw_scan", sa.String(length=512), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=True),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_label_wanted", sa.Boolean(), nullable=False),
        sa.Column("label_printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_by", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_note", sa.String(length=500), nullable=False),
        sa.CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("ck_problem_settled_whole")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_problem_warehouse_id_warehouse")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_problem_bin_id_bin")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_problem_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_problem_lot_id_lot")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_problem_hold_id_hold")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_problem_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(["reported_by"], ["user_account.id"], name=op.f("fk_problem_reported_by_user_account")),
        sa.ForeignKeyConstraint(["settled_by"], ["user_account.id"], name=op.f("fk_problem_settled_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
        sa.UniqueConstraint("key", name=op.f("uq_problem_key")),
    )  # fmt: skip
    op.create_index("ix_problem_list", "problem", ["warehouse_id", "state", "id"])
    op.create_index("ix_problem_lot_id", "problem", ["lot_id"])


def _drop_problems() -> None:
    op.drop_table("problem")


# -- labels against records -------------------------------------------------------------------------------------------
def _add_label_checks() -> None:
    op.create_table(
        "label_draw",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("place_count", sa.BigInteger(), nullable=False),
        sa.Column("check_count", sa.BigInteger(), nullable=False),
        sa.Column("places_digest", sa.String(length=64), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_label_draw_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_draw")),
        sa.UniqueConstraint("warehouse_id", "drawn_on", name=op.f("uq_label_draw_warehouse_id_drawn_on")),
    )
    op.create_table(
        "label_check",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("draw_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "same", "differs", "unreadable", "gone", "missed",
                name="result", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=True,
        ),
        sa.Column("raw_scan", sa.String(length=512), nullable=False),
        sa.Column("label_said", sa.String(length=160), nullable=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(result IS NULL) = (checked_at IS NULL)", name=op.f("ck_label_check_checked_whole")),
        sa.ForeignKeyConstraint(["draw_id"], ["label_draw.id"], name=op.f("fk_label_check_draw_id_label_draw")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_label_check_warehouse_id_warehouse")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_label_check_task_id_task")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_label_check_bin_id_bin")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_label_check_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_label_check_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["user_account.id"], name=op.f("fk_label_check_checked_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_check")),
        sa.UniqueConstraint("draw_id", "rank", name=op.f("uq_label_check_draw_id_rank")),
    )  # fmt: skip
    op.create_index("ix_label_check_task_id", "label_check", ["task_id"], unique=True)
    op.create_index("ix_label_check_list", "label_check", ["warehouse_id", "id"])


def _drop_label_checks() -> None:
    op.drop_table("label_check")
    op.drop_table("label_draw")


# -- own fields and attachments ---------------------------------------------------------------------------------------
def _add_own_fields() -> None:
    add_words("stored_file", "kind", ["photo", "certificate", "delivery_note", "other"], default="photo")
    op.add_column("stored_file", sa.Column("expires_on", sa.Date(), nullable=True))
    op.add_column("stored_file", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("stored_file", sa.Column("withdrawn_by", sa.BigInteger(), nullable=True))
    op.add_column("stored_file", sa.Column("withdraw_reason", sa.String(length=500), nullable=False, server_default=""))
    op.create_table(
        "own_field",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_kind", sa.String(length=24), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "text",
                "whole",
                "decimal",
                "date",
                "yes_no",
                "choice",
                "link",
                name="type",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.String(length=12), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("minimum", sa.String(length=24), nullable=False),
        sa.Column("maximum", sa.String(length=24), nullable=False),
        sa.Column("pattern", sa.String(length=200), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_field")),
        sa.UniqueConstraint("record_kind", "code", name=op.f("uq_own_field_record_kind_code")),
        sa.UniqueConstraint("id", "record_kind", name="uq_own_field_id_kind"),
    )
    op.create_table(
        "own_field_value",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        sa.Column("record_kind", sa.String(length=24), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("flag", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN text IS NULL THEN 0 ELSE 1 END) + (CASE WHEN number IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN day IS NULL THEN 0 ELSE 1 END) + (CASE WHEN flag IS NULL THEN 0 ELSE 1 END) <= 1",
            name=op.f("ck_own_field_value_one_value"),
        ),
        sa.ForeignKeyConstraint(
            ["field_id", "record_kind"], ["own_field.id", "own_field.record_kind"], name="fk_own_field_value_field"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_field_value")),
        sa.UniqueConstraint("field_id", "record_id", name=op.f("uq_own_field_value_field_id_record_id")),
    )  # fmt: skip
    op.create_index("ix_own_field_value_record", "own_field_value", ["record_kind", "record_id"])
    for column in ("text", "number", "day", "flag"):
        holds = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_own_field_value_{column}", "own_field_value", ["field_id", column, "record_id"],
            sqlite_where=holds, postgresql_where=holds,
        )  # fmt: skip


def _drop_own_fields() -> None:
    op.drop_table("own_field_value")
    op.drop_table("own_field")
    with op.batch_alter_table("stored_file") as batch:
        batch.drop_constraint(op.f("ck_stored_file_kind"), type_="check")
        for column in ("kind", "expires_on", "withdrawn_at", "withdrawn_by", "withdraw_reason"):
            batch.drop_column(column)


# -- releases, non-conformances, destructions -------------------------------------------------------------------------
def _add_release() -> None:
    op.add_column("partner", sa.Column("market", sa.String(length=12), nullable=False, server_default=""))
    op.create_table(
        "paper_series",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_series")),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_kind", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("is_of_quality", sa.Boolean(), nullable=False),
        sa.Column("signature_id", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["signature_id"], ["signature.id"], name=op.f("fk_approval_signature_id_signature")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_approval_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint(
            "subject_kind",
            "subject_id",
            "round",
            "user_id",
            name=op.f("uq_approval_subject_kind_subject_id_round_user_id"),
        ),
    )
    op.create_table(
        "approval_policy",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "item_class",
            sa.Enum(
                "food",
                "drug",
                "device",
                "electronics",
                name="item_class",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "disposition",
            sa.Enum(
                "release",
                "rework",
                "supplier_return",
                "destroy",
                "concession",
                name="disposition",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.CheckConstraint("item_class IS NULL OR item_id IS NULL", name=op.f("ck_approval_policy_item_or_class")),
        sa.CheckConstraint("people >= 1 AND people <= 5", name=op.f("ck_approval_policy_people_few")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_approval_policy_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_policy")),
    )
    op.create_table(
        "release_policy",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "item_class",
            sa.Enum(
                "food",
                "drug",
                "device",
                "electronics",
                name="item_class",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("market", sa.String(length=12), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("needs_two", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(item_class IS NULL) <> (item_id IS NULL)", name=op.f("ck_release_policy_item_or_class")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_release_policy_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_policy")),
    )
    op.create_table(
        "release_decision",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("released", "rejected", name="verdict", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("bin_id", sa.BigInteger(), nullable=True),
        sa.Column("lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("part_quantity", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.String(length=1000), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_release_decision_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name=op.f("fk_release_decision_decided_by_user_account")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_release_decision_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_release_decision_lpn_id_lpn")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_release_decision_warehouse_id_warehouse")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_decision")),
        sa.UniqueConstraint("key", name=op.f("uq_release_decision_key")),
    )
    op.create_index("ix_release_decision_lot", "release_decision", ["lot_id", "id"], unique=False)
    op.create_table(
        "release_scope",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("market", sa.String(length=12), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("entry", sa.String(length=100), nullable=False),
        sa.Column("document_kind", sa.String(length=24), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(market = '') <> (customer_id IS NULL)", name=op.f("ck_release_scope_market_or_customer")),
        sa.ForeignKeyConstraint(["customer_id"], ["partner.id"], name=op.f("fk_release_scope_customer_id_partner")),
        sa.ForeignKeyConstraint(["ended_by"], ["user_account.id"], name=op.f("fk_release_scope_ended_by_user_account")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_release_scope_lot_id_lot")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_release_scope_made_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_scope")),
    )
    op.create_index(
        "ix_release_scope_open",
        "release_scope",
        ["lot_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "release_waiver",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("point", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("waived_by", sa.BigInteger(), nullable=False),
        sa.Column("waived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_release_waiver_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release_decision.id"], name=op.f("fk_release_waiver_release_id_release_decision")
        ),
        sa.ForeignKeyConstraint(
            ["waived_by"], ["user_account.id"], name=op.f("fk_release_waiver_waived_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_release_waiver_warehouse_id_warehouse")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_waiver")),
    )
    op.create_index(
        "ix_release_waiver_open",
        "release_waiver",
        ["lot_id", "warehouse_id"],
        unique=False,
        sqlite_where=sa.text("release_id IS NULL"),
        postgresql_where=sa.text("release_id IS NULL"),
    )
    op.create_table(
        "nonconformance",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "reviewed",
                "proposed",
                "decided",
                "closed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "scope",
            sa.Enum(
                "lot", "bin", "lpn", "quantity", name="scope", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("bin_id", sa.BigInteger(), nullable=True),
        sa.Column("lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("origin_kind", sa.String(length=24), nullable=False),
        sa.Column("origin_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "defect_class",
            sa.Enum(
                "critical", "major", "minor", name="defect_class", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("what", sa.String(length=1000), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.Column("found_by", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finding", sa.String(length=1000), nullable=False),
        sa.Column("reviewed_by", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column(
            "disposition",
            sa.Enum(
                "release",
                "rework",
                "supplier_return",
                "destroy",
                "concession",
                name="disposition",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("disposition_reason", sa.String(length=500), nullable=False),
        sa.Column("limits", sa.String(length=1000), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("people_needed", sa.BigInteger(), nullable=False),
        sa.Column("roles_needed", sa.JSON(), nullable=False),
        sa.Column("refusal", sa.String(length=500), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supplier_return_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=1000), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state = 'open' OR reviewed_by IS NOT NULL", name=op.f("ck_nonconformance_reviewed_before")),
        sa.CheckConstraint(
            "state IN ('open', 'reviewed') OR disposition IS NOT NULL", name=op.f("ck_nonconformance_disposition_known")
        ),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_nonconformance_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["user_account.id"], name=op.f("fk_nonconformance_closed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["found_by"], ["user_account.id"], name=op.f("fk_nonconformance_found_by_user_account")
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_nonconformance_hold_id_hold")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_nonconformance_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_nonconformance_lpn_id_lpn")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["user_account.id"], name=op.f("fk_nonconformance_proposed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"], ["user_account.id"], name=op.f("fk_nonconformance_reviewed_by_user_account")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_nonconformance_supplier_id_partner")),
        sa.ForeignKeyConstraint(
            ["supplier_return_id"],
            ["supplier_return.id"],
            name=op.f("fk_nonconformance_supplier_return_id_supplier_return"),
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_nonconformance_warehouse_id_warehouse")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nonconformance")),
        sa.UniqueConstraint("key", name=op.f("uq_nonconformance_key")),
        sa.UniqueConstraint("number", name=op.f("uq_nonconformance_number")),
    )
    op.create_index("ix_nonconformance_lot_id", "nonconformance", ["lot_id", "state"], unique=False)
    op.create_index("ix_nonconformance_queue", "nonconformance", ["warehouse_id", "state", "id"], unique=False)
    op.create_index("ix_nonconformance_supplier_id", "nonconformance", ["supplier_id", "id"], unique=False)
    op.create_table(
        "destruction",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "ordered",
                "approved",
                "carried_out",
                "done",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("nonconformance_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ordered_by", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people_needed", sa.BigInteger(), nullable=False),
        sa.Column("roles_needed", sa.JSON(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("method", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("contractor", sa.String(length=200), nullable=False),
        sa.Column("executed_by", sa.BigInteger(), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("witnessed_by", sa.BigInteger(), nullable=True),
        sa.Column("witnessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objection", sa.String(length=500), nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cancelled_by", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "executed_by IS NULL OR executed_by <> witnessed_by", name=op.f("ck_destruction_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by"], ["user_account.id"], name=op.f("fk_destruction_cancelled_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["executed_by"], ["user_account.id"], name=op.f("fk_destruction_executed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["nonconformance_id"], ["nonconformance.id"], name=op.f("fk_destruction_nonconformance_id_nonconformance")
        ),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["user_account.id"], name=op.f("fk_destruction_ordered_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_destruction_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_destruction_warehouse_id_warehouse")),
        sa.ForeignKeyConstraint(
            ["witnessed_by"], ["user_account.id"], name=op.f("fk_destruction_witnessed_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction")),
        sa.UniqueConstraint("key", name=op.f("uq_destruction_key")),
        sa.UniqueConstraint("number", name=op.f("uq_destruction_number")),
    )
    op.create_index("ix_destruction_nonconformance_id", "destruction", ["nonconformance_id"], unique=False)
    op.create_index("ix_destruction_queue", "destruction", ["warehouse_id", "state", "id"], unique=False)
    op.create_table(
        "destruction_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("destruction_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_destruction_line_quantity_positive")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_destruction_line_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["destruction_id"], ["destruction.id"], name=op.f("fk_destruction_line_destruction_id_destruction")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_destruction_line_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_destruction_line_lpn_id_lpn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_line")),
        sa.UniqueConstraint("destruction_id", "line", name=op.f("uq_destruction_line_destruction_id_line")),
    )
    op.create_index("ix_destruction_line_lot_id", "destruction_line", ["lot_id"], unique=False)
    for table in ("release_decision", "approval"):
        for statement in _append_only(table):
            op.execute(statement)


def _drop_release() -> None:
    for table in (
        "destruction_line",
        "destruction",
        "nonconformance",
        "release_waiver",
        "release_scope",
        "release_decision",
        "release_policy",
        "approval_policy",
        "approval",
        "paper_series",
    ):
        op.drop_table(table)
    op.drop_column("partner", "market")


# -- printers and the queue before each -------------------------------------------------------------------------------
def _add_printing() -> None:
    op.create_table(
        "printer",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.BigInteger(), nullable=False),
        sa.Column("writes_tags", sa.Boolean(), nullable=False),
        sa.Column("answers_status", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(length=40), nullable=False),
        sa.Column("fault_since_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("port BETWEEN 1 AND 65535", name=op.f("ck_printer_port_range")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_printer_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printer")),
        sa.UniqueConstraint("warehouse_id", "code", name=op.f("uq_printer_warehouse_id_code")),
    )
    op.create_table(
        "printer_default",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("printer_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_printer_default_warehouse_id_warehouse")
        ),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_printer_default_printer_id_printer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printer_default")),
        sa.UniqueConstraint(
            "warehouse_id", "device_id", "user_id", name=op.f("uq_printer_default_warehouse_id_device_id_user_id")
        ),
    )
    op.create_table(
        "print_job",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("printer_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "label_kind",
            sa.Enum(
                "lot", "lpn", "bin", "test", name="label_kind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("copies", sa.BigInteger(), nullable=False),
        sa.Column("is_reprint", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued", "sending", "sent", "printed", "uncertain", "failed", "cancelled",
                name="state", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("copies BETWEEN 1 AND 999", name=op.f("ck_print_job_copies_range")),
        sa.CheckConstraint("NOT is_reprint OR reason <> ''", name=op.f("ck_print_job_reprint_has_reason")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_print_job_warehouse_id_warehouse")),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_print_job_printer_id_printer")),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_print_job_asked_by_user_account")),
        sa.ForeignKeyConstraint(["settled_by"], ["user_account.id"], name=op.f("fk_print_job_settled_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
        sa.UniqueConstraint("key", name=op.f("uq_print_job_key")),
    )  # fmt: skip
    op.create_index("ix_print_job_asked", "print_job", ["warehouse_id", "id"])
    op.create_index("ix_print_job_subject", "print_job", ["label_kind", "subject_id"])
    for name, columns, states in (
        ("ix_print_job_waiting", ["printer_id", "id"], "'queued', 'sending'"),
        ("ix_print_job_unsettled", ["warehouse_id", "printer_id", "asked_at"], "'queued', 'failed', 'uncertain'"),
    ):
        where = sa.text(f"state IN ({states})")
        op.create_index(name, "print_job", columns, sqlite_where=where, postgresql_where=where)


def _drop_printing() -> None:
    for table in ("print_job", "printer_default", "printer"):
        op.drop_table(table)


# -- how Chinese names sound ------------------------------------------------------------------------------------------
def _add_sounds() -> None:
    from wms.catalog.rules import sound_of

    for name in ("item", "partner"):
        op.add_column(name, sa.Column("sound", sa.String(length=400), nullable=False, server_default=""))
        table = sa.table(name, sa.column("id"), sa.column("name_zh"), sa.column("sound"))
        named = op.get_bind().execute(sa.select(table.c.id, table.c.name_zh).where(table.c.name_zh != "")).all()
        for row in named:
            op.execute(sa.update(table).where(table.c.id == row.id).values(sound=sound_of(row.name_zh)))


def _drop_sounds() -> None:
    for name in ("partner", "item"):
        op.drop_column(name, "sound")


# -- unit ids -----------------------------------------------------------------------------------------------------------
def _add_units() -> None:
    op.add_column("item", sa.Column("has_unit_ids", sa.Boolean(), nullable=False, server_default=sa.false()))
    scheme = ("serial", "gs1", "drug_trace")
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column(
            "scheme",
            sa.Enum(*scheme, name="scheme", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("is_duplicate", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level >= 0 AND level <= 9", name=op.f("ck_unit_level_range")),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck_unit_not_in_itself")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_unit_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_unit_lot_id_lot")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id_unit")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_unit_warehouse_id_warehouse")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_unit_bin_id_bin")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_unit_lpn_id_lpn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    once = sa.text("NOT is_duplicate")
    op.create_index(
        "uq_unit_code", "unit", ["item_id", "code"], unique=True, sqlite_where=once, postgresql_where=once
    )  # fmt: skip
    op.create_index("ix_unit_code", "unit", ["code"])
    op.create_index("ix_unit_place", "unit", ["lot_id", "bin_id", "lpn_id"])
    op.create_index("ix_unit_parent_id", "unit", ["parent_id"])
    references = {
        "unit_id": "unit", "from_lot_id": "lot", "from_bin_id": "bin", "from_lpn_id": "lpn", "from_parent_id": "unit",
        "to_bin_id": "bin", "to_lpn_id": "lpn", "by": "user_account",
    }  # fmt: skip
    kinds = ("arrived", "moved", "left", "came_back", "undone", "seen_twice", "unpacked")
    op.create_table(
        "unit_event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", sa.Enum(*kinds, name="kind", native_enum=False, create_constraint=True, length=24), nullable=False
        ),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("from_lot_id", sa.BigInteger(), nullable=True),
        sa.Column("from_bin_id", sa.BigInteger(), nullable=True),
        sa.Column("from_lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("from_parent_id", sa.BigInteger(), nullable=True),
        sa.Column("to_bin_id", sa.BigInteger(), nullable=False),
        sa.Column("to_lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("document_kind", sa.String(length=24), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("raw_scan", sa.String(length=160), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_unit_event_{column}_{table}"))
            for column, table in references.items()
        ),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_unit_event_posting_seq_stock_posting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_event")),
    )
    op.create_index("ix_unit_event_unit_id", "unit_event", ["unit_id", "id"])
    op.create_index("ix_unit_event_posting", "unit_event", ["posting_seq"])
    op.create_table(
        "unit_notice",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_number", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column(
            "scheme",
            sa.Enum(*scheme, name="scheme", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("parent_code", sa.String(length=80), nullable=False),
        sa.Column("document_kind", sa.String(length=24), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("announced_by", sa.BigInteger(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_unit_notice_item_id_item")),
        sa.ForeignKeyConstraint(
            ["announced_by"], ["user_account.id"], name=op.f("fk_unit_notice_announced_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_notice")),
        sa.UniqueConstraint("item_id", "code", name=op.f("uq_unit_notice_item_id_code")),
    )
    op.create_index("ix_unit_notice_parent", "unit_notice", ["item_id", "parent_code"])


def _drop_units() -> None:
    for table in ("unit_notice", "unit_event", "unit"):
        op.drop_table(table)
    op.drop_column("item", "has_unit_ids")
