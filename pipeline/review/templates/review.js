// Keys for those who want them; every page works without. Never while somebody types in a field.
(() => {
  "use strict";
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const one = (css, root = document) => root.querySelector(css);
  const help = one("#help");
  const seen = (el) => el && !el.disabled && el.getClientRects().length > 0;
  const asked = { a: "accept", r: "reject", m: "merge", n: "rename" };
  const PAUSE = 1000;
  let going = 0;
  let hush = { key: "", until: 0 };

  const rows = () => all("[data-row]").filter(seen);
  const current = () => {
    const focused = document.activeElement && document.activeElement.closest("[data-row]");
    return focused || one("[data-row].here") || one("[data-row][aria-current]");
  };

  const stand = (row) => {
    all("[data-row].here").forEach((other) => other.classList.remove("here"));
    row.classList.add("here");
    if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  const step = (by) => {
    const list = rows();
    if (!list.length) return false;
    const at = list.indexOf(current());
    const next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1)];
    stand(next);
    return true;
  };

  const linkOf = (row) => one("a[data-open]", row) || one("a[href]", row);

  const openRow = () => {
    const row = document.activeElement && document.activeElement.matches("[data-row]") ? document.activeElement : null;
    const link = row && linkOf(row);
    if (!link) return false;
    link.click();
    return true;
  };

  const tick = () => {
    const row = current();
    const box = row && one("input[type=checkbox]", row);
    if (!box) return false;
    box.click();
    return true;
  };

  // Open whatever is folded around what a key means, and go to where something is typed; a button
  // has nothing to type in.
  const reveal = (target) => {
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    const fields = "input:not([type=hidden]), select, textarea";
    const field = target.matches("summary") ? one(fields, target.parentElement) || target : target;
    if (!field.matches(`summary, ${fields}`)) return false;
    field.focus();
    if (field.select) field.select();
    return true;
  };

  // A row without the form that a key asks for leads to the page of its touchpoint, which has it.
  // The page that is left decides nothing any more, whatever is typed meanwhile.
  const follow = (row, key) => {
    const link = asked[key] && linkOf(row);
    const to = link && new URL(link.href);
    if (!to || to.origin !== location.origin || !/^\/touchpoints(\/|$)/.test(to.pathname)) return false;
    to.hash = asked[key];
    hush = { key: "", until: Infinity };
    location.assign(to);
    return true;
  };
  const arrive = () => {
    hush = { key: "", until: 0 };
    const key = Object.keys(asked).find((k) => `#${asked[k]}` === location.hash);
    const target = key && all(`[data-key="${key}"]`).find((el) => !el.closest("[data-row]"));
    if (target && !reveal(target)) target.focus();
  };

  // What a key is for. On a row it means that row and nothing else; a row that the page itself is
  // about (the chosen one of a list), or none, leaves the keys of the page. A key that only rows
  // have goes to the first row: nothing is decided that nobody stands on.
  const press = (key) => {
    const css = `[data-key="${CSS.escape(key)}"]`;
    const row = current();
    const reached = (el) => seen(el) || el.closest("details:not([open])");
    const own = row ? all(css, row) : [];
    const isFree = !row || row.hasAttribute("aria-current");
    const others = all(css).filter((el) => !el.closest("[data-row]") && (isFree || el.closest("header.top")));
    const target = [...own, ...others].find(reached);
    if (!target && row && follow(row, key)) return true;
    if (!target) {
      // Words typed for a form that did not open are none of our keys, up to a pause.
      if (asked[key] && key !== "a") hush = { key, until: Date.now() + PAUSE };
      return !row && all(css).some(reached) && step(1);
    }
    if (!reveal(target)) target.click();
    return true;
  };
  const isHushed = (key) => {
    const now = Date.now();
    if (now >= hush.until || key === hush.key || key === "Tab" || key === "Escape") return false;
    hush = { key: "", until: Math.max(hush.until, now + PAUSE) };
    return true;
  };

  const search = () => {
    const field = one("[data-search]") || one("input[type=search]");
    if (!field) { location.assign("/search"); return true; }
    field.focus();
    field.select();
    return true;
  };

  const showHelp = () => {
    if (!help || !help.showModal) return false;
    if (!help.open) help.showModal();
    return true;
  };

  const go = (key) => {
    const link = one(`[data-go="${CSS.escape(key)}"]`);
    if (link) link.click();
    return Boolean(link);
  };

  const isTyping = (el) => el && (el.isContentEditable || el.matches("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=submit]):not([type=button])"));

  const act = (event) => {
    const key = event.key;
    if (Date.now() < going) { going = 0; return go(key); }
    if (key === "g") { going = Date.now() + 1500; return true; }
    if (key === "j" || key === "ArrowDown") return step(1);
    if (key === "k" || key === "ArrowUp") return step(-1);
    if (key === "Enter") return openRow();
    if (key === "x") return tick();
    if (key === "/") return search();
    if (key === "?") return showHelp();
    return key.length === 1 && press(key);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const el = document.activeElement;
    if (isTyping(el)) {
      if (event.key === "Escape") el.blur();
      return;
    }
    if (one("dialog[open]")) return;
    if (isHushed(event.key)) { event.preventDefault(); return; }
    const inMap = el && el.closest("svg, [data-own-keys]");
    if (inMap && (event.key.startsWith("Arrow") || event.key === "Enter")) return;
    if (act(event)) event.preventDefault();
  });

  // After a decision the work goes on where it was: at the same row, or at the next one when that
  // is done; the page is no higher or lower than before.
  const address = () => location.pathname + location.search;
  const leave = (form) => {
    const row = form.closest("[data-row]") || current();
    const list = rows();
    const after = row ? list[list.indexOf(row) + 1] || list[list.indexOf(row) - 1] : null;
    const kept = { address: address(), row: row && row.id, next: after && after.id, y: scrollY };
    try { sessionStorage.setItem("left", JSON.stringify(kept)); } catch { /* it only helps */ }
  };
  const comeBack = () => {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem("left"));
      sessionStorage.removeItem("left");
    } catch { return; }
    if (!kept || kept.address !== address()) return;
    const row = [kept.row, kept.next].map((id) => id && document.getElementById(id)).find(seen);
    scrollTo({ top: kept.y, behavior: "instant" });
    if (row) stand(row);
  };
  comeBack();
  arrive();
  window.addEventListener("hashchange", arrive);
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("[data-row]")) all("[data-row].here").forEach((row) => row.classList.remove("here"));
  });

  // A form is sent once, however often its button is pressed; a page shown again from the cache of
  // the browser has its buttons back.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    leave(form);
  });
  window.addEventListener("pageshow", () => {
    all("form[data-sent]").forEach((form) => delete form.dataset.sent);
    hush = { key: "", until: 0 };
  });

  const button = one("#help-open");
  if (button && help && help.showModal) {
    button.hidden = false;
    button.addEventListener("click", showHelp);
  }

  // On the map the arrow keys go to the nearest box that way.
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  all("svg.network").forEach((map) => map.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    const here = event.target.closest(".node");
    if (!way || !here) return;
    event.preventDefault();
    let best = null;
    let least = Infinity;
    all(".node", map).forEach((node) => {
      const dx = node.dataset.x - here.dataset.x;
      const dy = node.dataset.y - here.dataset.y;
      const along = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      const cost = along + 2.5 * aside;
      if (along > 1 && cost < least && !(way[1] && aside > 1)) [best, least] = [node, cost];
    });
    if (best) best.focus();
  }));

  // What is chosen is in sight in its own scrolling box; the page itself stays where it is.
  all(".listscroll, .mapscroll").forEach((box) => {
    const chosen = one("[aria-current]", box);
    if (!chosen) return;
    const own = chosen.getBoundingClientRect();
    const around = box.getBoundingClientRect();
    box.scrollTop += own.top - around.top - (around.height - own.height) / 2;
    box.scrollLeft += own.left - around.left - (around.width - own.width) / 2;
  });

  // While the corpus runs again the page looks how far it is, unless somebody is at work on it.
  let touched = false;
  document.addEventListener("input", () => { touched = true; });
  const running = one('#publishing[data-busy]');
  if (running && one("meta[name=again]")) {
    const again = () => {
      if (!touched && !one("dialog[open]") && document.visibilityState === "visible" && !isTyping(document.activeElement)) location.reload();
      else setTimeout(again, 3000);
    };
    setTimeout(again, 3000);
  }
})();
