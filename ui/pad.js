// A canvas to draw on, with a pointer or with the keyboard. Strokes go to Python as points, each from 0 to 1 of its width and
// height; Python makes a picture of them, so that no picture made by a browser is ever read.
const memory = new WeakMap();
const STEP = 1 / 32; // of the canvas, that an arrow key moves the pen

export default function ({ data, parentElement, setStateValue }) {
  const canvas = parentElement.querySelector("canvas");
  const [undo, clear] = parentElement.querySelectorAll("button");
  const pad = memory.get(parentElement) ?? { strokes: [], at: [0.5, 0.5], down: false, told: "", sent: new Set() };
  memory.set(parentElement, pad);

  const given = JSON.stringify(data.strokes);
  if (given !== pad.told && !pad.drawing && !pad.sent.has(given)) {
    pad.strokes = data.strokes.map((stroke) => stroke.slice());
    pad.told = given;
  }
  canvas.width = data.width;
  canvas.height = data.height;
  canvas.setAttribute("aria-label", data.words.label);
  undo.textContent = data.words.undo;
  clear.textContent = data.words.clear;

  const tell = () => {
    const strokes = pad.strokes.map((stroke) => stroke.map((point) => point.map((part) => Math.round(part * 1e4) / 1e4)));
    pad.told = JSON.stringify(strokes);
    pad.sent.add(pad.told); // what comes back of it later is old news
    setStateValue("strokes", strokes);
    undo.disabled = clear.disabled = strokes.length === 0;
  };
  undo.disabled = clear.disabled = pad.strokes.length === 0;

  const draw = () => {
    const pen = canvas.getContext("2d");
    pen.fillStyle = data.ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (pad.picture?.complete) pen.drawImage(pad.picture, 0, 0, canvas.width, canvas.height);
    pen.strokeStyle = pen.fillStyle = data.colour;
    pen.lineWidth = data.thickness * Math.min(canvas.width, canvas.height);
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of pad.strokes) {
      pen.beginPath();
      for (const [x, y] of stroke) pen.lineTo(x * canvas.width, y * canvas.height);
      if (stroke.length === 1) pen.lineTo(stroke[0][0] * canvas.width, stroke[0][1] * canvas.height);
      pen.stroke();
    }
    if (canvas.matches(":focus-visible")) {
      pen.strokeStyle = "#E69F00";
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(pad.at[0] * canvas.width, pad.at[1] * canvas.height, 8, 0, 2 * Math.PI);
      pen.stroke();
    }
  };
  if (pad.source !== data.background) {
    pad.source = data.background;
    pad.picture = data.background ? new Image() : undefined;
    if (pad.picture) {
      pad.picture.onload = draw;
      pad.picture.src = data.background;
    }
  }

  const clamp = (value) => Math.min(1, Math.max(0, value));
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    pad.strokes.push([place(event)]);
    pad.drawing = true;
    draw();
  };
  canvas.onpointermove = (event) => {
    if (!pad.drawing) return;
    pad.strokes.at(-1).push(place(event));
    draw();
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (pad.drawing) tell();
    pad.drawing = false;
  };
  canvas.onkeydown = (event) => {
    const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    if (event.key === " ") {
      pad.down = !pad.down;
      if (pad.down) pad.strokes.push([pad.at]);
      else tell();
    } else if (moves[event.key]) {
      pad.at = pad.at.map((part, axis) => clamp(part + moves[event.key][axis]));
      if (pad.down) pad.strokes.at(-1).push(pad.at);
    } else return;
    event.preventDefault();
    draw();
  };
  canvas.onfocus = draw;
  canvas.onblur = () => {
    if (pad.down) tell();
    pad.down = false;
    draw();
  };
  undo.onclick = () => {
    pad.strokes.pop();
    draw();
    tell();
  };
  clear.onclick = () => {
    pad.strokes = [];
    draw();
    tell();
  };
  draw();
}
