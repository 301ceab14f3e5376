"""Records in; numbers that know their source, and statistics on them."""
