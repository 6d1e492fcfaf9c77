"""How the database of each release becomes that of the next: Alembic's steps, one file each in `versions`."""
