// Keeps the counts on the page at / fresh: asks every two seconds, while the page is seen.
const counts = document.querySelector(".counts");
const number = new Intl.NumberFormat("en");
const pulse = counts?.querySelector(".pulse");
const where = new URL("counts", document.baseURI);
let last = null;

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(where, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    for (const [name, value] of Object.entries(told)) {
      const place = counts.querySelector(`[data-count="${name}"]`);
      if (place) place.textContent = typeof value === "number" ? number.format(value) : value;
    }
    const now = performance.now();
    if (last) {
      const rate = Math.max(0, ((told.heard - last.heard) * 1000) / (now - last.at));
      counts.querySelector('[data-count="rate"]').textContent = rate < 10 ? rate.toFixed(1) : number.format(Math.round(rate));
      pulse?.classList.toggle("on", told.heard > last.heard);
    }
    last = { heard: told.heard, at: now };
  } catch {
    pulse?.classList.remove("on");
  }
}

if (counts) {
  look();
  setInterval(look, 2000);
}
