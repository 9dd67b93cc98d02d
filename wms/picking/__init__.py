"""From an order to the staging bin: orders, allocation, pick lists, the pick at the scan.

Nouns: order, order line, pick list, pick task, short, override. Verbs: create_order, allocate_order, release_order,
take_list, confirm_pick, report_short. The choice of lot is wms.stock's; that it is kept is this package's.
"""
