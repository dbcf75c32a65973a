"""The school's own rules on letters: pure functions on dates, sessions and Fractions. No rows, no clock."""
