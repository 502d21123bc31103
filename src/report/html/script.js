"use strict";
// The page reads without this. It adds a CSV of each table, and a filter and sorting for the long one.
(() => {
  const text = (cell) => cell.textContent.trim();
  const number = (s) => parseFloat(s.replace(/[^0-9.eE+-]/g, ""));
  for (const details of document.querySelectorAll("details")) {
    const table = details.querySelector("table");
    if (!table) continue;
    const tools = document.createElement("div");
    tools.className = "tools";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Save as CSV";
    button.onclick = () => {
      // A leading = + - @ would run as a formula in a spreadsheet.
      const safe = (s) => (/^[=+@\t\r]|^-(?![0-9.])/.test(s) ? "'" + s : s);
      const row = (r) => [...r.cells].map((c) => '"' + safe(text(c)).replace(/"/g, '""') + '"').join(",");
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([[...table.rows].map(row).join("\r\n")], { type: "text/csv" }));
      link.download = (details.closest("section")?.id || "table") + ".csv";
      link.click();
      URL.revokeObjectURL(link.href);
    };
    tools.append(button);
    if (table.classList.contains("sortable")) {
      const filter = document.createElement("input");
      filter.type = "search";
      filter.placeholder = "filter, for example sla team";
      filter.setAttribute("aria-label", "Filter metrics");
      filter.oninput = () => {
        const words = filter.value.toLowerCase().split(/\s+/);
        for (const row of table.tBodies[0].rows) {
          const name = text(row.cells[0]).toLowerCase();
          row.hidden = !words.every((w) => name.includes(w));
        }
      };
      tools.prepend(filter);
      [...table.tHead.rows[0].cells].forEach((head, i) => {
        head.onclick = () => {
          const down = head.getAttribute("aria-sort") !== "ascending";
          for (const h of table.tHead.rows[0].cells) h.removeAttribute("aria-sort");
          head.setAttribute("aria-sort", down ? "ascending" : "descending");
          const key = (row) => (i > 0 && head.className !== "t" ? number(text(row.cells[i])) || 0 : text(row.cells[i]));
          const order = (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (down ? 1 : -1);
          table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
        };
      });
    }
    details.querySelector("summary").after(tools);
  }
  addEventListener("beforeprint", () => {
    for (const d of document.querySelectorAll("details:not(.long)")) d.open = true;
  });
})();
