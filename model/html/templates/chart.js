"use strict";
{
  const charts = JSON.parse(document.getElementById("charts").textContent);

  /** Write a value in four figures, or to the whole where that is more. */
  const figure = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, maximumFractionDigits: 0, roundingPriority: "morePrecision" }).format;

  const make = (name, text, look) => Object.assign(document.createElement(name), { textContent: text, className: look || "" });

  /** Let the pointer and the arrow keys read a chart's values. */
  const follow = (name, chart) => {
    const plot = document.getElementById(`plot-${name}`);
    if (!plot) return;
    const cursor = plot.querySelector(".cursor");
    const tip = plot.querySelector(".tip");
    const said = plot.querySelector(".said");
    const every = [...new Set(chart.series.flatMap((one) => one.x))].sort((a, b) => a - b);
    const [low, high] = chart.x;
    const place = (x) => (chart.logarithmic ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low));
    let at = every.length - 1;

    const nearest = (xs, x) => {
      let best = 0;
      for (let i = 1; i < xs.length; i += 1) if (Math.abs(place(xs[i]) - place(x)) <= Math.abs(place(xs[best]) - place(x))) best = i;
      return best;
    };

    const hide = () => { cursor.hidden = tip.hidden = true; };

    /** Show the values at a place, and give them in words. */
    const show = (index) => {
      at = Math.max(0, Math.min(every.length - 1, index));
      const x = every[at];
      const share = place(x);
      const rows = chart.series.map((one, i) => ({ ...one, i, value: one.y[nearest(one.x, x)] }))
        .filter((row) => row.value != null && !plot.querySelector(`.line[data-series="${row.i}"].off`))
        .sort((a, b) => b.value - a.value);
      const where = chart.names ? chart.names[at] : `${chart.unit} ${figure(x)}`;
      tip.replaceChildren(make("strong", where), ...rows.flatMap((row) => [make("i", "", row.look), make("em", row.name), make("b", figure(row.value))]));
      cursor.hidden = tip.hidden = false;
      cursor.style.left = `${share * 100}%`;
      const room = plot.clientWidth;
      const beside = share * room + (share > .5 ? -tip.offsetWidth - 12 : 12);
      tip.style.left = `${Math.max(0, Math.min(room - tip.offsetWidth, beside))}px`;
      return `${where}: ${rows.map((row) => `${row.name} ${figure(row.value)}`).join(", ")}`;
    };

    const point = (event) => {
      const box = plot.getBoundingClientRect();
      const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
      show(nearest(every, chart.logarithmic ? low * (high / low) ** share : low + (high - low) * share));
    };

    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 20, PageDown: at + 20, Home: 0, End: every.length - 1 }[event.key];
      if (event.key === "Escape") hide();
      if (to === undefined) return;
      event.preventDefault();
      said.textContent = show(tip.hidden && event.key.startsWith("Arrow") ? at : to);
    });
  };

  for (const [name, chart] of Object.entries(charts)) follow(name, chart);
  for (const button of document.querySelectorAll(".series button")) {
    button.addEventListener("click", () => {
      const off = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!off));
      for (const line of document.querySelectorAll(`#plot-${button.dataset.chart} .line[data-series="${button.dataset.series}"]`)) line.classList.toggle("off", off);
    });
  }
}
