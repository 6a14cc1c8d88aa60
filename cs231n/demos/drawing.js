// What the demonstrations share: elements, controls, a plane with coordinates, and points that mouse, finger and keys move.

const CLASSES = ["blue circles", "orange squares", "green triangles"];

function add(parent, tag, attributes = {}, text) {
  const isDrawn = tag === "svg" || parent instanceof SVGElement;
  const made = isDrawn ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

/** A number for people, in about three digits. */
function shown(value, digits = 3) {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  const text = size !== 0 && (size >= 1e5 || size < 5e-4) ? value.toExponential(1)
    : value.toFixed(Math.max(0, Math.min(3, digits - 1 - Math.floor(Math.log10(Math.max(size, 0.01))))));
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "\u2212");
}

/** The same without zeros at the end. */
function short(value, digits = 3) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))).replace("-", "\u2212") : "-";
}

/** With so many digits behind the point, for columns of a table. */
const fixed = (value, digits) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1");

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const rounded = value => Math.round(value * 100) / 100;

/** The frame of a demonstration: where it is drawn, its controls, its numbers, and a sentence where one is due. */
function frame(root) {
  root.classList.add("cs231n-demo");
  root.dataset.lmSuppressShortcuts = "true";                  // in JupyterLab, keys pressed here are meant for us
  const figure = add(root, "div", { class: "demo-figure" });
  const panel = add(root, "div", { class: "demo-panel" });
  const controls = add(panel, "div", { class: "controls" });
  const numbers = add(panel, "div", { class: "numbers", role: "status" });
  const sentence = add(panel, "p", { class: "sentence", role: "alert" });
  return { figure, panel, controls, numbers, tell: text => { if (sentence.textContent !== text) sentence.textContent = text; } };
}

// Controls

function choice(parent, label, options, value, change) {
  const made = add(add(parent, "label", {}, label + " "), "select");
  for (const option of options) add(made, "option", option === value ? { value: option, selected: "" } : { value: option }, option);
  made.addEventListener("change", () => change(made.value));
  return made;
}

/** A slider with its value beside it; `show` makes the value a text. */
function slider(parent, label, [min, max, step], value, show, change) {
  const outer = add(parent, "label", {}, label + " ");
  const made = add(outer, "input", { type: "range", min, max, step, value });
  const said = add(outer, "output", {}, show(value));
  const set = now => { made.value = now; said.textContent = show(Number(now)); made.setAttribute("aria-valuetext", show(Number(now))); };
  made.addEventListener("input", () => { set(made.value); change(Number(made.value)); });
  set(value);
  return { set };
}

function button(parent, text, press) {
  const made = add(parent, "button", { type: "button" }, text);
  made.addEventListener("click", press);
  return made;
}

/** A button that goes on with `step`, an async function, picture by picture, until it is pressed again or that says false. */
function runner(parent, text, step) {
  let running = false;
  const stop = () => { running = false; made.textContent = text; made.setAttribute("aria-pressed", "false"); };
  const made = button(parent, text, async () => {
    if (running) return stop();
    running = true;
    made.textContent = "stop";
    made.setAttribute("aria-pressed", "true");
    while (running && made.isConnected && await step() !== false) await new Promise(requestAnimationFrame);
    stop();
  });
  made.setAttribute("aria-pressed", "false");
  return stop;
}

// Numbers

/** A function that asks for the numbers of a state, the latest one only, and has them shown. */
function asker(compute, show, tell) {
  let waiting = null, under = null;
  async function work() {
    while (waiting) {
      const asked = structuredClone(waiting);
      waiting = null;
      const late = setTimeout(() => tell("Python has not answered yet: it is busy with a cell, or with your function " +
        "(the square in the toolbar interrupts it), or it has stopped: then run this cell again."), 4000);
      try {
        const answer = await compute(asked);
        tell(answer.said || "");
        show(answer, asked);
      } catch (error) {
        tell(`The numbers could not be had: ${error.message}`);
      } finally {
        clearTimeout(late);
      }
    }
    under = null;
  }
  return state => { waiting = state; return under ??= work(); };
}

// The plane

/** A plane, as large as there is room, with `window` [left, right, bottom, top]; `raster` is a canvas behind the drawing. */
function stage(parent, label, window, width, height) {
  const box = add(parent, "div", { class: "stage" });
  const raster = add(box, "canvas", { "aria-hidden": "true" });
  const svg = add(box, "svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label });
  const made = {
    svg, raster, window,
    x: value => (value - made.window[0]) / (made.window[1] - made.window[0]) * width,
    y: value => (made.window[3] - value) / (made.window[3] - made.window[2]) * height,
    /** Coordinates of a place on the screen. */
    at(event) {
      const { left, top, width: wide, height: high } = svg.getBoundingClientRect(), [l, r, b, t] = made.window;
      return [l + (event.clientX - left) / wide * (r - l), t - (event.clientY - top) / high * (t - b)];
    },
    path: points => points.map(([x, y], i) => `${i ? "L" : "M"}${made.x(x).toFixed(1)} ${made.y(y).toFixed(1)}`).join(""),
  };
  return made;
}

/** One of the three shapes by which classes are told apart, besides color. */
function marker(parent, label, size = 6) {
  const attributes = { class: `mark class${label}` };
  if (label === 0) return add(parent, "circle", { ...attributes, r: size });
  if (label === 1) return add(parent, "rect", { ...attributes, x: -size, y: -size, width: 2 * size, height: 2 * size });
  return add(parent, "path", { ...attributes, d: `M0 ${-size * 1.2}L${size * 1.2} ${size}H${-size * 1.2}Z` });
}

/** Something that is dragged, or moved with the arrow keys: `move` gets the coordinates. `place` puts it somewhere. */
function movable(on, draw, move) {
  const group = add(on.svg, "g", { class: "movable", tabindex: 0, role: "button" });
  add(group, "circle", { class: "reach", r: 17 });
  draw(group);
  let here = [0, 0], offset = null;
  const to = ([x, y]) => {
    const [left, right, bottom, top] = on.window;
    move([rounded(clamp(x, left, right)), rounded(clamp(y, bottom, top))]);
  };
  group.addEventListener("pointerdown", event => {
    const [x, y] = on.at(event);
    offset = [here[0] - x, here[1] - y];
    group.setPointerCapture(event.pointerId);
    group.focus({ preventScroll: true });
    event.preventDefault();
  });
  group.addEventListener("touchstart", event => event.preventDefault(), { passive: false });    // or the page is scrolled
  group.addEventListener("pointermove", event => {
    if (!offset) return;
    const [x, y] = on.at(event);
    to([x + offset[0], y + offset[1]]);
  });
  for (const end of ["pointerup", "pointercancel"]) group.addEventListener(end, () => { offset = null; });
  group.addEventListener("keydown", event => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (!way) return;
    const stride = (on.window[1] - on.window[0]) / (event.shiftKey ? 12 : 120);
    to([here[0] + way[0] * stride, here[1] + way[1] * stride]);
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    group,
    place(where, label) {
      here = where;
      group.setAttribute("transform", `translate(${on.x(where[0]).toFixed(2)} ${on.y(where[1]).toFixed(2)})`);
      group.setAttribute("aria-label", label);
    },
  };
}

/** A table in `parent`, with these headings; returns what fills its body with rows of texts. */
function table(parent, caption, headings) {
  const made = add(parent, "table");
  add(made, "caption", {}, caption);
  const head = add(add(made, "thead"), "tr");
  for (const heading of headings) add(head, "th", { scope: "col" }, heading);
  const body = add(made, "tbody");
  return rows => {
    while (body.rows.length > rows.length) body.lastChild.remove();
    rows.forEach((row, i) => {
      const line = body.rows[i] || add(body, "tr");
      row.forEach((text, j) => {
        const cell = line.cells[j] || add(line, j ? "td" : "th", j ? {} : { scope: "row" });
        if (cell.textContent !== text) cell.textContent = text;
      });
    });
  };
}
