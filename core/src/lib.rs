//! Pure part of jobs-ingest. Knows no Workers, clock, I/O or randomness.
