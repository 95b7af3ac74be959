"""The sentences about whole datasets: what of them will hurt training, and what cannot be done with them. See :mod:`core.messages`."""


def _(template: str) -> str:
    return template


DATASETS: dict[str, str] = {
    # what a dataset should be warned of
    "data_copies": _(
        "Training has {n:,} of the {total:,} test images too, byte by byte: remembering is enough to be right on those, and the test "
        "flatters. Look for duplicates under Quality, and leave them out of training."
    ),
    "data_leak": _(
        "Training has {n:,} of the {total:,} test images too, or nearly the same ones: remembering is enough to be right on those, and the "
        "test flatters. Leave those out of training, under Quality."
    ),
    "data_unbalanced": _(
        "The classes are unbalanced: “{large}” has {ratio:.1f} times the training images of “{small}”, so a model learns to prefer it. Add "
        "images of the smaller classes, and judge a model class by class: the accuracy of all hides the small ones."
    ),
    "data_few": _(
        "“{name}” has {found} training images. Fewer than {needed} of a class rarely suffice to learn it from scratch: add some, or start "
        "from a trained network with the recipe transfer."
    ),
    "data_few_classes": _(
        "{n} classes have fewer than {needed} training images each: {names}; the rarest has {found}. That rarely suffices to learn them from "
        "scratch: add some, or start from a trained network with the recipe transfer."
    ),
    "data_untested": _(
        "No test image shows {names}: nobody will know how well a model names them. Add test images, or divide the images anew under Manage."
    ),
    "data_few_test": _(
        "Of “{name}” the test has {found}: a single image moves its accuracy by {points:.0f} points. Add test images, or divide the images "
        "anew under Manage, with a larger share for the test."
    ),
    "data_conflicting": _(
        "Files that stand under more than one class, byte by byte: {n:,}. One label of each is wrong, or both are right and no model can know. "
        "Leave one of each out, or put it under its class, under Quality."
    ),
    "data_grey": _(
        "{share:.0%} of the training images are grey and the others coloured; of “{name}” {most:.0%} are. A model may take the lack of "
        "colour for the sign of a class. Make all of them grey, or have as many grey ones in every class."
    ),
    "data_tiny": _(
        "Half of the images have at most {median} pixels on their shorter side; below {least} little can be told. Take larger ones."
    ),
    "data_size_tells": _(
        "Images of “{small}” have {low} pixels on their shorter side, those of “{large}” {high} (medians). Enlarged, the small ones look "
        "blurred, and a model may learn the blur instead of the thing. Take images of the same kind for both."
    ),
    "data_mixed": _(
        "The images are of very mixed sizes: from {low} to {high} pixels on their shorter side, but for the extremes. Enlarged, the small "
        "ones look blurred. Leave out the smallest, or take all of about the same size."
    ),
    "data_long": _(
        "{share:.0%} of the images are more than twice as long as wide: only the square in their middle is seen. Crop them to what they "
        "show first."
    ),
    # what is done with whole datasets
    "dataset_changed": _(
        "“{name}” got another version while this was being made. Nothing was made of it; do it once more."
    ),
    "name_taken": _("There is a dataset “{name}” already. Choose another name, or delete that one first."),
    "dataset_not_renamed": _("“{name}” belongs to Vitrine and cannot be renamed."),
    "dataset_current": _("Version {version} of “{name}” is the current one already. Choose an earlier one."),
    "split_share": _("The share for the test is {share:g}. It must be a number from {low:g} to {high:g}."),
    "split_seed": _("The seed is {seed}. It must be a whole number of at least 0."),
    "split_same": _("These images are divided like that already. Choose another share or seed."),
    "nothing_new": _("None of the {n:,} images is new: “{name}” has them all, or they could not be read. Give others."),
    "image_there_already": _("“{name}” has this very file already. It was not added again."),
    "export_missing": _("The ZIP is not here any more: it is kept for a day. Pack it again."),
    "folder_without_classes": _(
        "No image of “{name}” lies in a folder of its class. Choose a folder with one folder for each class in it."
    ),
}
