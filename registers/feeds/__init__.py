"""Reading what other systems and people send: files and services, into plain values. Nothing here knows the record."""
