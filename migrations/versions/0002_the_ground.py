"""What a site of its own needs: API keys that act for a user, kept answers, set-up codes, reset passwords.

Each part stands in a pair of functions below, taken back in the opposite order.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_api()
    _add_operations()
    _add_site()
    _add_indexes()


def downgrade() -> None:
    _drop_indexes()
    _drop_site()
    _drop_operations()
    _drop_api()


# -- the API ----------------------------------------------------------------------------------------------------------
def _add_api() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("api_token_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("api_token_id", "key", name=op.f("uq_idempotency_key_api_token_id_key")),
    )
    with op.batch_alter_table("idempotency_key") as batch:
        batch.create_index("ix_idempotency_key_started_at", ["started_at"], unique=False)
    with op.batch_alter_table("user_account") as batch:
        batch.add_column(sa.Column("is_service", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("api_token") as batch:
        batch.add_column(sa.Column("acts_for", sa.BigInteger(), nullable=True))
        batch.create_foreign_key(op.f("fk_api_token_acts_for_user_account"), "user_account", ["acts_for"], ["id"])
    op.execute("UPDATE api_token SET acts_for = created_by")
    with op.batch_alter_table("api_token") as batch:
        batch.alter_column("acts_for", existing_type=sa.BigInteger(), nullable=False)


def _drop_api() -> None:
    with op.batch_alter_table("api_token") as batch:
        batch.drop_constraint(op.f("fk_api_token_acts_for_user_account"), type_="foreignkey")
        batch.drop_column("acts_for")
    with op.batch_alter_table("user_account") as batch:
        batch.drop_column("is_service")
    op.drop_table("idempotency_key")


# -- backups, and runs of jobs that a person asks for -------------------------------------------------------------------
def _add_operations() -> None:
    op.create_table(
        "backup_run",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("file", sa.String(length=400), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("host", sa.String(length=80), nullable=False),
        sa.Column("verified", sa.String(length=12), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_run")),
    )
    with op.batch_alter_table("backup_run") as batch:
        batch.create_index("ix_backup_run_kind", ["kind", "made_at"], unique=False)
    with op.batch_alter_table("job_run") as batch:
        batch.add_column(sa.Column("asked_by", sa.BigInteger(), nullable=True))
    op.create_index(
        "uq_job_run_asked", "job_run", ["job"], unique=True,
        sqlite_where=sa.text("state = 'asked'"), postgresql_where=sa.text("state = 'asked'"),
    )  # fmt: skip


def _drop_operations() -> None:
    op.drop_index("uq_job_run_asked", table_name="job_run")
    with op.batch_alter_table("job_run") as batch:
        batch.drop_column("asked_by")
    op.drop_table("backup_run")


# -- a site of one's own ----------------------------------------------------------------------------------------------
def _add_site() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("company_name", sa.String(length=120), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    # A demo loaded before there was a mark: every row of it was recorded with this reason.
    op.execute(
        "INSERT INTO installation (id, company_name, is_demo, made_at)"
        " SELECT 1, '', true, min(at) FROM audit_entry WHERE reason = 'demo data' HAVING count(*) > 0"
    )
    op.create_table(
        "ended_session",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_session")),
    )
    with op.batch_alter_table("ended_session") as batch:
        batch.create_index("ix_ended_session_ended_at", ["ended_at"], unique=False)
    with op.batch_alter_table("user_account") as batch:
        batch.add_column(sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("password_until_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("must_change_pin", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("pin_until_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("device") as batch:
        batch.add_column(sa.Column("holder_id", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("setup_hash", sa.String(), nullable=True))
        batch.add_column(sa.Column("setup_until_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("revoked_reason", sa.String(length=200), nullable=False, server_default=""))
        batch.create_foreign_key(op.f("fk_device_holder_id_user_account"), "user_account", ["holder_id"], ["id"])
        batch.create_unique_constraint(op.f("uq_device_setup_hash"), ["setup_hash"])


def _drop_site() -> None:
    with op.batch_alter_table("device") as batch:
        batch.drop_constraint(op.f("uq_device_setup_hash"), type_="unique")
        batch.drop_constraint(op.f("fk_device_holder_id_user_account"), type_="foreignkey")
        for column in ("revoked_reason", "setup_until_at", "setup_hash", "holder_id"):
            batch.drop_column(column)
    with op.batch_alter_table("user_account") as batch:
        for column in ("pin_until_at", "must_change_pin", "password_until_at", "must_change_password"):
            batch.drop_column(column)
    op.drop_table("ended_session")
    op.drop_table("installation")


# -- a million rows -----------------------------------------------------------------------------------------------------
#: Index, table, columns, condition.
_INDEXES = (
    ("ix_bin_order", "bin", ["warehouse_id", "walk_sequence", "code"], None),
    ("ix_bin_zone", "bin", ["zone_id", "code"], None),
    ("ix_task_coming", "task", ["target_bin_id"], "kind = 'putaway' AND state = 'taken'"),
    ("ix_stock_move_demand", "stock_move", ["demand_id"], "demand_id IS NOT NULL"),
    (
        "ix_customer_order_open",
        "customer_order",
        ["warehouse_id", "ship_on", "id"],
        "state NOT IN ('shipped', 'cancelled')",
    ),
    ("ix_pick_list_order_id", "pick_list", ["order_id"], None),
    ("ix_pick_list_lpn_id", "pick_list", ["lpn_id"], None),
    ("ix_shipment_state", "shipment", ["warehouse_id", "state", "id"], None),
    ("ix_passage_decision", "passage", ["decision", "ended_at", "id"], None),
    ("ix_passage_ended_at", "passage", ["ended_at", "id"], None),
    (
        "ix_passage_unsettled",
        "passage",
        ["portal_id", "ended_at"],
        "settled_at IS NULL AND decision IN ('alarm', 'review')",
    ),
    ("ix_passage_shown", "passage", ["portal_id", "ended_at", "id"], "decision <> 'logged' OR why <> 'stray'"),
    ("ix_hold_placed_at", "hold", ["placed_at", "id"], None),
    ("ix_hold_open", "hold", ["placed_at", "id"], "lifted_at IS NULL"),
    ("ix_stock_balance_hold_set_id", "stock_balance", ["hold_set_id"], "hold_set_id <> 0"),
    (
        "ix_stock_balance_waiting",
        "stock_balance",
        ["warehouse_id", "quality", "received_on", "lot_id"],
        "on_hand > 0 AND quality <> 'released'",
    ),
    ("ix_alert_state", "alert", ["state", "id"], None),
    ("ix_alert_list", "alert", ["warehouse_id", "state", "kind"], None),
    ("ix_alert_blocks_shipment_id", "alert", ["blocks_shipment_id"], "blocks_shipment_id IS NOT NULL"),
    ("ix_tag_lpn_id", "tag", ["lpn_id"], "lpn_id IS NOT NULL"),
    ("ix_lpn_tail", "lpn", ["tail"], None),
    ("ix_tag_last_seen_at", "tag", ["last_seen_at", "id"], None),
    ("ix_tag_untied", "tag", ["last_seen_at", "id"], "lpn_id IS NULL AND lot_id IS NULL"),
)


#: Those of these names that were others before.
_BEFORE = (
    ("ix_alert_list", "alert", ["warehouse_id", "state", "raised_at"]),
    ("ix_alert_blocks_shipment_id", "alert", ["blocks_shipment_id"]),
    ("ix_tag_lpn_id", "tag", ["lpn_id"]),
    ("ix_hold_open", "hold", ["warehouse_id", "placed_at"]),
    ("ix_stock_balance_hold_set_id", "stock_balance", ["hold_set_id"]),
)


def _add_indexes() -> None:
    for name, table, _columns in _BEFORE:
        op.drop_index(name, table_name=table)
    with op.batch_alter_table("lpn") as batch:
        batch.add_column(sa.Column("tail", sa.String(length=4), nullable=False, server_default=""))
    op.execute("UPDATE lpn SET tail = CASE WHEN length(code) > 4 THEN substr(code, length(code) - 3) ELSE code END")
    for name, table, columns, condition in _INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def _drop_indexes() -> None:
    for name, table, _columns, _condition in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
    with op.batch_alter_table("lpn") as batch:
        batch.drop_column("tail")
    for name, table, columns in _BEFORE:
        op.create_index(name, table, columns, unique=False)
