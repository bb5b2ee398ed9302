// What HTML cannot do by itself. Everything here is a convenience: each page
// works without it. Listeners sit on document, so swapped-in parts need none.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const typing = (el) => el.matches("input, textarea, select, [contenteditable]");

// Keys (the dialog #keys lists them).
document.addEventListener("keydown", (e) => {
	const el = e.target;
	if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
		el.closest("form")?.requestSubmit();
		return;
	}
	if (e.key === "Escape") {
		if (el.type === "search" && el.value) {
			e.preventDefault();
			el.value = "";
			el.dispatchEvent(new Event("input", { bubbles: true }));
			return;
		}
		const menu = el.closest("details.menu[open]");
		if (menu) {
			menu.open = false;
			$("summary", menu).focus();
			return;
		}
		const cancel = el.closest("form")?.querySelector("[data-cancel]");
		if (cancel) cancel.click();
		else if (typing(el)) el.blur();
		return;
	}
	if (e.ctrlKey || e.metaKey || e.altKey || typing(el) || $("dialog[open]")) return;
	const target = $(`[data-key="${CSS.escape(e.key)}"]`);
	if (!target) return;
	e.preventDefault();
	if (typing(target)) {
		target.focus();
		target.select?.();
	} else target.click();
});

// j and k walk through a list's rows.
document.addEventListener("keydown", (e) => {
	if ((e.key !== "j" && e.key !== "k") || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
	const rows = [...document.querySelectorAll(".list .name")];
	if (!rows.length) return;
	const at = rows.indexOf(document.activeElement);
	const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + (e.key === "j" ? 1 : -1)));
	rows[next].focus();
});

// A menu closes on a click outside it and when another opens.
document.addEventListener("click", (e) => {
	for (const menu of document.querySelectorAll("details.menu[open]"))
		if (!menu.contains(e.target)) menu.open = false;
	const open = e.target.closest("[data-open]");
	if (open) document.getElementById(open.dataset.open).showModal();
	const close = e.target.closest("[data-close]");
	if (close) close.closest(".toast, dialog")?.[close.closest("dialog") ? "close" : "remove"]();
});

// The workspace's address follows its name until somebody types one.
document.addEventListener("input", (e) => {
	if (e.target.name === "slug") e.target.dataset.touched = "";
	if (e.target.name !== "workspace") return;
	const slug = e.target.form?.elements.slug;
	if (!slug || "touched" in slug.dataset) return;
	slug.value = e.target.value.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
		.replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, 40);
	slug.dispatchEvent(new Event("suggested", { bubbles: true }));
});

// Waiting shows after 100 ms (the stylesheet delays it).
let waiting = 0;
document.addEventListener("htmx:before:request", (e) => {
	waiting++;
	document.documentElement.classList.add("busy");
	e.detail.ctx.dimmed = e.detail.ctx.target; // an answer may name another target
	e.detail.ctx.dimmed?.classList?.add("waiting");
	// What has the focus may be swapped away: the focus goes on at what will
	// stand in its place.
	const source = e.detail.ctx.sourceElement;
	const th = source.closest("th");
	if (th) e.detail.ctx.next = `th:nth-child(${th.cellIndex + 1}) a`;
	if (source.matches("[data-cancel]")) e.detail.ctx.next = `.value[href$="field=${source.closest("form").elements.field.value}"]`;
	if (source.closest(".more")) e.detail.ctx.next = `.list tbody tr:nth-child(${source.closest("tr").rowIndex}) .name`;
});

// What was typed is not thrown away without asking.
const unsaved = (form) => !("sent" in form.dataset) && ("unsaved" in form.dataset || [...form.elements].some((el) =>
	"changed" in el.dataset || (el.matches("input:not([type=hidden]), textarea") && el.value !== el.defaultValue)));
document.addEventListener("change", (e) => { if (e.target.matches("select")) e.target.dataset.changed = ""; });
document.addEventListener("submit", (e) => { e.target.dataset.sent = ""; }, true);
document.addEventListener("htmx:config:request", (e) => {
	const source = e.detail.ctx.sourceElement;
	const form = $("form.inline");
	if (form && unsaved(form) && source !== form && source.matches(".value, [data-cancel]") && !confirm("Discard what you typed?")) e.preventDefault();
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));
addEventListener("beforeunload", (e) => {
	if ([...document.querySelectorAll("form[data-guard]")].some(unsaved)) e.preventDefault();
});

// A plain confirmation goes away by itself; one that can be undone stays longer.
const fade = () => {
	for (const toast of document.querySelectorAll(".toast:not([data-fading])")) {
		toast.dataset.fading = "";
		if (toast.closest(".gallery") || toast.getAttribute("role") === "alert") continue;
		const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
		setTimeout(leave, $("form", toast) ? 20000 : 6000);
	}
};
document.addEventListener("DOMContentLoaded", fade);
document.addEventListener("htmx:after:swap", fade);

// A menu closes when the focus leaves it.
document.addEventListener("focusout", (e) => {
	const menu = e.target.closest("details.menu[open]");
	if (menu && e.relatedTarget && !menu.contains(e.relatedTarget)) menu.open = false;
});
document.addEventListener("htmx:finally:request", (e) => {
	waiting = Math.max(0, waiting - 1);
	if (!waiting) document.documentElement.classList.remove("busy");
	const { dimmed, sourceElement, hx } = e.detail.ctx;
	dimmed?.classList?.remove("waiting");
	if (!hx?.location && !hx?.redirect) delete sourceElement.dataset.sent; // not saved: guard it again
});

// No answer at all: say so, and keep what was typed.
document.addEventListener("htmx:error", (e) => {
	if (!e.detail.ctx) return;
	const toast = document.createElement("div");
	toast.className = "toast";
	toast.setAttribute("role", "alert");
	toast.textContent = "We could not reach the server. Check your connection and try again.";
	document.body.append(toast);
	setTimeout(() => toast.remove(), 8000);
});

// Focus goes where the work goes on: the first mistake, or the field just opened.
document.addEventListener("htmx:after:swap", (e) => {
	const target = e.detail.ctx?.target;
	const root = target?.isConnected ? target : target?.id && document.getElementById(target.id);
	const active = document.activeElement;
	if ((!root && !e.detail.ctx?.next) || (typing(active) && !root?.contains(active))) return; // somebody types elsewhere
	const el = root && ($("[aria-invalid=true]", root) || $(".inline .input", root) || $(".changed", root) || $(".notice.bad", root)) ||
		(e.detail.ctx.next && $(e.detail.ctx.next));
	if (!el) return;
	el.focus();
	if (el.matches("input")) el.select();
	el.closest(".inline")?.scrollIntoView({ block: "nearest" });
});

// Relative times follow the clock of a page left open.
const units = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
setInterval(() => {
	for (const t of document.querySelectorAll("time[data-relative]")) {
		const s = (new Date(t.dateTime) - Date.now()) / 1000;
		const [unit, n] = units.find(([, n]) => Math.abs(s) >= n) || [];
		t.textContent = unit ? relative.format(Math.trunc(s / n), unit) : "just now";
	}
}, 60000);
