"use strict";
const D = JSON.parse(document.getElementById("data").textContent);
const A = D.answers, ITEMS = D.items;
const GROUPS = [...D.groups.map(ids => ({ids, blank: false})), ...(D.blank.length ? [{ids: D.blank, blank: true}] : [])];
const GIVEN = /^- (\d+(?:\.5)?): (.+)$/;
const own = new Set();             // answers whose mark is not their group's
const done = [];                   // batches that can be undone: [{id, before, after, alone}]
let current = 0, target = null;    // a group, and one answer of it or null for all
let queue = Promise.resolve(), wide = new Set();
const unfolded = new Set(), plots = new Map();      // answers whose plots are shown; plots that were fetched

function el(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "on") Object.entries(value).forEach(([event, act]) => made.addEventListener(event, act));
    else if (name === "html") made.innerHTML = value;             // cleaned where the page was made
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}
const FEW = 4;                     // wordings of a group that are shown at once
const KEPT_ALIVE = 20000;          // letters that a browser still sends for a page that is closed, in any alphabet
const points = number => number === null ? "–" : String(+number.toFixed(2));

// A mark: [score, comment, waits]; its comment begins with the items that were given, as nbgrader keeps them.

function read(comment) {
  const lines = (comment || "").trim().split(/\r\n?|\n/), items = [];
  for (let found; (found = GIVEN.exec((lines[0] || "").trimEnd())); lines.shift()) items.push([+found[1], found[2].trim()]);
  return {items, words: lines.join("\n").trim()};
}
function written({items, words}) {
  const listed = items.map(([worth, title]) => `- ${points(worth)}: ${title}`).join("\n");
  return [listed, words.trim()].filter(Boolean).join("\n\n") || null;
}
const isEntered = mark => mark[0] !== null || Boolean(mark[1]);     // a comment alone, too
const said = mark => JSON.stringify(mark.slice(0, 2));
const waits = one => one.mark[2] || one.mark[0] === null && one.auto === null;
const isMarked = one => !waits(one);

function groupMark(group) {
  const counts = new Map();
  for (const id of group.ids) {
    const mark = A[id].mark;
    if (isEntered(mark) && !own.has(id)) counts.set(said(mark), (counts.get(said(mark)) || 0) + 1);
  }
  const scored = ([said]) => JSON.parse(said)[0] !== null;
  const best = [...counts].sort((one, other) => scored(other) - scored(one) || other[1] - one[1])[0];
  return best ? [...JSON.parse(best[0]), false] : [null, null, true];
}
function leaveAlone(ids) {    // those of them whose mark is not their group's
  const these = new Set(ids);
  for (const group of GROUPS) {
    const other = group.ids.find(id => !own.has(id) && !these.has(id) && isEntered(A[id].mark));
    const common = said(other ? A[other].mark : groupMark(group));
    group.ids.filter(id => these.has(id) && isEntered(A[id].mark) && said(A[id].mark) !== common).forEach(id => own.add(id));
  }
}
leaveAlone(Object.keys(A));
const shownMark = () => target ? A[target].mark : groupMark(GROUPS[current]);
const aimed = () => target ? [target] : GROUPS[current].ids.filter(id => !own.has(id));

// Entering

function enter(make, undoing = false) {
  if (!D.live) return;
  queue = queue.then(async () => {
    const former = new Set(own), changes = make().filter(one => one);
    if (!changes.length) return;
    const body = changes.map(one => ({...one, digest: A[one.id].digest, seen: A[one.id].mark}));
    let told;
    try {
      const sent = JSON.stringify(body), keepalive = sent.length < KEPT_ALIVE;
      const answer = await fetch(`${D.name}/marks`, {method: "POST", headers: {"Content-Type": "application/json"},
                                                      body: sent, keepalive});
      if (!answer.ok) throw new Error(await answer.text());
      told = await answer.json();
    } catch (error) {
      own.clear();
      former.forEach(id => own.add(id));
      draw();
      return tell(`Not entered: ${error instanceof TypeError ? "kit answers does not reply; does it still run?" : error.message}`, true);
    }
    const batch = [], refused = [];
    for (const {id} of changes) {
      const before = A[id].mark, [mark, why] = told[id];
      A[id].mark = mark;
      if (why) refused.push(`${A[id].label}: ${why}; it has ${points(mark[0])} of ${points(D.points)}`);
      else batch.push({id, before, after: mark, alone: former.has(id)});
      A[id].note = why;
      if (why && !former.has(id)) own.delete(id);
    }
    leaveAlone(Object.keys(told).filter(id => told[id][1]));
    if (refused.length) tell(`Not entered. ${refused.slice(0, 3).join(". ")}${refused.length > 3 ? " …" : ""}`, true);
    else tell(`${undoing ? "Undone" : "In the gradebook"}: ${batch.length === 1 ? A[batch[0].id].label : batch.length + " answers"}`);
    if (undoing) done.pop();
    else if (batch.length) done.push(batch);
    draw();
  });
  return queue;
}
function alone(id) {                 // it has a mark of its own from now on, unless it is all of its group
  if (GROUPS.find(group => group.ids.includes(id)).ids.length > 1) own.add(id);
}
function put(change) {
  enter(() => {
    const [score, comment] = change(shownMark());
    if (target) alone(target);
    if (!aimed().length) tell("Each answer of this group has a mark of its own; J chooses one");
    return aimed().map(id => ({id, score, comment}));
  });
}
function toggle(number) {
  const item = ITEMS[number];
  if (!item) return;
  put(([score, comment]) => {
    const given = read(comment);
    const has = one => given.items.findIndex(([, title]) => title === one.title);
    let change = 0;
    const drop = one => {
      const at = has(one);
      if (at >= 0) change -= given.items.splice(at, 1)[0][0];
    };
    if (has(item) >= 0) drop(item);
    else {
      const main = item.instead === null ? number : item.instead;
      ITEMS.forEach((one, other) => (other === main || one.instead === main) && drop(one));
      given.items.push([item.points, item.title]);
      change += item.points;
    }
    const place = title => ITEMS.findIndex(one => one.title === title);
    given.items.sort((one, other) => place(one[1]) - place(other[1]));
    return [clamp((score || 0) + change), written(given)];
  });
}
const clamp = score => score >= D.points ? D.points : Math.max(0, Math.min(D.points, Math.round(score * 2) / 2));
const setScore = score => put(([, comment]) => [clamp(score), comment]);
const addWords = words => put(([score, comment]) => {
  const given = read(comment), lines = given.words.split("\n\n").filter(Boolean);
  given.words = (lines.includes(words) ? lines.filter(line => line !== words) : [...lines, words]).join("\n\n");
  return [score, written(given)];
});
function keep(place, to) {           // what was typed, unless it is being drawn anew
  if (!drawing && place.isConnected && isTyped(place)) setWords(place.value, place.dataset.from, to);
}
const isTyped = place => place.value.trim() !== place.dataset.from;
function setWords(words, from, to) {
  const there = to.target;
  enter(() => {
    const group = GROUPS[to.current];
    const ids = there ? [there] : group.ids.filter(id => !own.has(id));
    const mark = there ? A[there].mark : groupMark(group), given = read(mark[1]);
    if (given.words === words.trim() || words.trim() && `\n\n${given.words}\n\n`.includes(`\n\n${words.trim()}\n\n`)) return [];
    given.words = given.words === from ? words : `${given.words}\n\n${words}`;      // somebody else's stay
    if (there) alone(there);
    return ids.map(id => ({id, score: mark[0], comment: written(given)}));
  });
}
function confirm() {
  enter(() => aimed().filter(id => A[id].mark[0] !== null && A[id].mark[2])
                     .map(id => ({id, score: A[id].mark[0], comment: A[id].mark[1]})));
  queue.then(() => aimed().every(id => isMarked(A[id])) && step(1, true));
}
function undo() {
  enter(() => {
    const batch = done.at(-1);           // it stays there until its undoing has been entered
    if (!batch) return tell("Nothing to undo"), [];
    const same = batch.filter(one => String(A[one.id].mark) === String(one.after));
    if (!same.length) done.pop();
    if (same.length < batch.length) tell("Some were marked by somebody else meanwhile, and stay", true);
    same.forEach(one => one.alone ? own.add(one.id) : own.delete(one.id));
    const at = GROUPS.findIndex(group => group.ids.includes(batch[0].id));
    [current, target] = [at, null];
    return same.map(({id, before}) => ({id, score: before[0], comment: before[1], waits: before[2]}));
  }, true);
}

// What others do

async function look() {
  if (!D.live || document.hidden) return;
  const before = queue;
  await before;                      // entries of our own come first
  let now;
  try { now = await (await fetch(`${D.name}/marks`)).json(); } catch { return; }
  if (queue !== before) return;      // something was entered meanwhile, and this may be older: the next look tells
  const others = Object.entries(now).filter(([id, mark]) => A[id] && String(mark) !== String(A[id].mark));
  const ids = others.map(([id]) => id), last = ids.at(-1);
  for (const [id, mark] of others) {
    A[id].mark = mark;
    own.delete(id);
  }
  leaveAlone(ids);
  if (last) { tell(`Marked elsewhere: ${A[last].label}, ${points(A[last].mark[0])}`); draw(); }
}
if (D.live) setInterval(look, 4000);

// Moving

function step(by, waiting = false) {
  const many = GROUPS.length;
  for (let n = 1; n <= many; n++) {
    const at = waiting ? (current + by * n + many * n) % many : current + by * n;
    if (at < 0 || at >= many) return;
    if (!waiting || GROUPS[at].ids.some(id => waits(A[id]))) return go(at);
  }
  if (waiting) tell("Every answer is marked");
}
function go(at, one = null) {
  [current, target] = [at, one];
  draw();
  document.querySelector(".group.current").scrollIntoView({block: "start"});
}
function stepInside(by) {
  const ids = GROUPS[current].ids, at = target ? ids.indexOf(target) + by : by > 0 ? 0 : -1;
  if (ids.length > 3) wide.add(current);
  go(current, ids[at] || null);
}
const KEYS = {
  j: () => step(1), k: () => step(-1), J: () => stepInside(1), K: () => stepInside(-1), Enter: confirm, n: () => step(1, true),
  f: () => setScore(D.points), 0: () => put(() => [0, written({items: [], words: read(shownMark()[1]).words})]),
  "+": () => setScore((shownMark()[0] || 0) + 0.5), "-": () => setScore((shownMark()[0] || 0) - 0.5), u: undo,
  o: () => { wide.has(current) ? wide.delete(current) : wide.add(current); draw(); },
  c: () => document.getElementById("words").focus(), "?": () => document.getElementById("keys").toggleAttribute("open"),
  Escape: () => { target = null; draw(); },
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  let act = KEYS[event.key];
  if (digit && event.shiftKey) act = () => { const known = reusable()[digit[1] - 1]; if (known) addWords(known); };
  else if (/^[1-9]$/.test(event.key)) act = () => toggle(event.key - 1);
  if (event.key === "Enter" && /^(BUTTON|SUMMARY|A)$/.test(event.target.tagName)) return;
  if (act) { event.preventDefault(); act(); }
});

addEventListener("pagehide", leave);
addEventListener("beforeunload", event => leave() && event.preventDefault());
function leave() {                   // a comment that is being typed is entered first; returns whether there is one
  const words = document.getElementById("words");
  if (!words || !isTyped(words)) return false;
  words.dispatchEvent(new Event("change"));
  return true;
}

function reusable() {
  const counts = new Map();
  for (const one of Object.values(A))
    for (const words of read(one.mark[1]).words.split("\n\n").filter(Boolean)) counts.set(words, (counts.get(words) || 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1]).slice(0, 9).map(([words]) => words);
}

// Drawing

function tell(text, wrong = false) {
  const place = document.getElementById("told");
  place.textContent = text;
  place.className = wrong ? "wrong" : "";
}
function chip(id) {
  const one = A[id];
  return el("button", {className: `chip ${waits(one) ? "waits" : "marked"} ${target === id ? "aimed" : ""} ${own.has(id) ? "own" : ""}`,
                       title: own.has(id) ? "has a mark of its own" : "mark this one alone", id: `chip-${id}`,
                       on: {click: () => go(GROUPS.findIndex(group => group.ids.includes(id)), target === id ? null : id)}},
            one.label, el("b", {}, one.mark[0] === null && one.auto !== null ? points(one.auto) : points(one.mark[0])));
}
async function showPlots(id, place) {
  if (!plots.has(id)) plots.set(id, D.live ? await (await fetch(`${D.name}/plots/${id}`)).json() : A[id].plots);
  place.replaceChildren(...plots.get(id).map(address => el("img", {src: address, alt: "plot"})),
                        ...(plots.get(id).length ? [] : ["This notebook shows no plot before the question."]));
}
function wording(ids) {
  const first = A[ids[0]], changed = ids.filter(id => A[id].before !== null && A[id].mark[2]);
  const place = el("div", {className: "plots"}), whose = ids.includes(target) ? target : ids[0], isOpen = unfolded.has(ids[0]);
  if (isOpen) showPlots(whose, place);
  return el("section", {className: `wording ${ids.includes(target) ? "aimed" : ""}`},
    el("div", {className: "chips"}, ...ids.map(chip)),
    ...changed.map(id => el("div", {className: "changed"},
      el("p", {}, `${A[id].label} has changed since it was given ${points(A[id].mark[0])}. It was:`),
      el("blockquote", {html: A[id].before}), el("p", {}, "It is now:"))),
    ...ids.filter(id => A[id].note).map(id => el("p", {className: "changed"}, `${A[id].label}: ${A[id].note}`)),
    el("div", {className: "answer", html: D.html[first.digest]}),
    D.live || first.plots.length ? el("details", {open: isOpen, on: {toggle: event => {
      event.target.open ? unfolded.add(ids[0]) : unfolded.delete(ids[0]);
      if (event.target.open && !place.firstChild) showPlots(whose, place);
    }}}, el("summary", {}, "plots before the question", ids.length > 1 ? `, of ${A[whose].label}` : ""), place) : null);
}
function card(group, at) {
  const wordings = new Map();
  for (const id of group.ids) wordings.set(A[id].digest, [...(wordings.get(A[id].digest) || []), id]);
  const parts = [...wordings.values()], open = wide.has(at) || group.ids.some(id => A[id].before !== null && A[id].mark[2]);
  const shown = group.blank ? [] : open ? parts : parts.slice(0, FEW);
  const left = group.blank ? 0 : parts.length - shown.length, mark = groupMark(group), marked = group.ids.every(id => isMarked(A[id]));
  return el("article", {className: `group ${at === current ? "current" : ""} ${marked ? "marked" : "waits"}`, id: `group-${at}`,
                        on: {click: event => { if (at !== current && !event.target.closest("button, summary, a")) { [current, target] = [at, null]; draw(); } }}},
    el("header", {}, el("h2", {}, group.blank ? "Unanswered" : `Group ${at + 1}`),
      el("span", {className: "quiet"}, group.ids.length === 1 ? "one answer" : `${group.ids.length} answers` +
        (group.blank ? "" : parts.length === 1 ? ", word for word" : `, ${parts.length} wordings`)),
      el("span", {className: "score"}, group.blank && mark[0] === null ? "0" : points(mark[0]), el("small", {}, ` / ${points(D.points)}`))),
    ...shown.map(wording),
    group.blank ? el("div", {className: "chips"}, ...group.ids.map(chip)) : null,
    left > 0 || open && parts.length > FEW && wide.has(at) ? el("button", {className: "more", on: {click: () => {
      wide.has(at) ? wide.delete(at) : wide.add(at); draw(); }}}, left > 0 ? `show ${left} more wording${left > 1 ? "s" : ""} (o)` : "show fewer (o)") : null);
}
function panel() {
  const mark = shownMark(), given = read(mark[1]), titles = given.items.map(([, title]) => title);
  const sum = given.items.reduce((all, [worth]) => all + worth, 0), group = GROUPS[current];
  const to = {current, target}, known = reusable();
  const strange = given.items.filter(([, title]) => !ITEMS.some(one => one.title === title));
  return [
    el("h2", {}, target ? A[target].label : group.blank ? "Unanswered" : `Group ${current + 1}`,
      el("span", {className: "quiet"}, target ? "alone" : aimed().length < group.ids.length ?
        `${aimed().length} of ${group.ids.length}; the others have marks of their own` : group.ids.length > 1 ? `all ${group.ids.length}` : "")),
    el("ol", {className: "items"}, ...ITEMS.map((item, number) => el("li", {className: item.instead === null ? "" : "instead"},
      el("button", {"aria-pressed": titles.includes(item.title), id: `item-${number + 1}`, disabled: !D.live, on: {click: () => toggle(number)}},
        el("kbd", {}, number < 9 ? number + 1 : ""), el("b", {}, `${item.instead === null ? "" : "or "}${points(item.points)}`), el("span", {className: "title"}, item.title)),
      el("div", {className: "why", html: item.text})))),
    ...strange.map(([worth, title]) => el("p", {className: "quiet"}, `also given: ${points(worth)}, ${title} (not in the mark scheme)`)),
    el("div", {className: "points"},
      el("button", {disabled: !D.live, on: {click: KEYS["-"]}}, "−"),
      el("input", {type: "number", id: "score", min: 0, max: D.points, step: 0.5, value: mark[0] === null ? "" : mark[0], disabled: !D.live,
                   "aria-label": "points", on: {change: event => event.target.value !== "" && setScore(+event.target.value)}}),
      el("button", {disabled: !D.live, on: {click: KEYS["+"]}}, "+"),
      el("span", {className: "quiet"}, ` of ${points(D.points)}`),
      el("button", {className: "quick", disabled: !D.live, on: {click: KEYS.f}}, "full ", el("kbd", {}, "f")),
      el("button", {className: "quick", disabled: !D.live, on: {click: KEYS[0]}}, "none ", el("kbd", {}, "0"))),
    mark[0] !== null && Math.abs(mark[0] - sum) > 1e-9 && given.items.length ? el("p", {className: "quiet free"},
      `items ${points(sum)}, ${mark[0] > sum ? "+" : "−"}${points(Math.abs(mark[0] - sum))} free`) : null,
    el("textarea", {id: "words", rows: 2, placeholder: "Comment for the student, in Markdown (c)", value: given.words, disabled: !D.live,
                    "aria-label": "comment", "data-from": given.words, on: {change: event => keep(event.target, to), blur: event => keep(event.target, to)}}),
    known.length ? el("div", {className: "reuse"}, ...known.map((words, number) => el("button", {
      title: words, "aria-pressed": given.words.split("\n\n").includes(words), on: {click: () => addWords(words)}}, el("kbd", {}, `⇧${number + 1}`), words))) : null,
  ];
}
let drawn = [], drawing = false;
function draw() {
  const open = document.activeElement && document.activeElement.id, words = document.getElementById("words");
  drawing = true;
  document.getElementById("panel").replaceChildren(...panel().filter(Boolean));
  drawing = false;
  if (open === "words") {
    const again = document.getElementById("words");
    if (isTyped(words)) [again.value, again.dataset.from] = [words.value, words.dataset.from];
    again.setSelectionRange(words.selectionStart, words.selectionEnd);
    again.focus();
  }
  const list = document.getElementById("groups");
  GROUPS.forEach((group, at) => {
    const state = JSON.stringify([at === current, at === current && target, wide.has(at),
                                  group.ids.map(id => [A[id].mark, own.has(id), A[id].note])]);
    if (drawn[at] === state) return;
    drawn[at] = state;
    const made = card(group, at), old = list.children[at];
    old ? old.replaceWith(made) : list.append(made);
  });
  const all = GROUPS.filter(group => !group.blank), ready = all.filter(group => group.ids.every(id => isMarked(A[id])));
  const ids = Object.keys(A), marked = ids.filter(id => isMarked(A[id]));
  document.getElementById("progress").textContent = `${ready.length} of ${all.length} groups, ${marked.length} of ${ids.length} answers`;
  document.getElementById("bar").value = ids.length ? marked.length / ids.length : 1;
}
const HELP = [["j k", "next, previous group"], ["n", "next that waits"], ["1 … 9", "an item of the mark scheme"], ["+ −", "half a point"],
  ["f 0", "full, no points"], ["c", "comment (Esc leaves it)"], ["⇧1 … ⇧9", "a comment used before"], ["J K", "one answer of the group alone"],
  ["Esc", "the whole group again"], ["Enter", "it stands; on to the next that waits"], ["o", "all wordings"], ["u", "undo"]];
document.body.append(
  el("header", {id: "top"},
    el("select", {"aria-label": "question", on: {change: event => { location.href = event.target.value; }}, disabled: !D.live},
      ...D.questions.map(one => el("option", {value: one.name, selected: one.name === D.name}, one.title))),
    el("progress", {id: "bar", max: 1, value: 0, "aria-label": "marked"}), el("span", {id: "progress"}),
    el("span", {id: "told", role: "status"}), el("button", {on: {click: undo}, disabled: !D.live, id: "undo"}, "undo ", el("kbd", {}, "u"))),
  el("aside", {},
    el("div", {id: "panel"}),
    el("details", {open: true}, el("summary", {}, D.title), el("div", {html: D.text})),
    D.notes ? el("details", {}, el("summary", {}, "Notes for marking"), el("div", {html: D.notes})) : null,
    el("details", {open: true}, el("summary", {}, "Model answer"), el("div", {html: D.model})),
    el("details", {id: "keys"}, el("summary", {}, "Keys"), el("dl", {}, ...HELP.flatMap(([keys, what]) => [el("dt", {}, el("kbd", {}, keys)), el("dd", {}, what)])))),
  el("main", {id: "groups"}));
if (GROUPS.length) {
  const first = GROUPS.findIndex(group => group.ids.some(id => waits(A[id])));
  current = Math.max(first, 0);
  draw();
  if (first > 0) document.getElementById(`group-${first}`).scrollIntoView({block: "start"});
} else document.getElementById("groups").append("Nobody's answer is graded yet: kit autograde first.");
document.body.dataset.ready = "yes";
