"""Work one person claims: put away, pick, count, replenish, cage, recover.

Noun: task. Verbs: create, take, finish, stop, cancel. Any feature may leave work here for another without calling
upward; this package moves no stock.
"""
