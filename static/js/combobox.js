import { $ } from "./dom.js";

// A picker of records is a combobox (WAI-ARIA Authoring Practices, list autocomplete): its
// words are searched for, and the list below them is chosen from. The select behind it has
// what is sent; words that were not chosen are sent too, and the server says what it makes
// of them.
const enhance = (pick) => {
	const input = $("input", pick);
	const select = $("select", pick);
	const list = document.createElement("ul");
	let options = [];
	let at = -1; // of the active option
	let asked = 0;
	let choosing = false;
	const name = input.name;
	let timer;

	pick.dataset.combobox = "";
	select.hidden = true;
	list.id = `${input.id}-list`;
	list.className = "popover";
	list.hidden = true;
	list.setAttribute("role", "listbox");
	list.setAttribute("aria-label", input.getAttribute("aria-label"));
	pick.append(list);
	for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) input.setAttribute(name, value);
	for (const name of ["aria-invalid", "aria-describedby"]) if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
	const label = pick.parentElement && $(`label[for="${select.id}"]`, pick.parentElement);
	if (label) {
		label.htmlFor = input.id;
		input.removeAttribute("aria-label");
	}
	if (!input.value && select.value) input.value = select.selectedOptions[0].textContent;
	input.defaultValue = input.value;

	const close = () => {
		list.hidden = true;
		at = -1;
		input.setAttribute("aria-expanded", "false");
		input.removeAttribute("aria-activedescendant");
	};
	const activate = (i) => {
		at = i;
		for (const [j, item] of [...list.children].entries()) item.setAttribute("aria-selected", j === i);
		if (i < 0) return;
		input.setAttribute("aria-activedescendant", list.children[i].id);
		list.children[i].scrollIntoView({ block: "nearest" });
	};
	const made = (name) => { // one that is to be made, "" for none
		$("[data-new]", pick)?.remove();
		if (!name) return;
		const field = document.createElement("input");
		Object.assign(field, { type: "hidden", name: `${select.name}.new`, value: name });
		field.dataset.new = "";
		pick.append(field);
	};
	const choose = (option) => {
		if (!option.make && ![...select.options].some((o) => o.value === option.value)) select.add(new Option(option.label, option.value));
		select.value = option.make ? "" : option.value;
		input.value = option.label;
		made(option.make ? option.label : "");
		$("button", pick)?.remove();
		settle();
		close();
		select.dispatchEvent(new Event("change", { bubbles: true }));
	};
	const show = () => {
		list.replaceChildren(...options.map((o, i) => {
			const item = document.createElement("li");
			item.id = `${list.id}-${i}`;
			item.className = "option";
			item.setAttribute("role", "option");
			item.textContent = o.make ? `Create “${o.label}”` : o.label;
			item.addEventListener("click", () => choose(o));
			return item;
		}));
		list.hidden = !options.length;
		input.setAttribute("aria-expanded", String(!list.hidden));
		activate(-1);
	};
	// search asks for what the words match; the list is there when it is done.
	const search = async () => {
		clearTimeout(timer);
		const mine = ++asked;
		const words = input.value.trim();
		const answer = await fetch(`${pick.dataset.pick}/options?${new URLSearchParams({ q: words })}`, { headers: { "HX-Request": "true" } });
		if (mine !== asked || !answer.ok || answer.headers.has("HX-Redirect")) return;
		const found = document.createElement("template");
		found.innerHTML = await answer.text();
		if (mine !== asked) return;
		options = [...found.content.querySelectorAll("option")].filter((o) => o.value).map((o) => ({ value: o.value, label: o.textContent }));
		if (words && !options.some((o) => o.label.toLowerCase() === words.toLowerCase())) options.push({ make: true, label: words });
		show();
	};
	// What is chosen is sent by the select alone: its words would be looked up for nothing.
	const settle = () => { input.name = chosen() ? "" : name; };
	const chosen = () => $("[data-new]", pick) || (select.value && select.selectedOptions[0].textContent === input.value) || !input.value;

	settle();
	input.addEventListener("input", () => {
		select.value = "";
		made("");
		$("button", pick)?.remove();
		settle();
		clearTimeout(timer);
		timer = setTimeout(search, 150);
	});
	input.addEventListener("click", () => { if (list.hidden) search(); });
	list.addEventListener("pointerdown", (e) => e.preventDefault()); // the focus stays
	input.addEventListener("blur", close);
	// Enter that chooses sends no form, whatever the browser makes of its key afterwards.
	input.addEventListener("keypress", (e) => { if (choosing) e.preventDefault(); });
	input.addEventListener("keyup", () => { choosing = false; });
	input.addEventListener("keydown", async (e) => {
		if (e.key === "ArrowDown" || e.key === "ArrowUp") {
			e.preventDefault();
			if (list.hidden) await search();
			if (options.length) activate((at + (e.key === "ArrowDown" ? 1 : at < 0 ? options.length : options.length - 1)) % options.length);
		} else if (e.key === "Escape" && !list.hidden) {
			e.preventDefault();
			e.stopPropagation();
			close();
		} else if (e.key === "Enter" && !e.ctrlKey && !e.metaKey && (at >= 0 || !chosen())) {
			e.preventDefault();
			choosing = true;
			if (at >= 0) return choose(options[at]);
			await search();
			const hits = options.filter((o) => !o.make);
			if (hits.length === 1) choose(hits[0]); // the only one
			else if (options.length) activate(0);
		}
	});
};
const all = () => { for (const pick of document.querySelectorAll("[data-pick]:not([data-combobox])")) enhance(pick); };
document.addEventListener("DOMContentLoaded", all);
document.addEventListener("htmx:after:swap", all);
