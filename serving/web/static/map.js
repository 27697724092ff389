// The map: zoom by wheel, pinch and buttons, drag, and projects that lie close together as one mark.
"use strict";
(() => {
  const map = document.getElementById("map"), list = document.getElementById("same-place");
  if (!map) return;
  const whole = map.viewBox.baseVal, size = { w: whole.width, h: whole.height };
  const links = [...map.querySelectorAll("a[data-x]")].map((link) => ({ link, mark: link.firstElementChild, x: Number(link.dataset.x), y: Number(link.dataset.y) }));
  const TARGET = 44, MOST = 64, ORDER = ["red", "orange", "yellow", "blue"], SVG = "http://www.w3.org/2000/svg";
  const labels = [...map.querySelectorAll("text.label")];
  let view = { x: 0, y: 0, zoom: 1 };
  document.querySelector(".zoom").hidden = false;

  const unit = () => size.w / view.zoom / map.clientWidth;  // drawing units per pixel

  function node(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  }

  // Projects join the group whose middle is within a finger's width; groups that then touch join too.
  function groups(width) {
    let found = links.map((one) => ({ x: one.x, y: one.y, all: [one] }));
    for (let joined = true; joined;) {
      joined = false;
      const kept = [];
      for (const one of found) {
        const near = kept.find((other) => Math.hypot(one.x - other.x, one.y - other.y) < width);
        if (!near) { kept.push(one); continue; }
        const n = near.all.length, m = one.all.length;
        near.x = (n * near.x + m * one.x) / (n + m);
        near.y = (n * near.y + m * one.y) / (n + m);
        near.all.push(...one.all);
        joined = true;
      }
      found = kept;
    }
    return found.map((one) => one.all);
  }

  function draw() {
    map.setAttribute("viewBox", `${view.x} ${view.y} ${size.w / view.zoom} ${size.h / view.zoom}`);
    map.style.touchAction = view.zoom > 1 ? "none" : "pan-y";
    const u = unit(), cell = TARGET * u;
    map.querySelectorAll(".cluster, .finger").forEach((one) => one.remove());
    const taken = [];
    for (const group of groups(cell)) {
      const alone = group.length === 1;
      group.forEach((one) => one.link.toggleAttribute("hidden", !alone));
      if (alone) {
        const { link, mark, x, y } = group[0];
        mark.setAttribute("transform", `translate(${x} ${y}) scale(${u * 1.2}) translate(${-x} ${-y})`);
        node("circle", { class: "finger", cx: x, cy: y, r: cell / 2 }, link);
        taken.push(around(x, y, 11 * u, 11 * u));
      } else {
        const { x, y } = cluster(group, u);
        taken.push(around(x, y - 4 * u, 22 * u, 22 * u));
      }
    }
    label(u, taken);
  }

  const around = (x, y, w, h) => ({ x, y, w, h });  // a box by its middle and half its sides
  const apartFrom = (a) => (b) => Math.abs(a.x - b.x) >= a.w + b.w || Math.abs(a.y - b.y) >= a.h + b.h;

  // A name is placed at the nearest free spot to its middle; without one it is left out until the map is zoomed in.
  const SPOTS = [[0, 0], ...[24, 40, 58].flatMap((far) => [[0, far], [0, -far], [far, 0], [-far, 0], [far, far], [-far, far], [far, -far], [-far, -far]])];
  const wide = (words) => [...words].reduce((sum, one) => sum + (one > "\u2e80" ? 13 : 8), 0);
  function label(u, taken) {
    for (const one of labels) {
      const x = Number(one.dataset.x), y = Number(one.dataset.y), w = (wide(one.textContent) / 2 + 4) * u, h = 13 * u;  // with the white edge
      const spots = SPOTS.map(([dx, dy]) => around(x + Math.sign(dx) * w + dx * u, y + dy * u, w, h));
      const inside = (box) => box.x - w >= view.x && box.x + w <= view.x + size.w / view.zoom && box.y - h >= view.y && box.y + h <= view.y + size.h / view.zoom;
      const found = spots.find((box) => inside(box) && taken.every(apartFrom(box)));
      one.style.display = found ? "" : "none";
      if (!found) continue;
      one.setAttribute("x", found.x);
      one.setAttribute("y", found.y + 5 * u);
      one.style.fontSize = `${13 * u}px`;
      one.style.strokeWidth = 3 * u;
      map.append(one);
      taken.push(found);
    }
  }

  function cluster(group, u) {
    const x = group.reduce((sum, one) => sum + one.x, 0) / group.length, y = group.reduce((sum, one) => sum + one.y, 0) / group.length;
    const worst = ORDER.find((code) => group.some((one) => one.link.dataset.tier === code));
    const sample = group.find((one) => one.link.dataset.tier === worst);
    const made = node("g", { class: "cluster", tabindex: 0, role: "button", "aria-label": map.dataset.cluster.replace("#", group.length) }, map);
    node("circle", { class: "finger", cx: x, cy: y, r: TARGET / 2 * u }, made);
    node("circle", { class: "number", cx: x, cy: y, r: 16 * u }, made);
    node("text", { x, y: y + 5 * u, "text-anchor": "middle" }, made).textContent = group.length;
    made.lastChild.style.fontSize = `${14 * u}px`;
    const shape = made.insertBefore(sample.mark.cloneNode(), made.lastChild);
    shape.setAttribute("transform", `translate(${x + 13 * u} ${y - 13 * u}) scale(${u}) translate(${-sample.x} ${-sample.y})`);
    const open = () => (view.zoom >= MOST || spread(group) < u ? show(group) : zoom(2.5, x, y));
    made.addEventListener("click", () => { if (!moved) open(); });
    made.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); } });
    return { x, y };
  }
  const spread = (group) => Math.max(...group.map((one) => Math.abs(one.x - group[0].x) + Math.abs(one.y - group[0].y)));

  function show(group) {
    list.querySelector("ul").replaceChildren(...group.map(({ link }) => {
      const row = document.createElement("li"), a = document.createElement("a");
      a.href = link.getAttribute("href");
      a.textContent = link.getAttribute("aria-label");
      row.append(a);
      return row;
    }));
    list.hidden = false;
    list.focus();
  }

  function zoom(factor, x, y) {
    const next = factor ? Math.min(MOST, Math.max(1, view.zoom * factor)) : 1, share = view.zoom / next;
    move(x - (x - view.x) * share, y - (y - view.y) * share, next);
  }
  function move(x, y, scale = view.zoom) {
    const limit = (value, most) => Math.min(Math.max(value, 0), most - most / scale);
    view = { x: limit(x, size.w), y: limit(y, size.h), zoom: scale };
    draw();
  }
  const at = (event) => {
    const box = map.getBoundingClientRect();
    return { x: view.x + (event.clientX - box.left) * unit(), y: view.y + (event.clientY - box.top) * unit() };
  };

  document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => zoom(Number(button.dataset.zoom), view.x + size.w / view.zoom / 2, view.y + size.h / view.zoom / 2)));
  map.addEventListener("wheel", (event) => {
    // At its ends the wheel scrolls the page.
    if ((event.deltaY > 0 && view.zoom === 1) || (event.deltaY < 0 && view.zoom === MOST)) return;
    event.preventDefault();
    const { x, y } = at(event);
    zoom(event.deltaY < 0 ? 1.3 : 1 / 1.3, x, y);
  }, { passive: false });

  const fingers = new Map();
  let moved = false;
  const apart = () => { const [a, b] = [...fingers.values()]; return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY); };
  map.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, event); if (fingers.size === 1) moved = false; });
  map.addEventListener("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    const before = fingers.size === 2 ? apart() : 0;
    fingers.set(event.pointerId, event);
    const far = Math.abs(event.clientX - last.clientX) + Math.abs(event.clientY - last.clientY);
    if (fingers.size === 2 && before) {
      const [a, b] = [...fingers.values()];
      const middle = at({ clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });
      moved = true;
      zoom(apart() / before, middle.x, middle.y);
    } else if (view.zoom > 1 && far) {
      if (far > 2) moved = true;
      move(view.x - (event.clientX - last.clientX) * unit(), view.y - (event.clientY - last.clientY) * unit());
    }
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) map.addEventListener(name, (event) => fingers.delete(event.pointerId));
  map.addEventListener("click", (event) => { if (moved) { event.preventDefault(); event.stopPropagation(); moved = false; } }, true);
  window.addEventListener("resize", draw);
  draw();
})();
