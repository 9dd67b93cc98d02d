"""Trace: where lots came from and where they went, with quantities; and the mass balance of a lot.

    starts.find_start(kind, text, ...) -> Start      a lot, a work order, a machine's hour, a shipment ... as lots
    queries.closure(lots, direction) -> set          reach alone: one recursive statement
    queries.trace(start, direction) -> TraceResult   levels, edges, shares, and what stands at the ends
    balance.mass_balance(lot) -> MassBalance         every way in against every way out, exact

It reads and never writes. Quantities are exact; shares are fractions (docs/decisions/0038) and are rounded by whoever
shows them.
"""
