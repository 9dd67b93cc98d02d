"""From reads to passages, pure: smoothing joins reads to episodes, direction measures, passage decides."""
