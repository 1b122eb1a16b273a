"use strict";
(function () {
  // Sorts the table by a click on a column's name. What is missing stays last in both directions.
  const table = document.querySelector("#table");
  const body = table.tBodies[0];
  const words = new Intl.Collator(undefined, {numeric: true});

  function compare(column, numeric, falling) {
    const key = (row) => row.cells[column].dataset.sort;
    return (one, other) => {
      const a = key(one), b = key(other);
      if (a === "" || b === "") return (a === "") - (b === "");
      const rising = numeric ? Number(a) - Number(b) : words.compare(a, b);
      return falling ? -rising : rising;
    };
  }

  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    const numeric = head.dataset.kind === "number";
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      const falling = was === "none" ? "first" in head.dataset : was === "ascending";
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      body.append(...[...body.rows].sort(compare(column, numeric, falling)));
    });
  });

  // A link to a row opens what it leads to.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  // All sections at once, for reading through and for print.
  const all = document.querySelectorAll("#rows > details");
  document.querySelectorAll("button[data-open]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => all.forEach((one) => { one.open = button.dataset.open === "yes"; }));
  });
})();
