import { $ } from "./dom.js";
import { back, stays } from "./signedout.js";

// Reminders whose time has come. A page nobody looks at does not ask.
const remind = async () => {
	const box = $("#reminders");
	if (!box || document.hidden) return;
	try {
		const answer = await fetch("/tasks/reminders", { headers: { "HX-Request": "true" } });
		const text = await answer.text();
		if (stays(answer.headers.get("HX-Redirect"))) return; // signed out
		if (!answer.ok || answer.headers.has("HX-Redirect") || !box.isConnected) return;
		back(); // in again, in another tab
		if (text === box.dataset.text) return; // said already
		box.dataset.text = text;
		box.innerHTML = text;
		htmx.process(box);
	} catch { /* offline: the next minute */ }
};
setTimeout(remind, 1500);
setInterval(remind, 60000);
document.addEventListener("visibilitychange", remind);
