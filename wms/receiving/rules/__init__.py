"""The rules of taking goods in, pure: states of the papers, what a receipt line may be, typed dates, where goods go."""
