"""What work orders, pegs, recalls and evidence lacked.

Each part stands in a pair of functions below, taken back in the opposite order. `_WORDS` is read as in 0004.
"""

import sqlalchemy as sa
from alembic import op

from wms.db.schema_changes import (
    add_reference,
    add_words,
    append_only,
    changeable,
    closed_for_good,
    drop_blanks_filled,
    keep_columns,
    let_blanks_be_filled,
    widen_words,
)

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: (table, column): (the words before, the new words). New words stand behind the old ones in the enum as well.
_WORDS: dict[tuple[str, str], tuple[list[str], list[str]]] = {
    ("recall_report", "kind"): (["progress", "closing"], ["prepared"]),
    ("alert", "kind"): (
        ["expiry_near", "expired_held", "quarantine_old", "reader_silent", "ledger_broken", "door_alarm",
         "hold_stopped_orders", "short_pick", "job_failed", "retest_due", "supplier_stopped", "printer_failed",
         "licence_expired", "label_differs", "problem_reported", "unit_seen_twice", "gap_found", "complaint_due",
         "capa_due", "recall_due", "mail_failed", "records_broken", "recall_stop"],
        ["peg_took_goods"],
    ),
}  # fmt: skip


def upgrade() -> None:
    for (table, column), (before, new) in _WORDS.items():
        widen_words(table, column, before, [*before, *new])
    _add_drawing()
    _add_fingerprints()
    _add_reopening()
    _add_stops()
    _add_level_changes()
    _add_shares()
    _add_food_list()
    _add_index_of_tags()
    _fence_papers()  # last: a column that comes after a fence is not in it


def downgrade() -> None:
    _open_papers()
    _drop_index_of_tags()
    _drop_food_list()
    _drop_shares()
    _drop_level_changes()
    _drop_stops()
    _drop_reopening()
    _drop_fingerprints()
    _drop_drawing()
    for (table, column), (before, new) in reversed(_WORDS.items()):
        widen_words(table, column, [*before, *new], before)


# -- tags that stand for a lot are found by it ------------------------------------------------------------------------
_TIED = sa.text("lot_id IS NOT NULL")


def _add_index_of_tags() -> None:
    op.create_index("ix_tag_lot_id", "tag", ["lot_id"], sqlite_where=_TIED, postgresql_where=_TIED)


def _drop_index_of_tags() -> None:
    op.drop_index("ix_tag_lot_id", table_name="tag")


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
    op.create_index(
        "ix_recall_notice_undrawn", "recall_notice", ["id"], sqlite_where=_UNDRAWN, postgresql_where=_UNDRAWN
    )
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
    for table in ("recall_reply", "complaint", "capa", "mail_message"):
        op.add_column(table, sa.Column("fingerprint", sa.String(length=64), server_default="", nullable=False))


def _drop_fingerprints() -> None:
    for table in ("mail_message", "capa", "complaint", "recall_reply"):
        op.drop_column(table, "fingerprint")


# -- a closed work order is opened again for a wrong report -----------------------------------------------------------
_UNCLOSED = sa.text("closed_at IS NULL")
_SIGNED_LATER = ("opened_by", "opened_at", "signature_id", "closed_by", "closed_at", "closing_signature_id")


def _add_reopening() -> None:
    table = "work_order_correction"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("closing_before", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signature_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_signature_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "opened_by IS NULL OR opened_by <> asked_by", name=op.f("ck_work_order_correction_two_people")
        ),
        sa.CheckConstraint(
            "(opened_by IS NULL) = (opened_at IS NULL)", name=op.f("ck_work_order_correction_opened_whole")
        ),
        sa.CheckConstraint(
            "(closed_by IS NULL) = (closed_at IS NULL)", name=op.f("ck_work_order_correction_closed_whole")
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
            for column, target in (
                ("work_order_id", "work_order"), ("report_id", "production_report"), ("asked_by", "user_account"),
                ("opened_by", "user_account"), ("signature_id", "signature"), ("closed_by", "user_account"),
                ("closing_signature_id", "signature"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_correction")),
        sa.UniqueConstraint("key", name=op.f("uq_work_order_correction_key")),
    )  # fmt: skip
    op.create_index("ix_work_order_correction_report_id", table, ["report_id"])
    op.create_index("ix_work_order_correction_work_order_id", table, ["work_order_id"])
    op.create_index(
        "uq_work_order_correction_open", table, ["work_order_id"], unique=True, sqlite_where=_UNCLOSED,
        postgresql_where=_UNCLOSED,
    )  # fmt: skip
    append_only(table, set_once=_SIGNED_LATER)


def _drop_reopening() -> None:
    op.drop_table("work_order_correction")


# -- which foods are on the Food Traceability List ----------------------------------------------------------------------
def _add_food_list() -> None:
    add_words("item", "food_traceability", ["unstated", "listed", "not_listed"], default="unstated")
    op.add_column(
        "item", sa.Column("food_traceability_category", sa.String(length=120), server_default="", nullable=False)
    )


def _drop_food_list() -> None:
    op.drop_column("item", "food_traceability_category")
    op.drop_column("item", "food_traceability")


# -- papers that nobody changes -----------------------------------------------------------------------------------------
#: What is written once; the columns that are set once later, and the texts that are blank until then.
_WRITTEN_ONCE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "production_report": (("consume_seq", "output_seq", "reversed_by", "reversed_at"), ("reverse_reason",)),
    "report_input": ((), ()),
    "report_output": ((), ()),
    "report_defect": ((), ()),
    "report_stop": ((), ()),
    "line_clearance": (("checked_by", "checked_at"), ()),
    "recall_version": (("case_id", "placed_by", "placed_at"), ()),
    "recall_lot": ((), ()),
    "recall_reply": ((), ()),
    "recall_reply_line": ((), ()),
    "recall_return": ((), ()),
    "recall_confirmation": (("voided_by", "voided_at"), ("void_reason",)),
    "recall_outcome": ((), ()),
    "effectiveness_check": ((), ()),
    "recall_report": ((), ()),
    "complaint_link": ((), ()),
    "capa_check": (("is_effective", "checked_by", "checked_at"), ("result",)),
    "lot_passport": (("revoked_by", "revoked_at"), ("revoke_reason",)),
}
#: What is worked on until the column says that it is over.
_OVER_WHEN = {"recall": "closed_at", "capa": "closed_at", "capa_action": "done_at", "gap": "mended_at"}
#: What is worked on for ever; these columns are as they were written first.
_AS_FIRST = {
    "recall_notice": (
        "id", "recall_id", "version_id", "party_id", "round", "way", "language", "sent_to", "subject", "body", "letter",
        "reply_by_at", "sending_id", "made_by", "made_at",
    ),
    "complaint": (
        "id", "number", "key", "warehouse_id", "customer_id", "customer_told", "contact_name", "contact_email",
        "contact_phone", "language", "channel", "what", "received_at", "recorded_by", "recorded_at",
    ),
}  # fmt: skip


def _fence_papers() -> None:
    taken_back = sa.text("reversed_at IS NOT NULL")
    op.create_index(
        "ix_production_report_reversed_at", "production_report", ["reversed_at"], sqlite_where=taken_back,
        postgresql_where=taken_back,
    )  # fmt: skip
    let_blanks_be_filled()
    for table, (set_once, filled_once) in _WRITTEN_ONCE.items():
        append_only(table, set_once=set_once, filled_once=filled_once)
    for table, column in _OVER_WHEN.items():
        closed_for_good(table, column)
    for table, columns in _AS_FIRST.items():
        keep_columns(table, columns)


def _open_papers() -> None:
    for table in (*_AS_FIRST, *_OVER_WHEN, *_WRITTEN_ONCE):
        changeable(table)
    drop_blanks_filled()
    op.drop_index("ix_production_report_reversed_at", "production_report")


# -- what a recall has stopped goes no further before it is held ------------------------------------------------------
_STOPPED = sa.text("stopped_for <> ''")


def _add_stops() -> None:
    op.add_column("lot", sa.Column("stopped_for", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_lot_stopped", "lot", ["id"], sqlite_where=_STOPPED, postgresql_where=_STOPPED)


def _drop_stops() -> None:
    op.drop_index("ix_lot_stopped", "lot")
    op.drop_column("lot", "stopped_for")


# -- another depth of a recall's checks, signed by two ----------------------------------------------------------------
def _add_level_changes() -> None:
    table = "recall_level_change"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        *(
            sa.Column(
                column,
                sa.Enum("a", "b", "c", "d", "e", name=column, native_enum=False, create_constraint=True, length=24),
                nullable=False,
            )
            for column in ("level_before", "level")
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.BigInteger(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signature_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(signed_at IS NULL) = (signed_by IS NULL)", name=op.f("ck_recall_level_change_signed_whole")
        ),
        sa.CheckConstraint(
            "signed_by IS NULL OR signed_by <> asked_by", name=op.f("ck_recall_level_change_two_people")
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
            for column, target in (
                ("recall_id", "recall"), ("asked_by", "user_account"), ("signed_by", "user_account"),
                ("signature_id", "signature"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_level_change")),
    )  # fmt: skip
    op.create_index("ix_recall_level_change_recall_id", table, ["recall_id", "id"])
    append_only(table, set_once=("signed_by", "signed_at", "signature_id"))


def _drop_level_changes() -> None:
    op.drop_table("recall_level_change")


# -- the parts of deliveries, as each version of a scope has them -----------------------------------------------------
def _add_shares() -> None:
    op.create_table(
        "recall_share",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["recall_delivery.id"], name=op.f("fk_recall_share_delivery_id_recall_delivery")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["recall_version.id"], name=op.f("fk_recall_share_version_id_recall_version")
        ),
        sa.PrimaryKeyConstraint("version_id", "delivery_id", name=op.f("pk_recall_share")),
    )


def _drop_shares() -> None:
    op.drop_table("recall_share")
