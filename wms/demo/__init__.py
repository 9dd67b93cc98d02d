"""A believable group of warehouses to try the product on: the same each time from one number and one day.

Nouns: goods (goods.py, pure), sites, people, partners, stock, papers, a dock. Verbs: load_once, run_all. All companies,
people and codes are made up; GS1 codes use prefix 952, which GS1 keeps for examples. Nothing else imports this package.
"""
