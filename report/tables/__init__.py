"""The report's tables: pure functions from a study's records to rows of parts."""
