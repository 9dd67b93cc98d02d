"""Reports and exports: read-only lists as XLSX and CSV. They change nothing and settle nothing."""
