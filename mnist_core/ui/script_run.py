"""What a run of a page's script is of: a session, its page, and the whole of it or some parts."""

# private: `get_script_run_ctx`, as nothing else names a session, its page and the parts that run.
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.state.common import user_key_from_element_id

__all__ = ["context", "is_of_parts", "keys_from_browser"]


def context() -> ScriptRunContext | None:
    """The run of a script that asks; None in other threads, which speak, too, and of which Streamlit would warn."""
    return get_script_run_ctx(suppress_warning=True)


def is_of_parts() -> bool:
    """Whether only parts of the page run, for what was done to one of them."""
    here = context()
    return bool(here and here.fragment_ids_this_run)


def keys_from_browser() -> list[str]:
    """The keys of the widgets whose values the browser sent, also of those that this session has not drawn yet."""
    here = context()
    if here is None:
        return []
    # private: Streamlit gives what the browser sent only to a widget that is drawn.
    sent = here.session_state._state._new_widget_state.states
    return [key for name in sent if (key := user_key_from_element_id(name))]
