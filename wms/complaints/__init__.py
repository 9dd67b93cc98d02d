"""Complaints (客诉) and what is done so that they do not come again (CAPA).

Nouns: complaint (who, about which goods, how bad, answered by when), corrective action (problem, cause, steps with owners,
effectiveness check). Verbs: record, investigate, answer, close; open, find the cause, plan and do steps, check, close. A
complaint leads to trace, hold and recall in one step; it never moves goods itself.
"""
