import { $ } from "./dom.js";
import { back, stays } from "./signedout.js";

// Reminders whose time has come. The answer says when the next one is: nobody asks before, but
// for a page that somebody comes back to.
let timer;
const remind = async () => {
	const box = $("#reminders");
	if (!box || document.hidden) return;
	clearTimeout(timer);
	let next = 600;
	try {
		const answer = await fetch("/tasks/reminders", { headers: { "HX-Request": "true" } });
		const text = await answer.text();
		if (stays(answer.headers.get("HX-Redirect"))) { // signed out: is somebody in again?
			next = 60;
			return;
		}
		if (!answer.ok || answer.headers.has("HX-Redirect") || !box.isConnected) return;
		back(); // in again, in another tab
		next = Number(answer.headers.get("Paddock-Next") || next);
		if (text === box.dataset.text) return; // said already
		box.dataset.text = text;
		box.innerHTML = text;
		htmx.process(box);
	} catch { /* offline: later */ } finally {
		timer = setTimeout(remind, Math.max(1, Math.min(next, 3600)) * 1000);
	}
};
setTimeout(remind, 1500);
document.addEventListener("visibilitychange", remind);
