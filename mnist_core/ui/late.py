"""What the app loads once somebody needs it, and not at its start: a lesson's pages, and what asks a database.

SQLAlchemy takes 0.3 s and 12 MB.
"""

import threading

# Held by whoever loads: of two that load at once, one may find a module that the other has loaded by half.
LOADING = threading.RLock()
AT_FIRST_USE = "mnist_core.ui.lesson"
