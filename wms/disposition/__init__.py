"""What becomes of goods: released on a checklist, or not conforming and disposed of, or destroyed before a witness.

Nouns: release (放行) of a lot or a tranche of it, for everybody or for some markets and customers; waiver of one point;
non-conformance (不合格) with its disposition; approval; destruction (销毁) with executor and witness. Verbs: release, reject,
waive, widen; record, review, propose, approve, refuse, finish; order, carry out, witness, cancel. Each decision is signed
(wms.signing). It never moves goods past the checklist: what a disposition gives back waits for its release.
Why it is so: docs/decisions/0031.
"""
