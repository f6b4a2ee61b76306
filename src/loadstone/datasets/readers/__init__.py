"""One file for each format of annotated pictures that is read: from a `place` to what is `gathered`."""
