// The form of a visit: shows what its answers ask for, shrinks the photo, keeps, sends.
"use strict";
(() => {
  const form = document.getElementById("visit"), said = document.getElementById("said");
  const was = form.dataset.was ? JSON.parse(form.dataset.was) : null;
  const fields = form.elements;
  const LONGEST = 1280, MOST = 500000;

  function follow() {
    const result = fields.arrears_found.value;
    form.querySelector(".if-found").hidden = result !== "true";
    form.querySelector(".if-unable").hidden = result !== "unable";
    form.querySelector(".unless-unable").hidden = result === "unable";
    form.querySelectorAll("[name=obstacle]").forEach((one) => { one.required = result === "unable"; });
    form.querySelectorAll("[data-opens]").forEach((box) => {
      const shown = box.checked && result === "true";
      form.querySelector(`[data-opened=${box.dataset.opens}]`).hidden = !shown;
      fields[box.dataset.opens].required = shown;
    });
  }
  form.addEventListener("change", follow);

  const number = (name) => (fields[name].value === "" ? null : Number(fields[name].value));
  const ticked = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((one) => one.value);

  function found() {
    const result = fields.arrears_found.value, arrears = result === "true", unable = result === "unable";
    const notes = fields.notes.value.trim().replaceAll(";", "；");
    const findings = [...(unable ? [] : ticked("finding")), ...(notes ? [notes] : [])].join(";");
    const measures = arrears ? ticked("measure") : [];
    return {
      inspected_on: fields.inspected_on.value,
      kind: fields.kind.value,
      arrears_found: unable ? null : arrears,
      obstacle: unable ? ticked("obstacle")[0] : null,
      workers_owed: arrears ? number("workers_owed") : null,
      amount_owed: arrears ? number("amount_owed") : null,
      paid_on_spot: arrears && fields.paid.checked ? number("paid_on_spot") : null,
      measures,
      met: fields.met.value || null,
      findings: findings || null,
      workers_covered: number("workers_covered"),
      contracts_seen: number("contracts_seen"),
      rectify_by: (measures.includes("ordered") && fields.rectify_by.value) || null,
    };
  }

  // Drawn anew, a picture has no metadata: neither place nor owner of the phone. Where the office
  // wants the place, what the camera wrote goes along; the service retains the place alone.
  async function metadata(file) {
    const bytes = new Uint8Array(await file.slice(0, 200000).arrayBuffer());
    for (let at = 2; bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
      const end = at + 2 + bytes[at + 2] * 256 + bytes[at + 3], part = bytes.slice(at, end);
      if (bytes[at + 1] === 0xe1 && String.fromCharCode(...part.slice(4, 8)) === "Exif") return String.fromCharCode(...part);
      at = end;
    }
    return "";
  }

  async function photo() {
    const file = fields.photo.files[0];
    if (!file) return null;
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const extra = form.dataset.place === undefined ? "" : await metadata(file);
    for (const quality of [0.8, 0.6, 0.4, 0.2]) {
      const drawn = canvas.toDataURL("image/jpeg", quality).split(",")[1];
      const text = extra ? btoa("\xff\xd8" + extra + atob(drawn).slice(2)) : drawn;
      if (text.length * 0.75 <= MOST) return text;
    }
    throw new Error("too large");
  }

  function fill(values) {
    const set = (name, value) => { if (value !== null && value !== undefined) fields[name].value = value; };
    fields.arrears_found.value = values.obstacle ? "unable" : String(values.arrears_found);
    ["workers_owed", "amount_owed", "paid_on_spot", "rectify_by", "workers_covered", "contracts_seen", "inspected_on", "kind", "met"]
      .forEach((name) => set(name, values[name]));
    fields.paid.checked = values.paid_on_spot !== null;
    const codes = (values.findings || "").split(";").filter(Boolean);
    const known = [...form.querySelectorAll("[name=finding]")];
    known.forEach((one) => { one.checked = codes.includes(one.value); });
    fields.notes.value = codes.filter((code) => !known.some((one) => one.value === code)).join("；");
    const measures = values.rectify_by ? [...values.measures, "ordered"] : values.measures;
    form.querySelectorAll("[name=measure]").forEach((one) => { one.checked = measures.includes(one.value); });
    form.querySelectorAll("[name=obstacle]").forEach((one) => { one.checked = one.value === values.obstacle; });
  }
  if (was) fill(was);
  follow();

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button.button");
    if (button.disabled) return;
    button.disabled = true;
    let picture = null;
    try { picture = await photo(); } catch {
      said.textContent = form.dataset.photo;
      said.className = "bad";
      button.disabled = false;
      return;
    }
    const body = { ...found(), ...(picture ? { photo: picture } : {}) };
    const { state, detail } = was
      ? await window.wagewatch.enter({ ...body, version: was.version, reason: fields.reason.value.trim() }, `/v1/outcomes/${encodeURIComponent(was.id)}/versions`)
      : await window.wagewatch.enter({ project_id: form.dataset.project, ...body });
    said.textContent = state === "refused" ? `${form.dataset.refused} ${detail || ""}` : form.dataset[state] || "";
    said.className = state === "saved" ? "ok" : state === "kept" ? "warn" : "bad";
    if (state === "refused" || state === "full") button.disabled = false;
    else for (const one of form.elements) one.disabled = true;
  });
})();
