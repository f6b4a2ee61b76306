"""Views of a subject that several faults share: costly to read, so read once."""
