"""A class and its teacher: who is who, and lessons in which all take part."""
