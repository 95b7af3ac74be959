"""Every sentence that ``core`` says to a user: a code, and the English template it stands for.

Templates have named placeholders, so that a translation may order them as its language wants. ``_`` marks them for
the message catalogue; translation happens where they are shown, by the function handed to :func:`words`.
"""

from collections.abc import Callable, Mapping
from typing import Any


def _(template: str) -> str:
    return template


MESSAGES: dict[str, str] = {
    # runs and jobs
    "run_unknown": _("There is no run “{run}”. `python -m core runs` lists them."),
    "run_ambiguous": _("{count} runs are named “{run}”. Use the id of the one you mean: {ids}."),
    "run_none_finished": _("No run has finished yet. Train one first."),
    "out_of_memory": _("The machine ran out of memory. Choose a smaller batch size or fewer images, then resume."),
    "disk_full": _("The disk is full: “{path}” could not be written. Free some space, then resume the run."),
    "worker_failed": _("The job stopped with an unexpected error: {error}. Its log has the details."),
}


def words(code: str, params: Mapping[str, Any], translate: Callable[[str], str] = lambda template: template) -> str:
    """The sentence for a message code.

    Args:
        code: a key of :data:`MESSAGES`; an unknown one (written by a newer version) is shown as it is.
        params: values for the template's placeholders.
        translate: from the English template to the user's language.
    """
    template = MESSAGES.get(code)
    if template is None:
        return f"{code} {dict(params)}" if params else code
    return translate(template).format(**params)
