// Waiting shows after 100 ms (the stylesheet delays it).
let waiting = 0;
document.addEventListener("htmx:before:request", (e) => {
	if (e.detail.ctx.sourceElement.closest("#timeline-refresh")) return; // nobody waits for it
	e.detail.ctx.counted = true;
	waiting++;
	document.documentElement.classList.add("busy");
	e.detail.ctx.dimmed = e.detail.ctx.target; // an answer may name another target
	e.detail.ctx.dimmed?.classList?.add("waiting");
});
document.addEventListener("htmx:finally:request", (e) => {
	if (e.detail.ctx.counted) waiting = Math.max(0, waiting - 1);
	if (!waiting) document.documentElement.classList.remove("busy");
	e.detail.ctx.dimmed?.classList?.remove("waiting");
});
