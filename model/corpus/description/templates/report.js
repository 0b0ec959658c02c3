"use strict";
{
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
}
