"""The first schema: every table, the append-only fences, and the standing rows that stand for "none".

The circular-free order of the tables is Alembic's own. Text is frozen: a later change is a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_actor_id", ["actor_id", "seq"], unique=False)
        batch_op.create_index("ix_audit_entry_entity", ["entity", "entity_id", "seq"], unique=False)

    op.create_table(
        "hold_set",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("members_key", sa.String(length=2000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_set")),
        sa.UniqueConstraint("members_key", name=op.f("uq_hold_set_members_key")),
    )
    op.create_table(
        "job_run",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("runner", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("job", "due_at", name=op.f("uq_job_run_job_due_at")),
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index("ix_job_run_started_at", ["job", "started_at"], unique=False)

    op.create_table(
        "outbox_event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox_event", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_event_kind", ["kind", "seq"], unique=False)

    op.create_table(
        "owner",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("name_zh", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner")),
        sa.UniqueConstraint("code", name=op.f("uq_owner_code")),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("name_zh", sa.String(length=160), nullable=False),
        sa.Column("is_supplier", sa.Boolean(), nullable=False),
        sa.Column("is_maker", sa.Boolean(), nullable=False),
        sa.Column("is_customer", sa.Boolean(), nullable=False),
        sa.Column("gln", sa.String(length=13), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("licence_number", sa.String(length=60), nullable=False),
        sa.Column("licence_scope", sa.String(length=300), nullable=False),
        sa.Column("licence_expires_on", sa.Date(), nullable=True),
        sa.Column("recall_contact", sa.String(length=160), nullable=False),
        sa.Column("recall_contact_verified_on", sa.Date(), nullable=True),
        sa.Column("shelf_life_days_min", sa.BigInteger(), nullable=True),
        sa.Column("shelf_life_percent_min", sa.BigInteger(), nullable=True),
        sa.Column(
            "allocation_policy",
            sa.Enum(
                "fefo", "fifo", "lifo", name="allocation_policy", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("code", name=op.f("uq_partner_code")),
    )
    op.create_table(
        "stored_file",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=60), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("subject_kind", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_stored_file_size_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.create_index("ix_stored_file_subject", ["subject_kind", "subject_id"], unique=False)

    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("badge_hash", sa.String(), nullable=True),
        sa.Column("pin_hash", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("session_token", sa.String(), nullable=False),
        sa.Column("failed_count", sa.BigInteger(), nullable=False),
        sa.Column("locked_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("login = lower(login)", name=op.f("ck_user_account_login_is_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("badge_hash", name=op.f("uq_user_account_badge_hash")),
        sa.UniqueConstraint("login", name=op.f("uq_user_account_login")),
    )
    op.create_table(
        "warehouse",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("company_prefix", sa.String(length=12), nullable=False),
        sa.Column("gln", sa.String(length=13), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warehouse")),
        sa.UniqueConstraint("code", name=op.f("uq_warehouse_code")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "expiry_near",
                "expired_held",
                "quarantine_old",
                "reader_silent",
                "ledger_broken",
                "door_alarm",
                "hold_stopped_orders",
                "short_pick",
                "job_failed",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "severity",
            sa.Enum(
                "info", "warning", "critical", name="severity", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open", "acknowledged", "resolved", name="state", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.Column("subject_key", sa.String(length=120), nullable=False),
        sa.Column("subject_kind", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("blocks_shipment_id", sa.BigInteger(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_by", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["user_account.id"], name=op.f("fk_alert_acknowledged_by_user_account")
        ),
        sa.ForeignKeyConstraint(["resolved_by"], ["user_account.id"], name=op.f("fk_alert_resolved_by_user_account")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_alert_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_blocks_shipment_id"), ["blocks_shipment_id"], unique=False)
        batch_op.create_index("ix_alert_list", ["warehouse_id", "state", "raised_at"], unique=False)
        batch_op.create_index(
            "uq_alert_open_subject",
            ["subject_key"],
            unique=True,
            sqlite_where=sa.text("state <> 'resolved'"),
            postgresql_where=sa.text("state <> 'resolved'"),
        )

    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("token_prefix", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_api_token_created_by_user_account")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_api_token_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_table(
        "customer_order",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "sale",
                "transfer",
                "sample",
                "destruction",
                "supplier_return",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "allocated",
                "picking",
                "picked",
                "shipped",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("ship_on", sa.Date(), nullable=False),
        sa.Column(
            "allocation_policy",
            sa.Enum(
                "fefo", "fifo", "lifo", name="allocation_policy", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_customer_order_created_by_user_account")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["partner.id"], name=op.f("fk_customer_order_customer_id_partner")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_customer_order_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_customer_order_warehouse_id_warehouse")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("number", name=op.f("uq_customer_order_number")),
    )
    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.create_index("ix_customer_order_state", ["warehouse_id", "state", "ship_on"], unique=False)

    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("registered_by", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_count", sa.BigInteger(), nullable=False),
        sa.Column("locked_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["registered_by"], ["user_account.id"], name=op.f("fk_device_registered_by_user_account")
        ),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_device_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("name", name=op.f("uq_device_name")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_device_secret_hash")),
    )
    op.create_table(
        "gateway",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("api_token_id", sa.BigInteger(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("config_version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_gateway_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway")),
        sa.UniqueConstraint("api_token_id", name=op.f("uq_gateway_api_token_id")),
        sa.UniqueConstraint("code", name=op.f("uq_gateway_code")),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("name_zh", sa.String(length=160), nullable=False),
        sa.Column("specification", sa.String(length=160), nullable=False),
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
            nullable=False,
        ),
        sa.Column("base_unit", sa.String(length=12), nullable=False),
        sa.Column(
            "storage_class",
            sa.Enum(
                "ambient",
                "cool",
                "cold",
                "frozen",
                name="storage_class",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("is_lot_tracked", sa.Boolean(), nullable=False),
        sa.Column(
            "date_basis",
            sa.Enum(
                "expiry", "best_before", "none", name="date_basis", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("shelf_life_days", sa.BigInteger(), nullable=True),
        sa.Column("receipt_life_days_min", sa.BigInteger(), nullable=True),
        sa.Column("receipt_life_percent_min", sa.BigInteger(), nullable=True),
        sa.Column("usable_on_expiry_day", sa.Boolean(), nullable=False),
        sa.Column("expiry_warning_days", sa.BigInteger(), nullable=False),
        sa.Column(
            "allocation_policy",
            sa.Enum(
                "fefo", "fifo", "lifo", name="allocation_policy", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column(
            "fefo_grade",
            sa.Enum(
                "allow",
                "reason",
                "supervisor",
                "forbid",
                name="fefo_grade",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("is_inspected_at_receipt", sa.Boolean(), nullable=False),
        sa.Column(
            "typed_lot_policy",
            sa.Enum(
                "twice", "photo", "free", name="typed_lot_policy", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("over_receipt_percent", sa.BigInteger(), nullable=False),
        sa.Column("maker_id", sa.BigInteger(), nullable=True),
        sa.Column("registrant", sa.String(length=160), nullable=False),
        sa.Column("approval_number", sa.String(length=60), nullable=False),
        sa.Column("approval_valid_until", sa.Date(), nullable=True),
        sa.Column("allergen", sa.String(length=120), nullable=False),
        sa.Column("hazard", sa.String(length=120), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["maker_id"], ["partner.id"], name=op.f("fk_item_maker_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("sku", name=op.f("uq_item_sku")),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index("ix_item_name_en", ["name_en"], unique=False)
        batch_op.create_index("ix_item_name_zh", ["name_zh"], unique=False)

    op.create_table(
        "lpn",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("is_sscc", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["lpn.id"], name=op.f("fk_lpn_parent_id_lpn")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_lpn_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lpn")),
    )
    with op.batch_alter_table("lpn", schema=None) as batch_op:
        batch_op.create_index("ix_lpn_code", ["code"], unique=False)
        batch_op.create_index("ix_lpn_parent_id", ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_lpn_code_open",
            ["code"],
            unique=True,
            sqlite_where=sa.text("is_open"),
            postgresql_where=sa.text("is_open"),
        )

    op.create_table(
        "purchase_order",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "closed", "cancelled", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_purchase_order_owner_id_owner")),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_purchase_order_supplier_id_partner")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_purchase_order_warehouse_id_warehouse")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
        sa.UniqueConstraint("number", name=op.f("uq_purchase_order_number")),
    )
    op.create_table(
        "stock_posting",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "receive",
                "putaway",
                "move",
                "pick",
                "unpick",
                "ship",
                "hold",
                "lift",
                "disposition",
                "count",
                "scrap",
                "supplier_return",
                "customer_return",
                "quarantine",
                "issue",
                "consume",
                "output",
                "sample",
                "reversal",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("document_kind", sa.String(length=24), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reverses_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_stock_posting_actor_id_user_account")),
        sa.ForeignKeyConstraint(
            ["reverses_seq"], ["stock_posting.seq"], name=op.f("fk_stock_posting_reverses_seq_stock_posting")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_stock_posting")),
        sa.UniqueConstraint("key", name=op.f("uq_stock_posting_key")),
        sa.UniqueConstraint("reverses_seq", name=op.f("uq_stock_posting_reverses_seq")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("stock_posting", schema=None) as batch_op:
        batch_op.create_index("ix_stock_posting_document", ["document_kind", "document_id"], unique=False)

    op.create_table(
        "user_role",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_role_user_id_user_account")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_user_role_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_role")),
        sa.UniqueConstraint("user_id", "role", "warehouse_id", name=op.f("uq_user_role_user_id_role_warehouse_id")),
    )
    with op.batch_alter_table("user_role", schema=None) as batch_op:
        batch_op.create_index(
            "uq_user_role_everywhere",
            ["user_id", "role"],
            unique=True,
            sqlite_where=sa.text("warehouse_id IS NULL"),
            postgresql_where=sa.text("warehouse_id IS NULL"),
        )

    op.create_table(
        "zone",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column(
            "storage_class",
            sa.Enum(
                "ambient",
                "cool",
                "cold",
                "frozen",
                name="storage_class",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("walk_sequence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_zone_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sa.UniqueConstraint("warehouse_id", "code", name=op.f("uq_zone_warehouse_id_code")),
    )
    op.create_table(
        "asn",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("purchase_order_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "expected",
                "arrived",
                "receiving",
                "received",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_asn_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_asn_purchase_order_id_purchase_order")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_asn_supplier_id_partner")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_asn_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asn")),
        sa.UniqueConstraint("number", name=op.f("uq_asn_number")),
    )
    with op.batch_alter_table("asn", schema=None) as batch_op:
        batch_op.create_index("ix_asn_state", ["warehouse_id", "state", "expected_at"], unique=False)

    op.create_table(
        "bin",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "dock",
                "storage",
                "pick_face",
                "staging",
                "quarantine",
                "reject_cage",
                "shipping",
                "production",
                "transit",
                "supplier",
                "customer",
                "scrap",
                "adjustment",
                "consumed",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("is_outside", sa.Boolean(), nullable=False),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("blocked_reason", sa.String(length=200), nullable=False),
        sa.Column("walk_sequence", sa.BigInteger(), nullable=False),
        sa.Column("capacity_lpns", sa.BigInteger(), nullable=True),
        sa.Column("takes_mixed_lots", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "is_outside = (kind IN ('supplier', 'customer', 'scrap', 'adjustment', 'consumed'))",
            name=op.f("ck_bin_outside_by_kind"),
        ),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_bin_warehouse_id_warehouse")),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_bin_zone_id_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bin")),
        sa.UniqueConstraint("warehouse_id", "code", name=op.f("uq_bin_warehouse_id_code")),
    )
    with op.batch_alter_table("bin", schema=None) as batch_op:
        batch_op.create_index("ix_bin_walk", ["warehouse_id", "kind", "walk_sequence"], unique=False)

    op.create_table(
        "item_rule",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("shelf_life_days_min", sa.BigInteger(), nullable=True),
        sa.Column("shelf_life_percent_min", sa.BigInteger(), nullable=True),
        sa.Column(
            "allocation_policy",
            sa.Enum(
                "fefo", "fifo", "lifo", name="allocation_policy", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["partner.id"], name=op.f("fk_item_rule_customer_id_partner")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_rule_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_rule")),
        sa.UniqueConstraint("customer_id", "item_id", name=op.f("uq_item_rule_customer_id_item_id")),
    )
    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("maker_id", sa.BigInteger(), nullable=True),
        sa.Column("maker_lot", sa.String(length=60), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("traceability_lot_code", sa.String(length=80), nullable=False),
        sa.Column("traceability_lot_source", sa.String(length=160), nullable=False),
        sa.Column("manufactured_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("best_before_on", sa.Date(), nullable=True),
        sa.Column("retest_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("fefo_on", sa.Date(), nullable=False),
        sa.Column("expiry_text", sa.String(length=40), nullable=False),
        sa.Column(
            "expiry_precision",
            sa.Enum("day", "month", name="expiry_precision", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column(
            "captured_by",
            sa.Enum(
                "scan",
                "typed",
                "typed_twice",
                "photo",
                "rfid",
                "import",
                "system",
                name="captured_by",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_lot_item_id_item")),
        sa.ForeignKeyConstraint(["maker_id"], ["partner.id"], name=op.f("fk_lot_maker_id_partner")),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_lot_supplier_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("id", "item_id", name="uq_lot_id_item"),
        sa.UniqueConstraint("item_id", "number", name=op.f("uq_lot_item_id_number")),
    )
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.create_index("ix_lot_fefo_on", ["fefo_on"], unique=False)
        batch_op.create_index("ix_lot_maker_lot", ["maker_lot"], unique=False)
        batch_op.create_index("ix_lot_number", ["number"], unique=False)

    op.create_table(
        "pack_unit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("factor", sa.BigInteger(), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.CheckConstraint("factor > 0", name=op.f("ck_pack_unit_factor_positive")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_pack_unit_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_unit")),
        sa.UniqueConstraint("gtin", name=op.f("uq_pack_unit_gtin")),
        sa.UniqueConstraint("item_id", "code", name=op.f("uq_pack_unit_item_id_code")),
    )
    op.create_table(
        "purchase_order_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purchase_order_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_purchase_order_line_quantity_positive")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_purchase_order_line_item_id_item")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"],
            ["purchase_order.id"],
            name=op.f("fk_purchase_order_line_purchase_order_id_purchase_order"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order_line")),
        sa.UniqueConstraint("purchase_order_id", "line", name=op.f("uq_purchase_order_line_purchase_order_id_line")),
    )
    op.create_table(
        "reader",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("gateway_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(length=120), nullable=False),
        sa.Column("port", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarm_gpo_port", sa.BigInteger(), nullable=True),
        sa.Column("alarm_seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["gateway_id"], ["gateway.id"], name=op.f("fk_reader_gateway_id_gateway")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader")),
        sa.UniqueConstraint("code", name=op.f("uq_reader_code")),
    )
    op.create_table(
        "shipment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "loading",
                "shipped",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("portal_id", sa.BigInteger(), nullable=True),
        sa.Column("carrier", sa.String(length=120), nullable=False),
        sa.Column("waybill", sa.String(length=60), nullable=False),
        sa.Column("plate", sa.String(length=20), nullable=False),
        sa.Column("driver", sa.String(length=60), nullable=False),
        sa.Column("seal", sa.String(length=60), nullable=False),
        sa.Column("departure_temperature_decidegrees", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipped_by", sa.BigInteger(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_shipment_order_id_customer_order")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_shipment_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(["shipped_by"], ["user_account.id"], name=op.f("fk_shipment_shipped_by_user_account")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_shipment_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("number", name=op.f("uq_shipment_number")),
        sa.UniqueConstraint("order_id", name=op.f("uq_shipment_order_id")),
    )
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.create_index("ix_shipment_portal", ["portal_id", "state"], unique=False)

    op.create_table(
        "asn_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asn_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("lot_number", sa.String(length=60), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("manufactured_on", sa.Date(), nullable=True),
        sa.Column("sscc", sa.String(length=18), nullable=True),
        sa.Column("arrived_passage_id", sa.BigInteger(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_asn_line_quantity_positive")),
        sa.ForeignKeyConstraint(["asn_id"], ["asn.id"], name=op.f("fk_asn_line_asn_id_asn")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_asn_line_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asn_line")),
        sa.UniqueConstraint("asn_id", "line", name=op.f("uq_asn_line_asn_id_line")),
    )
    with op.batch_alter_table("asn_line", schema=None) as batch_op:
        batch_op.create_index("ix_asn_line_sscc", ["sscc"], unique=False)

    op.create_table(
        "gpo_command",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gateway_id", sa.BigInteger(), nullable=False),
        sa.Column("reader_id", sa.BigInteger(), nullable=False),
        sa.Column("port", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["gateway_id"], ["gateway.id"], name=op.f("fk_gpo_command_gateway_id_gateway")),
        sa.ForeignKeyConstraint(["reader_id"], ["reader.id"], name=op.f("fk_gpo_command_reader_id_reader")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gpo_command")),
    )
    with op.batch_alter_table("gpo_command", schema=None) as batch_op:
        batch_op.create_index("ix_gpo_command_open", ["gateway_id", "sent_at"], unique=False)

    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "lot", "bin", "lpn", "quantity", name="scope", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=True),
        sa.Column("bin_id", sa.BigInteger(), nullable=True),
        sa.Column("lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column(
            "reason",
            sa.Enum(
                "suspect",
                "complaint",
                "damage",
                "temperature",
                "documents",
                "expired",
                "recall",
                "foreign_body",
                "other",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("placed_by", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lift_reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_hold_lifted_whole")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_hold_bin_id_bin")),
        sa.ForeignKeyConstraint(["lifted_by"], ["user_account.id"], name=op.f("fk_hold_lifted_by_user_account")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_hold_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_hold_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["placed_by"], ["user_account.id"], name=op.f("fk_hold_placed_by_user_account")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_hold_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index("ix_hold_lot_id", ["lot_id"], unique=False)
        batch_op.create_index("ix_hold_open", ["warehouse_id", "placed_at"], unique=False)

    op.create_table(
        "load_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("passage_id", sa.BigInteger(), nullable=True),
        sa.Column("loaded_by", sa.BigInteger(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["loaded_by"], ["user_account.id"], name=op.f("fk_load_line_loaded_by_user_account")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_load_line_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_load_line_shipment_id_shipment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_load_line")),
        sa.UniqueConstraint("shipment_id", "lpn_id", name=op.f("uq_load_line_shipment_id_lpn_id")),
    )
    op.create_table(
        "order_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_line_quantity_positive")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_order_line_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_order_line_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_order_line_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "line", name=op.f("uq_order_line_order_id_line")),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index("ix_order_line_item_id", ["item_id"], unique=False)

    op.create_table(
        "pick_list",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "taken", "done", "cancelled", name="state", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("staging_bin_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_pick_list_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_pick_list_order_id_customer_order")),
        sa.ForeignKeyConstraint(["staging_bin_id"], ["bin.id"], name=op.f("fk_pick_list_staging_bin_id_bin")),
        sa.ForeignKeyConstraint(["taken_by"], ["user_account.id"], name=op.f("fk_pick_list_taken_by_user_account")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_pick_list_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_list")),
        sa.UniqueConstraint("number", name=op.f("uq_pick_list_number")),
    )
    with op.batch_alter_table("pick_list", schema=None) as batch_op:
        batch_op.create_index("ix_pick_list_state", ["warehouse_id", "state", "created_at"], unique=False)

    op.create_table(
        "portal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column(
            "use",
            sa.Enum("inbound", "outbound", "both", name="use", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("bin_id", sa.BigInteger(), nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_portal_bin_id_bin")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_portal_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal")),
        sa.UniqueConstraint("warehouse_id", "code", name=op.f("uq_portal_warehouse_id_code")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("asn_id", sa.BigInteger(), nullable=True),
        sa.Column("purchase_order_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("dock_bin_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "closed", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("delivery_note", sa.String(length=60), nullable=False),
        sa.Column("plate", sa.String(length=20), nullable=False),
        sa.Column("driver", sa.String(length=60), nullable=False),
        sa.Column("seal", sa.String(length=60), nullable=False),
        sa.Column("carrier", sa.String(length=120), nullable=False),
        sa.Column("arrival_temperature_decidegrees", sa.BigInteger(), nullable=True),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["accepted_by"], ["user_account.id"], name=op.f("fk_receipt_accepted_by_user_account")),
        sa.ForeignKeyConstraint(["asn_id"], ["asn.id"], name=op.f("fk_receipt_asn_id_asn")),
        sa.ForeignKeyConstraint(["dock_bin_id"], ["bin.id"], name=op.f("fk_receipt_dock_bin_id_bin")),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_receipt_opened_by_user_account")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_receipt_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_receipt_purchase_order_id_purchase_order")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["partner.id"], name=op.f("fk_receipt_supplier_id_partner")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_receipt_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("number", name=op.f("uq_receipt_number")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index("ix_receipt_state", ["warehouse_id", "state", "opened_at"], unique=False)

    op.create_table(
        "stock_balance",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("bin_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "quality",
            sa.Enum(
                "pending", "released", "rejected", name="quality", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("hold_set_id", sa.BigInteger(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.Column("allocated", sa.BigInteger(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("fefo_on", sa.Date(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.CheckConstraint("allocated >= 0 AND allocated <= on_hand", name=op.f("ck_stock_balance_allocated_within")),
        sa.CheckConstraint("hold_set_id = 0 OR allocated = 0", name=op.f("ck_stock_balance_held_is_not_promised")),
        sa.CheckConstraint("is_open = (on_hand > allocated)", name=op.f("ck_stock_balance_is_open_derived")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_balance_on_hand_not_negative")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_stock_balance_bin_id_bin")),
        sa.ForeignKeyConstraint(["hold_set_id"], ["hold_set.id"], name=op.f("fk_stock_balance_hold_set_id_hold_set")),
        sa.ForeignKeyConstraint(["lot_id", "item_id"], ["lot.id", "lot.item_id"], name="fk_stock_balance_lot_item"),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_stock_balance_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_stock_balance_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_stock_balance_warehouse_id_warehouse")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_balance")),
        sa.UniqueConstraint(
            "lot_id", "owner_id", "bin_id", "lpn_id", "quality", "hold_set_id", name="uq_stock_balance_key"
        ),
    )
    with op.batch_alter_table("stock_balance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_balance_bin_id",
            ["bin_id"],
            unique=False,
            sqlite_where=sa.text("on_hand > 0"),
            postgresql_where=sa.text("on_hand > 0"),
        )
        batch_op.create_index(
            "ix_stock_balance_fefo",
            ["item_id", "warehouse_id", "fefo_on", "id"],
            unique=False,
            sqlite_where=sa.text("is_open AND quality = 'released' AND hold_set_id = 0"),
            postgresql_where=sa.text("is_open AND quality = 'released' AND hold_set_id = 0"),
        )
        batch_op.create_index(
            "ix_stock_balance_fifo",
            ["item_id", "warehouse_id", "received_on", "id"],
            unique=False,
            sqlite_where=sa.text("is_open AND quality = 'released' AND hold_set_id = 0"),
            postgresql_where=sa.text("is_open AND quality = 'released' AND hold_set_id = 0"),
        )
        batch_op.create_index("ix_stock_balance_hold_set_id", ["hold_set_id"], unique=False)
        batch_op.create_index(
            "ix_stock_balance_item",
            ["item_id", "warehouse_id", "fefo_on", "id"],
            unique=False,
            sqlite_where=sa.text("on_hand > 0"),
            postgresql_where=sa.text("on_hand > 0"),
        )
        batch_op.create_index(
            "ix_stock_balance_lpn_id",
            ["lpn_id"],
            unique=False,
            sqlite_where=sa.text("on_hand > 0"),
            postgresql_where=sa.text("on_hand > 0"),
        )
        batch_op.create_index(
            "ix_stock_balance_quality",
            ["warehouse_id", "quality", "fefo_on", "id"],
            unique=False,
            sqlite_where=sa.text("on_hand > 0 AND quality <> 'released'"),
            postgresql_where=sa.text("on_hand > 0 AND quality <> 'released'"),
        )
        batch_op.create_index(
            "ix_stock_balance_held",
            ["warehouse_id", "fefo_on", "id"],
            unique=False,
            sqlite_where=sa.text("on_hand > 0 AND hold_set_id <> 0"),
            postgresql_where=sa.text("on_hand > 0 AND hold_set_id <> 0"),
        )
        batch_op.create_index(
            "ix_stock_balance_page",
            ["warehouse_id", "fefo_on", "id"],
            unique=False,
            sqlite_where=sa.text("on_hand > 0"),
            postgresql_where=sa.text("on_hand > 0"),
        )

    op.create_table(
        "stock_move",
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("source_bin_id", sa.BigInteger(), nullable=False),
        sa.Column("source_lpn_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "source_quality",
            sa.Enum(
                "pending",
                "released",
                "rejected",
                name="source_quality",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("source_hold_set_id", sa.BigInteger(), nullable=False),
        sa.Column("target_bin_id", sa.BigInteger(), nullable=False),
        sa.Column("target_lpn_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "target_quality",
            sa.Enum(
                "pending",
                "released",
                "rejected",
                name="target_quality",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("target_hold_set_id", sa.BigInteger(), nullable=False),
        sa.Column("demand_kind", sa.String(length=24), nullable=False),
        sa.Column("demand_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_move_quantity_positive")),
        sa.CheckConstraint(
            "source_bin_id <> target_bin_id OR source_lpn_id <> target_lpn_id OR source_quality <> target_quality OR source_hold_set_id <> target_hold_set_id",
            name=op.f("ck_stock_move_two_ends"),
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_move_lot_id_lot")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_stock_move_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_stock_move_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(["source_bin_id"], ["bin.id"], name=op.f("fk_stock_move_source_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["source_hold_set_id"], ["hold_set.id"], name=op.f("fk_stock_move_source_hold_set_id_hold_set")
        ),
        sa.ForeignKeyConstraint(["source_lpn_id"], ["lpn.id"], name=op.f("fk_stock_move_source_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["target_bin_id"], ["bin.id"], name=op.f("fk_stock_move_target_bin_id_bin")),
        sa.ForeignKeyConstraint(
            ["target_hold_set_id"], ["hold_set.id"], name=op.f("fk_stock_move_target_hold_set_id_hold_set")
        ),
        sa.ForeignKeyConstraint(["target_lpn_id"], ["lpn.id"], name=op.f("fk_stock_move_target_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_stock_move_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("posting_seq", "line", name=op.f("pk_stock_move")),
    )
    with op.batch_alter_table("stock_move", schema=None) as batch_op:
        batch_op.create_index("ix_stock_move_lot_id", ["lot_id", "posting_seq"], unique=False)
        batch_op.create_index("ix_stock_move_source_bin_id", ["source_bin_id", "posting_seq"], unique=False)
        batch_op.create_index("ix_stock_move_target_bin_id", ["target_bin_id", "posting_seq"], unique=False)

    op.create_table(
        "tag",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epc", sa.String(length=124), nullable=False),
        sa.Column("scheme", sa.String(length=24), nullable=False),
        sa.Column("digital_link", sa.String(length=300), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_tag_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_tag_lpn_id_lpn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("epc", name=op.f("uq_tag_epc")),
    )
    with op.batch_alter_table("tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tag_lpn_id"), ["lpn_id"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "putaway",
                "pick",
                "count",
                "replenish",
                "cage",
                "recover",
                name="kind",
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
                "taken",
                "done",
                "stopped",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("document_kind", sa.String(length=24), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("demand_kind", sa.String(length=24), nullable=False),
        sa.Column("demand_id", sa.BigInteger(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("source_bin_id", sa.BigInteger(), nullable=True),
        sa.Column("source_lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("target_bin_id", sa.BigInteger(), nullable=True),
        sa.Column("target_lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("claim_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("done_quantity", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("done_quantity >= 0", name=op.f("ck_task_done_not_negative")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_task_closed_by_user_account")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_task_created_by_user_account")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_task_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_task_lot_id_lot")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_task_owner_id_owner")),
        sa.ForeignKeyConstraint(["source_bin_id"], ["bin.id"], name=op.f("fk_task_source_bin_id_bin")),
        sa.ForeignKeyConstraint(["source_lpn_id"], ["lpn.id"], name=op.f("fk_task_source_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["taken_by"], ["user_account.id"], name=op.f("fk_task_taken_by_user_account")),
        sa.ForeignKeyConstraint(["target_bin_id"], ["bin.id"], name=op.f("fk_task_target_bin_id_bin")),
        sa.ForeignKeyConstraint(["target_lpn_id"], ["lpn.id"], name=op.f("fk_task_target_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_task_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_claim_id", ["claim_id"], unique=False)
        batch_op.create_index("ix_task_document", ["document_kind", "document_id", "state", "sequence"], unique=False)
        batch_op.create_index("ix_task_lot_id", ["lot_id"], unique=False)
        batch_op.create_index("ix_task_open", ["warehouse_id", "kind", "state", "sequence"], unique=False)

    op.create_table(
        "allocation_decision",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.String(length=40), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("needed_until", sa.Date(), nullable=True),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name=op.f("fk_allocation_decision_decided_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_allocation_decision_order_line_id_order_line")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_decision")),
    )
    with op.batch_alter_table("allocation_decision", schema=None) as batch_op:
        batch_op.create_index("ix_allocation_decision_line", ["order_line_id", "decided_at"], unique=False)

    op.create_table(
        "antenna",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reader_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("inside", "outside", name="side", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.CheckConstraint("number > 0 AND number <= 64", name=op.f("ck_antenna_number_range")),
        sa.ForeignKeyConstraint(["portal_id"], ["portal.id"], name=op.f("fk_antenna_portal_id_portal")),
        sa.ForeignKeyConstraint(["reader_id"], ["reader.id"], name=op.f("fk_antenna_reader_id_reader")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_antenna")),
        sa.UniqueConstraint("reader_id", "number", name=op.f("uq_antenna_reader_id_number")),
    )
    op.create_table(
        "fefo_override",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("needed_lot_id", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("picked_by", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_fefo_override_approved_by_user_account")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_fefo_override_lot_id_lot")),
        sa.ForeignKeyConstraint(["needed_lot_id"], ["lot.id"], name=op.f("fk_fefo_override_needed_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_fefo_override_order_line_id_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["picked_by"], ["user_account.id"], name=op.f("fk_fefo_override_picked_by_user_account")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_fefo_override_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fefo_override")),
    )
    op.create_table(
        "hold_set_member",
        sa.Column("hold_set_id", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_hold_set_member_hold_id_hold")),
        sa.ForeignKeyConstraint(["hold_set_id"], ["hold_set.id"], name=op.f("fk_hold_set_member_hold_set_id_hold_set")),
        sa.PrimaryKeyConstraint("hold_set_id", "hold_id", name=op.f("pk_hold_set_member")),
    )
    with op.batch_alter_table("hold_set_member", schema=None) as batch_op:
        batch_op.create_index("ix_hold_set_member_hold_id", ["hold_id"], unique=False)

    op.create_table(
        "passage",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("portal_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "direction",
            sa.Enum(
                "in", "out", "stray", "review", name="direction", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column(
            "decision",
            sa.Enum(
                "arrived",
                "loaded",
                "alarm",
                "logged",
                "unknown_tag",
                "review",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.String(length=60), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reads", sa.BigInteger(), nullable=False),
        sa.Column("peak_rssi_dbm", sa.Double(), nullable=True),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=True),
        sa.Column("asn_id", sa.BigInteger(), nullable=True),
        sa.Column("shipment_id", sa.BigInteger(), nullable=True),
        sa.Column("alert_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settlement", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_passage_alert_id_alert")),
        sa.ForeignKeyConstraint(["asn_id"], ["asn.id"], name=op.f("fk_passage_asn_id_asn")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_passage_lpn_id_lpn")),
        sa.ForeignKeyConstraint(["portal_id"], ["portal.id"], name=op.f("fk_passage_portal_id_portal")),
        sa.ForeignKeyConstraint(["settled_by"], ["user_account.id"], name=op.f("fk_passage_settled_by_user_account")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_passage_shipment_id_shipment")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_passage_tag_id_tag")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
    )
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.create_index("ix_passage_lpn_id", ["lpn_id"], unique=False)
        batch_op.create_index("ix_passage_portal", ["portal_id", "ended_at"], unique=False)
        batch_op.create_index("ix_passage_tag", ["tag_id", "portal_id", "ended_at"], unique=False)

    op.create_table(
        "receipt_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("lpn_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("asn_line_id", sa.BigInteger(), nullable=True),
        sa.Column("purchase_order_line_id", sa.BigInteger(), nullable=True),
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
        sa.Column("raw_scan", sa.String(length=512), nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("received_by", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_receipt_line_quantity_positive")),
        sa.ForeignKeyConstraint(["asn_line_id"], ["asn_line.id"], name=op.f("fk_receipt_line_asn_line_id_asn_line")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_receipt_line_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_receipt_line_lot_id_lot")),
        sa.ForeignKeyConstraint(["lpn_id"], ["lpn.id"], name=op.f("fk_receipt_line_lpn_id_lpn")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["stock_posting.seq"], name=op.f("fk_receipt_line_posting_seq_stock_posting")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_order_line_id"],
            ["purchase_order_line.id"],
            name=op.f("fk_receipt_line_purchase_order_line_id_purchase_order_line"),
        ),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_line_receipt_id_receipt")),
        sa.ForeignKeyConstraint(
            ["received_by"], ["user_account.id"], name=op.f("fk_receipt_line_received_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_line")),
    )
    with op.batch_alter_table("receipt_line", schema=None) as batch_op:
        batch_op.create_index("ix_receipt_line_asn_line_id", ["asn_line_id"], unique=False)
        batch_op.create_index("ix_receipt_line_lot_id", ["lot_id"], unique=False)
        batch_op.create_index("ix_receipt_line_po_line_id", ["purchase_order_line_id"], unique=False)
        batch_op.create_index("ix_receipt_line_receipt_id", ["receipt_id"], unique=False)

    op.create_table(
        "stock_claim",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("balance_id", sa.BigInteger(), nullable=False),
        sa.Column("demand_kind", sa.String(length=24), nullable=False),
        sa.Column("demand_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_claim_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["balance_id"], ["stock_balance.id"], name=op.f("fk_stock_claim_balance_id_stock_balance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_claim")),
    )
    with op.batch_alter_table("stock_claim", schema=None) as batch_op:
        batch_op.create_index("ix_stock_claim_balance_id", ["balance_id"], unique=False)
        batch_op.create_index("ix_stock_claim_demand", ["demand_kind", "demand_id"], unique=False)

    op.create_table(
        "episode",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gateway_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("epc", sa.String(length=124), nullable=False),
        sa.Column("portal_id", sa.BigInteger(), nullable=True),
        sa.Column("passage_id", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["gateway_id"], ["gateway.id"], name=op.f("fk_episode_gateway_id_gateway")),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_episode_passage_id_passage")),
        sa.ForeignKeyConstraint(["portal_id"], ["portal.id"], name=op.f("fk_episode_portal_id_portal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episode")),
        sa.UniqueConstraint("gateway_id", "sequence", name=op.f("uq_episode_gateway_id_sequence")),
    )
    with op.batch_alter_table("episode", schema=None) as batch_op:
        batch_op.create_index("ix_episode_passage_id", ["passage_id"], unique=False)

    for statement in _fences(op.get_bind().dialect.name):
        op.execute(statement)
    _standing_rows()


def downgrade() -> None:
    raise RuntimeError("the first schema is not undone: restore a backup instead")


_APPEND_ONLY = ("stock_posting", "stock_move", "audit_entry")


def _fences(dialect: str) -> list[str]:
    """Triggers that refuse UPDATE and DELETE of what is append-only; recursive_triggers catches INSERT OR REPLACE."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in _APPEND_ONLY
            for verb in ("UPDATE", "DELETE")
        ]
    function = (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    return [
        function,
        *(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            for table in _APPEND_ONLY
        ),
        *(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            for table in _APPEND_ONLY
        ),
    ]


def _standing_rows() -> None:
    """Loose stock, no holds, ourselves as owner, and the actor of what no person does."""
    op.execute("INSERT INTO hold_set (id, members_key) VALUES (0, '')")
    op.execute("INSERT INTO owner (id, code, name_en, name_zh) VALUES (1, 'OWN', 'Ourselves', '本公司')")
    op.execute(
        "INSERT INTO lpn (id, code, is_sscc, is_open, created_at)"
        " VALUES (0, 'LOOSE', false, false, '2024-01-01 00:00:00')"
    )
    op.execute(
        "INSERT INTO user_account (id, login, full_name, password_hash, is_active, session_token, failed_count, created_at)"
        " VALUES (1, 'system', 'System', '', false, '', 0, '2024-01-01 00:00:00')"
    )
