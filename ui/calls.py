"""Programs to copy that ask a model for its verdict. They are code, the same in every language of the page."""

from core.bundle.format import MODEL, Metadata


def curl(url: str) -> str:
    return f"""curl -F "files=@photo.jpg" \\
  {url}
"""


def python(url: str) -> str:
    return f"""import requests

with open("photo.jpg", "rb") as photo:
    answer = requests.post("{url}", files=[("files", photo)])
answer.raise_for_status()
for prediction in answer.json()["predictions"]:
    print(prediction["file"], prediction["verdict"], prediction["label"], prediction["probability"])
"""


def javascript(url: str) -> str:
    return f"""import {{ readFile }} from "node:fs/promises";

const form = new FormData();
form.append("files", new Blob([await readFile("photo.jpg")]), "photo.jpg");
const answer = await fetch("{url}", {{ method: "POST", body: form }});
if (!answer.ok) throw new Error((await answer.json()).detail);
for (const prediction of (await answer.json()).predictions) {{
  console.log(prediction.file, prediction.verdict, prediction.label, prediction.probability);
}}
"""


def onnx(inside: Metadata) -> str:
    return f"""import json
import numpy as np, onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession("{MODEL}")
about = json.loads(session.get_modelmeta().custom_metadata_map["vitrine"])
photo = ImageOps.exif_transpose(Image.open("photo.jpg")).convert("RGB")
pixels = np.asarray(ImageOps.fit(photo, (about["side"], about["side"])))  # {inside.side} x {inside.side}, uint8
probabilities, knownness = session.run(["probabilities", "knownness"], {{"images": pixels[None]}})
best = probabilities[0].argmax()
if knownness[0] < about["knownness_threshold"]:
    print("unknown")
elif probabilities[0, best] < about["probability_threshold"]:
    print("unsure, perhaps", about["classes"][best])
else:
    print(about["classes"][best], probabilities[0, best])
"""
