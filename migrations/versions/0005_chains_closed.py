"""What work orders, pegs, recalls and evidence lacked.

Each part stands in a pair of functions below, taken back in the opposite order. `_WORDS` is read as in 0004.
"""

from wms.db.schema_changes import widen_words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: (table, column): (the words before, the new words). New words stand behind the old ones in the enum as well.
_WORDS: dict[tuple[str, str], tuple[list[str], list[str]]] = {}


def upgrade() -> None:
    for (table, column), (before, new) in _WORDS.items():
        widen_words(table, column, before, [*before, *new])


def downgrade() -> None:
    for (table, column), (before, new) in reversed(_WORDS.items()):
        widen_words(table, column, [*before, *new], before)
