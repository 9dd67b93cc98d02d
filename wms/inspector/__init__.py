"""The inspector's mode: one menu from which somebody who does not know the product finds what the law lets them ask for.

Nouns: look (who opened which page, kept before it is shown). The role `inspector` has this menu alone and changes nothing;
quality, auditors and others with `evidence.view` find it beside theirs. It reads what other features keep; it writes looks.
"""
