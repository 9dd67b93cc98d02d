"""Work orders (工单): what is to be made, from which lots it was made, and what came of it.

Nouns: line, team, machine, vessel, bill of materials, operation, work order, component, issue, report, output, clearance.
Verbs: plan, release, issue, return, exchange, report, correct, empty and clean, clear, close.
Goods issued stand in the line's bin and are stock like any other: counted, held, recalled. A report consumes them there
and its outputs come to be there; both are postings, and every output is tied to every input by a LotLink with quantities.
Nothing is ever overwritten: a wrong report is taken back by counter-entry and written anew. A vessel is a bin whose
contents run together until it is recorded as emptied and cleaned.
"""
