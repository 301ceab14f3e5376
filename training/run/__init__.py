"""One experiment in, one record out."""
