"""Reading and writing that neither a crash nor a stranger's file can break."""
