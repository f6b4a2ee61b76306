"""Measurements that run both sides in one go and print medians and ratios. Never part of the tests."""
