"""The lab against damage, bad luck and bad will."""
