"""Configurations recovered from the names and shapes of a checkpoint's variables."""
