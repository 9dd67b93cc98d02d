"""Own fields without a database: what a value must be, how a filter reads, which patterns there are."""
