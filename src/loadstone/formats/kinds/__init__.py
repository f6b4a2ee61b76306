"""What a file is that no reader takes, by its first bytes."""
