"""Every sentence that ``core`` says to a user: a code, and the English template it stands for.

Templates have named placeholders, so that a translation may order them as its language wants. ``_`` marks them for
the message catalogue; translation happens where they are shown, by the function handed to :func:`words`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.data_messages import DATASETS


def _(template: str) -> str:
    return template


MESSAGES: dict[str, str] = DATASETS | {
    # images
    "not_an_image": _("This is no image that can be read here. JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP and TIFF can."),
    "image_empty": _("The file is empty. Save it again, or take another."),
    "image_damaged": _("The image is damaged or incomplete ({reason}). Save it again, or take another."),
    "image_too_large": _("The file has {found} MiB; at most {allowed} MiB are read. Save it smaller."),
    "image_too_many_pixels": _(
        "The image has {found} million pixels; at most {allowed} million are read. Save it smaller."
    ),
    "image_too_much_memory": _("The image needs more memory than is allowed. Save it smaller."),
    "image_too_slow": _("The image took more than {seconds:g} seconds to read. Save it smaller, or in another format."),
    "zip_member_damaged": _("It is damaged inside “{file}”, or packed by an uncommon method. Make the ZIP again."),
    "outside_classes": _("It lies in no class folder. Put it into the folder of its class."),
    # data
    "dataset_unknown": _("There is no dataset “{name}”. Choose one of: {known}."),
    "dataset_not_here": _(
        "The images of “{name}” that “{run}” learnt from are not here. Download or import them as “{name}” on the Data page, or "
        "by `python -m core data`."
    ),
    "dataset_embedded": _("“{name}” belongs to Vitrine and cannot be deleted."),
    "dataset_licence": _("“{name}” comes with Vitrine, and its licence with it."),
    "dataset_name_missing": _("The dataset needs a name. Give it one, for instance flowers."),
    "dataset_name": _(
        "“{name}” cannot be the name of a dataset. Use 1 to 64 of a-z, 0-9, dot, dash and underscore, beginning with a "
        "letter or digit; the names of the datasets that come with Vitrine are taken."
    ),
    "download_failed": _(
        "“{name}” could not be downloaded: its server cannot be reached. Put {files} into {folder} by hand and try again, "
        "or import a ZIP of images."
    ),
    "download_damaged": _(
        "What there is of “{name}” has a wrong checksum. Remove {files} from {folder} and try again, or import a ZIP of images."
    ),
    "zip_unreadable": _("“{file}” is no ZIP file, or a damaged one. Make it again."),
    "zip_no_images": _(
        "There is no image in “{file}” that can be read here. Put some in, as JPEG or PNG for instance."
    ),
    "zip_too_many_images": _(
        "There are {found:,} images in “{file}”; at most {allowed:,} are looked at in one go. Make several of it."
    ),
    "tray_full": _(
        "The labelling tray is full: {held} photos are in it, and at most {allowed:,} of {gib} GiB together fit. “{file}” and what follows "
        "stayed out. Make a dataset of what is labelled, then add the rest."
    ),
    "dataset_taken": _("There is a dataset “{name}” already. Add the photos to that, or choose another name."),
    "labels_none": _("No photo has a label yet. Label some first."),
    "labels_gone": _(
        "“{name}” has no class {labels} in the version that is current now. Go back to the version that has it, or label these photos anew. Nothing was changed."
    ),
    "labels_unreadable": _(
        "“{file}” is no table of labels. Save it as CSV in UTF-8 with the columns {columns}, a line for each photo."
    ),
    "labels_no_match": _("No line of the table names a photo in “{file}”. It has “{example}”."),
    "zip_encrypted": _("“{file}” is protected by a password. Make a ZIP without one."),
    "zip_traversal": _(
        "“{file}” was refused: its member “{member}” would be written outside the folder. Make it again, with names below one folder."
    ),
    "zip_link": _("“{file}” was refused: its member “{member}” is a link, not an image. Put the image itself there."),
    "zip_bomb": _("“{file}” was refused: it would unpack to far more than its size. Make a ZIP of plain images."),
    "zip_no_classes": _(
        "“{file}” has no folders with files in them. Put the images of each class into a folder of that name."
    ),
    "class_single": _("There is a single class, “{name}”. A classifier needs two folders of images at least."),
    "class_empty": _("The class “{name}” has no readable image. Fill its folder, or remove it."),
    "class_too_small": _(
        "The class “{name}” needs more images: two to train and validate by, and a third to test by if no test images are given. "
        "Add some."
    ),
    "test_empty": _(
        "There is no readable test image. Add some, or import without test images: a fifth is held out then."
    ),
    "test_twice": _(
        "“{file}” has train and test folders of its own. Import it alone, or a ZIP of class folders for each."
    ),
    "class_only_in_test": _("Test images show classes that have no training images: {names}. Training has: {known}."),
    "data_damaged": _("The stored images of “{name}”, version {version}, are damaged. Import the dataset again."),
    "image_unknown": _("“{name}” has no image “{path}”. They are named like “{example}”."),
    "class_unknown": _("There is no class “{name}”. Choose one of: {known}."),
    "nothing_to_correct": _("Nothing was to be corrected. Name an image with --leave-out PATH or --label PATH=CLASS."),
    "attributes_unreadable": _("This is no table in UTF-8 that can be read as CSV: {reason}. Save it as CSV again."),
    "attributes_no_path": _(
        "The table needs a column “path” that names images, and one more at least. Its first line has: {found}."
    ),
    "attributes_wide": _("The table has {found} columns beside “path”; at most {allowed} are read. Leave some out."),
    "attributes_no_match": _(
        "No line of the table names an image of “{name}”. It has “{example}”, the images are named like “{known}”."
    ),
    "not_comparable": _("The two models have no test image in common. Choose one that was trained on the same data."),
    "left_out_few": _(
        "Test images show {found} of its classes. It takes {needed} at least to leave two out and still tell the others apart."
    ),
    "training_labels_few": _(
        "Class “{name}” has {found} training images. It takes {needed} at least to learn from one half and judge the other."
    ),
    "start_has_seen": _(
        "The network was taken over from “{run}”, which learnt from “{name}” already: it remembers the labels, right or wrong. Train from "
        "scratch, or start from another network."
    ),
    "forecast_few": _(
        "“{name}” has {found} training images. It takes {needed} at least to train on parts of them and draw a curve. Add some."
    ),
    "left_out_start": _(
        "The model took over a trained network, which may have seen the classes that are left out. Only what is trained from scratch can "
        "be measured so."
    ),
    "variant_no_layers": _(
        "None of its layers can be computed in whole numbers: ONNX Runtime does it for convolutions and dense layers, not for recurrent ones."
    ),
    "variant_failed": _("ONNX Runtime could not make it: {error}"),
    "variant_unknown": _("“{name}” cannot be served. Choose one of: {known}."),
    "variants_not_made": _(
        "No other form of “{run}” has been made yet. Make them on the Deploy page, or by `python -m core measure`."
    ),
    "variant_lost": _(
        "The files of “{run}” as {name} are missing or were altered, so the original answers. Make the forms again on the Deploy page, "
        "or choose another."
    ),
    "study_unknown": _("There is no study “{name}”. Choose one of: {known}."),
    # runs and jobs
    "model_unknown": _("There is no model “{name}” here. `GET /api/v1/models` lists those that can answer."),
    "model_latest_missing": _(
        "There is no “latest” here, as no training of yours has finished yet. `GET /api/v1/models` lists the models that can answer."
    ),
    "run_unknown": _("There is no run “{run}”. `python -m core runs` lists them."),
    "run_ambiguous": _("{count} runs are named “{run}”. Use the id of the one you mean: {ids}."),
    "run_not_deleted": _(
        "There is no deleted run “{run}”. Use the name or id of one that was deleted less than a day ago."
    ),
    "run_none_finished": _(
        "No run of yours has finished yet. Train one, or name a model that comes with Vitrine: `python -m core runs` lists them."
    ),
    "run_bundled": _(
        "“{run}” comes with Vitrine: it cannot be stopped, resumed or deleted. Train it again with changes instead."
    ),
    "run_active": _("“{run}” is still at work. Stop it first, then delete it."),
    "run_not_active": _("“{run}” is {state}: there is nothing to stop."),
    "run_not_resumable": _("“{run}” is {state}: only an interrupted, stopped or failed run can be resumed."),
    "run_ending": _("The process of “{run}” has not ended yet. Wait a minute, and resume it then."),
    "bundle_missing": _("“{run}” is {state} and has no model yet. Wait until it is finished, or choose another run."),
    "slots_invalid": _("VITRINE_SLOTS is “{value}”. It must be a whole number of at least 1."),
    "api_key_invalid": _(
        "VITRINE_API_KEY cannot be sent in a header. Use letters, digits and signs of ASCII, without a space at either end."
    ),
    "api_concurrency_invalid": _("VITRINE_API_CONCURRENCY is “{value}”. It must be a whole number of at least 1."),
    "api_timeout_invalid": _("VITRINE_API_TIMEOUT is “{value}”. It must be a number of seconds above 0."),
    "api_host_invalid": _(
        "VITRINE_API_HOSTS names “{value}”. Give names of this server, separated by commas, such as “models.example”, without a port."
    ),
    "api_origin_invalid": _(
        "VITRINE_API_ORIGINS names “{value}”. Give web sites, separated by commas, such as “https://shop.example”."
    ),
    "store_unreadable": _(
        "The store “{path}” cannot be opened: {reason}. Check its disk and permissions; if it is damaged, put a copy back, or "
        "move it away to begin anew."
    ),
    "file_unreadable": _("“{path}” cannot be read: {reason}. Check the path and its permissions."),
    "file_unwritable": _("“{path}” cannot be written: {reason}. Check the path and its permissions."),
    "file_missing": _("There is no file “{path}”. Check the path."),
    "source_unknown": _("There is no public dataset “{name}” here. Choose one of: {known}."),
    "preset_unknown": _("There is no preset “{preset}”. Choose one of: {known}."),
    "setting_unknown": _("There is no setting “{field}”. Choose among: {known}."),
    "setting_misspelt": _("There is no setting “{field}”. Did you mean “{near}”?"),
    "setting_whole": _("{field} is “{value}”. It must be a whole number from {low} to {high}."),
    "setting_number": _("{field} is “{value}”. It must be a number from {low} to {high}."),
    "setting_choice": _("{field} is “{value}”. It must be one of: {known}."),
    "setting_start": _(
        "start is “{value}”. It must be the name of a finished run, or torchvision: and the name of a published network, for instance "
        "torchvision:resnet18."
    ),
    "setting_twice": _("{field} is given twice. Give it once."),
    "setting_malformed": _("“{setting}” is not a setting. Write it as key=value, for instance epochs=5."),
    "recipe_unreadable": _(
        '“{file}” is no recipe. A recipe is a JSON object of settings, for instance {{"preset": "fast", "epochs": 5}}.'
    ),
    "recipe_name": _(
        "“{name}” cannot be the name of a recipe. Use 1 to 60 letters, digits, spaces, dots, dashes and underscores, beginning "
        "with a letter or digit and not ending with a dot."
    ),
    "recipe_taken": _("There is a recipe “{name}” already. Choose another name, or delete that one first."),
    "recipe_unknown": _("There is no recipe “{name}”. Choose one of: {known}."),
    "recipe_source": _("A run starts from a preset or from a recipe's file. Give either --preset or --recipe."),
    # starting from a trained network
    "start_missing": _(
        "The recipe transfer needs a trained network to start from. Name a run with start=RUN, or one of: {known}."
    ),
    "backbone_unknown": _("There is no pre-trained network “{name}” here. Choose one of: {known}."),
    "class_few": _(
        "The class “{name}” has {found} training images; {needed} are needed to learn from and to validate by. Add some."
    ),
    "classes_few": _("There are fewer than two classes. Name at least two, and give photos of each."),
    "class_name": _(
        "“{name}” cannot name classes. Use 1 to 64 characters without / and \\, not beginning with a dot, and not train, test or "
        "validation alone."
    ),
    "class_unnamed": _("Class {number} has photos and no name. Give it the name that the model is to answer."),
    "class_twice": _("Two classes are named “{name}”. Give each a name of its own."),
    "photos_none": _("There are no photos to add to “{name}”. Give some first."),
    "photo_in_two": _(
        "The photo “{file}” is in the class “{first}” and in the class “{second}”. Remove it from one of them."
    ),
    "photos_few": _(
        "The class “{name}” needs {needed} different photos at least, and 20 are better; it has {found} that can be read. Add some."
    ),
    "weights_unreachable": _(
        "The weights of {name} could not be downloaded ({reason}). Put {file}, from {url}, into {folder} by hand and train again, or "
        "start from a model that was trained here."
    ),
    "weights_damaged": _(
        "“{file}” in {folder} is damaged: its content is not what the end of its name promises. Remove it and train again to download "
        "it, or put a whole copy there."
    ),
    "weights_foreign": _(
        "“{file}” in {folder} does not hold the weights of {name}. Remove it and train again to download them, or put the right file there."
    ),
    "run_interrupted": _("The process of “{run}” is gone. `python -m core resume` goes on after its last epoch."),
    "diverged": _(
        "Training diverged at step {step}: the loss is no number any more. Try a learning rate far below {rate}."
    ),
    "hopeless": _(
        "Training diverged: the mean loss of epoch {epoch} is {loss}, where guessing has {guess}. Try a learning rate far below {rate}, "
        "or a warm-up."
    ),
    "device_missing": _("There is no graphics card that PyTorch can use here. Choose auto or cpu."),
    "bundle_altered": _("“{file}” of this bundle was altered after it was sealed. Export it again from its run."),
    "bundle_incomplete": _("“{path}” is no complete bundle: “{file}” is missing. Export it again from its run."),
    "bundle_version": _("This bundle has format {found}; this version of Vitrine reads format {known}."),
    "file_there": _("“{path}” is there already. Name another file."),
    "folder_no_images": _(
        "There is no image in the folder “{path}” that can be read here. Name one with JPEG or PNG files, for instance."
    ),
    "folder_not_empty": _("“{path}” is not an empty folder. Name a new one."),
    "classes_differ": _("“{data}” has other classes than the model was trained on. Its test images cannot judge it."),
    "studio_slow": _("This was given up after {seconds:g} seconds. Choose a smaller network, batch or image side."),
    "studio_ended": _(
        "The process that tries recipes ended unexpectedly. Free some memory, or choose a smaller network, and try again."
    ),
    "studio_failed": _("This cannot be shown: {error}. Change the recipe, or train without looking."),
    "trial_memory": _("A trial step ran out of memory. Choose a smaller batch size, network or image side."),
    # what a recipe should be warned of
    "caution_one_batch": _(
        "A batch of {batch} takes all {images} training images at once: one step an epoch. Choose a batch size of at most {advice}."
    ),
    "caution_few_steps": _("An epoch is only {steps} steps. Choose a batch size of at most {advice}, or more epochs."),
    "caution_diverged": _(
        "“{run}” diverged at a learning rate of {rate} with this network and optimiser. Choose a smaller one."
    ),
    "caution_rate": _(
        "Small trials of this network with {optimizer} stopped learning at a rate of {rate}. Choose about {advice}, or a schedule that "
        "rises first."
    ),
    "caution_memory": _(
        "It may need {needed} GiB of memory, and {free} GiB are free. Choose a smaller batch size, network or image side."
    ),
    "caution_long": _(
        "It may take {hours} hours. About {epochs} epochs fit into one; fewer training images or a smaller network are faster too."
    ),
    "caution_patience": _(
        "Early stopping waits {patience} epochs, and the run has {epochs}: it will never stop early. Choose fewer."
    ),
    "caution_bf16": _("This machine has no bf16 and imitates it, many times slower. Choose auto or fp32."),
    "caution_mirror": _("Mirrored digits and letters mislead: a mirrored 2 is no 2. Turn Mirror off."),
    "caution_crop": _(
        "Down to {crop} of an image is shown: often none of what it is named after. Choose a random crop of {advice} or more."
    ),
    "caution_shift": _("Shifts of up to {shift} may push what matters out of the image. 0.125 is common."),
    "caution_cutout": _(
        "The grey square hides {area} of every image, perhaps all that matters. Choose a cutout of at most {advice}."
    ),
    "caution_smoothing": _(
        "With two classes this label smoothing leaves the truth {certain} certain. Choose 0.1 or less."
    ),
    "job_stopped": _("It was stopped before it was done. Nothing was kept."),
    "out_of_memory": _("The machine ran out of memory. Choose a smaller batch size or fewer images, then resume."),
    "disk_full": _("The disk is full: “{path}” could not be written. Free some space, then resume or try again."),
    "worker_failed": _("The job stopped with an unexpected error: {error}. Its log has the details."),
}

# How the states of a run are called, in sentences with ``{state}`` and wherever else a reader meets them.
STATES: dict[str, str] = {
    "queued": _("waiting"),
    "running": _("running"),
    "finished": _("finished"),
    "stopped": _("stopped"),
    "failed": _("failed"),
    "interrupted": _("interrupted"),
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
    if "state" in params:
        params = {**params, "state": translate(STATES.get(params["state"], params["state"]))}
    return translate(template).format(**params)
