"""Detectors told from a frozen graph alone: its constants and operations, held against what is rebuilt."""
