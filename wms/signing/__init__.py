"""Electronic signatures: who signed what, when, in which sense, over the very bytes of the record.

Nouns: signature, key (an Ed25519 pair of the site; the private half is a file of the data folder, the public halves stand
in the database, old ones too). Verbs: sign, verify, rotate. A signature is never changed and never deleted; a record that
was edited afterwards shows "changed after signing". The password is asked again by the edge before `sign` is called, and a
machine cannot sign (21 CFR 11.50, 11.70, 11.200). Why it is so: docs/decisions/0031.
"""
