import { $, typing } from "./dom.js";

// What has the focus may be swapped away: the focus goes on at what will stand in its place.
document.addEventListener("htmx:before:request", (e) => {
	const source = e.detail.ctx.sourceElement;
	const th = source.closest("th");
	if (th) e.detail.ctx.next = `th:nth-child(${th.cellIndex + 1}) a`;
	if (source.matches("[data-cancel]")) e.detail.ctx.next = `.value[href$="field=${source.closest("form").elements.field.value}"]`;
	if (source.closest(".more")) e.detail.ctx.next = `.list tbody tr:nth-child(${source.closest("tr").rowIndex}) .name`;
});

// Focus goes where the work goes on: the first mistake, or the field just opened.
document.addEventListener("htmx:after:swap", (e) => {
	const target = e.detail.ctx?.target;
	const root = target?.isConnected ? target : target?.id && document.getElementById(target.id);
	const active = document.activeElement;
	if ((!root && !e.detail.ctx?.next) || (typing(active) && !root?.contains(active))) return; // somebody types elsewhere
	const el = root && ($("[aria-invalid=true]", root) || $(".inline .input, .event form textarea", root) || $(".changed", root) || $(".notice.bad", root)) ||
		(e.detail.ctx.next && $(e.detail.ctx.next));
	if (!el) return;
	el.focus();
	if (el.matches("input")) el.select();
	el.closest(".inline")?.scrollIntoView({ block: "nearest" });
});
