"""The rules of sampling and of verdicts: pure, with the clause of the standard at each."""
