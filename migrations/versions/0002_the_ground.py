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


def downgrade() -> None:
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
