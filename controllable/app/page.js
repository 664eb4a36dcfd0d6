// The page's own script, run once by the hidden element #live, whose value is the server's last message:
// live strength and fidelity, the keyboard, and small comforts of a phone. No library, nothing from another host.

const find = (selector) => document.querySelector(selector);
const AXES = ["strength", "fidelity"];

// Live: between the network's real answers at a few places of a slider, neighbours are blended as the slider moves.
// `shown` is what the comparison's right side is an answer for; `answers` are further ones, by axis and place; `ends`
// are both sides of the comparison. All are kept decoded, so that moving a slider only draws.
let shown = null;
let ends = null;
let answers = { strength: new Map(), fidelity: new Map() };
let waiting = false;

const pictures = () => [...document.querySelectorAll("#comparison .content > img")];
const range = (axis) => find(`#${axis} input[type=range]`);
const place = (axis) => Number(range(axis)?.value ?? NaN);
const canvas = () => find("#live-canvas");

function hide() {
  canvas()?.remove();
  find("#live-word")?.remove();
}

// The canvas lies on the right picture, with its size, its zoom and its share of the comparison.
function onTop(after) {
  let top = canvas();
  if (!top || top.parentElement !== after.parentElement) {
    hide();
    top = document.createElement("canvas");
    top.id = "live-canvas";
    top.setAttribute("aria-hidden", "true");
    after.parentElement.append(top);
    const word = document.createElement("span");
    word.id = "live-word";
    word.textContent = shown.word;
    after.parentElement.append(word);
    new MutationObserver(() => follow(after, top)).observe(after, { attributes: true, attributeFilter: ["style"] });
  }
  if (top.width !== after.naturalWidth || top.height !== after.naturalHeight) {
    top.width = after.naturalWidth;
    top.height = after.naturalHeight;
  }
  follow(after, top);
  return top;
}

function follow(after, top) {
  top.className = after.className;
  top.style.cssText = after.style.cssText;
  top.style.pointerEvents = "none";
}

function known(axis) {
  const all = [...answers[axis], [shown[axis], ends[1]]];
  if (axis === "strength") all.push([0, ends[0]]);
  return all.sort((a, b) => a[0] - b[0]);
}

function draw(axis) {
  const after = pictures()[1];
  const at = place(axis);
  if (!shown || !ends || !after?.naturalWidth || Number.isNaN(at)) return;
  if (AXES.every((name) => place(name) === shown[name])) return hide();
  const all = known(axis);
  const low = all.findLast((answer) => answer[0] <= at) ?? all[0];
  const high = all.find((answer) => answer[0] >= at) ?? all.at(-1);
  const top = onTop(after);
  const pen = top.getContext("2d");
  pen.clearRect(0, 0, top.width, top.height);
  pen.globalAlpha = 1;
  pen.drawImage(low[1], 0, 0, top.width, top.height);
  if (high[0] > low[0]) {
    pen.globalAlpha = (at - low[0]) / (high[0] - low[0]);
    pen.drawImage(high[1], 0, 0, top.width, top.height);
  }
}

// As often as the screen is painted, not as often as the mouse speaks.
function soon(axis) {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw(axis);
  });
}

function forget() {
  for (const bitmap of [...(ends ?? []), ...answers.strength.values(), ...answers.fidelity.values()]) bitmap.close();
  shown = ends = null;
  answers = { strength: new Map(), fidelity: new Map() };
  delete find("#live").dataset.ready;
}

async function answered(message) {
  const image = new Image();
  image.src = message.image;
  const bitmap = await createImageBitmap(await image.decode().then(() => image));
  if (message.run !== shown?.run) return bitmap.close();
  answers[message.axis].set(message.at, bitmap);
  if (canvas()) draw(AXES.find((axis) => place(axis) !== shown[axis]) ?? message.axis);
}

// A result has come: its picture replaces the preview as soon as it is decoded, never an empty box in between.
async function resulted(message) {
  forget();
  shown = message;
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  await Promise.all(pictures().map((image) => image.decode().catch(() => {})));
  const decoded = await Promise.all(pictures().map((image) => createImageBitmap(image)));
  if (shown !== message) return;
  ends = decoded;
  const names = find("#comparison label")?.innerText.split("|") ?? [];
  pictures().forEach((image, side) => (image.alt = (names[side] ?? "").trim()));
  const moved = AXES.find((axis) => place(axis) !== shown[axis]);
  moved ? draw(moved) : hide();
}

function heard() {
  const message = typeof props.value === "string" ? JSON.parse(props.value || "{}") : props.value;
  if (message?.kind === "answer") answered(message);
  else if (message?.kind === "result") resulted(message);
  else if (message?.kind === "ready" && message.run === shown?.run) find("#live").dataset.ready = message.run;
  else if (message?.kind === "drop") {
    forget();
    hide();
  } else if (message?.kind === "failed") hide();
}
watch("value", heard);

document.addEventListener("input", (event) => {
  const axis = AXES.find((name) => event.target.closest?.(`#${name}`));
  if (axis && shown) soon(axis);
});

// Gradio says "release" for pointers alone: arrow keys release their slider too.
document.addEventListener("keyup", (event) => {
  const slid = event.target.type === "range" && /^(Arrow|Page|Home|End)/.test(event.key);
  if (slid) event.target.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
});

// The brush: a mask is taken once the hand rests.
let stroke = 0;
document.addEventListener("pointerup", (event) => {
  if (!event.target.closest?.("#mask-editor")) return;
  clearTimeout(stroke);
  stroke = setTimeout(() => find("#mask-take")?.click(), 400);
});

// Keyboard: in fields only what cannot be typed.
const typing = (target) =>
  target.isContentEditable || target.matches("textarea, select, input:not([type=range], [type=checkbox], [type=radio])");
const press = (selector) => {
  const button = find(selector);
  if (!button || button.disabled || !button.offsetParent) return false;
  button.click();
  return true;
};
const compare = (on) => find("#comparison")?.classList.toggle("before", on);

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (press("#run")) event.preventDefault();
  } else if (event.key === "Escape" && plain && !find("[role=listbox]")) press("#cancel");
  else if (typing(event.target) || !plain) return;
  else if (event.key === "/" && find("#prompt textarea")?.offsetParent) {
    event.preventDefault();
    find("#prompt textarea").focus();
  } else if (event.key.toLowerCase() === "b") compare(true);
});
document.addEventListener("keyup", (event) => event.key.toLowerCase() === "b" && compare(false));
window.addEventListener("blur", () => compare(false));

// On a phone the result lies below what was asked: the buttons that make one bring it into sight.
const RESULTS = { run: "#comparison", degrade: "#variants", "batch-start": "#batch-line" };
document.addEventListener("click", (event) => {
  const result = RESULTS[event.target.closest?.("button")?.id];
  if (result && innerWidth <= 640) find(result)?.scrollIntoView({ behavior: "smooth", block: "start" });
});

// A screen reader hears what was understood and what came of it.
for (const said of ["#summary", "#outcome"]) find(said)?.setAttribute("role", "status");
