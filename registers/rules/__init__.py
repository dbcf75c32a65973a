"""The law of the registers: dated tables, value types and pure functions. No Django, no clock, no files."""
