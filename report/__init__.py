"""Turn a study's JSON records into an HTML and PDF report. Never imports torch."""
