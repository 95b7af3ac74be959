// The photo, sliders for what may happen to it, and what the model then says: one part, so that all of it follows the hand.
const memory = new WeakMap();
const PAUSE = 40; // milliseconds between two questions at least: a new one is to lie ready when the last is answered

export default function ({ data, parentElement, setStateValue }) {
  const state = memory.get(parentElement) ?? { values: {}, timer: 0, last: 0 };
  memory.set(parentElement, state);
  const root = parentElement.querySelector("section");

  const tell = () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(() => {
      state.last = performance.now();
      setStateValue("values", { ...state.values });
    }, Math.max(0, PAUSE - (performance.now() - state.last)));
  };

  const key = JSON.stringify(data.sliders);
  if (state.key !== key) {
    state.key = key;
    state.values = { ...data.values };
    root.querySelector(".sliders").replaceChildren(
      ...data.sliders.map(({ name, title, low, high, step, unit, factor }) => {
        const label = document.createElement("label");
        const text = document.createElement("span");
        const slider = Object.assign(document.createElement("span"), { className: low < 0 ? "slider both" : "slider" });
        const value = Object.assign(document.createElement("span"), { className: "share", ariaHidden: "true" });
        const input = Object.assign(document.createElement("input"), { type: "range", min: low, max: high, step });
        input.value = state.values[name] ?? 0;
        text.textContent = title;
        const show = () => {
          const amount = Number((factor * Number(input.value)).toFixed(factor * step < 1 ? 1 : 0)) || 0; // never -0
          value.textContent = `${low < 0 && amount > 0 ? "+" : ""}${amount}${unit}`.replace("-", "\u2212");
          input.setAttribute("aria-valuetext", value.textContent);
        };
        input.oninput = () => {
          state.values[name] = Number(input.value);
          show();
          tell();
        };
        show();
        slider.append(input);
        label.append(text, slider, value);
        return label;
      }),
    );
    const reset = root.querySelector("button");
    reset.textContent = data.words.reset;
    reset.onclick = () => {
      for (const input of root.querySelectorAll("input")) {
        input.value = 0;
        input.oninput();
      }
    };
  }

  root.style.colorScheme = data.scheme;
  const picture = root.querySelector("img");
  picture.src = data.picture;
  picture.alt = data.words.picture;
  root.querySelector("output").textContent = data.verdict;
  const list = root.querySelector("ol");
  while (list.children.length > data.bars.length) list.lastChild.remove();
  while (list.children.length < data.bars.length) {
    const line = document.createElement("li");
    line.append(...["name", "track", "share"].map((kind) => Object.assign(document.createElement("span"), { className: kind })));
    line.querySelector(".track").append(document.createElement("i"));
    list.append(line);
  }
  data.bars.forEach(({ name, share }, place) => {
    const line = list.children[place];
    line.querySelector(".name").textContent = name;
    line.querySelector(".share").textContent = `${Math.min(100 * share, 99.9).toFixed(1)}%`;
    line.querySelector("i").style.width = `${100 * share}%`;
  });
}
