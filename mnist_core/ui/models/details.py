"""Models that are named, noted, deleted and brought back, and that travel to other labs and from them."""

import streamlit as st

from mnist_core.config import recipes
from mnist_core.files import days_of_use, folders
from mnist_core.formatting import count, size
from mnist_core.language import N_, gettext, ngettext
from mnist_core.presentation import refusals, status_words
from mnist_core.runs import summary, trash
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import LONGEST_NAME, LONGEST_NOTE, RunLabel
from mnist_core.sharing import capsule, exporting, importing, model_file, notebook
from mnist_core.sharing.exporting import FORMATS
from mnist_core.ui.browser import actor
from mnist_core.ui.choices import remember
from mnist_core.ui.frame import explained, offer_file, plain
from mnist_core.ui.loaders import recorded_dataset
from mnist_core.ui.uploader import accepted, let_go

# What was deleted last, and whether that was told: whoever pressed the button may have scrolled far from the Undo.
UNDO, TOLD = "deleted-run", "deletion-told"
IMPORTED = "imported-run"
MOST_LISTED = 20
MAKING = N_("Making it takes about half a minute, the first time.")
# As many MB as the server takes (`server.maxUploadSize`). The weights of the largest network have 80 MB, an evaluation
# far less; what an optimizer adds to a file of Keras may exceed it, which the command `import` still reads.
LARGEST_UPLOAD = 200


# --- One model -------------------------------------------------------------------------------------------------------


def show_facts(run: Run) -> None:
    """What a model is: its name, note, history and card."""
    st.header(plain(summary.title(run)), anchor=False)
    if note := run.label().note:
        st.text(note)
    with explained():  # a damaged folder must still get its Delete
        st.write(plain(status_words.summary(run)))
        _show_refusals(run)
        card = run.card()
        if card:
            with st.expander(gettext("Model card")):
                # What came in a file from outside might show pictures from anywhere: its text is enough.
                (st.text if run.description().imported else st.markdown)(card)


def _show_refusals(run: Run) -> None:
    """What a model does when it is shown what is no digit, as it was measured."""
    known = refusals.of(run)
    if known is None:
        return
    st.markdown(known.sentence)
    with st.expander(gettext("Where this was measured")):
        st.markdown(known.details)


def edit_label(run: Run) -> None:
    """Lets a person name a run and note something about it; the shipped model keeps its name."""
    if run.shipped or not actor().may_change(run.owner):
        return
    key = f"label-{run.id}"
    if st.session_state.pop(f"{key}-kept", False):
        st.session_state[key] = False  # what was kept is read beside it
    popover = st.popover(gettext("Name and note"), icon=":material/edit:", key=key, on_change="rerun")
    if not popover.open:
        return
    label = run.label()
    with popover, st.form(f"label-form-{run.id}", border=False):
        name = st.text_input(
            gettext("Name"), label.name, max_chars=LONGEST_NAME, placeholder=gettext("recipe and date")
        )
        note = st.text_area(gettext("Note"), label.note, max_chars=LONGEST_NOTE)
        if st.form_submit_button(gettext("Save"), type="primary"):
            with explained():
                run.write_label(RunLabel(name.strip(), note.strip()), by=actor())
                st.session_state[f"{key}-kept"] = True
                st.rerun()


# --- Files for others ------------------------------------------------------------------------------------------------


def offer_downloads(run: Run) -> None:
    """A model's files, each with what it is good for, and how to load it elsewhere."""
    if not folders.is_file(run.keras_path) and not run.has_model:
        st.info(gettext("This run has no model to download."))
        return
    for suffix, one in FORMATS.items():
        if exporting.has(run, suffix):
            button, purpose = st.columns([1, 3], vertical_alignment="center")
            with button:
                _offer_file(run, suffix, one.label)
            making = [gettext(MAKING)] if exporting.needs_onnx(run, suffix) else []
            purpose.caption(" ".join([gettext(one.purpose), *making]))
    if notebook.can_be_written(run):
        _offer_notebook(run)
    with st.expander(gettext("How to load them in Python"), icon=":material/code:"):
        shown = [suffix for suffix in FORMATS if FORMATS[suffix].example and exporting.has(run, suffix)]
        for suffix, tab in zip(shown, st.tabs([gettext(FORMATS[suffix].label) for suffix in shown]), strict=True):
            tab.code(FORMATS[suffix].example.replace("NAME", f"{run.id}{suffix}"), language="python", wrap_lines=True)
        st.caption(
            gettext(
                "`digit` is a grey picture of 28×28 pixels, white ink on black, with the digit in the "
                "middle as in MNIST. `probabilities` has one row for it, with one column for each "
                "digit from 0 to 9."
            )
        )


def _offer_notebook(run: Run) -> None:
    """What the run did, to do it again elsewhere."""
    button, purpose = st.columns([1, 3], vertical_alignment="center")
    with button:
        offer_file(
            gettext("Notebook"),
            lambda: notebook.content(run, notebook.NOTEBOOK),
            f"{run.id}{notebook.NOTEBOOK}",
            "application/x-ipynb+json",
            key=f"download-notebook-{run.id}",
            width="stretch",
        )
    purpose.caption(gettext("To do it all again in plain Keras, cell by cell with explanations, in Jupyter or Colab."))


def _offer_file(run: Run, suffix: str, label: str) -> None:
    """A download; ONNX, which a package holds too, is made first, since TensorFlow is needed for it."""
    if exporting.needs_onnx(run, suffix):
        if st.button(
            gettext("Make ONNX") if suffix == ".onnx" else gettext("Make package"),
            icon=":material/build:",
            width="stretch",
        ):
            with explained(), st.spinner(gettext("TensorFlow starts, and the model is converted …")):
                exporting.make_onnx(run)
                st.rerun()
        return
    path = {".keras": run.keras_path, ".tflite": run.model_path, ".onnx": exporting.find_onnx(run)}.get(suffix)
    offer_file(
        f"{gettext(label)} ({size(path.stat().st_size)})" if path else gettext(label),
        lambda: exporting.content(run, suffix),
        f"{run.id}{suffix}",
        "application/octet-stream",
        key=f"download-{suffix}-{run.id}",
        width="stretch",
    )


# --- Deleting --------------------------------------------------------------------------------------------------------


def _kept() -> str:
    return gettext(
        "What is deleted stays here for {days} days on which the lab is used. Then it is gone for good.",
        days=days_of_use.KEPT_DAYS,
    )


def offer_deletion(run: Run) -> None:
    """Deletes a run once a person has said so twice; it can be brought back."""
    if run.shipped:
        return
    if not actor().may_change(run.owner):
        st.caption(gettext("This is somebody else's model. Only they can name or delete it, and whoever runs the lab."))
        return
    with st.popover(gettext("Delete"), icon=":material/delete:", key=f"delete-{run.id}"):
        st.markdown(gettext("Delete this model? You can bring it back on this page. {kept}", kept=_kept()))
        if not st.button(gettext("Delete it"), type="primary", icon=":material/delete:"):
            return
    with explained():
        title = summary.title(run)
        trash.delete(run, by=actor())
        _forget(run)
        st.session_state[UNDO], st.session_state[TOLD] = (run.id, title), False
        st.rerun()


def _forget(run: Run) -> None:
    """Takes a deleted run out of the address and of this session's choices."""
    st.session_state.pop("run", None)
    if st.query_params.get("run") == run.id:
        del st.query_params["run"]


def offer_undo() -> None:
    """Says which run was deleted last in this session, as long as it can be brought back."""
    gone = st.session_state.get(UNDO)
    if not gone or gone[0] not in [run.id for run in trash.all_deleted()]:
        return
    name, title = gone
    if not st.session_state.get(TOLD, True):
        st.toast(
            plain(gettext("{title} is deleted. You can undo it above the model.", title=title)),
            icon=":material/delete:",
        )
        st.session_state[TOLD] = True
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="undo"):
        st.markdown(gettext("{title} is deleted.", title=plain(title)), width="stretch")
        if st.button(gettext("Undo"), icon=":material/undo:", type="primary"):
            _restore(name)
        if st.button(gettext("Dismiss"), type="tertiary"):
            del st.session_state[UNDO]
            st.rerun()


def _restore(name: str) -> None:
    with explained():
        run = trash.restore(name, by=actor())
        st.session_state.pop(UNDO, None)
        remember("run", run.id)
        st.rerun()


def show_deleted() -> None:
    """The runs in the bin: to bring back, or to remove for good."""
    trash.purge()
    gone = trash.all_deleted()
    if not gone:
        return
    with st.expander(gettext("Deleted ({number})", number=len(gone)), icon=":material/delete:", key="deleted"):
        st.caption(_kept())
        for run in gone[:MOST_LISTED]:
            with st.container(horizontal=True, vertical_alignment="center", key=f"deleted-{run.id}"):
                left = ngettext(
                    "{number} day", "{number} days", trash.days_left(run), number=count(trash.days_left(run))
                )
                st.markdown(
                    gettext("{title} · {left} left", title=plain(summary.title(run)), left=left), width="stretch"
                )
                if not actor().may_change(run.owner):
                    continue
                if st.button(gettext("Restore"), key=f"restore-{run.id}", icon=":material/restore_from_trash:"):
                    _restore(run.id)
                if st.button(gettext("Delete for good"), key=f"remove-{run.id}", icon=":material/delete_forever:"):
                    with explained():
                        trash.remove(run.id, by=actor())
                        st.rerun()
        if len(gone) > MOST_LISTED:
            st.caption(
                gettext(
                    "And {others}.",
                    others=ngettext(
                        "{number} older one",
                        "{number} older ones",
                        len(gone) - MOST_LISTED,
                        number=count(len(gone) - MOST_LISTED),
                    ),
                )
            )


# --- Files from others -----------------------------------------------------------------------------------------------


def offer_import() -> None:
    """Makes a run of a file that somebody else's lab, or another program, has written; for the teacher."""
    if not actor().in_charge:
        return
    st.header(gettext("Import a model"), anchor=False)
    if said := st.session_state.pop(IMPORTED, ""):
        st.success(plain(said))
    number = st.session_state.get("imports", 0)
    upload = st.file_uploader(
        gettext(
            "A capsule of this lab, or a model of Keras, ONNX, LiteRT (.tflite) or TensorFlow.js, "
            "alone or in a zip file"
        ),
        [suffix.removeprefix(".") for suffix in (capsule.SUFFIX, *model_file.SUFFIXES)],
        key=f"import-{number}",
        max_upload_size=accepted(LARGEST_UPLOAD),
        help=gettext("No code in the file is run. Its accuracy is measured again here, on images of this lab."),
    )
    if upload is None:
        st.caption(gettext("To share a model, download its capsule above. Another lab takes it in here."))
        return
    name = st.text_input(
        gettext("Name"), key=f"import-name-{number}", max_chars=LONGEST_NAME, placeholder=gettext("as the file has it")
    )
    recipe = ""
    if upload.name.lower().endswith((".h5", ".hdf5", ".zip")):
        recipe = st.selectbox(
            gettext("Layers"),
            ["", *recipes.all_recipes()],
            key=f"import-recipe-{number}",
            format_func=lambda name: (
                gettext("of the recipe {name}", name=name) if name else gettext("as the file has them")
            ),
            help=gettext(
                "Some files hold only a network's numbers (Keras's save_weights). Say which recipe they are of."
            ),
        )
    st.caption(gettext("Importing takes about half a minute."))
    if not st.button(gettext("Import"), type="primary", icon=":material/upload:"):
        return
    with (
        explained(),
        st.status(gettext("Importing {file} …", file=plain(upload.name)), expanded=True) as status,
    ):
        try:
            run = importing.bring_in(
                upload,
                upload.name,
                name.strip(),
                recorded_dataset,
                lambda step: status.write(plain(step)),
                actor(),
                recipe=recipe,
            )
        except Exception:
            status.update(label=gettext("This file cannot be imported."), state="error", expanded=False)
            raise
        let_go([upload])
        st.session_state[IMPORTED] = gettext(
            "{title} is ready. {sentence}", title=summary.title(run), sentence=status_words.sentence(run.status())
        )
        st.session_state["imports"] = number + 1  # an empty uploader
        remember("run", run.id)
        st.rerun()
