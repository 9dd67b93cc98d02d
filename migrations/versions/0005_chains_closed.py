"""What work orders, pegs, recalls and evidence lacked.

Each part stands in a pair of functions below, taken back in the opposite order. `_WORDS` is read as in 0004.
"""

import sqlalchemy as sa
from alembic import op

from wms.db.schema_changes import add_reference, widen_words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: (table, column): (the words before, the new words). New words stand behind the old ones in the enum as well.
_WORDS: dict[tuple[str, str], tuple[list[str], list[str]]] = {}


def upgrade() -> None:
    for (table, column), (before, new) in _WORDS.items():
        widen_words(table, column, before, [*before, *new])
    _add_drawing()
    _add_fingerprints()


def downgrade() -> None:
    _drop_fingerprints()
    _drop_drawing()
    for (table, column), (before, new) in reversed(_WORDS.items()):
        widen_words(table, column, [*before, *new], before)


# -- letters of a recall are drawn behind the request -----------------------------------------------------------------
_UNDRAWN = sa.text("letter_sha256 = '' AND fault = ''")


def _add_drawing() -> None:
    op.create_table(
        "recall_sending",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_recall_sending_made_by_user_account")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_sending_recall_id_recall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_sending")),
        sa.UniqueConstraint("key", name=op.f("uq_recall_sending_key")),
    )
    add_reference("recall_notice", "sending_id", "recall_sending")
    op.add_column("recall_notice", sa.Column("letter", sa.Text(), server_default="", nullable=False))
    op.add_column("recall_notice", sa.Column("fault", sa.String(length=300), server_default="", nullable=False))
    op.add_column("recall_notice", sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("recall_notice", sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("recall_notice", sa.Column("leased_until_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE recall_notice SET drawn_at = made_at WHERE letter_sha256 <> ''")
    op.create_index("ix_recall_notice_undrawn", "recall_notice", ["id"], sqlite_where=_UNDRAWN, postgresql_where=_UNDRAWN)
    op.create_index("ix_recall_notice_sending_id", "recall_notice", ["sending_id"])


def _drop_drawing() -> None:
    op.drop_index("ix_recall_notice_sending_id", "recall_notice")
    op.drop_index("ix_recall_notice_undrawn", "recall_notice")
    with op.batch_alter_table("recall_notice") as batch:
        for column in ("leased_until_at", "drawn_at", "tries", "fault", "letter", "sending_id"):
            batch.drop_column(column)
    op.drop_table("recall_sending")


# -- what came again under one key is compared whole ------------------------------------------------------------------
def _add_fingerprints() -> None:
    for table in ("recall_reply", "complaint", "mail_message"):
        op.add_column(table, sa.Column("fingerprint", sa.String(length=64), server_default="", nullable=False))


def _drop_fingerprints() -> None:
    for table in ("mail_message", "complaint", "recall_reply"):
        op.drop_column(table, "fingerprint")
