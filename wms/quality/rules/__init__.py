"""Pure rules of quality: what a hold takes and who may lift it (holds), what a case matches (criteria), dates of a retest."""

from wms.quality.rules.holds import (
    NEEDED_BY_SCOPE,
    Piece,
    Promise,
    Take,
    check_lifter,
    check_scope,
    check_verdict,
    plan_hold,
)

__all__ = [
    "NEEDED_BY_SCOPE", "Piece", "Promise", "Take", "check_lifter", "check_scope", "check_verdict", "plan_hold",
]  # fmt: skip
