"""The report as a page that grows while experiments train."""
