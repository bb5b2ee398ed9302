// A page that the browser has kept whole is there at once when somebody goes back to it. Has
// anything been sent from this browser since, by whichever tab, it is asked for anew: it may
// show what is no more.
const key = "sent";
const sent = () => { try { localStorage.setItem(key, Date.now()); } catch { /* full: then as it was kept */ } };
document.addEventListener("submit", (e) => { if (e.target.method === "post") sent(); }, true);
document.addEventListener("htmx:finally:request", (e) => { if (e.detail.ctx.request?.method !== "GET") sent(); });
const shown = performance.timeOrigin;
addEventListener("pageshow", (e) => {
	if (e.persisted && Number(localStorage.getItem(key) || 0) > shown) location.reload();
});
