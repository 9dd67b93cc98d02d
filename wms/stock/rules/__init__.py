"""Pure rules of stock: what may be used for what (availability), which lot first (allocation), dates (expiry)."""
