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
	e.detail.ctx.target?.classList?.add("waiting");
});
document.addEventListener("htmx:finally:request", (e) => {
	waiting = Math.max(0, waiting - 1);
	if (!waiting) document.documentElement.classList.remove("busy");
	e.detail.ctx.target?.classList?.remove("waiting");
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
	if (!root || (typing(active) && !root.contains(active) && active !== document.body)) return; // somebody types elsewhere
	const el = $("[aria-invalid=true]", root) || $(".inline .input", root) || $(".changed", root) || $(".notice.bad", root);
	el?.focus();
	if (el?.matches("input")) el.select();
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
