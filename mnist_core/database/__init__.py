"""The lab's own database: how it is reached, what goes wrong with it in a sentence, and how its tables come to be."""
