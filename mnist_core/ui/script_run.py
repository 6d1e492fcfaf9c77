"""What a run of a page's script is of: a session, its page, and the whole of it or some parts."""

# private: `get_script_run_ctx`, as nothing else names a session, its page and the parts that run.
from streamlit.runtime.scriptrunner import get_script_run_ctx as context

__all__ = ["context", "is_of_parts"]


def is_of_parts() -> bool:
    """Whether only parts of the page run, for what was done to one of them."""
    here = context()
    return bool(here and here.fragment_ids_this_run)
