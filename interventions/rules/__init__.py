"""What the support goes by: bands, movements and grounds for a case. Pure functions of counts, exact."""
