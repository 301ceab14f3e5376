"""Sentences about results: pure functions from a study's records to statements with evidence."""
