"""What others may try, and what may break: each door against a started part of the lab."""
