"use strict";
{
  const MINUTE = 60 * 1000;
  const SILENT = 10 * MINUTE;
  const KEY = `training-report ${location.pathname}`;
  const moments = [...document.querySelectorAll("details[data-step]")];
  const choices = [...document.querySelectorAll("input[name=temperature]")];
  const reload = document.querySelector(".reload");
  let timer = 0;

  /** Show the texts of one temperature, or of all. */
  const choose = (temperature) => {
    document.body.classList.toggle("moments-all", temperature === "");
    for (const text of document.querySelectorAll(".sample")) text.hidden = temperature !== "" && text.dataset.temperature !== temperature;
    for (const moment of moments) {
      const lines = [...moment.querySelectorAll(".first")];
      const line = lines.find((one) => one.dataset.temperature === temperature);
      for (const one of lines) one.classList.toggle("chosen", one === line);
    }
  };

  /** Reload the page once a minute, or leave it alone. */
  const reloading = (on) => {
    if (!reload) return;
    clearInterval(timer);
    timer = on ? setInterval(() => location.reload(), MINUTE) : 0;
    reload.textContent = on ? "Stop reloading once a minute" : "Reload once a minute";
    reload.hidden = false;
  };

  /** Keep over a reload where the reader was. */
  const remember = () => {
    const open = moments.filter((moment) => moment.open).map((moment) => moment.dataset.step);
    const temperature = choices.find((choice) => choice.checked)?.value ?? "";
    const off = [...document.querySelectorAll(".series button[aria-pressed=false]")].map((one) => [one.dataset.chart, one.dataset.series]);
    const newest = moments[0]?.dataset.step;
    try { sessionStorage.setItem(KEY, JSON.stringify({ open, temperature, off, newest, still: reload && !timer, top: scrollY })); } catch { /* it may be forbidden */ }
  };

  const restore = () => {
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(KEY)); } catch { /* it may be forbidden */ }
    reloading(!kept?.still);
    if (!kept) return choose("");
    for (const moment of moments) {
      const fresh = moment === moments[0] && kept.newest !== moment.dataset.step;
      moment.open = fresh ? kept.open.includes(kept.newest) : kept.open.includes(moment.dataset.step);
    }
    const choice = choices.find((one) => one.value === kept.temperature);
    if (choice) choice.checked = true;
    choose(choice ? kept.temperature : "");
    for (const [chart, series] of kept.off) document.querySelector(`.series button[data-chart="${chart}"][data-series="${series}"]`)?.click();
    scrollTo(0, kept.top);
  };

  /** Say the time as it is here, and that a run which writes no more may have stopped. */
  const tell = () => {
    const time = document.querySelector("time");
    const written = new Date(time.dateTime);
    time.textContent = written.toLocaleString();
    if (time.dataset.finished === "true" || Date.now() - written < SILENT) return;
    const minutes = Math.round((Date.now() - written) / MINUTE);
    const ago = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
    time.after(Object.assign(document.createElement("span"), { className: "stale", textContent: ` (no news for ${ago}: it may have stopped)` }));
  };

  const fieldset = document.querySelector(".temperatures");
  if (fieldset) fieldset.hidden = false;
  for (const choice of choices) choice.addEventListener("change", () => choose(choice.value));
  reload?.addEventListener("click", () => reloading(!timer));
  addEventListener("pagehide", remember);
  restore();
  tell();
}
