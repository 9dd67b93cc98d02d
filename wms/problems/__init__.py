"""Problems on the floor: a person says what is wrong with goods, and the right work follows at once.

Noun: problem (a bad label, damage, wet goods, an open seal, goods in a bin that the book calls empty). Verbs: report,
settle. Damaged goods go on hold and to a cage by task, a bad label is printed anew and its bin counted, found goods are
taken in as a count's gain, held and counted. Nothing here decides on quality.
"""
