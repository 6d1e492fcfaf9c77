"""What a library raises over a damaged file, which none of them documents, as one sentence."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mnist_core.errors import InputError, check_disk
from mnist_core.formatting import readable
from mnist_core.language import gettext


@contextlib.contextmanager
def explained(path: Path, what: str, advice: str) -> Iterator[None]:
    """Raises InputError for whatever is raised inside: the file at `path` is no sound `what`, and `advice` may help."""
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(
            gettext(
                "The file {path_name} needs more memory than there is, or is damaged; get it again, "
                "or save it as .npz.",
                path_name=path.name,
            )
        ) from error
    except Exception as error:
        check_disk(path.name, error)
        reason = readable(str(error).strip().partition("\n")[0], 100)
        raise InputError(
            gettext(
                "The file {path_name} is no sound {what} ({reason}); {advice}.",
                path_name=path.name,
                what=what,
                reason=reason,
                advice=advice,
            )
        ) from error
