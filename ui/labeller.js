// One photo after the other, and a key for each class. What is said is shown at once and sent in batches, one at a time; what the
// server has not confirmed stays in the tab's storage, so that a reload loses nothing.
const memory = new WeakMap();
const STORED = "vitrine-labels";
const HEAD = 8; // photos at the front whose order the server leaves alone
const STRIP = 6; // of them seen small
const PAUSE = 100; // milliseconds that a batch gathers
const PATIENCE = 5000; // milliseconds after which an unanswered batch is sent again
const REST = 20000; // milliseconds without a label that no longer count as work
const KEPT = 160; // pictures

const stored = () => {
  try {
    return JSON.parse(sessionStorage.getItem(STORED)) ?? [];
  } catch {
    return [];
  }
};
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const made = (tag, className = "", text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

export default function ({ data, parentElement, setStateValue }) {
  const fresh = !memory.has(parentElement);
  const state = memory.get(parentElement) ?? {
    client: Math.random().toString(36).slice(2), count: 0, serial: 0, waiting: 0, timer: 0,
    unsent: stored(), queue: [], past: [], pictures: new Map(), large: new Map(), small: new Map(), times: [],
  };
  memory.set(parentElement, state);
  state.data = data;
  const root = parentElement.querySelector("section");
  const part = (name) => root.querySelector(`.${name}`);
  const words = data.words;
  const busy = () => new Set(state.unsent.map((one) => one.digest));

  const store = () => {
    try {
      sessionStorage.setItem(STORED, JSON.stringify(state.unsent));
    } catch {
      // private windows may have no room: the batch is under way all the same
    }
  };
  const send = () => {
    state.timer ||= setTimeout(() => {
      state.timer = 0;
      if (!state.unsent.length && !missing()) return;
      if (state.waiting && performance.now() - state.asked < PATIENCE) return;
      state.waiting = ++state.serial;
      state.asked = performance.now();
      setTimeout(send, PATIENCE); // in case the answer never comes
      setStateValue("sent", {
        serial: `${state.client}-${state.serial}`, said: state.unsent,
        have: [...state.pictures.keys()], head: state.queue.slice(0, HEAD).map((one) => one.digest),
      });
    }, PAUSE);
  };

  const needed = () => [...state.past.slice(-4), ...state.queue].map((one) => one.digest);
  const missing = () => needed().some((digest) => !state.pictures.has(digest));

  const picture = (digest) => {
    const image = new Image();
    image.alt = ""; // the large one gets its words when it is shown
    image.src = state.pictures.get(digest) ?? "";
    image.classList.toggle("small", image.naturalWidth > 0 && image.naturalWidth <= 128);
    image.onload = () => image.classList.toggle("small", image.naturalWidth <= 128);
    return image;
  };
  // Decoded ahead, and once: the next photo has to stand there at the next frame.
  const ready = (digest, images) => {
    if (!images.has(digest) && state.pictures.has(digest)) {
      const image = picture(digest);
      image.decode?.().catch(() => {});
      images.set(digest, image);
    }
    return images.get(digest);
  };

  const numbers = () => {
    let done = state.data.done;
    for (const { kind, was } of state.unsent) {
      if (kind === "label" || kind === "out") done += 1;
      if (kind === "undo" && was !== "skip") done -= 1;
    }
    return { done, total: state.data.total };
  };
  const rate = () => {
    const times = state.times.slice(-20);
    let first = times.length - 1;
    while (first > 0 && times[first] - times[first - 1] < REST) first -= 1;
    const span = times.at(-1) - times[first];
    return times.length - first > 3 && span > 0 ? Math.round(((times.length - 1 - first) * 60000) / span) : 0;
  };
  const suggestion = (photo) => photo?.suggestion ?? "";

  const draw = () => {
    const [photo] = state.queue;
    const { done, total } = numbers();
    const frame = part("photo");
    root.dataset.photo = photo?.digest ?? "";
    const image = photo && ready(photo.digest, state.large);
    if (frame.firstChild !== (image ?? null) || !image) {
      frame.replaceChildren(...(image ? [image] : [made("p", "", photo || state.unsent.length ? words.loading : words.finished)]));
    }
    if (image) image.alt = fill(words.picture, { n: Math.min(done + 1, total), name: photo.name });
    const next = state.queue.slice(1, STRIP + 1).map((one) => one.digest);
    next.forEach((digest) => ready(digest, state.large));
    part("strip").replaceChildren(...next.map((digest) => ready(digest, state.small) ?? made("i")));
    const accept = part("accept");
    accept.hidden = !state.data.suggesting;
    accept.disabled = !photo?.label;
    accept.querySelector("span").textContent = suggestion(photo) || words.none;
    accept.setAttribute("aria-label", `${words.accept}: ${suggestion(photo) || words.none}`);
    for (const button of part("classes").children) {
      button.disabled = !photo;
      button.classList.toggle("likely", button.dataset.name === photo?.label);
    }
    part("skip").disabled = part("out").disabled = !photo;
    const last = state.past.at(-1);
    part("undo").disabled = !last;
    part("last").textContent = last ? fill(words.last, { said: told(last) }) : "";
    const perMinute = rate();
    part("count").textContent = fill(perMinute ? words.speed : words.progress, { done, total, n: perMinute });
    part("bar").max = total;
    part("bar").value = done;
    part("agreed").textContent = state.data.agreed;
  };
  const told = ({ kind, chosen }) => (kind === "label" ? chosen : kind === "out" ? words.outSaid : words.skipped);

  const announce = (said) => {
    const [photo] = state.queue;
    const { done, total } = numbers();
    const next = photo ? fill(words.picture, { n: Math.min(done + 1, total), name: photo.name }) : words.finished;
    part("live").textContent = [said, next, suggestion(photo)].filter(Boolean).join(". ");
  };
  const say = (event) => {
    state.count += 1;
    state.unsent.push({ id: `${state.client}-${state.count}`, ...event });
    store();
    send();
  };
  const act = (kind, label = "") => {
    const photo = state.queue.shift();
    if (!photo) return;
    say({ digest: photo.digest, kind, label, suggested: photo.label ?? "" });
    state.past.push({ ...photo, kind, chosen: label });
    if (kind !== "skip") state.times.push(performance.now());
    draw();
    announce(fill(words.saved, { said: told(state.past.at(-1)) }));
  };
  const undo = () => {
    const photo = state.past.pop();
    if (!photo) return;
    say({ digest: photo.digest, kind: "undo", label: "", suggested: "", was: photo.kind });
    state.queue = [photo, ...state.queue.filter((one) => one.digest !== photo.digest)];
    state.times.pop();
    draw();
    announce(words.undone);
  };

  // What the server says, but for what was said since.
  state.unsent = state.unsent.filter((one) => !data.heard.includes(one.id));
  store();
  if (data.serial === `${state.client}-${state.waiting}`) state.waiting = 0;
  for (const [digest, address] of Object.entries(data.pictures)) state.pictures.set(digest, address);
  const said = busy();
  const undone = state.queue.filter((one) => state.unsent.findLast((event) => event.digest === one.digest)?.kind === "undo");
  state.queue = [...undone, ...data.queue.filter((one) => !said.has(one.digest))];
  if (!state.past.length && !state.unsent.length) state.past = data.past;
  const kept = new Set(needed());
  for (const digest of state.pictures.keys()) {
    if (state.pictures.size <= KEPT) break;
    if (!kept.has(digest)) {
      state.pictures.delete(digest);
      state.large.delete(digest);
      state.small.delete(digest);
    }
  }
  if (!state.waiting && (state.unsent.length || missing())) send();

  const classes = JSON.stringify(data.classes);
  if (state.classes !== classes) {
    state.classes = classes;
    state.keys = new Map(data.classes.map(({ name, key }) => [key, name]));
    part("classes").replaceChildren(...data.classes.map(({ name, key }) => {
      const button = made("button");
      Object.assign(button, { type: "button", onclick: (event) => state.pressed(event, () => state.act("label", name)) });
      button.dataset.name = name;
      button.append(made("kbd", "", key.toUpperCase()), made("span", "", name));
      if (key) button.setAttribute("aria-keyshortcuts", key);
      return button;
    }));
  }
  // A mouse leaves the focus on a button, where Enter would press it again.
  const pressed = (event, action) => {
    action();
    if (event.detail) root.focus({ preventScroll: true });
  };
  Object.assign(state, { pressed, act }); // the classes' buttons outlive this run of the function
  const accepted = () => state.queue[0]?.label && act("label", state.queue[0].label);
  for (const [name, action] of Object.entries({ accept: accepted, undo, skip: () => act("skip"), out: () => act("out") })) {
    const button = part(name);
    button.onclick = (event) => pressed(event, action);
    button.querySelector("span").textContent = words[name];
  }
  root.setAttribute("aria-label", words.title);
  part("bar").setAttribute("aria-label", words.bar);
  part("on").textContent = words.on;
  part("off").textContent = words.off;
  part("strip").setAttribute("aria-label", words.next);
  root.style.colorScheme = data.scheme;

  root.onclick = (event) => {
    if (!event.target.closest("button")) root.focus({ preventScroll: true });
  };
  root.onkeydown = (event) => {
    const onButton = event.target.closest("button");
    if (event.ctrlKey || event.metaKey || event.altKey || (onButton && (event.key === "Enter" || event.key === " "))) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const actions = { Enter: accepted, ArrowLeft: undo, Backspace: undo, " ": () => act("skip"), s: () => act("skip"), x: () => act("out") };
    const action = state.keys.has(key) ? () => act("label", state.keys.get(key)) : actions[key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit has keys of its own
    if (!event.repeat) action();
  };
  draw();
  if (fresh) announce("");
}
