"""Links to other systems: kept, run inward and written outward."""
