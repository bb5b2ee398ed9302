import { $ } from "./dom.js";

// A page never leaves by itself because a session has ended, or because somebody must be
// asked once more who they are: a bar says so, and what was typed stays.
const asks = (to) => ["/signin", "/sudo"].find((path) => to?.startsWith(`${path}?`));

// stays shows the bar for an answer that leads there, and tells whether it did.
export const stays = (to) => {
	const path = asks(to);
	const bar = $("#signed-out");
	if (!path || !bar) return false;
	for (const text of bar.querySelectorAll("[data-for]")) text.hidden = text.dataset.for !== path;
	$("a", bar).href = `${path}?next=/signin/done`;
	bar.hidden = false;
	return true;
};

// back takes the bar away, once somebody is in again.
export const back = () => {
	const bar = $("#signed-out");
	if (bar) bar.hidden = true;
};

document.addEventListener("htmx:before:response", (e) => {
	if (stays(e.detail.ctx.response.raw.headers.get("HX-Redirect"))) e.preventDefault();
});
