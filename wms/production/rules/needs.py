"""How much a work order needs of a component: exact rationals, rounded up to a millionth at the end. Pure."""

from __future__ import annotations

from wms.core.quantity import SCALE, Quantity

#: Hundredths of a percent that make the whole.
WHOLE_BASIS_POINTS = 10_000


def needed(quantity: Quantity, *, planned: Quantity, output: Quantity, scrap_basis_points: int = 0) -> Quantity:
    """Say how much is needed for `planned` of a product when `quantity` makes `output` of it, scrap included.

    needed = quantity x planned / output / (1 - scrap), rounded up, so that a plan never comes out short.

    >>> needed(Quantity.of(2), planned=Quantity.of(10), output=Quantity.of(3), scrap_basis_points=500)
    Quantity('7.017544')
    """
    above = quantity.millionths * planned.millionths * WHOLE_BASIS_POINTS
    below = output.millionths * (WHOLE_BASIS_POINTS - scrap_basis_points)
    return Quantity(-(-above // below))


def stands_in(quantity: Quantity, *, factor: Quantity) -> Quantity:
    """Say how much of an alternate stands in for so much of a component, rounded up."""
    return Quantity(-(-quantity.millionths * factor.millionths // SCALE))
