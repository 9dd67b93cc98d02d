"""What all edges share: marks on routes and who may pass, sentences, forms, languages, headers, error pages.

Nouns: mark, person, sentence. Nothing here knows a feature; features bring their routes and ask this package who is
acting, where, and in which language.
"""
