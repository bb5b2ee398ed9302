import { $ } from "./dom.js";

// Reminders whose time has come. A page nobody looks at does not ask.
const remind = async () => {
	const box = $("#reminders");
	if (!box || document.hidden) return;
	try {
		const answer = await fetch("/tasks/reminders", { headers: { "HX-Request": "true" } });
		if (answer.headers.has("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect")); // signed out, or no longer a member
		if (answer.status === 403) location.reload();
		if (!answer.ok || answer.headers.has("HX-Redirect") || !box.isConnected) return;
		const text = await answer.text();
		if (text === box.dataset.text) return; // said already
		box.dataset.text = text;
		box.innerHTML = text;
		htmx.process(box);
	} catch { /* offline: the next minute */ }
};
setTimeout(remind, 1500);
setInterval(remind, 60000);
document.addEventListener("visibilitychange", remind);
