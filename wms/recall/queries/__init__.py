"""Reads of recalls, one file a part: recalls (themselves), scope, stopping, outside, whole (the figures of all of it)."""
