// Sends the files of the data page one by one, then leads to the page of the upload.
"use strict";
(() => {
  const form = document.getElementById("files");
  if (!form) return;
  const input = document.getElementById("books"), line = document.getElementById("sent");
  const tell = (words, bad) => { line.textContent = words; line.className = bad ? "bad" : ""; };

  async function post(path, body) {
    const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
    if (document.body.dataset.csrf) headers["X-CSRF-Token"] = document.body.dataset.csrf;
    const answer = await fetch(path, { method: "POST", headers, body });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.detail || form.dataset.failed);
    return said;
  }

  async function send(files) {
    if (files.length > Number(form.dataset.most)) throw new Error(form.dataset.tooMany);
    const large = files.find((one) => one.size > Number(form.dataset.max));
    if (large) throw new Error(`${form.dataset.tooLarge} ${large.name}`);
    const { id } = await post("/data/uploads", "");
    for (const [n, one] of files.entries()) {
      tell(`${n + 1} / ${files.length} ${one.name}`);
      await post(`/data/files/${id}?name=${encodeURIComponent(one.name)}`, one);
    }
    await post(`/data/uploads/${id}`, new URLSearchParams({ does: "layouts" }));
    location.assign(`/data/uploads/${id}`);
  }

  let sending = false;
  async function start(list) {
    const files = [...list];
    if (sending || !files.length) return;
    sending = true;
    form.setAttribute("aria-busy", "true");
    try { await send(files); } catch (error) { tell(error.message || form.dataset.failed, true); }
    form.removeAttribute("aria-busy");
    input.value = "";
    sending = false;
  }

  input.addEventListener("change", () => start(input.files));
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    start(event.dataTransfer.files);
  });
})();
