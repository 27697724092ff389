// The form of a visit: shows what is asked only where arrears were found, keeps, sends.
"use strict";
(() => {
  const form = document.getElementById("visit"), said = document.getElementById("said");
  const more = form.querySelector(".if-found");
  form.addEventListener("change", () => {
    more.hidden = form.elements.arrears_found.value !== "true";
  });
  const number = (name) => (form.elements[name].value === "" ? null : Number(form.elements[name].value));

  function found() {
    const arrears = form.elements.arrears_found.value === "true";
    const codes = [...form.querySelectorAll("[name=finding]:checked")].map((one) => one.value);
    const notes = form.elements.notes.value.trim().replaceAll(";", "；");
    const findings = [...codes, ...(notes ? [notes] : [])].join(";");
    return {
      project_id: form.dataset.project,
      inspected_on: form.elements.inspected_on.value,
      kind: form.elements.kind.value,
      arrears_found: arrears,
      workers_owed: arrears ? number("workers_owed") : null,
      amount_owed: arrears ? number("amount_owed") : null,
      findings: findings || null,
      workers_covered: number("workers_covered"),
      contracts_seen: number("contracts_seen"),
      rectify_by: (arrears && form.elements.rectify_by.value) || null,
    };
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button.button");
    if (button.disabled) return;
    button.disabled = true;
    const { state, detail } = await window.wagewatch.enter(found());
    said.textContent = state === "refused" ? `${form.dataset.refused} ${detail || ""}` : form.dataset[state];
    said.className = state === "saved" ? "ok" : state === "kept" ? "warn" : "bad";
    if (state === "refused") button.disabled = false;
    else for (const one of form.elements) one.disabled = true;
  });
})();
