"use strict";

const TEXTS = {
  ru: {
    title: "Нейропоэт",
    label: "Напишите первую строку, а нейросеть продолжит",
    chaos: "Безумие",
    calm: "спокойнее",
    mad: "безумнее",
    write: "Сочинить",
    another: "Ещё одно",
    poem: "Стихотворение",
    writing: "Сочиняю…",
    busy: "Сейчас у поэта слишком много просьб. Попробуйте через несколько секунд.",
    away: "Поэт отлучился. Попробуйте чуть позже.",
    refused: "С такой строкой не получается. Попробуйте другую, покороче.",
    cut: "Текст длинный, поэтому нейросеть прочла только его конец.",
  },
  en: {
    title: "Neural Poet",
    label: "Write the first line, and the neural network will continue it",
    chaos: "Madness",
    calm: "calmer",
    mad: "madder",
    write: "Write",
    another: "Another one",
    poem: "Poem",
    writing: "Writing…",
    busy: "The poet has too many requests right now. Try again in a few seconds.",
    away: "The poet is away. Try again a little later.",
    refused: "The neural network cannot read this line. Try a shorter one.",
    cut: "The text is too long, so the neural network has read only its end.",
  },
};
const OTHER = { ru: "en", en: "ru" };
const NAMES = { ru: "Русский", en: "English" };
const TIMEOUT_MS = 70000; // above the service's own limit

const byId = (id) => document.getElementById(id);
let language = "ru";
let status = ""; // a key of TEXTS
let last = null; // the request of the shown poem: { prompt, seed }
let chaosChosen = false; // until then the release's default applies
let working = false;
let rewritePending = false; // the slider was moved during a request

function recall() {
  try {
    return localStorage.getItem("language");
  } catch {
    return null; // storage is disabled
  }
}

function remember(value) {
  try {
    localStorage.setItem("language", value);
  } catch {
    // storage is disabled: Russian again next time
  }
}

function speak(name) {
  language = name;
  const texts = TEXTS[language];
  document.documentElement.lang = language;
  document.title = texts.title;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = texts[element.dataset.text];
  byId("language").textContent = NAMES[OTHER[language]];
  byId("language").lang = OTHER[language];
  say(status);
}

function say(key) {
  status = key;
  byId("status").textContent = key ? TEXTS[language][key] : "";
}

function wait(on) {
  working = on;
  // aria-disabled, since a disabled button would lose the keyboard focus.
  for (const id of ["write", "another"]) byId(id).setAttribute("aria-disabled", String(on));
  byId("poem").setAttribute("aria-busy", String(on));
  if (on) say("writing");
}

function show(poem) {
  byId("poem").textContent = poem; // as text, never as HTML
  byId("poem").lang = /[а-яё]/i.test(poem) ? "ru" : "en";
  for (const id of ["heading", "another"]) byId(id).hidden = false;
}

function ask(fields) {
  return fetch("generate", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(fields),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

async function failure(reply) {
  if (reply.status === 413 || reply.status === 422) return "refused";
  const problem = await reply.json().catch(() => ({}));
  return reply.status === 429 || /:(busy|slow)$/.test(problem.type) ? "busy" : "away";
}

async function write(prompt, seed) {
  if (working) return;
  wait(true);
  const fields = { prompt: prompt.toWellFormed ? prompt.toWellFormed() : prompt };
  if (seed !== null) fields.seed = seed;
  if (chaosChosen) fields.chaos = Number(byId("chaos").value) / 100;
  try {
    const reply = await ask(fields);
    if (!reply.ok) return say(await failure(reply));
    const { poems, prompt_cut: cut } = await reply.json();
    const [poem] = poems;
    show(poem.poem);
    last = { prompt, seed: poem.seed };
    say(cut ? "cut" : "");
  } catch {
    say("away");
  } finally {
    wait(false);
    if (rewritePending) rewrite();
  }
}

// The same seed with more chaos: the poem stays the same up to the first newly chaotic step.
function rewrite() {
  rewritePending = working;
  if (last && !working) write(last.prompt, last.seed);
}

function announceChaos() {
  byId("chaos").setAttribute("aria-valuetext", `${byId("chaos").value} %`);
}

async function loadDefaults() {
  try {
    const { models } = await (await fetch("models", { signal: AbortSignal.timeout(TIMEOUT_MS) })).json();
    if (!chaosChosen && models[0].ready) byId("chaos").value = String(models[0].defaults.chaos * 100);
    announceChaos();
  } catch {
    // the slider keeps its initial position, and is not sent unless moved
  }
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  write(byId("line").value, null);
});
byId("another").addEventListener("click", () => write(last.prompt, null));
byId("chaos").addEventListener("input", announceChaos);
byId("chaos").addEventListener("change", () => {
  chaosChosen = true;
  rewrite();
});
byId("language").addEventListener("click", () => {
  speak(OTHER[language]);
  remember(language);
});

speak(recall() === "en" ? "en" : "ru");
loadDefaults();
