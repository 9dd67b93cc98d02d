"""Rules of complaints and corrective actions: states, clocks, who may check. Pure."""
