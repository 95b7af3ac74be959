"""Programs to copy that ask a model for its verdict. They are code, the same in every language of the page.

Where the server asks for a key, they take it from the environment: it never stands on a page.
"""

KEY = "VITRINE_API_KEY"


def curl(url: str, with_key: bool = False) -> str:
    key = f'-H "X-API-Key: ${KEY}" ' if with_key else ""
    return f"""curl {key}-F "files=@photo.jpg" \\
  {url}
"""


def python(url: str, with_key: bool = False) -> str:
    imports, key = "import requests", ""
    if with_key:
        imports = f"import os\n\n{imports}"
        key = f', headers={{"X-API-Key": os.environ["{KEY}"]}}'
    return f"""{imports}

url = "{url}"
with open("photo.jpg", "rb") as photo:
    answer = requests.post(url, files=[("files", photo)]{key})
answer.raise_for_status()
for prediction in answer.json()["predictions"]:
    if "error" in prediction:
        print(prediction["file"], prediction["error"])
    else:
        print(prediction["file"], prediction["verdict"], prediction["label"], prediction["probability"])
"""


def javascript(url: str, with_key: bool = False) -> str:
    key = f', headers: {{ "X-API-Key": process.env.{KEY} }}' if with_key else ""
    return f"""import {{ readFile }} from "node:fs/promises";

const url = "{url}";
const form = new FormData();
form.append("files", new Blob([await readFile("photo.jpg")]), "photo.jpg");
const answer = await fetch(url, {{ method: "POST", body: form{key} }});
if (!answer.ok) throw new Error((await answer.json()).detail);
for (const prediction of (await answer.json()).predictions) {{
  if (prediction.error) console.log(prediction.file, prediction.error);
  else console.log(prediction.file, prediction.verdict, prediction.label, prediction.probability);
}}
"""


def alone() -> str:
    return """pip install onnxruntime pillow numpy
python predict.py photo.jpg
"""


def server() -> str:
    return """pip install -r requirements.txt
uvicorn serve:app --port 8000
"""


def container() -> str:
    return """docker build --tag my-model .
docker run --rm --publish 127.0.0.1:8000:8000 --read-only --tmpfs /tmp --memory 2g my-model
"""
