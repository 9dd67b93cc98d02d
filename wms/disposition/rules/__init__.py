"""What a release asks, who may approve, how papers go from state to state. Pure."""
