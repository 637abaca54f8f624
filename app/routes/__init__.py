"""HTTP: one file for each family of addresses."""
