// The talk without reloading. Every form here works without this script; it only sends them in place and adds what comes back.
"use strict";

const FAST = 4000, SLOW = 30000, AWAKE = 60000, PATIENCE = 20000, BETWEEN_LINES = 350;
const form = document.getElementById("say"), box = document.getElementById("words"), list = document.getElementById("lines");
const waiting = document.getElementById("waiting"), failedNote = document.getElementById("failed"), closedNote = document.getElementById("closed");
const chip = document.getElementById("reads"), label = form.querySelector("label[for=words]");
const calm = matchMedia("(prefers-reduced-motion: reduce)"), desk = matchMedia("(hover: hover) and (pointer: fine)");
let queue = Promise.resolve(), sending = 0, closed = false, active = Date.now(), failed = null, timer = 0;

// Sending

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (closed) return;
  const pressed = event.submitter?.name === "choice" ? event.submitter : null;
  const day = form.elements.day, picksDay = day?.value && (event.submitter?.value === "day" || !box.value.trim());
  const words = pressed ? pressed.textContent : picksDay ? day.value : box.value.trim();
  if (!words) return box.focus();
  const key = pressed ? pressed.value : words;
  const sent = { key, words, pressed, event: failed?.key === key ? failed.event : token() };
  if (!pressed && !picksDay) box.value = "";
  failed = null;
  failedNote.hidden = true;
  active = Date.now();
  sending += 1;
  queue = queue.then(() => send(sent)).finally(() => { sending -= 1; });
  backToBox();
});

box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

document.getElementById("retry").addEventListener("click", () => {
  if (failed?.pressed?.isConnected) form.requestSubmit(failed.pressed);
  else form.requestSubmit();
});

async function send(sent) {
  const body = new URLSearchParams({ csrf: form.elements.csrf.value, event: sent.event, seen: newest() });
  body.set(sent.pressed ? "choice" : "words", sent.pressed ? sent.pressed.value : sent.words);
  show(sent.words);
  try {
    const answer = await ask(form.action, { method: "POST", body });
    if (answer === null) return giveBack(sent);
    waiting.hidden = true;
    await add(answer, true);
  } catch {
    giveBack(sent);
    failed = sent;
    failedNote.hidden = false;
  }
}

// The text of an answer; null when this page has closed.
async function ask(address, options) {
  const answer = await fetch(address, { ...options, headers: { "X-Paceline-Part": "lines" }, signal: AbortSignal.timeout(PATIENCE) });
  if (answer.status === 404 || answer.status === 403) {
    closed = true;
    closedNote.hidden = false;
    return null;
  }
  if (!answer.ok) throw new Error(answer.status);
  return answer.text();
}

function show(words) {
  waiting.querySelector(".mine").textContent = words;
  waiting.hidden = false;
  reveal(waiting);
}

function giveBack(sent) {
  waiting.hidden = true;
  if (!sent.pressed) box.value = [sent.words, box.value].filter(Boolean).join("\n");
  backToBox();
}

// Showing what came

async function add(html, follow) {
  const part = document.createElement("template");
  part.innerHTML = html;
  for (const item of part.content.querySelectorAll("li")) {
    if (item.dataset.day ? item.dataset.day === lastDay() : Number(item.dataset.line) <= newest()) continue;
    document.getElementById("first")?.remove();
    document.getElementById("newest")?.removeAttribute("id");
    if ("answers" in item.dataset) settle();
    await addLine(item, follow);
  }
  form.elements.seen.value = newest();
}

// One message after the other, as they would be said.
async function addLine(item, follow) {
  const later = [...item.querySelectorAll(".ours")].slice(1);
  later.forEach((message) => message.remove());
  list.append(item);
  item.tabIndex = -1;
  if (follow) reveal(item);
  for (const message of later) {
    if (!calm.matches) await new Promise((done) => setTimeout(done, BETWEEN_LINES));
    item.append(message);
    if (follow) reveal(item);
  }
  fitBox();
}

// An answer was given: buttons above it cannot be pressed any more. Links stay.
function settle() {
  const lost = list.contains(document.activeElement);
  list.querySelectorAll(".day input, .day button").forEach((one) => one.closest("div.day")?.remove());
  list.querySelectorAll("button").forEach((button) => {
    const said = document.createElement("span");
    said.textContent = button.textContent;
    said.setAttribute("aria-hidden", "true");
    button.closest(".choices").classList.add("past");
    button.replaceWith(said);
  });
  list.querySelectorAll("[data-reads]").forEach((message) => { delete message.dataset.reads; delete message.dataset.filled; });
  list.querySelectorAll(".past").forEach((group) => { group.removeAttribute("role"); group.removeAttribute("aria-labelledby"); });
  if (lost) backToBox();
}

// The box says who can read the answer to the open question, and holds what stands in it already.
function fitBox() {
  const messages = [...list.querySelectorAll(".ours")].reverse();
  chip.textContent = messages.find((one) => one.dataset.reads)?.dataset.reads ?? "";
  chip.hidden = !chip.textContent;
  const field = messages.find((one) => one.dataset.filled !== undefined);
  label.textContent = field?.dataset.label ?? label.dataset.label;
  if (field?.dataset.filled && !box.value) box.value = field.dataset.filled;
}

function newest() {
  return Number([...list.querySelectorAll("[data-line]")].at(-1)?.dataset.line ?? 0);
}

function lastDay() {
  return [...list.querySelectorAll("[data-day]")].at(-1)?.dataset.day;
}

// The end of a line above the box; of one that is taller than the window its beginning.
function reveal(item, behavior = calm.matches ? "auto" : "smooth") {
  const room = window.innerHeight - form.offsetHeight - document.querySelector(".talk-head").offsetHeight;
  item.scrollIntoView({ block: item.offsetHeight > room ? "start" : "end", behavior });
}

// On a telephone the keyboard would jump up: there the focus goes to what was said.
function backToBox() {
  const target = desk.matches || document.activeElement === box ? box : list.lastElementChild;
  target?.focus({ preventScroll: true });
}

function token() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Looking for what is said unasked

async function look() {
  clearTimeout(timer);
  if (closed || document.hidden) return;
  try {
    if (!sending) {
      const html = await ask(`${form.dataset.newer}?after=${newest()}`, {});
      if (html && !sending) {
        active = Date.now();
        await add(html, atEnd());
      }
    }
  } catch {
    active = 0;
  }
  timer = setTimeout(look, pause());
}

// Every four seconds while somebody is here; ever more slowly once nothing happens.
function pause() {
  const idle = Date.now() - active;
  return idle < AWAKE ? FAST : Math.min(SLOW, FAST + (idle - AWAKE) / 4);
}

function atEnd() {
  return window.innerHeight + window.scrollY > document.documentElement.scrollHeight - 200;
}

document.addEventListener("visibilitychange", look);
box.addEventListener("input", () => { active = Date.now(); });
timer = setTimeout(look, FAST);
[...list.children].forEach((item) => { item.tabIndex = -1; });
if (list.lastElementChild) reveal(list.lastElementChild, "auto");
if (desk.matches) box.focus({ preventScroll: true });
