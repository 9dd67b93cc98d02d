"""Stand-ins for what a test cannot have: a dock with tags, a clock that is told the time."""
