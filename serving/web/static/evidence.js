// Names a chosen file by its SHA-256, computed here: the file itself is not sent.
// crypto.subtle is missing on pages without TLS, as in many offices' own networks.
"use strict";
(() => {
  const CONSTANTS = new Uint32Array(64), START = new Uint32Array(8);
  const rooted = (prime, power) => { const root = prime ** power; return (root - Math.floor(root)) * 2 ** 32; };
  for (let number = 2, found = 0; found < 64; number++) {
    let prime = true;
    for (let by = 2; by * by <= number; by++) if (number % by === 0) { prime = false; break; }
    if (!prime) continue;
    if (found < 8) START[found] = rooted(number, 1 / 2);
    CONSTANTS[found++] = rooted(number, 1 / 3);
  }

  function sha256(bytes) {
    const blocks = Math.ceil((bytes.length + 9) / 64), padded = new Uint8Array(blocks * 64), view = new DataView(padded.buffer);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
    view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0);
    const hash = new Uint32Array(START), w = new Uint32Array(64);
    const turn = (x, n) => (x >>> n) | (x << (32 - n));
    for (let at = 0; at < padded.length; at += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + 4 * i);
      for (let i = 16; i < 64; i++) {
        const low = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
        const high = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
        w[i] = w[i - 16] + low + w[i - 7] + high;
      }
      let [a, b, c, d, e, f, g, h] = hash;
      for (let i = 0; i < 64; i++) {
        const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + CONSTANTS[i] + w[i]) | 0;
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => { hash[i] += value; });
    }
    return [...hash].map((value) => value.toString(16).padStart(8, "0")).join("");
  }

  document.addEventListener("change", async (event) => {
    if (!event.target.matches("input[data-evidence]")) return;
    const { form, files } = event.target, file = files[0];
    const bytes = file && new Uint8Array(await file.arrayBuffer());
    form.elements.file.value = file ? file.name.slice(0, 200) : "";
    form.elements.sha256.value = file ? sha256(bytes) : "";
  });
})();
