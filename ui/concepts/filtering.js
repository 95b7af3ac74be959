// A picture and what a kernel makes of it. The pixel that is pointed at, and the window it was made from, are marked at once;
// the sum behind it is told by Python a moment later.
const memory = new WeakMap();
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export default function ({ data, parentElement, setStateValue }) {
  const state = memory.get(parentElement) ?? {};
  memory.set(parentElement, state);
  const [taken, made] = [...parentElement.querySelectorAll("figure")].map((figure) => ({
    stage: figure.querySelector("div"),
    picture: figure.querySelector("img"),
    mark: figure.querySelector("i"),
    caption: figure.querySelector("figcaption"),
  }));
  const [rows, columns] = data.grid;

  const place = ({ mark }, row, column, side, [height, width]) => {
    mark.style.top = `${(100 * row) / height}%`;
    mark.style.left = `${(100 * column) / width}%`;
    mark.style.height = `${(100 * side) / height}%`;
    mark.style.width = `${(100 * side) / width}%`;
  };
  const show = ([row, column]) => {
    place(taken, row * data.stride, column * data.stride, data.window, [data.size, data.size]);
    place(made, row, column, 1, data.grid);
  };
  const pick = (row, column) => {
    const pixel = [Math.min(Math.max(row, 0), rows - 1), Math.min(Math.max(column, 0), columns - 1)];
    if (String(pixel) === String(state.pixel)) return;
    state.pixel = pixel;
    show(pixel);
    setStateValue("pixel", pixel);
  };
  const at = ({ stage }, event, height, width) => {
    const box = stage.getBoundingClientRect();
    return [Math.floor((height * (event.clientY - box.top)) / box.height), Math.floor((width * (event.clientX - box.left)) / box.width)];
  };
  const point = (event) => pick(...at(made, event, rows, columns));
  // The window whose middle lies nearest to the pixel.
  const pointAtSource = (event) =>
    pick(...at(taken, event, data.size, data.size).map((place) => Math.round((place - (data.window - 1) / 2) / data.stride)));

  [taken, made].forEach(({ picture, caption }, number) => {
    // An empty alt where the stage has the name already would hide the picture; each says what it is.
    if (picture.src !== data.pictures[number]) picture.src = data.pictures[number];
    picture.alt = data.alts[number];
    caption.textContent = data.captions[number];
  });
  made.stage.setAttribute("aria-label", data.label);
  [
    [taken, pointAtSource],
    [made, point],
  ].forEach(([{ stage }, follow]) => {
    stage.onpointerdown = (event) => {
      stage.setPointerCapture(event.pointerId);
      follow(event);
    };
    stage.onpointermove = (event) => event.buttons && follow(event);
  });
  made.stage.onkeydown = (event) => {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    pick(state.pixel[0] + move[0], state.pixel[1] + move[1]);
  };
  state.pixel = data.pixel;
  show(data.pixel);
}
