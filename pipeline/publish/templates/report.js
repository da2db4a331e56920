"use strict";
(() => {
  const root = document.documentElement;
  const one = (id) => document.getElementById(id);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const map = document.querySelector(".network");
  const panel = one("panel");
  const body = one("panel-body");
  let shown = null; // {article, mark, details}: what stands in the panel and where it belongs
  let opener = null;
  let redraw = () => {}; // lights up the links of the selected box, once there is a map
  root.classList.add("js");

  // --- panel: an article is moved in and put back, so that nothing is there twice
  function putBack() {
    if (!shown) return;
    shown.mark.replaceWith(shown.article);
    shown = null;
    all(".selected").forEach((e) => e.classList.remove("selected"));
  }
  function open(article, from) {
    if (!shown) opener = from;
    putBack();
    const before = from ? from.getBoundingClientRect().top : 0;
    const mark = document.createComment("");
    article.replaceWith(mark);
    body.replaceChildren(article);
    shown = { article, mark };
    panel.hidden = false;
    root.classList.add("has-panel");
    body.scrollTop = 0;
    all(`.network a[href="#${article.id}"]`).forEach((e) => e.classList.add("selected"));
    // The page has become narrower: what was clicked stays at its height.
    if (from && !panel.contains(from)) {
      window.scrollBy({ top: from.getBoundingClientRect().top - before, behavior: "instant" });
    }
    redraw();
    const heading = article.querySelector("h3");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  function close() {
    if (panel.hidden) return;
    putBack();
    panel.hidden = true;
    root.classList.remove("has-panel");
    redraw();
    if (opener && opener.isConnected) opener.focus({ preventScroll: true });
    opener = null;
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const target = one(link.getAttribute("href").slice(1));
    if (target && target.matches("article.dossier")) {
      event.preventDefault();
      open(target, link);
    } else if (target && target.matches("details")) {
      target.open = true;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  one("close").addEventListener("click", close);
  window.addEventListener("beforeprint", () => {
    close();
    all("details.bets").forEach((e) => (e.open = true));
  });
  const print = one("print");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
  const start = location.hash.length > 1 && one(location.hash.slice(1));
  if (start && start.matches("article.dossier")) open(start, null);

  // --- tables: a click on a heading sorts
  all("table.sortable").forEach((table) => {
    all("thead th", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", `Sort by ${head.textContent}`);
      head.append(button); // it lies over the text: print repeats a heading's text, not its buttons
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
        const rows = [...table.tBodies[0].rows].sort((a, b) => {
          const [x, y] = [key(a), key(b)];
          if (x === "" || y === "") return (x === "") - (y === "");
          const size = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
          return down ? -size : size;
        });
        table.tBodies[0].append(...rows);
      });
    });
  });

  if (!map) return;
  const nodes = all(".node", map);
  const lines = all(".line", map);
  const id = (node) => node.getAttribute("href").slice(1);

  // --- weak links
  const slider = one("weak");
  if (slider) {
    one("control").hidden = false;
    const show = () => {
      const n = lines.length - slider.value;
      lines.forEach((line, rank) => line.classList.toggle("weak", rank >= n));
      const text = `${n} of ${lines.length} link${lines.length === 1 ? "" : "s"}`;
      one("counter").textContent = text;
      slider.setAttribute("aria-valuetext", text);
    };
    slider.addEventListener("input", show);
    show();
  }

  // --- what leads in and out of the box under the pointer or the focus
  function highlight(pointed) {
    const node = pointed || map.querySelector(".node.selected");
    map.classList.toggle("focus", Boolean(node));
    all(".in, .out, .near", map).forEach((e) => e.classList.remove("in", "out", "near"));
    if (!node) return;
    const key = id(node);
    const near = new Set([key]);
    lines.forEach((line) => {
      const { source, target } = line.dataset;
      if (line.classList.contains("weak")) return;
      if (target === key) line.classList.add("in"), near.add(source);
      if (source === key) line.classList.add("out"), near.add(target);
    });
    nodes.forEach((other) => other.classList.toggle("near", near.has(id(other))));
  }
  redraw = () => highlight(null);
  nodes.forEach((node) => {
    node.addEventListener("pointerenter", () => highlight(node));
    node.addEventListener("pointerleave", () => highlight(null));
    node.addEventListener("focus", () => highlight(node));
    node.addEventListener("blur", () => highlight(null));
  });

  // --- arrow keys go to the nearest box that way
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  map.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    const here = event.target.closest(".node");
    if (!way || !here) return;
    event.preventDefault();
    let best = null;
    let least = Infinity;
    nodes.forEach((node) => {
      const dx = node.dataset.x - here.dataset.x;
      const dy = node.dataset.y - here.dataset.y;
      const along = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      const cost = along + 2.5 * aside;
      if (along > 1 && cost < least && !(way[1] && aside > 1)) [best, least] = [node, cost];
    });
    if (best) best.focus();
  });
})();
