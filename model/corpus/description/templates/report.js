"use strict";
{
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");

  /** Put the page's colours in the place of their names. */
  const coloured = (value, style) => {
    if (typeof value === "string") return value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
    if (Array.isArray(value)) return value.map((item) => coloured(item, style));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
  };

  const axis = (own) => ({
    gridcolor: "--edge", zeroline: false, linecolor: "--edge", fixedrange: true, separatethousands: true,
    automargin: true, ...own, title: { font: { size: 12 }, standoff: 8, ...own.title },
  });

  const layout = (own) => ({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", bargap: 0, dragmode: false, showlegend: false,
    margin: { l: 8, r: 12, t: 26, b: 8 },
    hoverlabel: { bgcolor: "--ink", bordercolor: "--ink", font: { color: "--paper" } },
    font: { family: getComputedStyle(document.body).fontFamily, color: "--soft", size: 12 },
    ...own, xaxis: axis({ showgrid: false, ...own.xaxis }), yaxis: axis({ rangemode: "tozero", nticks: 5, ...own.yaxis }),
  });

  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    for (const [name, figure] of Object.entries(figures)) {
      const drawn = coloured({ data: figure.data, layout: layout(figure.layout) }, style);
      Plotly.react(name, drawn.data, drawn.layout, { displayModeBar: false, responsive: true });
    }
  };

  const sort = (button) => {
    const header = button.closest("th");
    const descending = header.getAttribute("aria-sort") !== "descending" && (header.cellIndex > 0 || header.hasAttribute("aria-sort"));
    const rows = [...header.closest("table").tBodies[0].rows];
    const key = (row) => row.cells[header.cellIndex].dataset.value ?? row.cells[header.cellIndex].textContent.trim();
    const compare = header.cellIndex > 0 ? (a, b) => key(a) - key(b) : (a, b) => key(a).localeCompare(key(b));
    rows.sort((a, b) => (descending ? compare(b, a) : compare(a, b)));
    header.closest("table").tBodies[0].append(...rows);
    for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  };

  for (const button of document.querySelectorAll("th button")) button.addEventListener("click", () => sort(button));
  dark.addEventListener("change", draw);
  draw();
}
