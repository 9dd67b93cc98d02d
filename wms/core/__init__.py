"""The vocabulary of the product: ids, quantities, errors, time, state steps. Pure; imports nothing of ours."""
