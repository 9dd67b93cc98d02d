"""Labels for lots, bins and LPNs, as pure functions: data in; PNG, SVG, PDF sheet or ZPL out.

Each label's code reads back, by `wms.gs1.scan.read`, as what the label says. Never talks to a printer.
"""
