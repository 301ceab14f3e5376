"""Run recorded experiments again, and hold what comes out against their records."""
