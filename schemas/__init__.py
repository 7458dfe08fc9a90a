"""What a row, a table and a recipe are. Everything else is built on this; it imports none of it."""
