import { $ } from "./dom.js";

// What is sent says whose page it was typed on: somebody else may have signed in beside it.
document.addEventListener("htmx:config:request", (e) => {
	const member = $("#reminders")?.dataset.member;
	if (member) e.detail.ctx.request.headers["Paddock-Member"] = member;
});
