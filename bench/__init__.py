"""Figures of the office, each beside a floor measured in the same run."""
