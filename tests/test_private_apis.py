"""What the lab uses of other packages that they do not promise to keep; each is marked `# private:` where it stands.

On the day of an upgrade these tests say what is gone, and where to begin. The versions are pinned until then.
"""

import importlib.util
import inspect
from pathlib import Path

import pytest

from mnist_core import environment
from mnist_core.sharing.browser import packed_model

CORE = Path(environment.__file__).parent
MARKED_PLACES = 22


def test_each_mark_has_its_test_here() -> None:
    lines = [line for path in CORE.rglob("*.py") for line in path.read_text("utf-8").splitlines()]
    marks = [line for line in lines if "# private:" in line]
    assert len(marks) == MARKED_PLACES, f"Write a test for what is new, take out that of what is gone: {marks}"


def test_dask_keeps_a_data_producer_in_the_scheduler() -> None:
    from dask._task_spec import Task
    from distributed import Scheduler

    todo = "The order of the queue hangs on it: find how Dask marks a task that waits in the scheduler now."
    assert Task("key", str, "", _data_producer=True).data_producer, todo
    assert "run_spec.data_producer" in inspect.getsource(Scheduler.is_rootish), todo


def test_a_task_can_have_its_worker_replaced() -> None:
    from distributed import LocalCluster, Worker

    todo = "Find another way for a task to have its worker replaced by a new process; `worker.make_room` needs it."
    assert {"restart", "reason"} <= inspect.signature(Worker.close_gracefully).parameters.keys(), todo
    with LocalCluster(1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None) as cluster:
        (worker,) = cluster.workers.values()
        assert callable(worker.loop.add_callback), todo
        assert worker.status.name == "running", todo


def test_dask_opens_the_port_of_its_pages_in_one_method() -> None:
    from distributed import Scheduler, Worker
    from distributed.node import ServerNode

    todo = "Find what opens a port for pages now; `local_cluster` leaves it out, as they ask nobody who reads them."
    assert Scheduler.start_http_server is Worker.start_http_server is ServerNode.start_http_server, todo
    for class_ in (Scheduler, Worker):
        assert inspect.getsource(class_).count("self.start_http_server(") == 1, todo
        assert "HTTPServer(" not in inspect.getsource(class_), todo


def test_optuna_lets_a_trial_be_taken_up_again_and_tells_what_waits() -> None:
    import optuna
    from optuna.trial import Trial

    study = optuna.create_study()
    study.enqueue_trial({"x": 1})
    (waiting,) = study.get_trials()
    assert waiting.system_attrs["fixed_params"] == {"x": 1}, (
        "Find where Optuna keeps the settings of a trial that waits, or keep them in the sweep's own folder."
    )
    study.ask()
    (running,) = study.get_trials()
    assert Trial(study, running._trial_id).number == 0, (
        "Find how a running trial is taken up again, or each worker that dies costs its trial."
    )


def test_keras_reduces_gradients_by_a_method_that_can_be_left_out() -> None:
    import keras

    optimizer = keras.optimizers.get("adam")
    step = inspect.getsource(optimizer._backend_update_step)
    assert "= self._all_reduce_sum_gradients(" in step, (
        "See whether TensorFlow still keeps 5 MB a run when Keras adds gradients up over one replica; if not, take the "
        "line out of `learner`."
    )


def test_streamlit_reads_its_own_cookie() -> None:
    from streamlit.web.server.starlette import starlette_app_utils as streamlit_cookies

    token = streamlit_cookies.generate_xsrf_token_string(b"A" * 16)
    assert streamlit_cookies.decode_xsrf_token_string(token)[0] == b"A" * 16, (
        "Find what reads the cookie against forged requests now, or all runs lose their owners."
    )


def test_the_schema_of_a_model_can_be_read_and_written() -> None:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs((environment.PRETRAINED / "best" / "model.tflite").read_bytes(), 0)
    assert model.SubgraphsLength() == 1 and schema.ModelT.InitFromObj(model).subgraphs[0].operators, (
        "Make the reader and writer from TensorFlow's schema.fbs with flatc, and use them instead."
    )
    assert isinstance(schema.BuiltinOperator.FULLY_CONNECTED, int)


def test_the_weights_of_a_litert_file_can_be_changed_in_place() -> None:
    content = (environment.PRETRAINED / "best" / "model.tflite").read_bytes()
    rounded = packed_model._rounded(content)
    assert len(rounded) == len(content) and rounded != content
    assert packed_model._rounded(rounded) == rounded


def test_litert_keeps_what_flows_between_operations() -> None:
    from ai_edge_litert.interpreter import Interpreter

    parameters = inspect.signature(Interpreter.__init__).parameters
    assert {"experimental_op_resolver_type", "experimental_preserve_all_tensors"} <= parameters.keys(), (
        "Find their new names; without them Draw cannot show what is inside a network."
    )


def test_streamlits_messages_have_the_fields_that_a_session_without_a_browser_reads() -> None:
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    todo = "Follow Streamlit's messages in `app_client`; only `bench` and the load tests need it."
    read = {"new_session", "navigation", "delta", "page_info_changed", "script_finished"}
    assert read | {"auto_rerun", "stop_auto_rerun"} <= set(ForwardMsg.DESCRIPTOR.fields_by_name), todo
    sent = {"query_string", "page_script_hash", "page_name", "fragment_id", "is_auto_rerun", "widget_states"}
    assert sent <= set(BackMsg().rerun_script.DESCRIPTOR.fields_by_name), todo


def test_streamlit_keeps_what_a_browser_sent_until_its_widget_is_drawn() -> None:
    from streamlit.runtime.state.common import user_key_from_element_id
    from streamlit.runtime.state.safe_session_state import SafeSessionState
    from streamlit.runtime.state.session_state import SessionState

    todo = "Find where it is kept now; by it a drawing outlives a restart of the app (`script_run.keys_from_browser`)."
    assert "_state" in inspect.getsource(SafeSessionState.__init__), todo
    assert SessionState()._new_widget_state.states == {}, todo
    assert user_key_from_element_id("$$ID-0123-canvas-7") == "canvas-7", todo


@pytest.mark.parametrize("name", ["stMainBlockContainer", "stMetricValue", "stButtonGroup"])
def test_streamlit_calls_what_it_draws_by_the_names_that_the_style_uses(name: str) -> None:
    import streamlit

    scripts = (Path(streamlit.__file__).parent / "static" / "static" / "js").glob("*.js")
    assert any(name in path.read_text("utf-8") for path in scripts), (
        f"Look up in a browser what '{name}' is called now, and change the style of the page's frame."
    )


def test_the_canvas_keeps_its_drawing_under_the_names_that_the_page_reads() -> None:
    package = importlib.util.find_spec("streamlit_drawable_canvas")
    assert package and package.origin
    source = Path(package.origin).read_text("utf-8")
    assert '"drawing"' in source and '"raw"' in source, (
        "Look up what `st.session_state` holds under the canvas's key now, and read it in `canvas_view`."
    )


def test_streamlits_page_has_its_scripts_where_their_fingerprints_are_taken() -> None:
    from mnist_core.ui.server.security_headers import inline_scripts

    assert inline_scripts().startswith("'sha256-"), (
        "See which scripts stand in Streamlit's index.html now; the content security policy must name each."
    )


def test_upload_fields_send_their_files_to_the_address_that_the_door_watches() -> None:
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.web.server.server import UPLOAD_FILE_ENDPOINT

    from mnist_core.ui.server.upload_door import UPLOAD

    (urls,) = MemoryUploadedFileManager(UPLOAD_FILE_ENDPOINT).get_upload_urls("session", ["a.png"])
    found = UPLOAD.search(urls.upload_url)
    assert found and found.groups() == ("session", urls.file_id), "Uploads pass the door unmeasured: change `UPLOAD`."


def test_a_script_run_knows_its_session_its_page_and_its_parts() -> None:
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

    fields = ScriptRunContext.__dataclass_fields__.keys()
    names = {"session_id", "page_script_hash", "uploaded_file_mgr", "fragment_ids_this_run"}
    assert names <= fields | set(vars(ScriptRunContext)), (
        "Find how a script run names its session, page and parts now; uploads and strokes hang on it."
    )


def test_the_kinds_of_messages_that_pages_send_are_those_that_the_door_knows() -> None:
    from streamlit.proto.BackMsg_pb2 import BackMsg

    from mnist_core.ui.server.message_door import WANTED

    unheard = {
        "clear_cache",
        "load_git_info",
        "set_run_on_save",
        "debug_disconnect_websocket",
        "debug_shutdown_runtime",
    }
    kinds = {field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}
    assert kinds == WANTED | unheard, "Let a new kind pass the door only if a page of the lab sends it."
    assert "file_names" in BackMsg.DESCRIPTOR.fields_by_name["file_urls_request"].message_type.fields_by_name


def test_streamlit_notes_of_each_file_when_it_may_go() -> None:
    from streamlit.runtime import media_file_manager

    todo = "Downloads are kept a while by it: find where Streamlit marks a file that no page shows."
    assert hasattr(media_file_manager.MediaFileMetadata, "mark_for_delete"), todo
    made = inspect.getsource(media_file_manager.MediaFileManager.execute_deferred)
    assert "MediaFileMetadata(kind=" in made, todo


def test_streamlit_reads_the_settings_and_the_look_of_pages_in_two_functions() -> None:
    from streamlit.proto.NewSession_pb2 import CustomThemeConfig
    from streamlit.runtime import app_session

    todo = "Find what puts settings and look into a message now; `settings` has them read once, not at each run."
    assert list(inspect.signature(app_session._populate_theme_msg).parameters) == ["msg", "section"], todo
    assert inspect.getsource(app_session.AppSession).count("_populate_theme_msg(") == 6, todo
    assert list(inspect.signature(app_session._populate_config_msg).parameters) == ["msg"], todo
    assert inspect.getsource(app_session.AppSession).count("_populate_config_msg(") == 1, todo
    assert CustomThemeConfig().ByteSize() == 0


def test_a_scheduler_tells_its_workers_how_often_to_say_how_they_are() -> None:
    from distributed import Scheduler, Worker

    from mnist_core.engine.local_cluster import HEARTBEAT_SECONDS, PagelessScheduler

    todo = "Find what sets the pace of heartbeats now; an idle engine takes a percent of a core more at Dask's own."
    assert '"heartbeat-interval"' in inspect.getsource(Scheduler.heartbeat_worker), todo
    source = inspect.getsource(Worker.heartbeat)
    assert 'response["heartbeat-interval"]' in source and "callback_time" in source, todo
    assert PagelessScheduler.heartbeat_worker is not Scheduler.heartbeat_worker and HEARTBEAT_SECONDS >= 5
