"""What a browser runs: pressable HTML."""
