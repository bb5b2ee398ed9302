import { $ } from "./dom.js";

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
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => { delete form.dataset.sent; }));
addEventListener("beforeunload", (e) => {
	if ([...document.querySelectorAll("form[data-guard]")].some(unsaved)) e.preventDefault();
});
document.addEventListener("htmx:finally:request", (e) => {
	const { sourceElement, hx } = e.detail.ctx;
	if (!hx?.location && !hx?.redirect) delete sourceElement.dataset.sent; // not saved: guard it again
});
