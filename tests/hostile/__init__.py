"""What somebody might try who means no good, against the lab's readers, its doors and its pages."""
