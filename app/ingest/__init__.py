"""Files → tables; the only writer."""
