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
    label: "Write the first line, and the neural network will carry on",
    chaos: "Madness",
    calm: "calmer",
    mad: "madder",
    write: "Write",
    another: "Another one",
    poem: "Poem",
    writing: "Writing…",
    busy: "The poet has too many requests right now. Try again in a few seconds.",
    away: "The poet is away. Try again a little later.",
    refused: "It does not work with this line. Try another, shorter one.",
    cut: "The text is long, so the neural network has read only its end.",
  },
};
const OTHER = { ru: "en", en: "ru" };
const NAMES = { ru: "Русский", en: "English" };
const PATIENCE = 70000; // milliseconds; the service itself gives up earlier

const byId = (id) => document.getElementById(id);
let language = "ru";
let status = ""; // a key of TEXTS
let last = null; // what the shown poem was made of: { prompt, seed }
let chaosTouched = false; // until then the release's own default holds
let working = false;
let turned = false; // the slider was moved while a poem was being written

function recall() {
  try {
    return localStorage.getItem("language");
  } catch {
    return null; // storage is off
  }
}

function remember(value) {
  try {
    localStorage.setItem("language", value);
  } catch {
    // storage is off: Russian again next time
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
  // aria-disabled, for a disabled button would lose the keyboard's focus.
  for (const id of ["write", "another"]) byId(id).setAttribute("aria-disabled", String(on));
  byId("poem").setAttribute("aria-busy", String(on));
  if (on) say("writing");
}

function show(poem) {
  byId("poem").textContent = poem; // as text: what users write is never HTML
  byId("poem").lang = /[а-яё]/i.test(poem) ? "ru" : "en";
  for (const id of ["heading", "another"]) byId(id).hidden = false;
}

function ask(fields) {
  return fetch("generate", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(fields),
    signal: AbortSignal.timeout(PATIENCE),
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
  if (chaosTouched) fields.chaos = Number(byId("chaos").value) / 100;
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
    if (turned) turn();
  }
}

// The same seed with more chaos: the poem stays the same up to the first step that is newly struck.
function turn() {
  turned = working;
  if (last && !working) write(last.prompt, last.seed);
}

function tellChaos() {
  byId("chaos").setAttribute("aria-valuetext", `${byId("chaos").value} %`);
}

async function learnDefaults() {
  try {
    const { models } = await (await fetch("models", { signal: AbortSignal.timeout(PATIENCE) })).json();
    if (!chaosTouched && models[0].ready) byId("chaos").value = String(models[0].defaults.chaos * 100);
    tellChaos();
  } catch {
    // the slider stands where the page put it, and is not sent unless moved
  }
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  write(byId("line").value, null);
});
byId("another").addEventListener("click", () => write(last.prompt, null));
byId("chaos").addEventListener("input", tellChaos);
byId("chaos").addEventListener("change", () => {
  chaosTouched = true;
  turn();
});
byId("language").addEventListener("click", () => {
  speak(OTHER[language]);
  remember(language);
});

speak(recall() === "en" ? "en" : "ru");
learnDefaults();
