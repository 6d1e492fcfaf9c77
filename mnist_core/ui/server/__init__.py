"""The lab's web server in front of the pages: who may come in by which name, how much may be sent."""
